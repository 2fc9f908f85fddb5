/** What the bot says to one person about fixes: short, plain, with what to do. Names and times in them are escaped already. */
import type { FixState } from '../../core/approval.ts';
import type { Language } from '../../core/jobs.ts';

interface Texts {
  readonly off: string;
  readonly planning: (id: string, only: boolean) => string;
  readonly goesOn: (id: string, link: string) => string;
  readonly noFix: string;
  readonly forged: string;
  readonly notHere: string;
  readonly cannotCheck: string;
  readonly cannotCheckGroups: string;
  readonly notMember: string;
  readonly externalChannel: string;
  readonly policyBroken: string;
  readonly noRule: string;
  readonly notListed: string;
  readonly requester: string;
  readonly twice: (left: number) => string;
  readonly agreed: (left: number) => string;
  readonly approved: (id: string) => string;
  readonly expired: (id: string, at: string) => string;
  readonly frozen: (until: string, reason: string) => string;
  readonly planDoubted: string;
  readonly clocks: string;
  readonly notWithdraw: string;
  readonly withdrawn: (id: string) => string;
  readonly denied: (id: string) => string;
  readonly noUndo: string;
  readonly undoGoesOn: (id: string, link: string) => string;
  readonly undoAsked: (id: string) => string;
  readonly tooOften: (seconds: number) => string;
  readonly tooFast: string;
  readonly already: Readonly<Record<FixState, (id: string, who: string) => string>>;
  readonly form: {
    readonly title: string;
    readonly submit: string;
    readonly close: string;
    readonly label: string;
    readonly hint: (id: string) => string;
    readonly empty: string;
    readonly long: string;
  };
}

const by = (who: string): string => (who === '' ? '' : ` by ${who}`);
const zhBy = (who: string): string => (who === '' ? '' : `（${who}）`);

const en: Texts = {
  off: 'Fixes are turned off here. Whoever runs kubewhy can turn them on: keys for bot and worker (KUBEWHY_BOT_KEY, KUBEWHY_WORKER_KEY, KUBEWHY_TRUST), `kubewhy remediator`, and a policy (KUBEWHY_POLICY).',
  planning: (id, only) =>
    only
      ? `Making the plan: ${id}. It comes in this thread; nothing will be changed.`
      : `Making a plan from fresh evidence: ${id}. It comes in this thread; nothing is changed before it is approved.`,
  goesOn: (id, link) => `This is being fixed already: ${id}${link}.`,
  noFix: 'This button is too old: what it stood for is not kept any more. Run the diagnosis again.',
  forged: 'What this button stands for was not written by kubewhy. Nothing was done, and it is in the audit log.',
  notHere: 'This button does not belong to this channel. Nothing was done.',
  cannotCheck:
    'I could not check who you are, because Slack did not answer me. Nothing was done. Try again in a minute.',
  cannotCheckGroups:
    'I could not check your user groups, because Slack did not answer me. Nothing was done. Try again in a minute.',
  notMember:
    'Only full members of this workspace may do this: guests, people of other companies and bots may not. Nothing was done.',
  externalChannel: 'This channel is shared with another company, so nothing is decided here. Nothing was done.',
  policyBroken:
    'The policy file cannot be used now, so nobody may approve anything. Whoever runs kubewhy finds the reason in the log.',
  noRule: 'No rule of the policy allows this fix any more. Nothing was done.',
  notListed: 'The policy does not name you for this fix. Nothing was done.',
  requester: 'You asked for this fix, so somebody else must approve it.',
  twice: (left) => `You have approved this already. ${left} more must.`,
  agreed: (left) => `Noted. ${left} more must approve.`,
  approved: (id) => `You approved ${id}.`,
  expired: (id, at) => `${id} expired ${at}. Nothing was done. Propose it again for a new plan.`,
  frozen: (until, reason) => `Nothing is applied here until ${until}: ${reason}. Nothing was done.`,
  planDoubted: 'The plan is not the one that was signed. Nothing was done, and it is in the audit log.',
  clocks:
    'The clocks of bot and remediator differ too much, so this approval would not hold. Tell whoever runs kubewhy.',
  notWithdraw: 'Only the one who asked, or one who may approve, can withdraw this.',
  withdrawn: (id) => `${id} is withdrawn.`,
  denied: (id) => `${id} is denied.`,
  noUndo: 'There is nothing that could be taken back.',
  undoGoesOn: (id, link) => `It is being taken back already: ${id}${link}.`,
  undoAsked: (id) => `Planning the way back: ${id}. It comes in this thread; nothing is changed before it is approved.`,
  tooOften: (seconds) => `You have pressed very often. Try again in ${seconds} s.`,
  tooFast: 'Others press at the same time. Look at the card, then try again.',
  already: {
    planning: (id) => `${id} is still being planned.`,
    drafted: (id) => `${id} is still being planned.`,
    shown: (id) => `${id} is a plan to look at; there is nothing to decide.`,
    refused: (id) => `${id} was refused when it was planned; there is nothing to decide.`,
    proposed: (id) => `${id} waits for approval.`,
    approved: (id, who) => `${id} is already approved${by(who)}.`,
    denied: (id, who) => `${id} is already denied${by(who)}.`,
    expired: (id) => `${id} has expired. Propose it again for a new plan.`,
    withdrawn: (id, who) => `${id} is already withdrawn${by(who)}.`,
    void: (id) => `${id} is void: what it rested on has changed. Propose it again.`,
    applying: (id, who) => `${id} is already approved${by(who)} and being applied.`,
    verifying: (id, who) => `${id} is already approved${by(who)} and applied; it is being verified.`,
    verified: (id, who) => `${id} is already approved${by(who)}, applied and verified.`,
    'not-verified': (id, who) => `${id} was already approved${by(who)} and applied.`,
    failed: (id, who) => `${id} was already approved${by(who)}; it failed.`,
    unknown: (id, who) => `${id} was already approved${by(who)}; how it ended is not known.`,
    undone: (id) => `${id} was done and is undone.`,
  },
  form: {
    title: 'Deny this fix',
    submit: 'Deny',
    close: 'Back',
    label: 'Why?',
    hint: (id) => `Everybody in the thread of ${id} reads this.`,
    empty: 'Write at least one word.',
    long: 'At most 500 characters.',
  },
};

