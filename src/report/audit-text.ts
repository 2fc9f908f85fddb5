/** The audit log in words: one entry, and one thing that is wrong with the log, for terminals and Slack. Plain text, not escaped. */
import { TRANSITIONS } from '../core/approval.ts';
import type { AuditEntry, AuditEvent } from '../core/audit.ts';
import type { AuditFault, AuditProblem } from '../core/audit-verify.ts';
import type { Language } from '../core/jobs.ts';

interface Words {
  readonly what: Readonly<Record<AuditEvent['what'], string>>;
  /** What a button says, by its action. */
  readonly buttons: Readonly<Record<string, string>>;
  readonly refused: (code: string | undefined) => string;
  readonly state: (state: string) => string;
  readonly on: (remediation: string, cluster: string) => string;
  readonly faults: Readonly<Record<AuditFault, (seq: number, to: number) => string>>;
}

const en: Words = {
  what: {
    proposal: 'asked for a fix',
    click: 'pressed',
    transition: 'moved it on',
    step: 'at',
    result: 'told the result',
    attack: 'was refused as forged',
    look: 'looked',
  },
  buttons: {
    fix_propose: 'Propose fix',
    fix_plan: 'Show plan',
    fix_approve: 'Approve',
    fix_deny: 'Deny',
    fix_withdraw: 'Withdraw',
    fix_undo: 'Undo',
  },
  refused: (code) => (code === undefined ? 'refused' : `refused (${code})`),
  state: (state) => `now ${state}`,
  on: (remediation, cluster) => [remediation, cluster].filter((word) => word !== '').join(' in '),
  faults: {
    unsigned: (seq) => `Entry ${seq} is not signed by kubewhy: it was changed, or put there.`,
    missing: (seq, to) => (seq === to ? `Entry ${seq} is missing.` : `Entries ${seq} to ${to} are missing.`),
    reordered: (seq) => `Entry ${seq} stands behind one with a larger number.`,
    repeated: (seq) => `Entry ${seq} stands there more than once.`,
    unlinked: (seq) =>
      `Entry ${seq} does not follow entry ${seq - 1}: the log was set back and went on, or entry ${seq - 1} is another one now.`,
    'cut-off': (seq, to) =>
      seq === to
        ? `Entry ${seq} is cut off: the log ends before the head that was quoted.`
        : `Entries ${seq} to ${to} are cut off: the log ends before the head that was quoted.`,
    replaced: (seq) => `Entry ${seq} is not the one that was quoted: the log was set back and went on.`,
  },
};

const zh: Words = {
  what: {
    proposal: '请求修复',
    click: '按下按钮',
    transition: '推进修复',
    step: '执行',
    result: '记录结果',
    attack: '因伪造被拒绝',
    look: '查看',
  },
  buttons: {
    fix_propose: '提出修复',
    fix_plan: '查看方案',
    fix_approve: '批准',
    fix_deny: '拒绝',
    fix_withdraw: '撤回',
    fix_undo: '撤销',
  },
  refused: (code) => (code === undefined ? '被拒绝' : `被拒绝（${code}）`),
  state: (state) => `状态 ${state}`,
  on: (remediation, cluster) => [remediation, cluster].filter((word) => word !== '').join('，集群 '),
  faults: {
    unsigned: (seq) => `第 ${seq} 条不是 kubewhy 签名的：被修改，或是后来放入的。`,
    missing: (seq, to) => (seq === to ? `缺少第 ${seq} 条。` : `缺少第 ${seq} 至 ${to} 条。`),
    reordered: (seq) => `第 ${seq} 条排在编号更大的条目之后。`,
    repeated: (seq) => `第 ${seq} 条出现了不止一次。`,
    unlinked: (seq) => `第 ${seq} 条与第 ${seq - 1} 条不相接：日志被回退后继续，或第 ${seq - 1} 条已被替换。`,
    'cut-off': (seq, to) =>
      seq === to
        ? `第 ${seq} 条被截断：日志在所引用的末尾之前就结束了。`
        : `第 ${seq} 至 ${to} 条被截断：日志在所引用的末尾之前就结束了。`,
    replaced: (seq) => `第 ${seq} 条不是所引用的那一条：日志被回退后继续。`,
  },
};

const EVENTS: ReadonlySet<string> = new Set(TRANSITIONS.map(({ event }) => event));

const WORDS: Readonly<Record<Language, Words>> = { en, 'zh-cn': zh };

/** Gives what happened, without who and when: `pressed Approve, refused (not-listed), turn-swap-off in prod, fix-7f3k2ab`. */
export function auditEntryText({ event }: AuditEntry, language: Language): string {
  const words = WORDS[language];
  const { what, allowed, code, state, remediation = '', cluster = '', fix, says } = event;
  const refused = allowed === false || what === 'attack' ? words.refused(code) : codeOf(event);
  const did = [words.what[what], actionOf(event, words)].filter((word) => word !== undefined).join(' ');
  const rest = [
    what === 'attack' && code === undefined ? undefined : refused,
    // A click tells the state that it met; what it led to is an entry of its own.
    state === undefined || what === 'click' ? undefined : words.state(state),
    remediation === '' && cluster === '' ? undefined : words.on(remediation, cluster),
    fix,
    says,
  ];
  return [did, ...rest.filter((word) => word !== undefined && word !== '')].join(language === 'en' ? ', ' : '，');
}

/** A button by its words, a step by its name. Where the state tells what happened, the event's own name does not. */
function actionOf({ what, action, state }: AuditEvent, words: Words): string | undefined {
  const told = state !== undefined && what !== 'click' && what !== 'attack' && what !== 'step';
  if (action === undefined || told) return undefined;
  return words.buttons[action] ?? action;
}

/** A code says why. Modes and names of events say nothing beside the state. */
function codeOf({ what, code, state }: AuditEvent): string | undefined {
  const isName = what === 'proposal' || (what === 'transition' && code !== undefined && EVENTS.has(code));
  return state !== undefined && isName ? undefined : code;
}

/** Gives one sentence for one fault of the log. */
export function auditProblemText({ fault, seq, to }: AuditProblem, language: Language): string {
  return WORDS[language].faults[fault](seq, to ?? seq);
}
