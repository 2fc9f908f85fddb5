/** What one look shows, check by check: the asked symptom, the rule, what is new, each node. Pure. */
import type { Diagnosis, RankedFinding } from '../core/diagnosis.ts';
import { type EvidenceKind, isNodeKind } from '../core/evidence/kinds.ts';
import { type EvidenceBundle, evidenceKey } from '../core/evidence.ts';
import type { Verification } from '../core/fix.ts';
import type { Language } from '../core/jobs.ts';
import { type ObjectRef, refText, sameRef } from '../core/object-ref.ts';
import { type Question, questionText } from '../core/question.ts';
import type { Draft, Line } from '../core/remediation.ts';
import type { VerifyText } from '../report/languages/fix/verify.ts';
import { findingsOf, gapsOf, isSame } from './baseline.ts';
import { findingSentence } from './finding-sentence.ts';

/** Symptoms that say that a node is not there. */
export const DOWN: ReadonlySet<string> = new Set(['node-not-ready', 'node-unreachable']);

export type Check = Verification['checks'][number];

/** What one question gave this time: a diagnosis, or why there is none. */
export interface Seen {
  readonly question: Question;
  readonly answer?: { readonly bundle: EvidenceBundle; readonly diagnosis: Diagnosis };
  readonly why?: string;
}

type Answered = Seen & { readonly answer: NonNullable<Seen['answer']> };

/** Gives a line of the shared sentences. */
export function verifyLine(text: VerifyText, data: Line['data'] = {}): Line {
  const bounded = Object.entries(data).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.slice(0, 1000) : value,
  ]);
  return { text, data: Object.fromEntries(bounded) as Line['data'] };
}

export function check(result: Check['result'], text: VerifyText, data: Line['data'] = {}, node?: string): Check {
  return { says: verifyLine(text, data), result, ...(node === undefined ? {} : { node }) };
}

/** Those questions that were answered. */
export function answered(seen: readonly Seen[]): readonly Answered[] {
  return seen.filter((one): one is Answered => one.answer !== undefined);
}

/** Is the asked symptom gone, for each question? */
export function symptomChecks(draft: Draft, seen: readonly Seen[], language: Language): Check[] {
  return seen.flatMap(({ question, answer, why }, i): Check[] => {
    const asked = questionText(question);
    if (answer === undefined) return [check('unseen', 'verify.question-failed', { question: asked, why: why ?? '?' })];
    const { diagnosis } = answer;
    if (diagnosis.verdict === 'no-fault-found') return [check('ok', 'verify.symptom-gone', { question: asked })];
    // A preflight lists what is to be mended; whether this is mended, the rule says.
    if (question.type === 'preflight' && i === 0) return [];
    if (isOthers(draft, i)) return [check('ok', 'verify.symptom-other', { question: asked })];
    const symptom = draft.expect.before?.questions[i]?.symptom;
    // Nothing followed from what is fixed. What stands beside it stood there before, and is no matter of this fix.
    if (symptom === undefined && onlyKnown(draft, diagnosis))
      return [check('ok', 'verify.symptom-other', { question: asked })];
    if (symptom !== undefined && isOnlyElsewhere(draft, diagnosis, symptom))
      return [check('ok', 'verify.symptom-other', { question: asked })];
    return [symptomCheck(asked, diagnosis, symptom, language)];
  });
}

/** True for a question that failed before for another cause than the one that is fixed. */
export function isOthers(draft: Draft, index: number): boolean {
  const before = draft.expect.before?.questions[index];
  return before !== undefined && !before.ours && before.verdict !== 'no-fault-found';
}

/** True where a diagnosis is sure, and everything that it names was found before the fix already. */
function onlyKnown(draft: Draft, diagnosis: Diagnosis): boolean {
  const { before, rule, object } = draft.expect;
  if (before === undefined || diagnosis.verdict !== 'cause-found') return false;
  const known = new Set(before.findings.map((one) => findingKey(one)));
  const causes = [...diagnosis.causes, ...diagnosis.symptoms];
  return causes.every((one) => known.has(findingKey(one)) && !isSame(one, { rule, object }));
}

/**
 * True where the symptom is left on nodes alone that were down before and that this fix is not about, each with a cause that
 * was known before. Whether all is well on the nodes that it is about is checked node by node.
 */
