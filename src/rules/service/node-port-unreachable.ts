/** Symptom: a NodePort does not answer through some or all of the cluster's nodes (probe P1 of facts §4.2). */
import type { Facts } from '../../core/facts.ts';
import { proof } from '../../core/facts.ts';
import type { Proof, Scope } from '../../core/finding.ts';
import { parseIp } from '../../core/ip.ts';
import { defineRule } from '../../core/rule.ts';
import { nodeOfAddress, nodesByName } from '../model/nodes.ts';
import { backendProbes, connects, connectsTell, deadBackends, type Entry, entries } from '../model/paths.ts';
import { asksAboutWays, backends, entryAsked, serviceTarget } from '../model/target.ts';
import { serviceName } from './failing.ts';
import { targetText } from './listeners.ts';

/** Proofs shown at most: the matrix in the report has them all. */
const MAX_PROOFS = 4;

type TextId = 'open' | 'closed' | 'dead' | 'held';

export const nodePortUnreachable = defineRule({
  id: 'node-port-unreachable',
  role: 'symptom',
  severity: 'critical',
  summary: 'a NodePort that does not answer through every node',
  needs: ['services', 'endpoints', 'nodes', 'node-interfaces', 'node-listeners', 'node-service-proxy', 'node-tcp'],
  texts: {
    found: '{port} does not answer on {failing}. It answers on {working}.',
    everywhere: '{port} does not answer on any node that was tried: {failing}.',
    perhaps:
      '{port} does not answer on {failing}. It answers on {working}. No node has the address {at}, so nobody here can say to which of them it leads.',
    partly:
      '{port} answers on every node that was tried, but nobody reaches {count} of its {total} endpoints: {dead}. About that part of all connects fails.',
    outside: '{port} answers on every node that was tried. From {from} nobody here can try it.',
    elsewhere: '{port} answers on every node that was tried. No node has the address {at}.',
    reported: '{port} is reported as not reachable. No agent could try it.',
    udp: '{port} is reported as not reachable. A connect proves nothing for {protocol}, so nobody here could try it.',
    open: 'Connect from {from} to {address}:{port}: open in {ms} ms.',
    closed: 'Connect from {from} to {address}:{port}: {result}.',
    dead: 'Connect from {from} to the endpoint {target}: {result}.',
    held: '{node} accepts connects on {port} by a socket that kube-proxy holds open, and has no rule behind it: nobody answers.',
  },
  answers: asksAboutWays,
  judge(facts, say) {
    const { service, ref, port, servicesKnown } = serviceTarget(facts);
    if (!asksAboutWays(facts.question)) return;
    if (!servicesKnown) say.undecided();
    if (service === undefined || ref === undefined || port?.nodePort === undefined) return;
    const ways = entries(facts);
    const label = `${port.nodePort}/${port.protocol} (${serviceName(service)})`;
    const symptom = seen(facts, ways, label, port.nodePort) ?? said(facts, ways, label, port.protocol);
    if (symptom === undefined) return;
    if (symptom.undecided === true) say.undecided();
    if (symptom.finding !== undefined) say.find({ object: ref, ...symptom.finding });
  },
});

type Draft = Omit<Parameters<Parameters<typeof nodePortUnreachable.judge>[1]['find']>[0], 'object'>;
interface Symptom {
  readonly undecided?: boolean;
  readonly finding?: Draft;
}

/** What probes show to fail. */
function seen(facts: Facts, ways: readonly Entry[], label: string, port: number): Symptom | undefined {
  const failing = failingEntries(ways);
  const working = ways.filter((way) => way.state === 'works');
  const scope: Scope = { nodes: failing.map((way) => way.node), working: working.map((way) => way.node) };
  if (failing.length > 0) {
    const data = { port: label, failing: failing.map(addressText), working: working.map(addressText) };
    const because = proofs(facts, failing, working, port);
    const { at } = facts.question;
    // What fails on some nodes need not be what fails at an address that leads to nobody knows which.
    if (at !== undefined && working.length > 0 && leadsElsewhere(facts, at))
      return { finding: { confidence: 'likely', text: 'perhaps', data: { ...data, at }, because, scope } };
    return {
      finding: { confidence: 'confirmed', text: working.length === 0 ? 'everywhere' : 'found', data, because, scope },
    };
  }
  const dead = deadBackends(facts);
  if (working.length === 0 || dead.length === 0) return undefined;
  const because = dead.slice(0, MAX_PROOFS).flatMap((backend) => {
    const probe = backendProbes(facts).find((p) => p.backend.ip === backend.ip && p.backend.port === backend.port);
    const fact = probe === undefined ? undefined : connects(facts).get(probe.from)?.fact;
    if (probe === undefined || fact === undefined) return [];
    const tried = { from: probe.from, target: targetText(backend), result: probe.result.result };
    return [proof<TextId>(fact, 'dead', tried, `nc -vz -w 2 ${backend.ip} ${backend.port}   # on ${probe.from}`)];
  });
  const data = { port: label, dead: dead.map(targetText), count: dead.length, total: backends(facts).length };
  return { finding: { confidence: 'confirmed', text: 'partly', data, because, scope } };
}

