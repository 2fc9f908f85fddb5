/** Symptom: a Service's ClusterIP (probe P5), or a headless Service's endpoints, do not answer from some or all nodes. */
import type { ServiceObject } from '../../core/evidence/cluster-types.ts';
import type { TcpResult } from '../../core/evidence/node-network.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Scope } from '../../core/finding.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import {
  backendProbes,
  clusterIpProbe,
  connects,
  connectsTell,
  deadBackends,
  type NodeConnects,
} from '../model/paths.ts';
import { asksAboutWays, backends, serviceTarget } from '../model/target.ts';
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
  answers: (question) => asksAboutWays(question) && question.target.kind === 'Service',
  judge(facts, say) {
    const { service, ref, port } = serviceTarget(facts);
    const { target } = facts.question;
    if (!asksAboutWays(facts.question) || target.kind !== 'Service' || service === undefined || ref === undefined)
      return;
    if (service.type === 'ExternalName') return sayExternal(facts, say, service, ref);
    if (port === undefined) return;
    const tried = attempts(facts, service, port.port);
    if (tried.length > 0) saySeen(facts, say, { service, ref, port: port.port, tried });
    // With a NodePort the way in was asked about, and that rule decides.
    else if (port.nodePort === undefined) sayUntried(facts, say, { service, ref, protocol: port.protocol });
  },
});

type Speak = Parameters<typeof serviceUnreachable.judge>[1];

/** A name and no address: nobody here can try it, and nobody asks for more where nothing was reported. */
function sayExternal(facts: Facts, say: Speak, service: ServiceObject, object: ObjectRef): void {
  if (facts.question.type !== 'why-not-reachable') return;
  say.undecided();
  const name = service.externalName ?? '?';
  const data = { service: serviceName(service), target: name };
  const tryThis = `getent hosts ${name}`;
  say.find({ object, confidence: 'likely', text: 'external', data, because: [], scope: {}, tryThis });
}

interface Untried {
  readonly service: ServiceObject;
  readonly ref: ObjectRef;
  readonly protocol: string;
}

/** Who asks how the Service is has not said that it fails. */
function sayUntried(facts: Facts, say: Speak, { service, ref, protocol }: Untried): void {
  const reported = facts.question.type === 'why-not-reachable';
  const tells = connectsTell(facts);
  if (reported || tells) say.undecided();
  if (!reported) return;
  const common = { object: ref, confidence: 'likely', because: [], scope: {} } as const;
  const label = serviceName(service);
  if (tells) say.find({ ...common, text: 'reported', data: { service: label } });
  else say.find({ ...common, text: 'udp', data: { service: label, protocol } });
}

interface Seen {
  readonly service: ServiceObject;
  readonly ref: ObjectRef;
  readonly port: number;
  readonly tried: readonly Attempt[];
}

function saySeen(facts: Facts, say: Speak, { service, ref, port, tried }: Seen): void {
  const label = serviceName(service);
  const failing = tried.filter((t) => t.result.result !== 'open');
  const working = tried.filter((t) => t.result.result === 'open');
  const scope: Scope = { nodes: failing.map((t) => t.node), working: working.map((t) => t.node) };
  const dead = deadBackends(facts);
  const because = [...failing.slice(0, 2), ...working.slice(0, 1)].map((t) =>
    proof(
      t.fact,
      'tried' as const,
      { from: t.node, address: targetText({ ip: t.result.address, port: t.result.port }), result: t.result.result },
      `nc -vz -w 2 ${t.result.address} ${t.result.port}   # on ${t.node}`,
    ),
  );
  const common = { object: ref, confidence: 'confirmed', because, scope } as const;
  if (failing.length > 0) {
    const text = working.length === 0 ? 'everywhere' : 'found';
    say.find({ ...common, text, data: { service: label, address: addressOf(service, port), ...named(scope) } });
  } else if (dead.length > 0) {
    const data = { service: label, dead: dead.map(targetText), count: dead.length, total: backends(facts).length };
    say.find({ ...common, text: 'partly', data });
  }
}

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
