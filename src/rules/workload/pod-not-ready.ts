/** Symptom: Pods that run and are not ready. calico-node's own are another rule's matter, unless one is asked about. */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { defineRule } from '../../core/rule.ts';
import { isCalicoNodePod } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { podReady, type SeenPod, seenPods } from '../model/pods.ts';
import { asksAboutWorkload, byOwner, isNamed, podNames, sameWorkload, servesPods, targetPodUnseen } from './owners.ts';

/** A Pod that started a moment ago is allowed to be not ready yet. */
const STARTING_MS = 30_000;
const MAX_PROOFS = 3;

export const podNotReady = defineRule({
  id: 'pod-not-ready',
  role: 'symptom',
  severity: 'critical',
  summary: 'Pods that run and are not ready',
  needs: ['pods', 'events', 'nodes', 'node-leases', 'services', 'services-without-endpoints'],
  texts: {
    found: '{count} {count:Pod|Pods} of {owner} {count:is|are} not ready: {pods}.',
    silent:
      '{count} {count:Pod|Pods} of {owner} {count:counts|count} as not ready because {nodes} {nodes:is|are} silent: {pods}. Nobody knows how they are.',
    status: 'Pod {pod} on {node}: Ready is {status} ({reason}); {containers}.',
    event: 'Pod {pod}, {count} {count:time|times}: {message}',
  },
  explains: {
    'workload-unavailable': { when: sameWorkload },
    'service-no-ready-endpoints': { when: servesPods },
  },
  answers: asksAboutWorkload,
  judge(facts, say) {
    if (targetPodUnseen(facts) || targetPodSilent(facts)) say.undecided();
    const bad = seenPods(facts).filter(({ pod }) => isBad(facts, pod));
    const silent = bad.filter(({ pod }) => pod.nodeName !== undefined && isStale(facts, pod.nodeName));
    const living = bad.filter(
      (seen) => !silent.includes(seen) && (!isCalicoNodePod(seen.pod) || isTarget(facts, seen.pod)),
    );
    for (const [text, pods] of [
      ['found', living],
      ['silent', silent],
    ] as const) {
      for (const group of byOwner(pods)) {
        // That Pods of a silent node are in doubt is told once, of the node; again only of those that were asked about.
        if (text === 'silent' && !isNamed(facts, group.owner, group.pods)) continue;
        const nodes = [...new Set(group.pods.flatMap(({ pod }) => pod.nodeName ?? []))].sort();
        const since = group.pods.flatMap(({ pod }) => readyOf(pod)?.lastTransitionTime ?? []).sort()[0];
        say.find({
          object: group.owner,
          confidence: 'confirmed',
          text,
          data: {
            count: group.pods.length,
            owner: `${group.owner.kind}/${group.owner.name}`,
            pods: podNames(group, facts.question),
            nodes,
          },
          because: group.pods.slice(0, MAX_PROOFS).flatMap(proofs),
          scope: { nodes },
          ...(since === undefined ? {} : { since }),
        });
      }
    }
  },
});

function readyOf(pod: PodObject) {
  return pod.conditions.find((c) => c.type === 'Ready');
}

function isBad(facts: Facts, pod: PodObject): boolean {
  if (pod.phase !== 'Running' || pod.deletionTime !== undefined || podReady(pod)) return false;
  const started = pod.startTime ?? pod.createdAt;
  return started === undefined || facts.now - Date.parse(started) > STARTING_MS;
}

function isTarget({ question: { target } }: Facts, pod: PodObject): boolean {
  return target.kind === 'Pod' && target.name === pod.name && (target.namespace ?? pod.namespace) === pod.namespace;
}

/** What a silent node last said of the Pod that was asked about is no word on how it is now. */
function targetPodSilent(facts: Facts): boolean {
  return seenPods(facts).some(
    ({ pod }) => isTarget(facts, pod) && pod.nodeName !== undefined && isStale(facts, pod.nodeName),
  );
}

function proofs({ pod, list, events }: SeenPod): Proof<'status' | 'event'>[] {
  const ready = readyOf(pod);
  const name = `${pod.namespace}/${pod.name}`;
  const command = `kubectl -n ${pod.namespace} describe pod ${pod.name}`;
  const data = {
    pod: name,
    node: pod.nodeName ?? '?',
    status: ready?.status ?? 'unknown',
    reason: ready?.reason ?? '?',
    containers: containersText(pod),
  };
  const unhealthy = (events?.value ?? []).filter((event) => event.type === 'Warning');
  const newest = [...unhealthy].sort((a, b) => Date.parse(b.lastTime ?? '') - Date.parse(a.lastTime ?? ''))[0];
  const said = { pod: name, count: newest?.count ?? 0, message: newest?.message ?? '' };
  return [
    proof(list, 'status', data, command),
    ...(newest === undefined || events === undefined ? [] : [proof(events, 'event' as const, said, command)]),
  ];
}

/** Gives `web running, 0 restarts` for the containers that are not ready. */
function containersText(pod: PodObject): string {
  const bad = pod.statuses.filter((status) => !status.ready && !status.init);
  if (bad.length === 0) return 'its containers say nothing';
  return bad
    .map((status) => `${status.name} ${status.state.reason ?? status.state.state}, ${status.restartCount} restarts`)
    .join('; ');
}
