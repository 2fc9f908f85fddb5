/** Cause: the Service has no port of the number or name that was asked about. */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceTarget } from '../model/target.ts';
import { serviceName } from './failing.ts';

export const servicePortUnknown = defineRule({
  id: 'service-port-unknown',
  role: 'cause',
  severity: 'critical',
  summary: 'a port that the Service does not have',
  needs: ['services'],
  texts: {
    found: '{service} has no port {port}. Its ports: {ports}.',
    none: '{service} has no ports at all.',
    spec: 'Service {service}: spec.ports is {ports}.',
  },
  judge(facts, say) {
    const { target, type } = facts.question;
    const { service, ref, port } = serviceTarget(facts);
    const services = facts.get('services');
    const asked = target.kind === 'Service' ? (target.nodePort ?? target.port) : undefined;
    if (type !== 'why-not-reachable' || service === undefined || ref === undefined || !services.known) return;
    // An ExternalName needs no ports; a port of another protocol is another rule's matter.
    if (port !== undefined || service.type === 'ExternalName') return;
    if (asked === undefined && service.ports.length > 0) return;
    if (service.ports.some((p) => [p.port, p.name, p.nodePort].includes(asked))) return;
    const ports = service.ports.map((p) =>
      [p.name, `${p.port}/${p.protocol}`, p.nodePort === undefined ? undefined : `NodePort ${p.nodePort}`]
        .filter((part) => part !== undefined)
        .join(' '),
    );
    const data = { service: serviceName(service), port: asked ?? '', ports: ports.length === 0 ? ['-'] : ports };
    const command = `kubectl get service -n ${service.namespace} ${service.name} -o wide`;
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: ports.length === 0 ? 'none' : 'found',
      data,
      because: [proof(services, 'spec', data, command)],
      scope: {},
    });
  },
});
