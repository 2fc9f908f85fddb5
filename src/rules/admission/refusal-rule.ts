/** Makes a rule of one kind of refusal: the words that tell it, what it is about, and what could be read beside them. */
import type { EvidenceKind } from '../../core/evidence/kinds.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding, Proof, TextData } from '../../core/finding.ts';
import { type ObjectRef, refText } from '../../core/object-ref.ts';
import { defineRule, type Rule, type Texts } from '../../core/rule.ts';
import { explainsRefusal } from './create-rejected.ts';
import { type Refusal, refusals } from './refusals.ts';

/** What the words of one refusal say. */
export interface Reading<T extends string> {
  readonly text: T;
  /** What a person would have to change. */
  readonly object: ObjectRef;
  readonly data: TextData;
}

/** What else the evidence knows of it. `doubt`: it shows that the reason may be gone. */
export interface Beside<T extends string> {
  readonly proofs: readonly Proof<T>[];
  readonly doubt?: string;
}

export interface RefusalKind<T extends Texts, K extends string = Extract<keyof T, string>> {
  readonly id: string;
  readonly summary: string;
  readonly needs?: readonly EvidenceKind[];
  readonly texts: T;
  readonly read: (refusal: Refusal) => Reading<K> | undefined;
  readonly beside?: (facts: Facts, reading: Reading<K>) => Beside<K>;
  readonly advice: (reading: Reading<K>) => NonNullable<Finding<K>['advice']>;
  readonly wouldNotHelp?: (reading: Reading<K>) => NonNullable<Finding<K>['wouldNotHelp']>;
}

const PROOFS = 3;

/** One rule; refusals of several workloads for the same reason are one finding. `word` is the proof's sentence. */
export function refusalRule<const T extends Texts & { readonly word: string }>(kind: RefusalKind<T>): Rule<T> {
  type Id = Extract<keyof T, string>;
  return defineRule({
    id: kind.id,
    role: 'cause',
    severity: 'critical',
    summary: kind.summary,
    needs: ['workload', 'events', ...(kind.needs ?? [])],
    texts: kind.texts,
    explains: { 'create-rejected': explainsRefusal },
    judge(facts, say) {
      for (const { reading, of } of grouped(facts, kind.read)) {
        const beside = kind.beside?.(facts, reading) ?? { proofs: [] };
        const sure = of.some((refusal) => refusal.sure) && beside.doubt === undefined;
        const [first] = of;
        const since = of.flatMap((refusal) => refusal.since ?? []).sort()[0];
        const check =
          beside.doubt ?? `kubectl -n ${first?.namespace ?? ''} get events --field-selector reason=FailedCreate`;
        say.find({
          object: reading.object,
          ...(sure ? { confidence: 'confirmed' } : { confidence: 'likely', tryThis: check }),
          text: reading.text,
          data: { ...reading.data, workloads: of.map((refusal) => refText(refusal.object)) },
          because: [...of.slice(0, PROOFS).map((refusal) => wordProof<Id>(refusal)), ...beside.proofs],
          scope: {},
          ...(since === undefined ? {} : { since }),
          advice: kind.advice(reading),
          ...(kind.wouldNotHelp === undefined ? {} : { wouldNotHelp: kind.wouldNotHelp(reading) }),
        });
      }
    },
  });
}

function grouped<K extends string>(facts: Facts, read: (refusal: Refusal) => Reading<K> | undefined) {
  const groups = new Map<string, { reading: Reading<K>; of: Refusal[] }>();
  for (const refusal of refusals(facts)) {
    const reading = read(refusal);
    if (reading === undefined) continue;
    const key = `${refText(reading.object)} ${reading.text}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { reading, of: [refusal] });
    else group.of.push(refusal);
  }
  return [...groups.keys()].sort().flatMap((key) => groups.get(key) ?? []);
}

function wordProof<K extends string>({ controller, message, fact, namespace }: Refusal): Proof<K> {
  const command = `kubectl -n ${namespace} describe ${controller.kind.toLowerCase()} ${controller.name}`;
  return proof(fact, 'word' as K, { controller: refText(controller), message }, command);
}

/** The sentence of the proof that all of these share. */
export const WORD = 'The API server told {controller}: {message}';
