/** Cause: no Service of the cluster has the NodePort that was asked about (N01). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceTarget } from '../model/target.ts';

export const nodePortUnknown = defineRule({
  id: 'node-port-unknown',
  role: 'cause',
  severity: 'critical',
  summary: 'a NodePort that no Service has',
  needs: ['services'],
  texts: {
    found: 'No Service of this cluster has NodePort {port}. The nearest ones: {nearest}.',
    none: 'No Service of this cluster has NodePort {port}. No Service has a NodePort at all.',
    list: '{total} Services were read. {count} NodePorts are in use.',
  },
  judge(facts, say) {
    const { target } = facts.question;
    if (target.kind !== 'NodePort' || target.nodePort === undefined) return;
    const { service, otherProtocol, servicesKnown } = serviceTarget(facts);
    const services = facts.get('services');
    if (service !== undefined || otherProtocol !== undefined || !servicesKnown || !services.known) return;
    const wanted = target.nodePort;
    const used = services.value.services.flatMap((s) =>
      s.ports.flatMap((p) =>
        p.nodePort === undefined ? [] : [{ port: p.nodePort, name: `${s.namespace}/${s.name}` }],
      ),
    );
    const nearest = used
      .sort((a, b) => Math.abs(a.port - wanted) - Math.abs(b.port - wanted) || a.port - b.port)
      .slice(0, 3)
      .map((u) => `${u.port} (${u.name})`);
    say.find({
      object: { kind: 'NodePort', name: String(wanted) },
      confidence: 'confirmed',
      text: nearest.length === 0 ? 'none' : 'found',
      data: { port: wanted, nearest },
      because: [
        proof(services, 'list', { total: services.value.total, count: used.length }, 'kubectl get services -A'),
      ],
      scope: {},
    });
  },
});
