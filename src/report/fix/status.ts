/** Where a fix is, in sentences: the verdict first, who did what and when, and how the approval stands. */
import { canBeUndone, type FixState } from '../../core/approval.ts';
import { type FixRecord, mendsNothing } from '../../core/fix.ts';
import type { Language } from '../../core/jobs.ts';
import type { Draft } from '../../core/remediation.ts';
import { type FixWordKey, fixWord } from '../languages/fix/words.ts';
import { nameText, objectText, withoutStop } from '../visible.ts';
import { lineText, reasonText } from './line-text.ts';
import type { FixOptions } from './options.ts';
import { type Said, withPeople } from './says.ts';

/** The colour of each state; the word stands beside it. */
export const STATE_EMOJI: Readonly<Record<FixState, string>> = {
  planning: ':large_blue_square:',
  drafted: ':large_blue_square:',
  shown: ':white_large_square:',
  refused: ':black_large_square:',
  proposed: ':large_yellow_square:',
  approved: ':large_blue_square:',
  denied: ':black_large_square:',
  expired: ':black_large_square:',
  withdrawn: ':black_large_square:',
  void: ':large_orange_square:',
  applying: ':large_blue_square:',
  verifying: ':large_blue_square:',
  verified: ':large_green_square:',
  'not-verified': ':large_red_square:',
  failed: ':large_red_square:',
  unknown: ':large_orange_square:',
  undone: ':white_large_square:',
};

/** Gives what counts as the plan: the frozen one where there is one. */
export function draftOf(record: FixRecord): Draft | undefined {
  return record.plan?.plan.draft ?? record.draft;
}

/** Gives the fix in a few words, without a final stop. */
export function titleOf(record: FixRecord, { language, catalogue }: FixOptions): string {
  const draft = draftOf(record);
  const title =
    draft === undefined
      ? fixWord(language, 'title.none', {
          remediation: nameText(record.remediation),
          object: objectText(record.object),
        })
      : withoutStop(lineText(language, draft.remediation, draft.title, catalogue));
  return record.mode === 'undo' ? fixWord(language, 'title.undo', { title }) : title;
}

/** True for a reason that only counts checks: it belongs to the verdict, since the checks themselves follow. */
export function isCount({ code }: { readonly code: string }): boolean {
  return code === 'fix.still-wrong' || code === 'fix.not-seen';
}

/** Gives the sentences that say where the fix is. */
export function statusSays(record: FixRecord, options: FixOptions): Said[] {
  const { language } = options;
  const { state, undoOf, undoneBy } = record;
  return [
    stateSays(record, language),
    ...(record.reason !== undefined && isCount(record.reason)
      ? [[reasonText(language, record.reason.code, record.reason.data)]]
      : []),
    ...(state === 'shown' && record.showWhy !== undefined ? [whyOnlyShown(record, record.showWhy, language)] : []),
    ...(undoOf === undefined ? [] : [[fixWord(language, 'undo.of', { fix: undoOf })]]),
    ...(undoneBy === undefined || state === 'undone' ? [] : [[fixWord(language, 'undo.asked', { fix: undoneBy })]]),
  ];
}

function stateSays(record: FixRecord, language: Language): Said {
  const { state, denial } = record;
  const at = stateSince(record);
  switch (state) {
    case 'approved':
    case 'applying':
      return withPeople(language, `says.${state}`, approversOf(record));
    case 'denied':
      return withPeople(language, 'says.denied', [denial?.by ?? lastBy(record)], { at: denial?.at ?? at });
    case 'withdrawn':
      return withPeople(language, 'says.withdrawn', [lastBy(record)], { at });
    case 'undone':
      return [fixWord(language, 'says.undone', { fix: record.undoneBy ?? '-' })];
    default:
      return [fixWord(language, provenKey(record, state))];
  }
}

/** The sentence of a state that takes no data. */
function provenKey(record: FixRecord, state: Exclude<FixState, 'undone' | 'denied' | 'withdrawn'>): FixWordKey {
  if (state === 'void') return wasTouched(record) ? 'says.void.partly' : 'says.void';
  if (state === 'verified') return verifiedSays(record);
  if (state === 'not-verified') return notVerifiedSays(record);
  return record.reason?.code === 'fix.not-seen' ? 'says.unknown.unseen' : `says.${state}`;
}

/** What is proven, and no more: a symptom with a second cause is still there. */
function verifiedSays(record: FixRecord): FixWordKey {
  if (record.mode === 'undo') return 'says.verified.undo';
  if (mendsNothing(record)) return 'says.verified.field';
  return hasCheck(record, ['verify.symptom-other']) ? 'says.verified.other' : 'says.verified';
}

function notVerifiedSays(record: FixRecord): FixWordKey {
  if (record.mode === 'undo') return 'says.not-verified.undo';
  const there = hasCheck(record, ['verify.rule-speaks', 'verify.symptom-there']);
  return there ? 'says.not-verified' : 'says.not-verified.other';
}

function hasCheck({ verification }: FixRecord, texts: readonly string[]): boolean {
  return verification?.checks.some(({ says }) => texts.includes(says.text)) === true;
}

function whyOnlyShown(record: FixRecord, why: NonNullable<FixRecord['showWhy']>, language: Language): Said {
  return [fixWord(language, `show.${why}`, { remediation: nameText(record.remediation) })];
}

function approversOf(record: FixRecord): string[] {
  return [...new Set(record.approvals.map(({ claim }) => claim.by))];
}

/** Gives who may approve, who has, and until when; nothing unless it waits for that. */
export function approvalSays(record: FixRecord, language: Language): Said[] {
  const plan = record.plan?.plan;
  if (record.state !== 'proposed' || plan === undefined) return [];
  const count = plan.approvals;
  const who = approversOf(record);
  const needs = count === 1 ? fixWord(language, 'approve.one') : fixWord(language, 'approve.many', { count });
  const requester = fixWord(language, plan.requesterMayApprove ? 'approve.requester.yes' : 'approve.requester.no');
  return [
    [`${needs}${language === 'en' ? ' ' : ''}${requester}`],
    ...(who.length === 0 ? [] : [withPeople(language, 'approve.so-far', who)]),
    [fixWord(language, 'approve.expires', { at: plan.expiresAt })],
  ];
}

/** True where an undo may be asked for now, and there is a way back. */
export function offersUndo(record: FixRecord): boolean {
  // It stays where an undo was asked for: that one may have been denied; the press says so if it still goes on.
  return canBeUndone(record.state) && (draftOf(record)?.undo.length ?? 0) > 0;
}

/** True where a step was carried out, or may have been. */
export function wasTouched(record: FixRecord): boolean {
  return record.progress.some(({ state }) => state !== 'skipped' && state !== 'refused' && state !== 'already');
}

/** Gives the audit head as the thread quotes it: `audit 41:9f3c52ab61d7…`. */
export function auditText(record: FixRecord, language: Language): string | undefined {
  const { audit } = record;
  return audit === undefined
    ? undefined
    : fixWord(language, 'audit', { seq: audit.seq, hash: audit.hash.slice(0, 16) });
}

function stateSince(record: FixRecord): string {
  return record.history.findLast((line) => line.state === record.state)?.at ?? record.updatedAt;
}

function lastBy(record: FixRecord): string {
  return record.history.at(-1)?.by ?? record.requestedBy;
}
