/** Cause: a Service's ready endpoint is on a node that is gone, and nobody reaches it (N20). */
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { isStale, leaseAge, nodesByName } from '../model/nodes.ts';
import { type BackendProbe, backendProbes, connects } from '../model/paths.ts';
import { type Backend, backends, serviceTarget, targetEndpoints } from '../model/target.ts';
import { endpointLinks } from './endpoint-links.ts';
import { serviceName } from './failing.ts';
import { targetText } from './listeners.ts';

export const endpointOnDeadNode = defineRule({
  id: 'endpoint-on-dead-node',
  role: 'cause',
  severity: 'critical',
  summary: 'an endpoint on a node that is gone',
  needs: ['services', 'endpoints', 'nodes', 'node-leases', 'node-tcp'],
  texts: {
    found:
      '{service} still lists {addresses} on {nodes}. The {nodes:node is|nodes are} silent and nobody reaches the {addresses:Pod|Pods} there.',
    listed: '{source} of {service}: {addresses} {addresses:is|are} marked ready.',
    silent: 'The last sign of life of {node} is {age} seconds old.',
    tried: 'Connect from {from} to {address}: {result}.',
    wait: 'Kubernetes takes the endpoint out when it marks the node unreachable. If it stays, look at the node first; then delete the Pod.',
  },
  // A dead host is silent; its neighbour or gateway may answer for it that there is no such host.
  explains: endpointLinks(['timeout', 'no-route']),
  judge(facts, say) {
    const { service, ref } = serviceTarget(facts);
    const endpoints = targetEndpoints(facts);
    if (service === undefined || ref === undefined || !endpoints.known) return;
    const dead = backends(facts).filter((b) => isDead(facts, b));
    const probes = dead.map((b) => backendProbes(facts).find((p) => p.backend.ip === b.ip));
    const addresses = dead.map(targetText);
    const nodes = [...new Set(dead.flatMap((b) => b.node ?? []))].sort();
    const [node] = nodes;
    if (node === undefined) return;
    const name = serviceName(service);
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data: { service: name, addresses, nodes, targets: addresses },
      because: [
        proof(endpoints, 'listed', { source: endpoints.value.source, service: name, addresses }),
        ...silence(facts.get('node-leases'), node, leaseAge(facts, node)),
        ...attempt(facts, probes[0]),
      ],
      scope: { nodes },
      advice: [{ text: 'wait', data: {} }],
    });
  },
});

/** On a node that is silent, tried by somebody, and reached by nobody: a dead kubelet alone takes no Pod down. */
function isDead(facts: Facts, backend: Backend): boolean {
  if (backend.node === undefined || !nodesByName(facts).has(backend.node) || !isStale(facts, backend.node))
    return false;
  const probes = backendProbes(facts).filter((p) => p.backend.ip === backend.ip);
  return probes.length > 0 && probes.every((p) => ['timeout', 'no-route'].includes(p.result.result));
}

function silence(leases: Fact<'node-leases'>, node: string, age: number | undefined) {
  if (!leases.known || age === undefined) return [];
  const command = `kubectl get lease -n kube-node-lease ${node} -o yaml`;
  return [proof(leases, 'silent' as const, { node, age: Math.round(age / 1000) }, command)];
}

function attempt(facts: Facts, probe: BackendProbe | undefined) {
  const fact = probe === undefined ? undefined : connects(facts).get(probe.from)?.fact;
  if (probe === undefined || fact === undefined) return [];
  const data = { from: probe.from, address: targetText(probe.backend), result: probe.result.result };
  return [
    proof(fact, 'tried' as const, data, `nc -vz -w 2 ${probe.backend.ip} ${probe.backend.port}   # on ${probe.from}`),
  ];
}
