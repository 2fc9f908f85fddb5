/** Cause: a Service's selector matches no Pod, and names the Pods that it nearly matches (N06). */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { selectorMatches } from '../model/pods.ts';
import { serviceTarget, targetEndpoints } from '../model/target.ts';

export const serviceSelectorMismatch = defineRule({
  id: 'service-selector-mismatch',
  role: 'cause',
  severity: 'critical',
  summary: 'a Service whose selector matches no Pod',
  needs: ['services', 'endpoints', 'pods'],
  texts: {
    found: 'The selector of {service} ({selector}) matches no Pod. {closest} differs only in {difference}.',
    alone: 'The selector of {service} ({selector}) matches no Pod in namespace {namespace}.',
    pods: '{count} Pods in namespace {namespace} were compared. None has {selector}.',
    labels: 'Pod {pod} has {labels}.',
  },
  explains: { 'service-no-ready-endpoints': { ...sameObjectLink, proves: true } },
  judge(facts, say) {
    const { service, ref } = serviceTarget(facts);
    const endpoints = targetEndpoints(facts);
    if (service === undefined || ref === undefined || !endpoints.known || endpoints.value.endpoints.length > 0) return;
    const wanted = Object.entries(service.selector ?? {});
    if (wanted.length === 0) return;
    const namespace = { kind: 'Namespace', name: service.namespace };
    const all = facts.get('pods', namespace);
    if (!all.known || all.value.pods.some((pod) => selectorMatches(service.selector, pod.labels))) return;
    const selector = wanted.map(([key, value]) => `${key}=${value}`);
    const closest = closestPod(all.value.pods, wanted);
    const data = { service: `${service.namespace}/${service.name}`, selector, namespace: service.namespace };
    const list = proof(
      all,
      'pods',
      { ...data, count: all.value.pods.length },
      `kubectl get pods -n ${service.namespace} --show-labels`,
    );
    if (closest === undefined) {
      // Without Pods there may be no workload at all: then the Service is only waiting for it.
      if (all.value.pods.length > 0)
        say.find({ object: ref, confidence: 'confirmed', text: 'alone', data, because: [list], scope: {} });
      return;
    }
    const labels = closest.missing.map(([key]) => `${key}=${closest.pod.labels[key] ?? '(nothing)'}`);
    const difference = closest.missing.map(
      ([key, value]) => `${key}: the Service wants ${value}, the Pod has ${closest.pod.labels[key] ?? 'nothing'}`,
    );
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data: { ...data, closest: `Pod ${closest.pod.name}`, difference },
      because: [
        list,
        proof(
          all,
          'labels',
          { pod: closest.pod.name, labels },
          `kubectl get pod -n ${service.namespace} ${closest.pod.name} --show-labels`,
        ),
      ],
      scope: {},
      remediations: [{ id: 'fix-service-selector', params: {} }],
    });
  },
});

type Pair = readonly [string, string];

/** The Pod that misses the fewest pairs, where it has at least the same key or another pair in common. */
function closestPod(
  pods: readonly PodObject[],
  wanted: readonly Pair[],
): { pod: PodObject; missing: readonly Pair[] } | undefined {
  let best: { pod: PodObject; missing: readonly Pair[] } | undefined;
  for (const pod of [...pods].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const missing = wanted.filter(([key, value]) => pod.labels[key] !== value);
    const related = missing.length < wanted.length || missing.some(([key]) => key in pod.labels);
    if (related && (best === undefined || missing.length < best.missing.length)) best = { pod, missing };
  }
  return best;
}