const zh: Texts = {
  off: '此处已关闭修复功能。kubewhy 的管理员可以开启：bot 和 worker 的密钥（KUBEWHY_BOT_KEY、KUBEWHY_WORKER_KEY、KUBEWHY_TRUST）、`kubewhy remediator` 和策略（KUBEWHY_POLICY）。',
  planning: (id, only) =>
    only
      ? `正在制定方案：${id}。它会出现在本消息列中；不会做任何更改。`
      : `正在根据最新证据制定方案：${id}。它会出现在本消息列中；批准之前不会做任何更改。`,
  goesOn: (id, link) => `已在修复：${id}${link}。`,
  noFix: '此按钮已过期，其内容不再保留。请重新诊断。',
  forged: '此按钮所指的内容不是 kubewhy 写的。没有执行任何操作，已记入审计日志。',
  notHere: '此按钮不属于本频道。没有执行任何操作。',
  cannotCheck: 'Slack 没有响应，我无法确认您的身份。没有执行任何操作。请稍后重试。',
  cannotCheckGroups: 'Slack 没有响应，我无法确认您的用户组。没有执行任何操作。请稍后重试。',
  notMember: '只有本工作区的正式成员可以这样做；访客、其他公司的人员和机器人不可以。没有执行任何操作。',
  externalChannel: '此频道与其他公司共享，不能在这里做决定。没有执行任何操作。',
  policyBroken: '策略文件目前无法使用，因此无人可以批准。原因见日志，请告知 kubewhy 的管理员。',
  noRule: '策略中已没有允许此修复的规则。没有执行任何操作。',
  notListed: '策略没有指定您批准此修复。没有执行任何操作。',
  requester: '此修复由您提出，必须由其他人批准。',
  twice: (left) => `您已经批准过。还需要 ${left} 人。`,
  agreed: (left) => `已记录。还需要 ${left} 人批准。`,
  approved: (id) => `您已批准 ${id}。`,
  expired: (id, at) => `${id} 已于 ${at} 过期。没有执行任何操作。请重新提出。`,
  frozen: (until, reason) => `${until} 之前此处不执行任何操作：${reason}。没有执行任何操作。`,
  planDoubted: '该方案与签名的方案不符。没有执行任何操作，已记入审计日志。',
  clocks: 'bot 与 remediator 的时钟相差太大，此批准不会有效。请告知 kubewhy 的管理员。',
  notWithdraw: '只有提出者或可以批准的人能够撤回。',
  withdrawn: (id) => `${id} 已撤回。`,
  denied: (id) => `${id} 已拒绝。`,
  noUndo: '没有可以撤销的内容。',
  undoGoesOn: (id, link) => `已在撤销：${id}${link}。`,
  undoAsked: (id) => `正在制定撤销方案：${id}。它会出现在本消息列中；批准之前不会做任何更改。`,
  tooOften: (seconds) => `您按得过于频繁。请在 ${seconds} 秒后重试。`,
  tooFast: '有其他人同时操作。请查看卡片后重试。',
  already: {
    planning: (id) => `${id} 仍在制定方案。`,
    drafted: (id) => `${id} 仍在制定方案。`,
    shown: (id) => `${id} 只是供查看的方案，无需决定。`,
    refused: (id) => `${id} 在制定方案时已被拒绝，无需决定。`,
    proposed: (id) => `${id} 正在等待批准。`,
    approved: (id, who) => `${id} 已被批准${zhBy(who)}。`,
    denied: (id, who) => `${id} 已被拒绝${zhBy(who)}。`,
    expired: (id) => `${id} 已过期。请重新提出。`,
    withdrawn: (id, who) => `${id} 已被撤回${zhBy(who)}。`,
    void: (id) => `${id} 已作废：所依据的情况已改变。请重新提出。`,
    applying: (id, who) => `${id} 已被批准${zhBy(who)}，正在执行。`,
    verifying: (id, who) => `${id} 已被批准${zhBy(who)}并执行，正在验证。`,
    verified: (id, who) => `${id} 已被批准${zhBy(who)}、执行并通过验证。`,
    'not-verified': (id, who) => `${id} 已被批准${zhBy(who)}并执行。`,
    failed: (id, who) => `${id} 已被批准${zhBy(who)}；执行失败。`,
    unknown: (id, who) => `${id} 已被批准${zhBy(who)}；结果未知。`,
    undone: (id) => `${id} 已执行，后已撤销。`,
  },
  form: {
    title: '拒绝此修复',
    submit: '拒绝',
    close: '返回',
    label: '为什么？',
    hint: (id) => `${id} 消息列中的所有人都会看到。`,
    empty: '请至少写一个字。',
    long: '最多 500 个字符。',
  },
};

export const FIX_TEXTS: Readonly<Record<Language, Texts>> = { en, 'zh-cn': zh };
