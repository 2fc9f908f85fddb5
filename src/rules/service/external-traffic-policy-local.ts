/** Cause: externalTrafficPolicy Local, and the failing nodes are just those without a ready endpoint of their own (N10). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { entries } from '../model/paths.ts';
import { backends, serviceTarget, targetEndpoints } from '../model/target.ts';

export const externalTrafficPolicyLocal = defineRule({
  id: 'external-traffic-policy-local',
  role: 'cause',
  severity: 'critical',
  summary: 'externalTrafficPolicy Local and no endpoint on the entry node',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp'],
  texts: {
    found:
      '{service} has externalTrafficPolicy Local: a node answers only if it runs a ready Pod of it. {failing} run none.',
    spec: 'Service {service}: externalTrafficPolicy is {policy}.',
    endpoints: 'Its ready endpoints are on {nodes}.',
    cluster: 'externalTrafficPolicy of {service} is Cluster: every node may answer, with or without a Pod.',
    'use-node':
      'By design. Use a node that runs a Pod, run one on every node, or set the policy to Cluster (the Pods then no longer see the address of the client).',
  },
  explains: { 'node-port-unreachable': splitLink },
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    const services = facts.get('services');
    const endpoints = targetEndpoints(facts);
    if (service === undefined || ref === undefined || port?.nodePort === undefined || !services.known) return;
    const name = `${service.namespace}/${service.name}`;
    const policy = service.externalTrafficPolicy ?? 'Cluster';
    const command = `kubectl get service -n ${service.namespace} ${service.name} -o jsonpath='{.spec.externalTrafficPolicy}'`;
    const spec = proof(services, 'spec', { service: name, policy }, command);
    if (policy !== 'Local') {
      if (facts.question.type === 'why-not-reachable')
        say.clear({ object: ref, text: 'cluster', data: { service: name }, because: [spec] });
      return;
    }
    const nodes = [...new Set(backends(facts).flatMap((b) => b.node ?? []))].sort();
    if (!endpoints.known || nodes.length === 0) return;
    // A node that fails although it runs a Pod has another fault; those without one fail by design, refused or dropped.
    const failing = entries(facts).filter((e) => !e.hasEndpoint && e.state !== 'works');
    const seen = failing.filter((e) => e.state === 'fails');
    if (failing.length === 0) return;
    say.find({
      object: ref,
      confidence: seen.length > 0 ? 'confirmed' : 'likely',
      text: 'found',
      data: { service: name, failing: failing.map((e) => e.node) },
      because: [spec, proof(endpoints, 'endpoints', { nodes })],
      scope: { nodes: failing.map((e) => e.node) },
      advice: [{ text: 'use-node', data: {} }],
      remediations: [{ id: 'set-external-traffic-policy', params: { policy: 'Cluster' } }],
      ...(seen.length > 0
        ? {}
        : {
            tryThis: `nc -vz -w 2 NODE ${port.nodePort}   # for a node with and one without a Pod, from another machine`,
          }),
    });
  },
});