function isOnlyElsewhere(
  draft: Draft,
  diagnosis: Diagnosis,
  before: { readonly rule: string; readonly object: ObjectRef },
): boolean {
  const left = findingsOf(diagnosis).find((one) => isSame(one, before))?.scope.nodes ?? [];
  const { nodes, before: baseline } = draft.expect;
  const down = new Set((baseline?.findings ?? []).flatMap(({ rule, object }) => (DOWN.has(rule) ? [object.name] : [])));
  const known = new Set((baseline?.findings ?? []).map((one) => findingKey(one)));
  const causes = diagnosis.causes.filter((one) => one.confidence === 'confirmed');
  return (
    nodes.length > 0 &&
    left.length > 0 &&
    left.every((node) => down.has(node) && !nodes.includes(node)) &&
    left.every((node) => causes.some((one) => one.object.kind === 'Node' && one.object.name === node)) &&
    causes.every((one) => known.has(findingKey(one)) && !isSame(one, draft.expect))
  );
}

function symptomCheck(
  question: string,
  diagnosis: Diagnosis,
  before: { readonly rule: string; readonly object: ObjectRef } | undefined,
  language: Language,
): Check {
  const there =
    before === undefined
      ? (diagnosis.symptoms.at(-1) ?? diagnosis.causes[0])
      : findingsOf(diagnosis).find((one) => isSame(one, before));
  const says = there === undefined ? '' : findingSentence(there, language);
  if (there?.confidence === 'confirmed') return check('wrong', 'verify.symptom-there', { question, says });
  // What was asked about is gone; other faults of the target were known before, or are found by the check for new ones.
  const gone = there === undefined && before !== undefined && diagnosis.verdict === 'cause-found';
  return gone
    ? check('ok', 'verify.symptom-gone', { question })
    : check('unseen', 'verify.symptom-unseen', { question, says });
}

/** Of a plan that mends nothing: could the questions be asked at all, and is anything new? */
export function fieldOnlyChecks(draft: Draft, seen: readonly Seen[], language: Language): Check[] {
  const unasked = seen.flatMap(({ question, answer, why }) =>
    answer === undefined
      ? [check('unseen', 'verify.question-failed', { question: questionText(question), why: why ?? '?' })]
      : [],
  );
  return [...unasked, ...newChecks(draft, seen, language)];
}

/** Does the rule that named the cause find nothing about the object any more, and could it have? */
export function ruleChecks(draft: Draft, seen: readonly Seen[], language: Language): Check[] {
  const { rule, object, before } = draft.expect;
  const all = answered(seen);
  const cause = all.flatMap(({ answer }) => findingsOf(answer.diagnosis)).find((one) => isSame(one, { rule, object }));
  if (cause !== undefined) return [check('wrong', 'verify.rule-speaks', { says: findingSentence(cause, language) })];
  const first = seen[0];
  if (first?.answer === undefined)
    return [blind(rule, 'answer', object, first?.why ?? 'the question could not be asked')];
  const known = new Set(before?.gaps ?? []);
  for (const { answer } of all) {
    const fresh = gapsOf(answer.diagnosis, rule).find((key) => !known.has(key));
    const gap = answer.diagnosis.notSeen.find((one) => evidenceKey(one.evidence, one.object, one.part) === fresh);
    if (gap !== undefined && !elsewhere(all, answer.diagnosis, gap))
      return [blind(rule, gap.evidence, gap.object, gap.reason)];
  }
  for (const { kind, object: of, part } of before?.evidence ?? []) {
    const why = unseenBecause(all, kind as EvidenceKind, of, part);
    if (why !== undefined) return [blind(rule, kind, of, why)];
  }
  return [check('ok', 'verify.rule-silent', { rule, object: refText(object) })];
}

/** True where another question saw what this one did not. */
function elsewhere(all: readonly Answered[], but: Diagnosis, gap: Diagnosis['notSeen'][number]): boolean {
  const key = evidenceKey(gap.evidence, gap.object, gap.part);
  return all.some(
    ({ answer }) =>
      answer.diagnosis !== but &&
      answer.bundle.items.some(
        (item) => item.status === 'collected' && evidenceKey(item.kind, item.object, item.part) === key,
      ),
  );
}

