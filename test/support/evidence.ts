/** Builds evidence for rule tests: a bundle from a few items, with honest defaults. */

import { EVIDENCE_SCHEMAS, type EvidenceKind, type EvidenceValue, isNodeKind } from '../../src/core/evidence/kinds.ts';
import type { EvidenceBundle, EvidenceItem } from '../../src/core/evidence.ts';
import { Facts } from '../../src/core/facts.ts';
import { CLUSTER, type ObjectRef } from '../../src/core/object-ref.ts';
import type { Question } from '../../src/core/question.ts';
import type { Rule } from '../../src/core/rule.ts';
import { type Outcome, runRule } from '../../src/rules/evaluate.ts';

/** The moment of every test bundle: "now" for rules. */
export const NOW = '2026-01-15T12:00:00.000Z';

/** Gives the time some seconds before NOW. */
export function ago(seconds: number): string {
  return new Date(Date.parse(NOW) - seconds * 1000).toISOString();
}

/** One collected item; its value is checked by the kind's schema, so that a test cannot feed what no collector gives. */
export function known<K extends EvidenceKind>(
  kind: K,
  value: EvidenceValue<K>,
  object: ObjectRef = CLUSTER,
  part?: string,
): EvidenceItem {
  const parsed = EVIDENCE_SCHEMAS[kind].parse(value) as EvidenceValue<K>;
  const common = {
    kind,
    object,
    source: isNodeKind(kind) ? ('agent' as const) : ('api' as const),
    at: NOW,
    command: `see ${kind}`,
  };
  return { ...common, ...(part === undefined ? {} : { part }), status: 'collected', value: parsed } as EvidenceItem;
}

/** One item that could not be read. */
export function unknown(kind: EvidenceKind, object: ObjectRef = CLUSTER, part?: string): EvidenceItem {
  const common = {
    kind,
    object,
    source: isNodeKind(kind) ? ('agent' as const) : ('api' as const),
    at: NOW,
    command: `see ${kind}`,
  };
  return {
    ...common,
    ...(part === undefined ? {} : { part }),
    status: 'unavailable',
    reason: 'agent did not answer: connection refused',
  };
}

/** A bundle of items for a question. */
export function bundle(question: Question, items: readonly EvidenceItem[]): EvidenceBundle {
  return {
    apiVersion: 'kubewhy/v1',
    kind: 'Evidence',
    id: 'dx-test1',
    cluster: 'test',
    question,
    startedAt: NOW,
    finishedAt: NOW,
    agents: { asked: [], total: 0, sampled: false },
    items: [...items],
  };
}

/** Runs one rule alone over some items. */
export function outcomeOf(rule: Rule, question: Question, items: readonly EvidenceItem[]): Outcome {
  return runRule(rule, Facts.from(bundle(question, items)));
}

/** Gives what a rule said, in short: `finding text Kind/name` and `cleared text Kind/name`. */
export function said(rule: Rule, question: Question, items: readonly EvidenceItem[]): string[] {
  return outcomeOf(rule, question, items).judgements.map((j) => {
    const { kind, namespace, name } = j.object;
    return `${j.type} ${j.text} ${namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`}${j.type === 'finding' && j.confidence === 'likely' ? ' (likely)' : ''}`;
  });
}
