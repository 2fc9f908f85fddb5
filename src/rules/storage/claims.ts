/** Claims as the evidence holds them: their class, their events, the Pods that mount them. */
import type { EventObject, PersistentVolumeClaim, StorageClass } from '../../core/evidence/cluster-types.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { namespacedRef, type ObjectRef } from '../../core/object-ref.ts';
import { type KnownEvents, type SeenPod, seenPods } from '../model/pods.ts';
import { schedulingWord } from '../workload/scheduling.ts';

/** A claim, and what the cluster has for it. */
export interface Claim {
  readonly value: PersistentVolumeClaim;
  readonly ref: ObjectRef;
  readonly fact: Extract<Fact<'persistent-volume-claim'>, { known: true }>;
  /** The class that it names, or the default where it names none; undefined where that is not known or not there. */
  readonly storageClass: StorageClass | undefined;
  readonly events: KnownEvents | undefined;
  readonly pods: readonly SeenPod[];
}

/** Every claim of the evidence, by namespace and name. */
export function claims(facts: Facts): readonly Claim[] {
  return facts.model(computeClaims);
}

function computeClaims(facts: Facts): Claim[] {
  const classes = facts.get('storage-classes');
  return facts.all('persistent-volume-claim').flatMap((fact) => {
    if (!fact.known) return [];
    const { value } = fact;
    const ref = namespacedRef('PersistentVolumeClaim', value.namespace, value.name);
    const events = facts.get('events', ref);
    const known = classes.known ? classes.value : [];
    const storageClass = known.find((one) =>
      value.storageClass === undefined ? one.isDefault : one.name === value.storageClass,
    );
    const pods = seenPods(facts).filter(
      ({ pod }) => pod.namespace === value.namespace && pod.claims?.includes(value.name) === true,
    );
    return [{ value, ref, fact, storageClass, events: events.known ? events : undefined, pods }];
  });
}

/** Claims that are not bound and not on their way out. */
export function openClaims(facts: Facts): readonly Claim[] {
  return claims(facts).filter(({ value }) => value.phase === 'Pending' && value.deletionTime === undefined);
}

/** Its class binds when the first Pod is scheduled: until then it waits on purpose. */
export function waitsForPod({ storageClass }: Claim): boolean {
  return storageClass?.bindingMode === 'WaitForFirstConsumer';
}

/** The newest event of a claim with one of these reasons. */
export function newestEvent({ events }: Claim, reasons: readonly string[]): EventObject | undefined {
  const time = (one: EventObject): number => Date.parse(one.lastTime ?? one.firstTime ?? '') || 0;
  return (events?.value ?? []).filter((one) => reasons.includes(one.reason)).sort((a, b) => time(b) - time(a))[0];
}

/** A Pod of it that the scheduler keeps waiting for its claims. */
export function keptByClaim({ pods }: Claim): SeenPod | undefined {
  return pods.find((seen) => CLAIM_WORDS.test(schedulingWord(seen)?.message ?? ''));
}

export const CLAIM_WORDS =
  /unbound (immediate )?PersistentVolumeClaim|didn't find available persistent volumes to bind|persistentvolumeclaim ".*" (not found|is being deleted)/i;
