/** What stands on the card under the verdict, by state: the plan, the reason, the steps with their marks, what was seen. */
import { type FixState, isOver } from '../../core/approval.ts';
import type { FixRecord, StepProgress, Verification } from '../../core/fix.ts';
import { questionText } from '../../core/question.ts';
import type { PlanStep } from '../../core/remediation.ts';
import { fixWord } from '../languages/fix/words.ts';
import { word } from '../languages/index.ts';
import { nameText, shorten, visible, withoutStop, withStop } from '../visible.ts';
import { lineText, reasonText } from './line-text.ts';
import type { FixOptions } from './options.ts';
import { type Entry, lineEntry, type Part, planParts, stepSays } from './plan-parts.ts';
import { draftOf, isCount } from './status.ts';

const MARK: Readonly<Record<StepProgress['state'] | 'waiting' | 'never', string>> = {
  waiting: '○',
  never: '○',
  running: '…',
  done: '✓',
  already: '✓',
  skipped: '–',
  refused: '✗',
  failed: '✗',
  unknown: '?',
};
const CHECK_MARK = { ok: '✓', 'not-yet': '…', wrong: '✗', unseen: '?' } as const;
/** Checks that are named one by one: of a large cluster the card shows those that are not well first. */
const MOST_CHECKS = 60;

/** Nothing that is held against the fix, and nothing that is well either. */
const BESIDE: readonly string[] = ['verify.symptom-other', 'verify.now-visible', 'verify.node-as-before'];

type Check = Verification['checks'][number];

/** States in which the whole plan stands on the card. */
const WITH_PLAN: readonly FixState[] = ['shown', 'proposed', 'approved'];
/** States in which steps have begun. */
const WITH_STEPS: readonly FixState[] = [
  'applying',
  'verifying',
  'verified',
  'not-verified',
  'failed',
  'unknown',
  'undone',
];

/** True where the card holds the whole plan, or as much of it as fits. */
export function showsPlan(state: FixState): boolean {
  return WITH_PLAN.includes(state);
}

/** Gives every part that the state calls for. */
export function stateParts(record: FixRecord, options: FixOptions): Part[] {
  const { state } = record;
  if (state === 'planning' || state === 'drafted') return [];
  if (showsPlan(state)) return wholePlan(record, options);
  const parts = [denial(record), ...reasonParts(record, options)];
  if (hasBegun(record)) {
    const said = [...checksParts(record, options), noWayBack(record, options), manualPart(record, options)];
    parts.push(stepsPart(record, options), ...said);
  } else if (state !== 'refused') {
    const [change] = wholePlan(record, options);
    if (change !== undefined) parts.push({ ...change, title: 'part.change.planned' });
  }
  return parts.filter((part) => part !== undefined).filter((part) => part.entries.length > 0);
}

/** Gives what the message of the end says beside the verdict. All the rest stands on the card, which is above it. */
export function endParts(record: FixRecord, options: FixOptions): Part[] {
  const { state, verification } = record;
  const parts = [denial(record), ...reasonParts(record, options)];
  if (verification !== undefined && hasBegun(record)) {
    if (state === 'verified') parts.push(answersPart(verification, options));
    if (state === 'not-verified' || state === 'unknown') parts.push(...illParts(record, verification, options));
  }
  return parts.filter((part) => part !== undefined).filter((part) => part.entries.length > 0);
}

function hasBegun({ state, progress }: FixRecord): boolean {
  return WITH_STEPS.includes(state) || (state === 'void' && progress.length > 0);
}

/** Gives the plan of a record in parts. */
export function wholePlan(record: FixRecord, options: FixOptions): Part[] {
  const draft = draftOf(record);
  return draft === undefined ? [] : planParts(draft, record.plan?.plan.dryRun, options);
}

