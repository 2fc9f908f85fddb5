/** Cause: a Service's ready endpoint is on a node that is gone, and nobody reaches it (N20). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { isStale, leaseAge, nodesByName } from '../model/nodes.ts';
import { backendProbes, connects } from '../model/paths.ts';
import { backends, serviceTarget, targetEndpoints } from '../model/target.ts';

export const endpointOnDeadNode = defineRule({
  id: 'endpoint-on-dead-node',
  role: 'cause',
  severity: 'critical',
  summary: 'an endpoint on a node that is gone',
  needs: ['services', 'endpoints', 'nodes', 'node-leases', 'node-tcp'],
  texts: {
    found: '{service} still lists {addresses} on {nodes}. The node is silent and nobody reaches the Pod there.',
    listed: '{source} of {service}: {addresses} is marked ready.',
    silent: 'The last sign of life of {node} is {age} seconds old.',
    tried: 'Connect from {from} to {address}: {result}.',
    wait: 'Kubernetes takes the endpoint out when it marks the node unreachable. If it stays, look at the node first; then delete the Pod.',
  },
  explains: {
    // With other endpoints alive, some connects work: then it explains that some fail, on every node alike.
    'node-port-unreachable': {
      when: (cause, effect) => cause.data['all'] === 1 && (effect.scope.working ?? []).length === 0,
    },
    'service-unreachable': {
      when: (cause, effect) => cause.data['all'] === 1 && (effect.scope.working ?? []).length === 0,
    },
  },
  judge(facts, say) {
    const { service, ref } = serviceTarget(facts);
    const endpoints = targetEndpoints(facts);
    const leases = facts.get('node-leases');
    if (service === undefined || ref === undefined || !endpoints.known) return;
    const dead = backends(facts).filter(
      (b) => b.node !== undefined && nodesByName(facts).has(b.node) && isStale(facts, b.node),
    );
    const probes = backendProbes(facts).filter((p) => dead.some((d) => d.ip === p.backend.ip));
    if (dead.length === 0 || probes.length === 0 || probes.some((p) => p.result.result === 'open')) return;
    const name = `${service.namespace}/${service.name}`;
    const addresses = dead.map((d) => `${d.ip}:${d.port}`);
    const nodes = [...new Set(dead.flatMap((d) => d.node ?? []))].sort();
    const [node = ''] = nodes;
    const [probe] = probes;
    const fact = probe === undefined ? undefined : connects(facts).get(probe.from)?.fact;
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data: { service: name, addresses, nodes, all: dead.length === backends(facts).length ? 1 : 0 },
      because: [
        proof(endpoints, 'listed', { source: endpoints.value.source, service: name, addresses }),
        ...(leases.known
          ? [
              proof(
                leases,
                'silent' as const,
                { node, age: Math.round((leaseAge(facts, node) ?? 0) / 1000) },
                `kubectl get lease -n kube-node-lease ${node} -o yaml`,
              ),
            ]
          : []),
        ...(probe === undefined || fact === undefined
          ? []
          : [
              proof(fact, 'tried' as const, {
                from: probe.from,
                address: addresses[0] ?? '',
                result: probe.result.result,
              }),
            ]),
      ],
      scope: { nodes },
      advice: [{ text: 'wait', data: {} }],
    });
  },
});
