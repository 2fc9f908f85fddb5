/** All Pods that the evidence holds, whatever they were listed for, each once, with its events. */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { compareText, namespacedRef, refText } from '../../core/object-ref.ts';

export type KnownEvents = Extract<Fact<'events'>, { known: true }>;
export type KnownPods = Extract<Fact<'pods'>, { known: true }>;

/** A Pod, the list it was found in (for proofs), and its events where they were read. */
export interface SeenPod {
  readonly pod: PodObject;
  readonly list: KnownPods;
  readonly events: KnownEvents | undefined;
}

/** Every Pod of the evidence once, ordered by namespace and name. */
export function seenPods(facts: Facts): readonly SeenPod[] {
  return facts.model(computePods);
}

function computePods(facts: Facts): SeenPod[] {
  const events = eventsByObject(facts);
  const out = new Map<string, SeenPod>();
  for (const list of facts.all('pods')) {
    if (!list.known) continue;
    for (const pod of list.value.pods) {
      const key = `${pod.namespace}/${pod.name}`;
      if (out.has(key)) continue;
      out.set(key, { pod, list, events: events.get(refText(namespacedRef('Pod', pod.namespace, pod.name))) });
    }
  }
  return [...out.keys()].sort(compareText).flatMap((key) => out.get(key) ?? []);
}

function eventsByObject(facts: Facts): Map<string, KnownEvents> {
  const out = new Map<string, KnownEvents>();
  for (const fact of facts.all('events')) if (fact.known) out.set(refText(fact.object), fact);
  return out;
}

/** The Pods that pass a test. */
export function podsOf(facts: Facts, test: (pod: PodObject) => boolean): readonly SeenPod[] {
  return seenPods(facts).filter((seen) => test(seen.pod));
}

/** True where the Pod's Ready condition is True, found by type. */
export function podReady(pod: PodObject): boolean {
  return pod.conditions.find((c) => c.type === 'Ready')?.status === 'True';
}

/** True where every key of the selector has its value among the labels. An empty selector matches nothing here. */
export function selectorMatches(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
