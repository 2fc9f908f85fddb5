/** Cause: the Service sends to a port on which nobody listens, while the application listens on another (N09). */
import type { ServicePort } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { backendProbes, connects } from '../model/paths.ts';
import { serviceTarget } from '../model/target.ts';
import { endpointLinks } from './endpoint-links.ts';
import { serviceFails, serviceName } from './failing.ts';
import { isLoopback, type RefusedBackend, refusedBackends, sendsElsewhere, targetText } from './listeners.ts';

export const serviceTargetPortWrong = defineRule({
  id: 'service-target-port-wrong',
  role: 'cause',
  severity: 'critical',
  summary: 'a targetPort on which nobody listens',
  needs: ['services', 'endpoints', 'nodes', 'pods', 'node-tcp', 'pod-listeners'],
  texts: {
    found:
      '{service} sends port {port} to {target} of its Pods. There the application listens on {listening}, not on {target}.',
    spec: 'Service {service}: targetPort of port {port} is {target}.',
    socket: 'In {pod}: listening on {listening}.',
    refused: 'Connect from {node}, the node of the Pod, to {address}: refused.',
    set: 'Set targetPort to {candidate}. The Pod declares or probes that port itself.',
    only: 'Set targetPort to {candidate}, the only port on which the application listens.',
    choose: 'Set targetPort to the port of the application, one of {listening}.',
    right: 'targetPort {target} of {service} is right: the application answers there.',
    open: 'Connect from {node} to {address}: open.',
  },
  explains: endpointLinks(['refused']),
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    const services = facts.get('services');
    if (service === undefined || ref === undefined || port === undefined || !services.known) return;
    const name = serviceName(service);
    const command = `kubectl get service -n ${service.namespace} ${service.name} -o yaml`;
    const data = { service: name, port: port.port, target: port.targetPort };
    const spec = proof(services, 'spec' as const, data, command);
    const refused = refusedBackends(facts).filter((r) => r.fault === 'other-port');
    const [first] = refused;
    if (first?.fact === undefined || !sendsElsewhere(facts)) return sayRight(facts, say, { ref, spec, port, name });
    const listening = openPorts(first);
    const choice = choose(first, listening);
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data: { ...data, listening, targets: refused.map((r) => targetText(r.probe.backend)) },
      because: [
        spec,
        proof(first.fact, 'socket', { pod: `${first.pod.namespace ?? ''}/${first.pod.name}`, listening }),
        proof(first.connectFact, 'refused', { node: first.probe.from, address: targetText(first.probe.backend) }),
      ],
      scope: {},
      advice: [{ text: choice.text, data: { listening, candidate: choice.port ?? '' } }],
      remediations: [
        { id: 'fix-service-target-port', params: choice.port === undefined ? {} : { targetPort: choice.port } },
      ],
    });
  },
});

function openPorts(refused: RefusedBackend): string[] {
  const ports = refused.tcp.filter((l) => !isLoopback(l)).map((l) => l.port);
  return [...new Set(ports)].sort((a, b) => a - b).map(String);
}

interface Choice {
  readonly text: 'set' | 'only' | 'choose';
  readonly port?: number;
}

/** The one open port that the Pod itself declares or probes; else the only open one; else a person must choose. */
function choose(refused: RefusedBackend, listening: readonly string[]): Choice {
  const declared = listening.map(Number).filter((port) => refused.declared.has(port));
  const [one] = declared;
  if (one !== undefined && declared.length === 1) return { text: 'set', port: one };
  const [only] = listening;
  return only !== undefined && listening.length === 1 ? { text: 'only', port: Number(only) } : { text: 'choose' };
}

interface Right {
  readonly ref: NonNullable<ReturnType<typeof serviceTarget>['ref']>;
  readonly spec: ReturnType<typeof proof<'spec'>>;
  readonly port: ServicePort;
  readonly name: string;
}

/** Where the Service fails though somebody answers on the port that it sends to. */
function sayRight(
  facts: Facts,
  say: Parameters<typeof serviceTargetPortWrong.judge>[1],
  { ref, spec, port, name }: Right,
): void {
  if (!serviceFails(facts) || refusedBackends(facts).length > 0) return;
  const open = backendProbes(facts).filter((p) => p.result.result === 'open');
  const best = open.find((p) => p.own) ?? open[0];
  const fact = best === undefined ? undefined : connects(facts).get(best.from)?.fact;
  if (best === undefined || fact === undefined) return;
  const address = targetText(best.backend);
  const command = `nc -vz -w 2 ${best.backend.ip} ${best.backend.port}   # on ${best.from}`;
  say.clear({
    object: ref,
    text: 'right',
    data: { service: name, target: port.targetPort },
    because: [spec, proof(fact, 'open', { node: best.from, address }, command)],
  });
}
