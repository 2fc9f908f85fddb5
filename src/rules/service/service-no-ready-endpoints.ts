/** Symptom: a Service has no ready endpoint for its port, so whoever reaches it is refused or dropped. */
import type { ServicePort } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { namespacedRef, sameRef } from '../../core/object-ref.ts';
import { defineRule, type Link } from '../../core/rule.ts';
import { wholeServiceLink } from '../links.ts';
import { backends, serviceTarget, targetEndpoints } from '../model/target.ts';
import { serviceName } from './failing.ts';
import { targetText } from './listeners.ts';

/** Without any endpoint nobody can answer, tried or not. Endpoints on their way out may still serve. */
const nobodyLeft: Link = {
  when: (cause, effect, facts) => (cause.text === 'terminating' ? false : wholeServiceLink.when(cause, effect, facts)),
  proves: true,
};

export const serviceNoReadyEndpoints = defineRule({
  id: 'service-no-ready-endpoints',
  role: 'symptom',
  severity: 'critical',
  summary: 'a Service without a ready endpoint',
  needs: ['services', 'endpoints', 'services-without-endpoints'],
  texts: {
    found: '{service} has no ready endpoint for port {port}. Nobody can answer there.',
    terminating:
      '{service} has no ready endpoint for port {port}, only {count} {count:that is|that are} shutting down and may still answer.',
    other: '{service} (NodePort {ports}) has no ready endpoint.',
    list: '{source} of {service}: {total} {total:address|addresses}, {ready} of them ready.',
    ports: '{source} of {service}: {total} {total:address|addresses}, none with the port {port}.',
    'other-list': 'No address is ready behind {service}.',
    ready: '{service} has {count} ready {count:endpoint|endpoints}: {addresses}.',
  },
  explains: { 'node-port-unreachable': nobodyLeft, 'service-unreachable': nobodyLeft },
  answers: (question, finding) =>
    question.type === 'diagnose' &&
    question.target.kind === 'Service' &&
    (finding === undefined ||
      (finding.object.name === question.target.name && finding.object.namespace === question.target.namespace)),
  judge(facts, say) {
    sayTarget(facts, say);
    sayOthers(facts, say);
  },
});

type Speak = Parameters<typeof serviceNoReadyEndpoints.judge>[1];

function sayTarget(facts: Facts, say: Speak): void {
  const { service, ref, port, servicesKnown } = serviceTarget(facts);
  if (!servicesKnown) say.undecided();
  if (service === undefined || ref === undefined || port === undefined || service.type === 'ExternalName') return;
  const endpoints = targetEndpoints(facts);
  if (!endpoints.known) return say.undecided();
  const ready = backends(facts);
  const name = serviceName(service);
  const marked = endpoints.value.endpoints.filter((e) => e.ready).length;
  const data = {
    source: endpoints.value.source,
    service: name,
    total: endpoints.value.endpoints.length,
    ready: marked,
    port: portText(port),
  };
  if (ready.length > 0) {
    const addresses = ready.slice(0, 5).map(targetText);
    const because = [proof(endpoints, 'list' as const, data)];
    say.clear({ object: ref, text: 'ready', data: { service: name, count: ready.length, addresses }, because });
    return;
  }
  const leaving = marked === 0 ? endpoints.value.endpoints.filter((e) => e.serving && e.terminating).length : 0;
  say.find({
    object: ref,
    confidence: 'confirmed',
    text: leaving > 0 ? 'terminating' : 'found',
    data: { service: name, port: portText(port), count: leaving },
    because: [proof(endpoints, marked > 0 ? 'ports' : 'list', data)],
    scope: {},
  });
}

/** Services that were not asked about: found in one list, told beside the cause. */
function sayOthers(facts: Facts, say: Speak): void {
  const { ref } = serviceTarget(facts);
  const others = facts.get('services-without-endpoints');
  if (!others.known) return;
  for (const other of others.value) {
    const object = namespacedRef('Service', other.namespace, other.name);
    if (ref !== undefined && sameRef(ref, object)) continue;
    const ports = other.ports.flatMap((p) => (p.nodePort === undefined ? [] : [String(p.nodePort)]));
    const data = { service: serviceName(other), ports };
    const command = `kubectl get endpoints -n ${other.namespace} ${other.name}`;
    say.find({
      object,
      severity: 'warning',
      confidence: 'confirmed',
      text: 'other',
      data,
      because: [proof(others, 'other-list', data, command)],
      scope: {},
    });
  }
}

function portText(port: ServicePort): string {
  return `${port.name === undefined ? '' : `${port.name} `}${port.port}/${port.protocol}`;
}
