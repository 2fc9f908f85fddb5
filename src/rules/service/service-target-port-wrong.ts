/** Cause: the Service sends to a port on which nobody listens, while the application listens on another (N09). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceTarget } from '../model/target.ts';
import { appLinks } from './app-links.ts';
import { isLoopback, refusedBackends } from './listeners.ts';

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
    choose: 'Set targetPort to the port of the application, one of {listening}.',
  },
  explains: appLinks,
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    const services = facts.get('services');
    const [refused] = refusedBackends(facts);
    if (
      service === undefined ||
      ref === undefined ||
      port === undefined ||
      refused?.listeners === undefined ||
      !services.known
    )
      return;
    const { backend } = refused.probe;
    const open = refused.listeners.tcp.filter((l) => !isLoopback(l)).map((l) => l.port);
    // Somebody listens on the right port, if only on localhost: another fault.
    if (open.length === 0 || refused.listeners.tcp.some((l) => l.port === backend.port)) return;
    const listening = [...new Set(open)].sort((a, b) => a - b).map(String);
    const declared = declaredPorts(facts, ref, backend.pod?.name);
    const candidates = listening.filter((p) => declared.has(Number(p)));
    const candidate = candidates.length === 1 ? candidates[0] : listening.length === 1 ? listening[0] : undefined;
    const name = `${service.namespace}/${service.name}`;
    const data = { service: name, port: port.port, target: backend.port, listening };
    const pod = `${backend.pod?.namespace ?? ''}/${backend.pod?.name ?? ''}`;
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data,
      because: [
        proof(services, 'spec', data, `kubectl get service -n ${service.namespace} ${service.name} -o yaml`),
        proof(refused.listeners.fact, 'socket', { pod, listening }),
        proof(refused.connectFact, 'refused', { node: refused.probe.from, address: `${backend.ip}:${backend.port}` }),
      ],
      scope: {},
      advice: [
        candidate === undefined ? { text: 'choose', data: { listening } } : { text: 'set', data: { candidate } },
      ],
      remediations: [
        { id: 'fix-service-target-port', params: candidate === undefined ? {} : { targetPort: Number(candidate) } },
      ],
    });
  },
});

/** Ports that the Pod declares or probes: containerPort is only information, and good for choosing among open ports. */
function declaredPorts(
  facts: Parameters<typeof serviceTarget>[0],
  ref: { kind: string; name: string },
  podName: string | undefined,
): Set<number> {
  const pods = facts.get('pods', ref);
  const pod = pods.known ? pods.value.pods.find((p) => p.name === podName) : undefined;
  const containers = pod?.containers ?? [];
  const probes = containers.flatMap((c) => [c.readinessProbe?.port, c.livenessProbe?.port]);
  return new Set([
    ...containers.flatMap((c) => c.ports.map((p) => p.containerPort)),
    ...probes.filter((p): p is number => typeof p === 'number'),
  ]);
}
