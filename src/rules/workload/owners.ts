/** Who stands above a Pod, and the Pods of one owner as one thing: five Pending replicas are one symptom. */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import type { Facts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { namespacedRef, type ObjectRef, refText, sameRef } from '../../core/object-ref.ts';
import type { Question } from '../../core/question.ts';
import { type SeenPod, seenPods, selectorMatches } from '../model/pods.ts';
import { serviceTarget } from '../model/target.ts';

/** The highest owner that the Pod itself tells: the Deployment behind a ReplicaSet by its pod-template-hash; else the Pod. */
export function topOwner(pod: PodObject): ObjectRef {
  const owner = pod.owners.find((o) => o.kind !== 'Node');
  if (owner === undefined) return namespacedRef('Pod', pod.namespace, pod.name);
  const hash = pod.labels['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`))
    return namespacedRef('Deployment', pod.namespace, owner.name.slice(0, -hash.length - 1));
  return namespacedRef(owner.kind, pod.namespace, owner.name);
}

/** Pods of one owner. */
export interface PodGroup {
  readonly owner: ObjectRef;
  readonly pods: readonly SeenPod[];
}

/** Groups Pods by their owner, in the order of the owners' names. */
export function byOwner(pods: readonly SeenPod[]): PodGroup[] {
  const groups = new Map<string, { owner: ObjectRef; pods: SeenPod[] }>();
  for (const seen of pods) {
    const owner = topOwner(seen.pod);
    const group = groups.get(refText(owner)) ?? { owner, pods: [] };
    group.pods.push(seen);
    groups.set(refText(owner), group);
  }
  return [...groups.keys()].sort().flatMap((key) => groups.get(key) ?? []);
}

/** The names of a group's Pods, the one that was asked about first. */
export function podNames(group: PodGroup, question: Question): string[] {
  const { target } = question;
  const names = group.pods.map(({ pod }) => pod.name).sort();
  const asked = target.kind === 'Pod' ? names.filter((name) => name === target.name) : [];
  return [...asked, ...names.filter((name) => !asked.includes(name))];
}

/** Whether a question asks about a workload, or, with a finding, about this one: its object, or a Pod that it names. */
export function asksAboutWorkload(question: Question, finding?: Pick<Finding, 'object' | 'data'>): boolean {
  const { target, type } = question;
  if (type !== 'diagnose') return false;
  if (target.kind === 'Component') return target.name === 'cluster' && finding !== undefined;
  if (['Node', 'NodePort', 'Service'].includes(target.kind)) return false;
  if (finding === undefined) return true;
  const { namespace } = finding.object;
  if (target.kind === 'Namespace') return namespace === target.name;
  if (target.namespace !== undefined && target.namespace !== namespace) return false;
  const pods = finding.data['pods'];
  const named = Array.isArray(pods) && pods.includes(target.name);
  if (target.kind === 'Pod' && named) return true;
  return finding.object.kind === target.kind && finding.object.name === target.name;
}

/** A Pod that was asked about and not seen leaves the question open. */
export function targetPodUnseen(facts: Facts): boolean {
  const { target, type } = facts.question;
  if (type !== 'diagnose' || target.kind !== 'Pod') return false;
  return !seenPods(facts).some(
    ({ pod }) => pod.name === target.name && (target.namespace === undefined || pod.namespace === target.namespace),
  );
}

/** The Pods of a finding's owner. */
export function podsOfFinding(finding: Finding, facts: Facts): readonly SeenPod[] {
  const pods = finding.data['pods'];
  if (!Array.isArray(pods)) return [];
  return seenPods(facts).filter(({ pod }) => pod.namespace === finding.object.namespace && pods.includes(pod.name));
}

/** True where the other finding is about the owner of these Pods, or about a workload above or below it. */
export function sameWorkload(mine: Finding, theirs: Finding, facts: Facts): boolean {
  if (sameRef(mine.object, theirs.object)) return true;
  if (mine.object.namespace !== theirs.object.namespace) return false;
  return podsOfFinding(mine, facts).some(({ pod }) =>
    pod.owners.some((owner) => owner.kind === theirs.object.kind && owner.name === theirs.object.name),
  );
}

/** True where the other finding is about a Service whose selector takes one of these Pods. */
export function servesPods(mine: Finding, theirs: Finding, facts: Facts): boolean {
  if (theirs.object.kind !== 'Service' || mine.object.namespace !== theirs.object.namespace) return false;
  const { name, namespace } = theirs.object;
  const services = facts.get('services');
  const bare = facts.get('services-without-endpoints');
  const lists = [...(services.known ? services.value.services : []), ...(bare.known ? bare.value : [])];
  const service = lists.find((s) => s.name === name && s.namespace === namespace);
  const pods = podsOfFinding(mine, facts);
  if (service?.selector !== undefined) return pods.some(({ pod }) => selectorMatches(service.selector, pod.labels));
  const list = facts.get('pods', theirs.object);
  return list.known && list.value.pods.some((p) => pods.some(({ pod }) => pod.name === p.name));
}

/** True where the question names this workload, its Pods or its namespace, or a Service that selects them; a cluster does not. */
export function isNamed(facts: Facts, object: ObjectRef, pods: readonly SeenPod[]): boolean {
  const { question } = facts;
  if (question.target.kind === 'Component') return false;
  if (asksAboutWorkload(question, { object, data: { pods: pods.map(({ pod }) => pod.name) } })) return true;
  const { service } = serviceTarget(facts);
  if (service === undefined || service.namespace !== object.namespace) return false;
  return pods.some(({ pod }) => selectorMatches(service.selector, pod.labels));
}
