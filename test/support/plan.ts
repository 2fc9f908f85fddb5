/** Plans a remediation on a simulated cluster in memory, the whole way: collect, judge, read objects, plan. */

import type { ObjectRef } from '../../src/core/object-ref.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { type PlanResult, planFix } from '../../src/run/plan.ts';
import { type Simulated, withSimulatedPorts } from './simulated-evidence.ts';

/** The cause that is to be fixed. */
export interface Wish {
  readonly words: readonly string[];
  readonly rule: string;
  readonly object: ObjectRef;
  readonly remediation: Remediation;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** Gives the plan, a refusal, or that the cause is not there. */
export async function planOn(cluster: Simulated, wish: Wish): Promise<PlanResult> {
  const { words, rule, object, remediation, params = {} } = wish;
  const objects = cluster.objects.map((one, i) => withVersion(one, i));
  return await withSimulatedPorts({ ...cluster, objects }, (ports) =>
    planFix({ question: parseQuestion(words), rule, object, remediation, params }, ports, { id: 'dx-test1' }),
  );
}

/** Rendered objects have no resourceVersion: the API server gives it. */
function withVersion<T extends { apiVersion: string; kind: string }>(object: T, i: number): T {
  const { metadata } = object as unknown as { metadata: object };
  return { ...object, metadata: { resourceVersion: String(i + 1), ...metadata } };
}
