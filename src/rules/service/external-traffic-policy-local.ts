/** Cause: externalTrafficPolicy Local, and the failing nodes are just those without a ready endpoint of their own (N10). */
import { type Facts, proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { type Entry, entries } from '../model/paths.ts';
import { asksAboutWays, backends, serviceTarget, targetEndpoints } from '../model/target.ts';
import { serviceName } from './failing.ts';

export const externalTrafficPolicyLocal = defineRule({
  id: 'external-traffic-policy-local',
  role: 'cause',
  severity: 'critical',
  summary: 'externalTrafficPolicy Local and no endpoint on the entry node',
  needs: ['services', 'endpoints', 'nodes', 'node-interfaces', 'node-tcp'],
  texts: {
    found:
      '{service} has externalTrafficPolicy Local: a node answers only if it runs a ready Pod of it. {failing} {failing:runs|run} none.',
    spec: 'Service {service}: externalTrafficPolicy is {policy}.',
    endpoints: 'Its ready endpoints are on {nodes}.',
    cluster: 'externalTrafficPolicy of {service} is Cluster: every node may answer, with or without a Pod.',
    'has-pod':
      'externalTrafficPolicy of {service} is Local, and {failing} {failing:runs|run} a ready Pod of it: they should answer.',
    'use-node':
      'By design. Use a node that runs a Pod, run one on every node, or set the policy to Cluster (the Pods then no longer see the address of the client).',
  },
  explains: { 'node-port-unreachable': splitLink },
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    const services = facts.get('services');
    const endpoints = targetEndpoints(facts);
    if (service === undefined || ref === undefined || port?.nodePort === undefined || !services.known) return;
    const name = serviceName(service);
    const policy = service.externalTrafficPolicy ?? 'Cluster';
    const command = `kubectl get service -n ${service.namespace} ${service.name} -o jsonpath='{.spec.externalTrafficPolicy}'`;
    const spec = proof(services, 'spec', { service: name, policy }, command);
    if (policy !== 'Local') {
      if (asksAboutWays(facts.question))
        say.clear({ object: ref, text: 'cluster', data: { service: name }, because: [spec] });
      return;
    }
    const nodes = [...new Set(backends(facts).flatMap((b) => b.node ?? []))].sort();
    // Without any ready endpoint the port is refused everywhere, and for another reason.
    if (!endpoints.known || nodes.length === 0) return;
    const where = proof(endpoints, 'endpoints', { nodes });
    const { bare, withPod, contradicted } = sides(facts);
    const tried = bare.filter((entry) => entry.state !== 'unknown');
    if (tried.length === 0 && withPod.length > 0)
      say.clear({ object: ref, text: 'has-pod', data: { service: name, failing: withPod }, because: [spec, where] });
    if (bare.length === 0) return;
    const sure = tried.length > 0 && !contradicted;
    const tryThis = `nc -vz -w 2 NODE ${port.nodePort}   # for a node with and one without a Pod, from another machine`;
    const failing = bare.map((entry) => entry.node);
    say.find({
      object: ref,
      text: 'found',
      data: { service: name, failing },
      because: [spec, where],
      scope: { nodes: failing },
      advice: [{ text: 'use-node', data: {} }],
      remediations: [{ id: 'set-external-traffic-policy', params: { policy: 'Cluster' } }],
      ...(sure ? { confidence: 'confirmed' } : { confidence: 'likely', tryThis }),
    });
  },
});

interface Sides {
  /** Entries without a ready Pod that fail or were not tried. */
  readonly bare: readonly Entry[];
  /** Nodes that fail although they run one. */
  readonly withPod: readonly string[];
  /** A node without a Pod that answers all the same: whatever carries the packets does not keep to the policy. */
  readonly contradicted: boolean;
}

function sides(facts: Facts): Sides {
  const ways = entries(facts);
  const fails = (entry: Entry): boolean => entry.state === 'fails' || entry.state === 'mixed';
  return {
    bare: ways.filter((entry) => !entry.hasEndpoint && entry.state !== 'works'),
    withPod: ways.filter((entry) => entry.hasEndpoint && fails(entry)).map((entry) => entry.node),
    contradicted: ways.some((entry) => !entry.hasEndpoint && entry.state === 'works'),
  };
}
