/** Refusals to create Pods, as controllers tell them in events and conditions: which workload, with which words, whether still. */
import type { EventObject, Workload } from '../../core/evidence/cluster-types.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { namespacedRef, type ObjectRef, refText } from '../../core/object-ref.ts';

/** Controllers try again at least this often: a refusal that is older and not repeated may be over. */
const RETRIED_MS = 20 * 60_000;
/** Events live an hour. */
const OLD_MS = 60 * 60_000;

type Known<K extends 'events' | 'workload'> = Extract<Fact<K>, { known: true }>;

/** The newest refusal of one workload. */
export interface Refusal {
  /** The workload that people know: the Deployment above a ReplicaSet. */
  readonly object: ObjectRef;
  /** The controller that was refused. */
  readonly controller: ObjectRef;
  readonly namespace: string;
  /** The API server's words. */
  readonly message: string;
  readonly fact: Known<'events'> | Known<'workload'>;
  readonly count: number;
  readonly since: string | undefined;
  readonly last: string | undefined;
  readonly wanted: number;
  readonly have: number;
  /** False where it may be over. */
  readonly sure: boolean;
}

/** Every workload that lacks Pods because they were refused, in the order of names. */
export function refusals(facts: Facts): readonly Refusal[] {
  return facts.model(computeRefusals);
}

function computeRefusals(facts: Facts): Refusal[] {
  const out = new Map<string, Refusal>();
  for (const fact of facts.all('workload')) {
    if (!fact.known || !isShort(fact.value)) continue;
    const found = fromEvents(facts, fact) ?? fromCondition(facts, fact);
    if (found === undefined) continue;
    const key = refText(found.object);
    const other = out.get(key);
    // The ReplicaSet's own events say more than what the Deployment repeats.
    if (other === undefined || better(found, other)) out.set(key, found);
  }
  return [...out.keys()].sort().flatMap((key) => out.get(key) ?? []);
}

function better(one: Refusal, other: Refusal): boolean {
  if (one.fact.item.kind !== other.fact.item.kind) return one.fact.item.kind === 'events';
  return (one.last ?? '') > (other.last ?? '');
}

/** Fewer Pods than it wants. `updated` of a ReplicaSet counts those that exist. */
function isShort({ kind, desired, ready, updated }: Workload): boolean {
  return desired > 0 && (kind === 'ReplicaSet' ? updated : ready) < desired;
}

function fromEvents(facts: Facts, workload: Known<'workload'>): Refusal | undefined {
  const { value } = workload;
  const controller = namespacedRef(value.kind, value.namespace, value.name);
  const events = facts.get('events', controller);
  if (!events.known) return undefined;
  const newest = (reason: RegExp): EventObject | undefined =>
    events.value.filter((event) => reason.test(event.reason)).sort((a, b) => timeOf(b) - timeOf(a))[0];
  const failed = newest(/^FailedCreate$/);
  if (failed === undefined) return undefined;
  const created = newest(/^SuccessfulCreate$/);
  const age = facts.now - timeOf(failed);
  const over = created !== undefined && timeOf(created) > timeOf(failed);
  if (over || age > OLD_MS) return undefined;
  return {
    ...common(facts, value, controller),
    message: failed.message.replace(/^Error creating: /, ''),
    fact: events,
    count: failed.count,
    since: failed.firstTime,
    last: failed.lastTime ?? failed.firstTime,
    sure: age <= RETRIED_MS || failure(value) !== undefined,
  };
}

function fromCondition(facts: Facts, fact: Known<'workload'>): Refusal | undefined {
  const { value } = fact;
  const condition = failure(value);
  if (condition?.message === undefined) return undefined;
  return {
    ...common(facts, value, namespacedRef(value.kind, value.namespace, value.name)),
    message: condition.message,
    fact,
    count: 1,
    since: condition.lastTransitionTime,
    last: undefined,
    sure: true,
  };
}

function common(facts: Facts, value: Workload, controller: ObjectRef) {
  const { target } = facts.question;
  const owner = value.owners.find((one) => one.kind === 'Deployment');
  const asked = target.kind === controller.kind && target.name === controller.name;
  const object = owner === undefined || asked ? controller : namespacedRef(owner.kind, value.namespace, owner.name);
  const have = value.kind === 'ReplicaSet' ? value.updated : value.ready;
  return { object, controller, namespace: value.namespace, wanted: value.desired, have };
}

function failure({ conditions }: Workload) {
  return conditions.find((one) => one.type === 'ReplicaFailure' && one.status === 'True');
}

function timeOf({ lastTime, firstTime }: EventObject): number {
  const time = Date.parse(lastTime ?? firstTime ?? '');
  return Number.isNaN(time) ? 0 : time;
}