/** Gives why the fix is where it is, and what a person can do instead. */
export function reasonParts(record: FixRecord, options: FixOptions): Part[] {
  const { reason, remediation } = record;
  if (reason === undefined || isCount(reason)) return [];
  const { language } = options;
  // The code is the remediation's own where a line is given; else it is one that all share.
  const entry: Entry =
    reason.line === undefined
      ? { says: reasonText(language, reason.code, reason.data) }
      : lineEntry(remediation, reason.line, options);
  const manual = (reason.manual ?? []).map((line) => lineEntry(remediation, line, options));
  return [
    { title: 'part.reason', entries: [entry] },
    ...(manual.length === 0 ? [] : [{ title: 'part.manual' as const, entries: manual }]),
  ];
}

function denial(record: FixRecord): Part | undefined {
  if (record.denial === undefined) return undefined;
  return { title: 'part.denial', entries: [{ says: visible(record.denial.reason) }] };
}

/** The steps that kubewhy does itself, with what became of each. */
export function machineSteps(record: FixRecord): { readonly step: PlanStep; readonly index: number }[] {
  const steps = draftOf(record)?.steps ?? [];
  return steps.flatMap((step, index) => (step.type === 'manual' ? [] : [{ step, index }]));
}

function stepsPart(record: FixRecord, options: FixOptions): Part | undefined {
  const draft = draftOf(record);
  if (draft === undefined) return undefined;
  const entries = machineSteps(record).map(({ step, index }, i): Entry => {
    const progress = record.progress.find((one) => one.index === index);
    const state = progress?.state ?? (isOver(record.state) ? 'never' : 'waiting');
    const says = `${MARK[state]} ${i + 1}. ${withoutStop(stepSays(draft, step, options))} – ${fixWord(options.language, `progress.${state}`)}`;
    return { says: noted(says, record, progress, options), bullet: false };
  });
  return { title: 'part.change.done', entries };
}

function noted(
  says: string,
  { reason }: FixRecord,
  progress: StepProgress | undefined,
  { language }: FixOptions,
): string {
  const note = noteOf(progress);
  // The reason stands right above it and says the same.
  return note === undefined || (progress?.state === 'failed' && reason?.data['why'] === note.replace(/\.$/, ''))
    ? says
    : `${says}${word(language, 'colon')}${shorten(visible(note), 300)}`;
}

/** The one sentence that server or agent said about a step. */
export function noteOf(progress: StepProgress | undefined): string | undefined {
  const note = progress?.note ?? progress?.result?.says;
  return note === undefined || note === '' ? undefined : note;
}

/** What is not well comes first and by itself; then what is well, and the answers. */
function checksParts(record: FixRecord, options: FixOptions): Part[] {
  const { verification } = record;
  if (verification === undefined) return [];
  const { looks: count, lookedAt: at } = verification;
  const looks: Entry = { says: fixWord(options.language, 'looks', { count, at }), bullet: false };
  const isBeside = ({ says }: Check): boolean => BESIDE.includes(says.text);
  const well = verification.checks.filter((check) => check.result === 'ok');
  const beside = well
    .filter(isBeside)
    .map((check): Entry => ({ says: onNode(check.node, checkSays(record, check, options), options) }));
  return [
    ...illParts(record, verification, options),
    {
      title: 'part.checks',
      entries: [
        ...wellEntries(
          record,
          well.filter((one) => !isBeside(one)),
          options,
        ),
        looks,
      ],
    },
    ...(beside.length === 0 ? [] : [{ title: 'part.beside' as const, entries: beside.slice(0, MOST_CHECKS) }]),
    answersPart(verification, options),
  ];
}

/** Checks that are wrong, and apart from them those that nobody could make. */
function illParts(record: FixRecord, verification: Verification, options: FixOptions): Part[] {
  const wrong = checkEntries(record, verification, ['wrong', 'not-yet'], options);
  const unseen = checkEntries(record, verification, ['unseen'], options);
  const waits = record.state === 'verifying';
  return [
    { title: waits ? ('part.not-yet' as const) : ('part.still' as const), entries: wrong },
    { title: 'part.unseen' as const, entries: unseen },
  ].filter(({ entries }) => entries.length > 0);
}

