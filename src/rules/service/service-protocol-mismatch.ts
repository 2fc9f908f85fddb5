/** Cause: the port exists, under another protocol than the one that was asked about (N02). */
import type { ServiceObject } from '../../core/evidence/cluster-types.ts';
import type { Facts } from '../../core/facts.ts';
import { proof } from '../../core/facts.ts';
import { namespacedRef, sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceTarget } from '../model/target.ts';
import { serviceName } from './failing.ts';

export const serviceProtocolMismatch = defineRule({
  id: 'service-protocol-mismatch',
  role: 'cause',
  severity: 'critical',
  summary: 'a port that exists under another protocol',
  needs: ['services'],
  texts: {
    found: 'Port {port} of {service} is {actual}. Over {asked} nobody answers there.',
    unsaid: 'Port {port} of {service} is {actual}. A client that speaks {asked} is not answered there.',
    spec: 'Service {service}: port {port} has protocol {actual}.',
    ask: 'Use {actual}, or give the Service a port for {asked} too. If it is {actual} that fails, ask about {port}/{actual}.',
  },
  explains: { 'node-port-unreachable': { when: (mine, theirs) => sameRef(mine.object, theirs.object) && 'likely' } },
  judge(facts, say) {
    const services = facts.get('services');
    const mismatch = other(facts);
    if (mismatch === undefined || !services.known) return;
    const { service, port, actual } = mismatch;
    const asked = facts.question.target.protocol ?? 'TCP';
    const data = { service: serviceName(service), port, actual, asked };
    const command = `kubectl get service -n ${service.namespace} ${service.name} -o wide`;
    say.find({
      object: namespacedRef('Service', service.namespace, service.name),
      ...(mismatch.unsaid
        ? {
            confidence: 'likely',
            text: 'unsaid',
            tryThis: `kubewhy why-not-reachable ${mismatch.port}/${String(actual[0]).toLowerCase()}`,
          }
        : { confidence: 'confirmed', text: 'found' }),
      data,
      because: [proof(services, 'spec', data, command)],
      scope: {},
      advice: [{ text: 'ask', data }],
    });
  },
});

interface Other {
  readonly service: ServiceObject;
  readonly port: number | string;
  readonly actual: readonly string[];
  /** Nobody said which protocol the client speaks. */
  readonly unsaid: boolean;
}

/** A NodePort that only a port of another protocol has; or a Service's port that was asked for under a protocol that it lacks. */
function other(facts: Facts): Other | undefined {
  const { target } = facts.question;
  const { service, port, otherProtocol } = serviceTarget(facts);
  const asked = target.nodePort ?? target.port;
  const unsaid = target.kind === 'NodePort' && target.protocol === undefined;
  if (asked === undefined || (port !== undefined && !(unsaid && port.protocol !== 'TCP'))) return undefined;
  const found = otherProtocol ?? service;
  const same = found?.ports.filter((p) =>
    target.nodePort === undefined ? p.port === asked || p.name === asked : p.nodePort === asked,
  );
  if (found === undefined || same === undefined || same.length === 0) return undefined;
  return { service: found, port: asked, actual: [...new Set(same.map((p) => p.protocol))].sort(), unsaid };
}
