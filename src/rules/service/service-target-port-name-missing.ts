/** Cause: a Service's targetPort is a name that no container port of its Pods has (N08). */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import { proof } from '../../core/facts.ts';
import { nearest } from '../../core/nearest.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { backends, serviceTarget } from '../model/target.ts';
import { serviceName } from './failing.ts';

export const serviceTargetPortNameMissing = defineRule({
  id: 'service-target-port-name-missing',
  role: 'cause',
  severity: 'critical',
  summary: 'a named targetPort that no Pod has',
  needs: ['services', 'endpoints', 'pods'],
  texts: {
    found:
      '{service} sends port {port} to the container port named "{name}". None of its {count} Pods has a port of that name. They have: {ports}.',
    spec: 'Service {service}: targetPort of port {port} is "{name}".',
    pods: 'Named ports of the Pods: {ports}.',
    nearest: 'Set targetPort to "{nearest}", or give the container port that name.',
  },
  explains: { 'service-no-ready-endpoints': { ...sameObjectLink, proves: true } },
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    const services = facts.get('services');
    if (service === undefined || ref === undefined || !services.known) return;
    if (port === undefined || typeof port.targetPort !== 'string') return;
    const pods = facts.get('pods', ref);
    // Whoever made the endpoints found the port in some Pod, of which there may be more than are kept.
    if (!pods.known || pods.value.pods.length === 0 || backends(facts).length > 0) return;
    const wanted = port.targetPort;
    const names = portNames(pods.value.pods, port.protocol);
    if (names.includes(wanted)) return;
    const [near] = nearest(wanted, names, 1);
    const data = {
      service: serviceName(service),
      port: port.port,
      name: wanted,
      count: pods.value.pods.length,
      ports: names.length === 0 ? ['no named port'] : names,
    };
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data,
      because: [
        proof(services, 'spec', data, `kubectl get service -n ${service.namespace} ${service.name} -o yaml`),
        proof(pods, 'pods', data),
      ],
      scope: {},
      ...(near === undefined ? {} : { advice: [{ text: 'nearest' as const, data: { nearest: near } }] }),
      remediations: [{ id: 'fix-service-target-port', params: near === undefined ? {} : { targetPort: near } }],
    });
  },
});

/** The names of the container ports of a protocol: the same name may stand for TCP and for UDP. */
function portNames(pods: readonly PodObject[], protocol: string): string[] {
  const ports = pods.flatMap((pod) => pod.containers.flatMap((container) => container.ports));
  return [...new Set(ports.flatMap((p) => (p.protocol === protocol ? (p.name ?? []) : [])))].sort();
}
