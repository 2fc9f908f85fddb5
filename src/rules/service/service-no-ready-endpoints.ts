/** Symptom: a Service has no ready endpoint for its port, so whoever reaches it is refused or dropped. */
import type { ServicePort } from '../../core/evidence/cluster-types.ts';
import { proof } from '../../core/facts.ts';
import { namespacedRef, sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { wholeServiceProof } from '../links.ts';
import { backends, serviceTarget, targetEndpoints } from '../model/target.ts';

export const serviceNoReadyEndpoints = defineRule({
  id: 'service-no-ready-endpoints',
  role: 'symptom',
  severity: 'critical',
  summary: 'a Service without a ready endpoint',
  needs: ['services', 'endpoints', 'services-without-endpoints'],
  texts: {
    found: '{service} has no ready endpoint for port {port}. Nobody can answer there.',
    other: '{service} (NodePort {ports}) has no ready endpoint.',
    list: '{source} of {service}: {total} addresses, {ready} of them ready.',
    'other-list': 'No address is ready behind {service}.',
    ready: '{service} has {count} ready endpoints: {addresses}.',
  },
  explains: { 'node-port-unreachable': wholeServiceProof, 'service-unreachable': wholeServiceProof },
  answers: (question, finding) =>
    question.type === 'diagnose' &&
    question.target.kind === 'Service' &&
    (finding === undefined ||
      (finding.object.name === question.target.name && finding.object.namespace === question.target.namespace)),
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    const endpoints = targetEndpoints(facts);
    if (service !== undefined && ref !== undefined && port !== undefined && !endpoints.known) say.undecided();
    if (
      service !== undefined &&
      ref !== undefined &&
      port !== undefined &&
      endpoints.known &&
      service.type !== 'ExternalName'
    ) {
      const ready = backends(facts);
      const name = `${service.namespace}/${service.name}`;
      const list = proof(endpoints, 'list', {
        source: endpoints.value.source,
        service: name,
        total: endpoints.value.endpoints.length,
        ready: ready.length,
      });
      if (ready.length > 0) {
        const addresses = ready.slice(0, 5).map((b) => `${b.ip}:${b.port}`);
        say.clear({
          object: ref,
          text: 'ready',
          data: { service: name, count: ready.length, addresses },
          because: [list],
        });
      } else {
        const data = { service: name, port: portText(port) };
        say.find({ object: ref, confidence: 'confirmed', text: 'found', data, because: [list], scope: {} });
      }
    }
    const others = facts.get('services-without-endpoints');
    if (!others.known) return;
    for (const other of others.value) {
      const object = namespacedRef('Service', other.namespace, other.name);
      if (ref !== undefined && sameRef(ref, object)) continue;
      const ports = other.ports.flatMap((p) => (p.nodePort === undefined ? [] : [String(p.nodePort)]));
      const data = { service: `${other.namespace}/${other.name}`, ports };
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
  },
});

function portText(port: ServicePort): string {
  return `${port.name === undefined ? '' : `${port.name} `}${port.port}/${port.protocol}`;
}
