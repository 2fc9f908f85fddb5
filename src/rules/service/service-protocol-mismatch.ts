/** Cause: the NodePort exists, under another protocol than the one that was asked about (N02). */
import { proof } from '../../core/facts.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceTarget } from '../model/target.ts';

export const serviceProtocolMismatch = defineRule({
  id: 'service-protocol-mismatch',
  role: 'cause',
  severity: 'critical',
  summary: 'a NodePort that exists under another protocol',
  needs: ['services'],
  texts: {
    found: '{service} serves NodePort {port} over {actual}, not over {asked}.',
    spec: 'Service {service}: port {port} has protocol {actual}.',
  },
  judge(facts, say) {
    const { target } = facts.question;
    const { service, otherProtocol } = serviceTarget(facts);
    const services = facts.get('services');
    if (service !== undefined || otherProtocol === undefined || !services.known || target.nodePort === undefined)
      return;
    const protocols = otherProtocol.ports.filter((p) => p.nodePort === target.nodePort).map((p) => p.protocol);
    const data = {
      service: `${otherProtocol.namespace}/${otherProtocol.name}`,
      port: target.nodePort,
      actual: protocols,
      asked: target.protocol ?? 'TCP',
    };
    const command = `kubectl get service -n ${otherProtocol.namespace} ${otherProtocol.name} -o wide`;
    const object = namespacedRef('Service', otherProtocol.namespace, otherProtocol.name);
    say.find({
      object,
      confidence: 'confirmed',
      text: 'found',
      data,
      because: [proof(services, 'spec', data, command)],
      scope: {},
    });
  },
});