function answersPart({ verdicts }: Verification, { language }: FixOptions): Part {
  return {
    title: 'part.answers',
    entries: verdicts.map(({ question, verdict, summary }) => {
      const said = word(language, `verdict.${verdict}`);
      // Some summaries say the verdict in their own words: "No fault found in …", "2 causes found: …".
      const tells = summary.startsWith(said) || (verdict === 'cause-found' && /^\D{0,4}\d+ /.test(summary));
      const answer = tells ? '' : `${said}${word(language, 'colon')}`;
      const asked = shorten(visible(questionText(question)), 150);
      return {
        says: withStop(`${asked}${word(language, 'colon')}${answer}${visible(summary)}`, word(language, 'stop')),
      };
    }),
  };
}

/** Each sentence says by itself how it is; the mark is for the eye. */
function checkEntries(
  record: FixRecord,
  { checks }: Verification,
  results: readonly Check['result'][],
  options: FixOptions,
): Entry[] {
  const those = checks.filter(({ result }) => results.includes(result));
  const entries = those
    .slice(0, MOST_CHECKS)
    .map((check) => marked(check.result, onNode(check.node, checkSays(record, check, options), options)));
  return withRest(entries, those.length - entries.length, options);
}

/** What is well is told in one line a node. */
function wellEntries(record: FixRecord, checks: readonly Check[], options: FixOptions): Entry[] {
  const { language } = options;
  const stop = word(language, 'stop');
  const shown = checks.slice(0, MOST_CHECKS);
  const entries = shown.flatMap((check, i): Entry[] => {
    if (check.node === undefined) return [marked('ok', checkSays(record, check, options))];
    if (shown.findIndex(({ node }) => node === check.node) !== i) return [];
    const all = shown.filter(({ node }) => node === check.node).map((one) => checkSays(record, one, options));
    const says =
      all.length === 1 ? all.join('') : withStop(all.map(withoutStop).join(word(language, 'listJoin')), stop);
    return [marked('ok', onNode(check.node, says, options))];
  });
  return withRest(entries, checks.length - shown.length, options);
}

function checkSays({ remediation }: FixRecord, check: Check, { language, catalogue }: FixOptions): string {
  return lineText(language, remediation, check.says, catalogue);
}

function onNode(node: string | undefined, says: string, { language }: FixOptions): string {
  return node === undefined ? says : fixWord(language, 'check.on', { node: nameText(node), says });
}

function marked(result: Check['result'], says: string): Entry {
  return { says: `${CHECK_MARK[result]} ${says}`, bullet: false };
}

function withRest(entries: Entry[], left: number, { language }: FixOptions): Entry[] {
  return left <= 0 ? entries : [...entries, { says: word(language, 'more', { count: left }), bullet: false }];
}

/** Where nothing can be taken back, that is said instead of a button. */
function noWayBack(record: FixRecord, options: FixOptions): Part | undefined {
  const draft = draftOf(record);
  if (draft === undefined || draft.undo.length > 0 || record.state === 'applying' || record.state === 'undone')
    return undefined;
  const why = draft.noUndo === undefined ? [] : [lineEntry(draft.remediation, draft.noUndo, options)];
  return { title: 'part.undo', entries: [{ says: fixWord(options.language, 'undo.none') }, ...why] };
}

/** Steps that only a person can do stay listed until the end. */
function manualPart(record: FixRecord, options: FixOptions): Part | undefined {
  const draft = draftOf(record);
  if (draft === undefined || record.state === 'refused') return undefined;
  const lines = draft.steps.flatMap((step) => (step.type === 'manual' ? [step.says] : []));
  return { title: 'part.manual', entries: lines.map((line) => lineEntry(draft.remediation, line, options)) };
}
