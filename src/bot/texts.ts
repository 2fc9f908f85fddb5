/** What the bot says to one person: each sentence says what was given, what is wrong and what to do. */
import type { Language } from '../core/jobs.ts';

interface Texts {
  readonly lookingInto: (target: string) => string;
  readonly joined: (id: string, link: string) => string;
  readonly unknownCommand: (given: string, command: string, near: string | undefined) => string;
  readonly unknownCluster: (given: string, known: string) => string;
  readonly clusterMissing: string;
  readonly notInChannel: (mention: string) => string;
  readonly groupMessage: string;
  readonly archived: string;
  readonly externalChannel: string;
  readonly notMember: string;
  readonly notListed: string;
  readonly cannotCheck: string;
  readonly perPerson: (seconds: number) => string;
  readonly perCluster: (cluster: string, seconds: number) => string;
  readonly redisDown: string;
  readonly internal: (errorId: string) => string;
  readonly overloaded: string;
  readonly helpIntro: (mention: string) => string;
  readonly clusters: (names: string) => string;
  readonly recentTitle: string;
  readonly recentEmpty: (example: string) => string;
  readonly state: Readonly<Record<'queued' | 'running' | 'failed' | 'cancelled', string>>;
  readonly verdict: Readonly<Record<'cause-found' | 'no-fault-found' | 'inconclusive', string>>;
  readonly showNeedsId: (example: string) => string;
  readonly noSuchDiagnosis: (given: string) => string;
  readonly notKept: (id: string) => string;
  readonly notFinished: (id: string, link: string) => string;
  readonly inThread: (link: string) => string;
  readonly cancelAsked: (id: string) => string;
  readonly alreadyOver: (id: string) => string;
  readonly buttonStale: string;
  readonly notThisCommand: (command: string) => string;
  readonly noSuchFix: (given: string) => string;
  readonly auditOff: string;
  readonly auditEmpty: (fix: string | undefined) => string;
  readonly auditTitle: (fix: string | undefined) => string;
  readonly auditHead: (head: string) => string;
}

const en: Texts = {
  lookingInto: (target) => `Looking into ${target} …`,
  joined: (id, link) => `This is being looked into already: ${id}${link}. The answer comes there.`,
  unknownCommand: (given, command, near) =>
    `I know no command "${given}". ${near === undefined ? `\`${command} help\` lists them all.` : `Did you mean \`${command} ${near}\`?`}`,
  unknownCluster: (given, known) => `I know no cluster "${given}". Known: ${known}.`,
  clusterMissing: '`--cluster` needs a name after it.',
  notInChannel: (mention) =>
    `I am not in this channel, so I cannot answer here. Type \`/invite @kubewhy\` here to invite ${mention}, then ask again.`,
  groupMessage:
    'I cannot answer in a direct message between several people. Ask in a channel, or write to me directly.',
  archived: 'This channel is archived, so I cannot answer here. Ask in another one.',
  externalChannel:
    'This channel is shared with another company, so I say nothing about clusters here. Ask in a channel of your own workspace, or write to me directly.',
  notMember: 'Only full members of this workspace may ask me: guests, people of other companies and bots may not.',
  notListed: 'You are not on the list of people who may ask me. Whoever runs kubewhy keeps it (KUBEWHY_PEOPLE).',
  cannotCheck: 'I could not check who you are, because Slack did not answer me. Ask again in a minute.',
  perPerson: (seconds) => `You have asked very often. Ask again in ${seconds} s.`,
  perCluster: (cluster, seconds) => `Very many questions about ${cluster} were asked. Ask again in ${seconds} s.`,
  redisDown:
    'Redis cannot be reached, so nothing was queued. Ask again in a minute; if it stays so, tell whoever runs kubewhy.',
  internal: (errorId) =>
    `Something went wrong inside kubewhy, not in your cluster. Ask again; if it fails again, give whoever runs kubewhy this id: ${errorId}.`,
  overloaded: 'I am slow just now; your command arrived, and the answer follows.',
  helpIntro: (mention) => `Ask here, by mentioning ${mention} in a thread, or in a direct message.`,
  clusters: (names) => `Clusters: ${names}. Add \`--cluster NAME\` for another than the first.`,
  recentTitle: 'The latest diagnoses',
  recentEmpty: (example) => `Nothing was diagnosed yet. Try \`${example}\`.`,
  state: { queued: 'waiting', running: 'running', failed: 'failed', cancelled: 'cancelled' },
  verdict: { 'cause-found': 'cause found', 'no-fault-found': 'no fault found', inconclusive: 'inconclusive' },
  showNeedsId: (example) => `Which one? Give its id, for example \`${example}\`.`,
  noSuchDiagnosis: (given) =>
    `There is no diagnosis ${given}, or it is too old to be kept. \`recent\` lists those that are.`,
  notKept: (id) => `The report of ${id} is not kept any more.`,
  notFinished: (id, link) => `${id} is not finished yet${link}.`,
  inThread: (link) => `The whole report is in its thread${link}.`,
  cancelAsked: (id) => `${id} is being stopped.`,
  alreadyOver: (id) => `${id} has ended already.`,
  buttonStale: 'This button is too old: what it stood for is not kept any more. Ask again.',
  notThisCommand: (command) => `I answer to ${command} only. Whoever runs kubewhy can change that (KUBEWHY_COMMAND).`,
  noSuchFix: (given) => `"${given}" is no id of a fix. It looks like fix-7f3k2ab, and stands on the card of each fix.`,
  auditOff:
    'Fixes are off, so there is no audit log. Whoever runs kubewhy can switch them on (KUBEWHY_BOT_KEY, KUBEWHY_TRUST).',
  auditEmpty: (fix) => (fix === undefined ? 'The audit log is empty.' : `The audit log has nothing about ${fix}.`),
  auditTitle: (fix) => (fix === undefined ? 'The latest in the audit log' : `The latest in the audit log about ${fix}`),
  auditHead: (head) => `The log ends at ${head}`,
};

