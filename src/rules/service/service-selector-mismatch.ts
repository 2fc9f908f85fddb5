/** Cause: a Service's selector matches no Pod, and names the Pods that it nearly matches (N06). */
import type { PodObject, ServiceObject } from '../../core/evidence/cluster-types.ts';
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import { nearest } from '../../core/nearest.ts';
import { compareText } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { selectorMatches } from '../model/pods.ts';
import { serviceTarget, targetEndpoints } from '../model/target.ts';
import { serviceFails, serviceName } from './failing.ts';

type Pair = readonly [string, string];
type TextId = 'matched' | 'pods' | 'labels';

export const serviceSelectorMismatch = defineRule({
  id: 'service-selector-mismatch',
  role: 'cause',
  severity: 'critical',
  summary: 'a Service whose selector matches no Pod',
  needs: ['services', 'endpoints', 'nodes', 'node-interfaces', 'node-tcp', 'pods'],
  texts: {
    found:
      'The selector of {service} ({selector}) matches no Pod. Nearest is Pod {closest}: it has {actual}, the Service wants {wanted}.',
    alone:
      'The selector of {service} ({selector}) matches no Pod in namespace {namespace}. Either it is wrong, or its workload has no Pods.',
    pods: '{count} Pods in namespace {namespace} were compared. None has {selector}.',
    labels: 'Pod {pod} has {labels}.',
    matches: 'The selector of {service} ({selector}) is right: it matches {count} {count:Pod|Pods}.',
    matched: '{count} {count:Pod|Pods} in namespace {namespace} {count:has|have} {selector}.',
  },
  explains: { 'service-no-ready-endpoints': { ...sameObjectLink, proves: true } },
  judge(facts, say) {
    const { service, ref } = serviceTarget(facts);
    const endpoints = targetEndpoints(facts);
    if (service === undefined || ref === undefined) return;
    const wanted = Object.entries(service.selector ?? {});
    if (wanted.length === 0) return;
    const selector = wanted.map(([key, value]) => `${key}=${value}`);
    const data = { service: serviceName(service), selector, namespace: service.namespace };
    const own = facts.get('pods', ref);
    if (own.known && own.value.pods.length > 0) {
      if (serviceFails(facts)) {
        const counted = { ...data, count: own.value.total };
        say.clear({ object: ref, text: 'matches', data: counted, because: [proof<TextId>(own, 'matched', counted)] });
      }
      return;
    }
    if (!endpoints.known || endpoints.value.endpoints.length > 0) return;
    const all = facts.get('pods', { kind: 'Namespace', name: service.namespace });
    if (!all.known || !matchesNone(service, own, all)) return;
    const list = proof<TextId>(
      all,
      'pods',
      { ...data, count: all.value.total },
      `kubectl get pods -n ${service.namespace} --show-labels`,
    );
    const closest = closestPod(facts, service, all.value.pods, wanted);
    if (closest === undefined) {
      const tryThis = `kubectl get deployments,statefulsets,daemonsets -n ${service.namespace} --show-labels -o wide`;
      say.find({ object: ref, confidence: 'likely', text: 'alone', data, because: [list], scope: {}, tryThis });
      return;
    }
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data: { ...data, closest: closest.pod.name, ...difference(closest) },
      because: [list, labelsProof(all, closest)],
      scope: {},
      remediations: [{ id: 'fix-service-selector', params: {} }],
    });
  },
});

/** Not all Pods of a large namespace are kept: then the list by the selector itself must have been empty. */
function matchesNone(service: ServiceObject, own: Fact<'pods'>, all: Extract<Fact<'pods'>, { known: true }>): boolean {
  if (all.value.pods.some((pod) => selectorMatches(service.selector, pod.labels))) return false;
  return all.value.total <= all.value.pods.length || own.known;
}

interface Close {
  readonly pod: PodObject;
  readonly missing: readonly Pair[];
}

/**
 * The Pod that the Service must mean. Only a Pod that no other Service takes, and that something ties to this one: labels
 * a slip away, or the port and the key. Otherwise the workload may just have no Pods (scaled to zero, refused by a quota).
 */
function closestPod(
  facts: Facts,
  service: ServiceObject,
  pods: readonly PodObject[],
  wanted: readonly Pair[],
): Close | undefined {
  const services = facts.get('services');
  const others = services.known
    ? services.value.services.filter((s) => s.namespace === service.namespace && s.name !== service.name)
    : [];
  let best: Close | undefined;
  for (const pod of [...pods].sort((a, b) => compareText(a.name, b.name))) {
    if (others.some((other) => selectorMatches(other.selector, pod.labels))) continue;
    const missing = wanted.filter(([key, value]) => pod.labels[key] !== value);
    const tied =
      missing.every((pair) => slip(pod, pair)) || (missing.some(([key]) => key in pod.labels) && fits(pod, service));
    if (tied && (best === undefined || missing.length < best.missing.length)) best = { pod, missing };
  }
  return best;
}

/** The same key with a value near to the wanted one, or the wanted value under another key. */
function slip({ labels }: PodObject, [key, value]: Pair): boolean {
  const own = labels[key];
  if (own !== undefined && nearest(value, [own], 1).length > 0) return true;
  return Object.entries(labels).some(([other, is]) => other !== key && is === value);
}

/** The Pod serves a port that the Service sends to, by number or by name. */
function fits(pod: PodObject, service: ServiceObject): boolean {
  const declared = pod.containers.flatMap((c) => c.ports.flatMap((p) => [p.containerPort, p.name]));
  return service.ports.some((port) => declared.includes(port.targetPort));
}

function difference({ pod, missing }: Close): { actual: string[]; wanted: string[] } {
  return {
    actual: missing.map(([key]) => `${key}=${pod.labels[key] ?? '(none)'}`),
    wanted: missing.map(([key, value]) => `${key}=${value}`),
  };
}

function labelsProof(all: Extract<Fact<'pods'>, { known: true }>, { pod, missing }: Close) {
  const own = missing.flatMap(([key]) => (pod.labels[key] === undefined ? [] : [`${key}=${pod.labels[key]}`]));
  const labels = own.length > 0 ? own : Object.entries(pod.labels).map(([key, value]) => `${key}=${value}`);
  const command = `kubectl get pod -n ${pod.namespace} ${pod.name} --show-labels`;
  return proof<TextId>(all, 'labels', { pod: pod.name, labels: labels.slice(0, 8) }, command);
}
