/** What is seen when a plan is made, kept in the plan: verification compares with it. */
import type { CollectOptions, CollectPorts } from '../collect/collect.ts';
import type { Diagnosis, RankedFinding } from '../core/diagnosis.ts';
import { evidenceKey } from '../core/evidence.ts';
import { compareText, type ObjectRef, refText, sameRef } from '../core/object-ref.ts';
import { type Question, questionText } from '../core/question.ts';
import type { Baseline, Draft } from '../core/remediation.ts';
import { runDiagnosis } from './diagnose.ts';
import { inTurns } from './in-turns.ts';

/** Diagnoses at a time: agents and API server have other work too. */
export const AT_A_TIME = 3;
const MOST_FINDINGS = 500;
const MOST_GAPS = 500;
const MOST_EVIDENCE = 60;

/**
 * Gives the draft with its baseline. The first question was answered for the plan already; the others are asked here. One that
 * cannot be answered now is expected to be without fault later.
 * @throws the signal's reason.
 */
export async function withBaseline(
  draft: Draft,
  planned: Diagnosis,
  ports: CollectPorts,
  options: CollectOptions,
): Promise<Draft> {
  const { rule, object, questions } = draft.expect;
  const answered = (question: Question, i: number): boolean =>
    i === 0 || questionText(question) === questionText(questions[0] as Question);
  const all = await inTurns(questions, AT_A_TIME, async (question, i): Promise<Diagnosis | undefined> => {
    if (answered(question, i)) return planned;
    try {
      return (await runDiagnosis(question, ports, options)).diagnosis;
    } catch {
      options.signal?.throwIfAborted();
      return undefined;
    }
  });
  return { ...draft, expect: { ...draft.expect, before: baselineOf(all, { rule, object }) } };
}

/** Gives the baseline of what each question gave. Pure. */
export function baselineOf(
  all: readonly (Diagnosis | undefined)[],
  cause: { readonly rule: string; readonly object: ObjectRef },
): Baseline {
  const known = all.flatMap((diagnosis) => diagnosis ?? []);
  const found = known.flatMap((diagnosis) => findingsOf(diagnosis)).map(({ rule, object }) => ({ rule, object }));
  const unique = [...new Map(found.map((one) => [`${one.rule} ${refText(one.object)}`, one])).values()];
  const gaps = known.flatMap((diagnosis) => gapsOf(diagnosis, cause.rule));
  const evidence = known
    .flatMap((diagnosis) => findingsOf(diagnosis))
    .filter((one) => isSame(one, cause))
    .flatMap((one) => one.because)
    // Pods are others after a rollout.
    .filter((proof) => proof.object.kind !== 'Pod')
    .map(({ evidence: kind, object, part }) => ({ kind, object, ...(part === undefined ? {} : { part }) }));
  const seen = new Map(evidence.map((one) => [evidenceKey(one.kind, one.object, one.part), one]));
  return {
    questions: all.map((diagnosis) => {
      if (diagnosis === undefined) return { verdict: 'no-fault-found', ours: true };
      const symptom = diagnosis.symptoms.at(-1);
      return {
        verdict: diagnosis.verdict,
        ...(symptom === undefined ? {} : { symptom: { rule: symptom.rule, object: symptom.object } }),
        // Without a cause nobody knows whose fault it is: then it must be gone too.
        ours: diagnosis.causes.length === 0 || diagnosis.causes.some((one) => isSame(one, cause)),
      };
    }),
    findings: unique.slice(0, MOST_FINDINGS),
    gaps: [...new Set(gaps)].sort(compareText).slice(0, MOST_GAPS),
    evidence: [...seen.values()].slice(0, MOST_EVIDENCE),
  };
}

/** Everything that a diagnosis found. */
export function findingsOf(diagnosis: Diagnosis): readonly RankedFinding[] {
  return [...diagnosis.causes, ...diagnosis.symptoms, ...diagnosis.alsoFound];
}

/** Keys of the evidence that kept a rule from speaking. */
export function gapsOf(diagnosis: Diagnosis, rule: string): string[] {
  return diagnosis.notSeen
    .filter((gap) => gap.blocks.includes(rule))
    .map((gap) => evidenceKey(gap.evidence, gap.object, gap.part).slice(0, 600));
}

/** True for a finding of this rule about this object. */
export function isSame(
  a: { readonly rule: string; readonly object: ObjectRef },
  b: { readonly rule: string; readonly object: ObjectRef },
): boolean {
  return a.rule === b.rule && sameRef(a.object, b.object);
}