/** What nobody could see to fail, and the question says does. */
function said(facts: Facts, ways: readonly Entry[], label: string, protocol: string): Symptom | undefined {
  const { from, at } = facts.question;
  const working = ways.filter((way) => way.state === 'works').map((way) => way.node);
  const likely = (text: Draft['text'], data: Draft['data'], scope: Scope): Draft => ({
    confidence: 'likely',
    text,
    data: { port: label, ...data },
    because: [],
    scope,
  });
  // Who asks how the Service is has not said that it fails.
  if (facts.question.type === 'diagnose') return { undecided: connectsTell(facts) && untried(ways) };
  if (working.length === 0) {
    const scope = { nodes: ways.map((way) => way.node), working };
    if (!connectsTell(facts)) return { undecided: true, finding: likely('udp', { protocol }, scope) };
    return { undecided: true, finding: likely('reported', {}, scope) };
  }
  // A ready node that nobody tried could be the one that fails.
  const undecided = untried(ways);
  const scope = { nodes: [], working };
  if (from !== undefined && isOutside(facts, from)) return { undecided, finding: likely('outside', { from }, scope) };
  if (at !== undefined && leadsElsewhere(facts, at))
    return { undecided: true, finding: likely('elsewhere', { at }, scope) };
  return { undecided };
}

function untried(ways: readonly Entry[]): boolean {
  return ways.some((way) => way.state === 'unknown' && way.ready);
}

/** True for a place that is no node, by name or by address. */
function isOutside(facts: Facts, from: string): boolean {
  return !nodesByName(facts).has(from) && nodeOfAddress(facts, from) === undefined;
}

/** An address that no node has. This machine's own names for itself are another rule's matter. */
function leadsElsewhere(facts: Facts, at: string): boolean {
  return parseIp(at) !== undefined && !/^127\.|^::1$/.test(at) && entryAsked(facts) === undefined;
}

/**
 * The entries that make the symptom. An entry on a node that is not ready counts only where no ready one fails:
 * its own fault explains it, and it must not blur which ready nodes fail and which work.
 */
function failingEntries(ways: readonly Entry[]): Entry[] {
  const failing = ways.filter((way) => way.state === 'fails' || way.state === 'mixed');
  const ready = failing.filter((way) => way.ready);
  return ready.length > 0 ? ready : failing;
}

function addressText(entry: Entry): string {
  return `${entry.node} (${entry.address})`;
}

function proofs(facts: Facts, failing: readonly Entry[], working: readonly Entry[], port: number): Proof<TextId>[] {
  const shown = [...failing.slice(0, MAX_PROOFS), ...working.slice(0, MAX_PROOFS)];
  return shown.flatMap((entry): Proof<TextId>[] => {
    const probe =
      entry.probes.find((p) => (p.result.result === 'open') === (entry.state === 'works')) ?? entry.probes[0];
    const fact = probe === undefined ? undefined : connects(facts).get(probe.from)?.fact;
    if (probe === undefined || fact === undefined) return [];
    const held = entry.state === 'fails' && probe.result.result === 'open';
    if (held)
      return [proof<TextId>(fact, 'held', { node: entry.node, port }, `curl -m 3 http://${entry.address}:${port}`)];
    const data = { from: probe.from, address: entry.address, port, result: probe.result.result, ms: probe.result.ms };
    const command = `nc -vz -w 2 ${entry.address} ${port}   # on ${probe.from}`;
    return [proof<TextId>(fact, probe.result.result === 'open' ? 'open' : 'closed', data, command)];
  });
}
