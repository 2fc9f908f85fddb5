/** A small model of fixes of its own: who may do what, and which state follows which. It shares no table with what it judges. */

export type Kind = 'member' | 'guest' | 'external' | 'bot' | 'deactivated';
export interface Person {
  readonly id: string;
  readonly name: string;
  kind: Kind;
}

/** The policy file as the test wrote it. `none`: no rule fits; `broken`: the file cannot be read. */
export interface Policy {
  readonly file: 'good' | 'none' | 'broken';
  readonly users: readonly string[];
  readonly group: string | undefined;
  readonly approvals: number;
  readonly requesterMay: boolean;
  readonly frozen: boolean;
}

export interface Around {
  readonly policy: Policy;
  /** Members of the policy's group now. */
  readonly members: ReadonlySet<string>;
  /** Slack's answer about people is an error now. */
  readonly dark: boolean;
  readonly now: number;
}

/** A fix as the model knows it. */
export interface Fix {
  readonly id: string;
  readonly mode: string;
  readonly object: string;
  readonly requester: string;
  state: string;
  rev: number;
  undoneBy: string | undefined;
  plan: { approvals: number; requesterMay: boolean; expires: number; undo: number } | undefined;
  approvals: { by: string; via: string | undefined }[];
}

export type Deed = 'fix_approve' | 'fix_deny' | 'fix_withdraw' | 'fix_undo' | 'fix_propose' | 'fix_plan';

/** One press of one person. `fix` is missing for a report's button and for a forged value. */
export interface Press {
  readonly who: Person;
  readonly deed: Deed;
  readonly ts: string;
  readonly action: string;
  readonly frame?: number;
  readonly fix?: Fix;
  /** The object of a report's offer. */
  readonly object?: string;
  readonly forged?: true;
}

/** From, to, and whose hand: written down from the issue, not from the code. */
const EDGES: readonly (readonly [string, string, string])[] = [
  ['planning', 'drafted', 'worker'],
  ['planning', 'shown', 'worker'],
  ['planning', 'refused', 'worker'],
  ['planning', 'expired', 'worker'],
  ['drafted', 'refused', 'remediator'],
  ['drafted', 'proposed', 'remediator'],
  ['drafted', 'expired', 'worker'],
  ['proposed', 'proposed', 'person'],
  ['proposed', 'approved', 'person'],
  ['proposed', 'denied', 'person'],
  ['proposed', 'withdrawn', 'person'],
  ['proposed', 'expired', 'worker'],
  ['approved', 'void', 'remediator'],
  ['approved', 'applying', 'remediator'],
  ['approved', 'expired', 'worker'],
  ['applying', 'applying', 'remediator'],
  ['applying', 'void', 'remediator'],
  ['applying', 'verifying', 'remediator'],
  ['applying', 'failed', 'remediator'],
  ['applying', 'unknown', 'remediator'],
  ['verifying', 'verifying', 'worker'],
  ['verifying', 'verified', 'worker'],
  ['verifying', 'not-verified', 'worker'],
  ['verifying', 'unknown', 'worker'],
  ['verified', 'undone', 'worker'],
  ['not-verified', 'undone', 'worker'],
  ['failed', 'undone', 'worker'],
  ['unknown', 'undone', 'worker'],
];
const GOES_ON = ['planning', 'drafted', 'proposed', 'approved', 'applying', 'verifying'];
const CHANGED = ['verified', 'not-verified', 'failed', 'unknown'];

export const goesOn = (state: string): boolean => GOES_ON.includes(state);
export const allowedEdge = (from: string, to: string, hand: string): boolean =>
  EDGES.some(([a, b, by]) => a === from && b === to && by === hand);

/** The buttons that a card has in this state. */
export function buttonsOf({ state, mode, plan }: Fix): readonly Deed[] {
  if (state === 'proposed') return ['fix_approve', 'fix_deny', 'fix_withdraw'];
  if ((state === 'void' || state === 'expired') && mode === 'propose') return ['fix_propose'];
  return CHANGED.includes(state) && (plan?.undo ?? 0) > 0 ? ['fix_undo'] : [];
}

function listed({ policy, members }: Around, who: string): boolean {
  if (policy.file !== 'good') return false;
  return policy.users.includes(who) || (policy.group !== undefined && members.has(who));
}

/** An approval that was given holds while the person, or the group through which they could, stands in the policy. */
function stands({ policy }: Around, { by, via }: Fix['approvals'][number]): boolean {
  return policy.users.includes(by) || (via !== undefined && via === policy.group);
}

export function needed({ policy }: Around, fix: Fix): number {
  return Math.max(policy.approvals, fix.plan?.approvals ?? 1);
}

/** Those whose approvals count now. */
export function standing(around: Around, fix: Fix): string[] {
  const requesterMay = around.policy.requesterMay && fix.plan?.requesterMay === true;
  return fix.approvals
    .filter((one) => stands(around, one) && (one.by !== fix.requester || requesterMay))
    .map(({ by }) => by);
}

/** May this person do this to this fix now? For a deny it is the form that counts. */
export function may(around: Around, fix: Fix, who: Person, deed: Deed, others: readonly Fix[]): boolean {
  if (who.kind !== 'member' || around.dark) return false;
  if (deed === 'fix_undo') return mayUndo(fix, others);
  if (deed === 'fix_propose' || deed === 'fix_plan') {
    const anew = (fix.state === 'void' || fix.state === 'expired') && fix.mode === 'propose';
    return anew && mayBegin(around, fix.object, deed, others);
  }
  return fix.state === 'proposed' && around.now <= (fix.plan?.expires ?? 0) && mayDecide(around, fix, who, deed);
}

function mayUndo(fix: Fix, others: readonly Fix[]): boolean {
  const undo = others.find(({ id }) => id === fix.undoneBy);
  const taken = undo !== undefined && (goesOn(undo.state) || undo.state === 'verified');
  return CHANGED.includes(fix.state) && (fix.plan?.undo ?? 0) > 0 && !taken;
}

function mayDecide(around: Around, fix: Fix, who: Person, deed: Deed): boolean {
  const may = listed(around, who.id);
  const own = who.id === fix.requester;
  if (deed === 'fix_deny') return may;
  if (deed === 'fix_withdraw') return own || may;
  const asRequester = !own || (around.policy.requesterMay && fix.plan?.requesterMay === true);
  return may && asRequester && !around.policy.frozen && !standing(around, fix).includes(who.id);
}

/** The mode in which a press begins a fix: nobody could approve it where no rule fits. */
export function modeOf({ policy }: Around, deed: Deed): 'propose' | 'show' {
  return deed === 'fix_propose' && policy.file === 'good' ? 'propose' : 'show';
}

/** One fix at a time for the same object in the same mode. */
export function mayBegin(around: Around, object: string, deed: Deed, others: readonly Fix[]): boolean {
  const mode = modeOf(around, deed);
  return !others.some((one) => one.object === object && one.mode === mode && goesOn(one.state));
}