/** Why a piece of evidence that the cause rested on is not there now; undefined where it is, or where it had no reason to be. */
function unseenBecause(all: readonly Answered[], kind: EvidenceKind, of: ObjectRef, part?: string): string | undefined {
  const key = evidenceKey(kind, of, part);
  const items = all.flatMap(({ answer }) =>
    answer.bundle.items.filter((item) => evidenceKey(item.kind, item.object, item.part) === key),
  );
  if (items.some((item) => item.status === 'collected')) return undefined;
  const failed = items.find((item) => item.status === 'unavailable');
  if (failed?.status === 'unavailable') return failed.reason;
  // Some evidence is read only of what is suspect. Of a node whose agent was not asked at all, nothing is known.
  const asked = all.some(({ answer }) => answer.diagnosis.agents.asked.includes(of.name));
  return isNodeKind(kind) && of.kind === 'Node' && !asked ? 'its agent was not asked this time' : undefined;
}

function blind(rule: string, evidence: string, of: ObjectRef, why: string): Check {
  return check('unseen', 'verify.rule-blind', { rule, evidence, of: refText(of), why: why.replace(/\.$/, '') });
}

/**
 * Faults of what was asked about, or of what the fix touched, that were not there before. On a node that was down before and
 * lives again, more can be seen than before: that is told, and is nothing that the fix did.
 */
export function newChecks(draft: Draft, seen: readonly Seen[], language: Language): Check[] {
  const { before, rule, object, nodes } = draft.expect;
  if (before === undefined) return [];
  const known = new Set(before.findings.map((one) => findingKey(one)));
  const touched = new Set([...nodes, ...draft.nodes]);
  const fresh = new Map<string, RankedFinding>();
  for (const { answer } of answered(seen)) {
    const { causes, symptoms, alsoFound } = answer.diagnosis;
    const beside = alsoFound.filter((one) => concerns(one, touched, draft.object));
    for (const one of [...causes, ...symptoms, ...beside]) {
      if (isBrought(draft, one)) continue;
      if (one.severity === 'info' || one.confidence !== 'confirmed' || isSame(one, { rule, object })) continue;
      if (!known.has(findingKey(one))) fresh.set(findingKey(one), one);
    }
  }
  const revived = new Set(draft.expect.revives ?? []);
  const [shown, added] = [
    [...fresh.values()].filter((one) => isOn(one, revived)),
    [...fresh.values()].filter((one) => !isOn(one, revived)),
  ];
  const told = shown.map((one) => check('ok', 'verify.now-visible', { says: findingSentence(one, language) }));
  if (added.length > 0) {
    const wrong = added.map((one) => check('wrong', 'verify.new', { says: findingSentence(one, language) }));
    return [...wrong, ...told];
  }
  return answered(seen).length === 0 || told.length > 0 ? told : [check('ok', 'verify.nothing-new')];
}

/** True for what the change itself brings about, and says so. */
function isBrought({ expect, object }: Draft, finding: RankedFinding): boolean {
  return expect.brings?.includes(finding.rule) === true && sameRef(finding.object, object);
}

/** True where a finding is about one of these nodes, or about what lies between one of them and others. */
function isOn(finding: RankedFinding, nodes: ReadonlySet<string>): boolean {
  if (finding.object.kind === 'Node' && nodes.has(finding.object.name)) return true;
  return [...(finding.scope.nodes ?? []), ...(finding.scope.pairs ?? []).flat()].some((node) => nodes.has(node));
}

function concerns(finding: RankedFinding, touched: ReadonlySet<string>, changed: ObjectRef): boolean {
  if (finding.object.kind === 'Node') return touched.has(finding.object.name);
  if (refText(finding.object) === refText(changed)) return true;
  return (finding.scope.nodes ?? []).some((node) => touched.has(node));
}

/** Pods get new names in a rollout: there the rule and the namespace count. */
function findingKey({ rule, object }: { readonly rule: string; readonly object: ObjectRef }): string {
  return object.kind === 'Pod' ? `${rule} Pod/${object.namespace ?? ''}` : `${rule} ${refText(object)}`;
}