const zh: Texts = {
  lookingInto: (target) => `正在检查 ${target} …`,
  joined: (id, link) => `该问题已在处理中：${id}${link}。答复会出现在那里。`,
  unknownCommand: (given, command, near) =>
    `没有命令“${given}”。${near === undefined ? `\`${command} help\` 列出全部命令。` : `是否想输入 \`${command} ${near}\`？`}`,
  unknownCluster: (given, known) => `没有集群“${given}”。已知：${known}。`,
  clusterMissing: '`--cluster` 后面需要集群名称。',
  notInChannel: (mention) =>
    `我不在此频道，无法在这里回答。请在此输入 \`/invite @kubewhy\` 邀请 ${mention}，然后重新提问。`,
  groupMessage: '我无法在多人私信中回答。请在频道中提问，或直接给我发消息。',
  archived: '此频道已归档，无法在这里回答。请换一个频道。',
  externalChannel: '此频道与其他公司共享，我不会在这里谈论集群。请在本工作区的频道提问，或直接给我发消息。',
  notMember: '只有本工作区的正式成员可以提问；访客、其他公司的人员和机器人不可以。',
  notListed: '您不在可以提问的人员名单中。名单由 kubewhy 的管理员维护（KUBEWHY_PEOPLE）。',
  cannotCheck: 'Slack 没有响应，我无法确认您的身份。请稍后重新提问。',
  perPerson: (seconds) => `您提问过于频繁。请在 ${seconds} 秒后重试。`,
  perCluster: (cluster, seconds) => `关于 ${cluster} 的提问过多。请在 ${seconds} 秒后重试。`,
  redisDown: '无法连接 Redis，问题没有进入队列。请稍后重新提问；若仍然如此，请告知 kubewhy 的管理员。',
  internal: (errorId) =>
    `kubewhy 自身出错，与您的集群无关。请重新提问；若再次失败，请把此编号告诉 kubewhy 的管理员：${errorId}。`,
  overloaded: '我现在较慢；命令已收到，稍后答复。',
  helpIntro: (mention) => `可在此提问，在会话串中提及 ${mention}，或直接发私信。`,
  clusters: (names) => `集群：${names}。用 \`--cluster 名称\` 选择第一个以外的集群。`,
  recentTitle: '最近的诊断',
  recentEmpty: (example) => `还没有任何诊断。试试 \`${example}\`。`,
  state: { queued: '等待中', running: '进行中', failed: '失败', cancelled: '已取消' },
  verdict: { 'cause-found': '已找到原因', 'no-fault-found': '未发现故障', inconclusive: '无法定论' },
  showNeedsId: (example) => `要看哪一个？请给出编号，例如 \`${example}\`。`,
  noSuchDiagnosis: (given) => `没有诊断 ${given}，或已过期。\`recent\` 列出保留的诊断。`,
  notKept: (id) => `${id} 的报告已不再保留。`,
  notFinished: (id, link) => `${id} 尚未完成${link}。`,
  inThread: (link) => `完整报告在其会话串中${link}。`,
  cancelAsked: (id) => `正在停止 ${id}。`,
  alreadyOver: (id) => `${id} 已经结束。`,
  buttonStale: '此按钮已过期，其内容不再保留。请重新提问。',
  notThisCommand: (command) => `我只响应 ${command}。kubewhy 的管理员可以更改（KUBEWHY_COMMAND）。`,
  noSuchFix: (given) => `“${given}”不是修复编号。编号形如 fix-7f3k2ab，写在每次修复的卡片上。`,
  auditOff: '修复功能未启用，因此没有审计日志。kubewhy 的管理员可以启用（KUBEWHY_BOT_KEY、KUBEWHY_TRUST）。',
  auditEmpty: (fix) => (fix === undefined ? '审计日志为空。' : `审计日志中没有关于 ${fix} 的内容。`),
  auditTitle: (fix) => (fix === undefined ? '审计日志的最新内容' : `审计日志中关于 ${fix} 的最新内容`),
  auditHead: (head) => `日志末尾：${head}`,
};

export const TEXTS: Readonly<Record<Language, Texts>> = { en, 'zh-cn': zh };
