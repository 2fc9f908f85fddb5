/** Symptom: calico-node's Pods are not ready on nodes that are alive. Ready is no proof of the opposite (facts §2.3). */
import { proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { namespacedRef, sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { isCalicoNodePod, readinessText } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { podReady, podsOf } from '../model/pods.ts';
import { currentReadiness } from './readiness.ts';

export const calicoNodeNotReady = defineRule({
  id: 'calico-node-not-ready',
  role: 'symptom',
  severity: 'warning',
  summary: 'calico-node Pods that are not ready',
  needs: ['nodes', 'node-leases', 'calico-install', 'pods', 'events'],
  texts: {
    found: 'calico-node is not ready on {nodes} ({count} of {total} Pods on living nodes).',
    pod: 'Pod {pod} on {node}: Ready is {status}.',
    event: 'Pod {pod}, {count} times: {message}',
  },
  explains: { 'workload-unavailable': sameObjectLink, 'pod-not-ready': { when: onItsNodes } },
  answers: (question, finding) => {
    const { target } = question;
    if (question.type !== 'diagnose') return false;
    if (target.kind === 'Component') return target.name === 'calico' || target.name === 'cluster';
    return finding !== undefined && target.kind === finding.object.kind && target.name === finding.object.name;
  },
  judge(facts, say) {
    const install = facts.get('calico-install');
    const pods = podsOf(facts, isCalicoNodePod);
    // None seen is not the same as all well.
    if (!install.known || (install.value.kind !== 'none' && pods.length === 0)) say.undecided();
    const all = pods.filter((seen) => seen.pod.nodeName !== undefined && !isStale(facts, seen.pod.nodeName));
    const bad = all.filter((seen) => !podReady(seen.pod));
    const [first] = bad;
    if (first === undefined) return;
    const nodes = bad.flatMap((seen) => seen.pod.nodeName ?? []);
    const events = currentReadiness(facts).filter((r) => bad.some((seen) => seen.pod.name === r.pod.name));
    const since = events.flatMap((r) => r.event.firstTime ?? []).sort()[0];
    say.find({
      object: namespacedRef('DaemonSet', first.pod.namespace, 'calico-node'),
      confidence: 'confirmed',
      text: 'found',
      data: { nodes, count: bad.length, total: all.length },
      because: [
        ...bad.slice(0, 3).map(({ pod, list }) => {
          const status = pod.conditions.find((c) => c.type === 'Ready')?.status ?? 'unknown';
          return proof(
            list,
            'pod',
            { pod: pod.name, node: pod.nodeName ?? '', status },
            `kubectl get pod -n ${pod.namespace} ${pod.name} -o wide`,
          );
        }),
        ...events
          .slice(0, 3)
          .map(({ pod, event, events: fact }) =>
            proof(
              fact,
              'event',
              { pod: pod.name, count: event.count, message: readinessText(event.message) },
              `kubectl describe pod -n ${pod.namespace} ${pod.name}`,
            ),
          ),
      ],
      scope: { nodes },
      ...(since === undefined ? {} : { since }),
    });
  },
});

/** Its own Pods, on nodes where they are seen to be not ready. */
function onItsNodes(mine: Finding, theirs: Finding): boolean {
  return sameRef(mine.object, theirs.object) && (theirs.scope.nodes ?? []).some((n) => mine.scope.nodes?.includes(n));
}
