/** Symptom: a Service's ClusterIP (probe P5), or a headless Service's endpoints, do not answer from some or all nodes. */
import type { ServiceObject } from '../../core/evidence/cluster-types.ts';
import type { TcpResult } from '../../core/evidence/node-network.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Scope } from '../../core/finding.ts';
import { defineRule } from '../../core/rule.ts';
import {
  backendProbes,
  clusterIpProbe,
  connects,
  connectsTell,
  deadBackends,
  type NodeConnects,
} from '../model/paths.ts';
import { backends, serviceTarget } from '../model/target.ts';
import { serviceName } from './failing.ts';
import { targetText } from './listeners.ts';

export const serviceUnreachable = defineRule({
  id: 'service-unreachable',
  role: 'symptom',
  severity: 'critical',
  summary: 'a Service whose ClusterIP does not answer from every node',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp'],
  texts: {
    found: '{service} ({address}) does not answer from {failing}. It answers from {working}.',
    everywhere: '{service} ({address}) does not answer from any node that was tried: {failing}.',
    partly:
      '{service} answers, but nobody reaches {count} of its {total} endpoints: {dead}. About that part of all connects fails.',
    reported: '{service} is reported as not reachable. No agent could try it.',
    udp: '{service} is reported as not reachable. A connect proves nothing for {protocol}, so nobody here could try it.',
    external:
      '{service} is only a DNS name for {target}. It has no address in this cluster, so nobody here could try it.',
    tried: 'Connect from {from} to {address}: {result}.',
  },
  // A question about a NodePort is decided by the way in, not by the ClusterIP behind it.
  answers: (question) => question.type === 'why-not-reachable' && question.target.kind === 'Service',
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    const { type, target } = facts.question;
    if (type !== 'why-not-reachable' || target.kind !== 'Service' || service === undefined || ref === undefined) return;
    const label = serviceName(service);
    const likely = { object: ref, confidence: 'likely', because: [], scope: {} } as const;
    if (service.type === 'ExternalName') {
      say.undecided();
      const data = { service: label, target: service.externalName ?? '?' };
      say.find({ ...likely, text: 'external', data, tryThis: `getent hosts ${service.externalName ?? ''}` });
      return;
    }
    if (port === undefined) return;
    const tried = attempts(facts, service, port.port);
    if (tried.length === 0) {
      // With a NodePort the way in was asked about, and that rule decides.
      if (port.nodePort !== undefined) return;
      say.undecided();
      if (connectsTell(facts)) say.find({ ...likely, text: 'reported', data: { service: label } });
      else say.find({ ...likely, text: 'udp', data: { service: label, protocol: port.protocol } });
      return;
    }
    const failing = tried.filter((t) => t.result.result !== 'open');
    const working = tried.filter((t) => t.result.result === 'open');
    const scope: Scope = { nodes: failing.map((t) => t.node), working: working.map((t) => t.node) };
    const dead = deadBackends(facts);
    if (failing.length === 0 && dead.length === 0) return;
    const shown = [...failing.slice(0, 2), ...working.slice(0, 1)];
    const because = shown.map((t) =>
      proof(
        t.fact,
        'tried' as const,
        { from: t.node, address: targetText({ ip: t.result.address, port: t.result.port }), result: t.result.result },
        `nc -vz -w 2 ${t.result.address} ${t.result.port}   # on ${t.node}`,
      ),
    );
    const common = { object: ref, confidence: 'confirmed', because, scope } as const;
    if (failing.length === 0) {
      const data = { service: label, dead: dead.map(targetText), count: dead.length, total: backends(facts).length };
      say.find({ ...common, text: 'partly', data });
      return;
    }
    const text = working.length === 0 ? 'everywhere' : 'found';
    say.find({ ...common, text, data: { service: label, address: addressOf(service, port.port), ...named(scope) } });
  },
});

function named(scope: Scope): { failing: readonly string[]; working: readonly string[] } {
  return { failing: scope.nodes ?? [], working: scope.working ?? [] };
}

function addressOf(service: ServiceObject, port: number): string {
  const [ip] = service.clusterIPs;
  return ip === undefined ? `None:${port}` : targetText({ ip, port });
}

type Attempt = NodeConnects & { readonly result: TcpResult };

/** What each node got from the ClusterIP; of a headless Service, from the endpoint that went worst (dead ones aside). */
function attempts(facts: Facts, service: ServiceObject, port: number): Attempt[] {
  const headless = service.clusterIPs.length === 0;
  const dead = new Set(deadBackends(facts).map((b) => b.ip));
  return [...connects(facts).values()].flatMap((node) => {
    if (!headless) {
      const result = clusterIpProbe(facts, node.node);
      return result === undefined || result.port !== port ? [] : [{ ...node, result }];
    }
    const own = backendProbes(facts).filter((p) => p.from === node.node && !dead.has(p.backend.ip));
    const worst = own.find((p) => p.result.result !== 'open') ?? own[0];
    return worst === undefined ? [] : [{ ...node, result: worst.result }];
  });
}
