/** Cause: TCP 179 between two nodes is filtered, while other ports of the same address answer (N47b). */
import type { BirdSession, TcpResult } from '../../core/evidence/node-network.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { birdSessions, type CalicoNode, calicoNodes } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { arrives, connectResult, connects } from '../model/paths.ts';
import { deniesPort } from '../service-proxy/denials.ts';
import { bgpLinks } from './bgp-links.ts';

const OTHER_PORTS = [10250, 22, 6443];

export const calicoBgpPortBlocked = defineRule({
  id: 'calico-bgp-port-blocked',
  role: 'cause',
  severity: 'critical',
  summary: 'a firewall that drops BGP between nodes',
  needs: ['nodes', 'node-leases', 'calico-bgp-config', 'node-bird', 'node-firewall', 'node-tcp'],
  texts: {
    found:
      'BGP (TCP {port}) to {to} is filtered: connects from {from} get no answer, while other ports of the same address do answer.',
    tried: 'Connect from {from} to {address}:{port}: {result}.',
    other: 'Connect from {from} to {address}:{port}: {result}. The host is there.',
    session: 'BIRD on {from}: session with {address} is {info}. {error}',
    denial: 'The firewall of {node} drops it: {rule}',
    allow: 'Allow TCP {port} between all nodes, in the host firewall and in the security group.',
  },
  explains: bgpLinks,
  judge(facts, say) {
    const config = facts.get('calico-bgp-config');
    const port = config.known ? config.value.listenPort : 179;
    const answers = answersAnywhere(facts, port);
    for (const [culprit, pairs] of byCulprit(facts, blockedPairs(facts, port), port)) {
      const [first] = pairs;
      if (first === undefined) continue;
      const to = names(pairs, 'to');
      const denial = denialProof(facts, first, port);
      const sure = answers || denial !== undefined;
      // A peer with a BGP password never answers a plain connect: one that does anywhere refutes that for the mesh,
      // and a rule that drops the packets needs no such proof.
      const tryThis = `tcpdump -ni any tcp port ${port}   # on ${first.to}: do the SYNs of ${first.from} arrive?`;
      say.find({
        object: nodeRef(culprit),
        confidence: sure ? 'confirmed' : 'likely',
        ...(sure ? {} : { tryThis }),
        text: 'found',
        data: { port, to: to.length === 1 ? first.to : to, from: names(pairs, 'from') },
        because: denial === undefined ? first.proofs : [...first.proofs, denial],
        scope: { nodes: [culprit], pairs: pairs.map((pair) => [pair.from, pair.to] as const) },
        advice: [{ text: 'allow', data: { port } }],
      });
    }
  },
});

interface Blocked {
  readonly from: string;
  readonly to: string;
  readonly proofs: readonly Proof<'tried' | 'other' | 'session'>[];
}

function names(pairs: readonly Blocked[], end: 'from' | 'to'): string[] {
  return [...new Set(pairs.map((pair) => pair[end]))];
}

function blockedPairs(facts: Facts, port: number): Blocked[] {
  const nodes = [...calicoNodes(facts).values()].filter((to) => !isStale(facts, to.node));
  return nodes.flatMap((to) =>
    [...calicoNodes(facts).keys()].flatMap((from) => blockedFrom(facts, from, to, port) ?? []),
  );
}

/**
 * Gives each node that something is filtered at, with its pairs. That is the node dialled, unless the one that dials is
 * what several have in common and others reach them, or drops the packets itself as they leave.
 */
function byCulprit(facts: Facts, pairs: readonly Blocked[], port: number): Map<string, Blocked[]> {
  const out = new Map<string, Blocked[]>();
  for (const pair of pairs) {
    const mine = pairs.filter((other) => other.from === pair.from);
    const alone = mine.every((one) => pairs.every((other) => other.to !== one.to || other.from === pair.from));
    const sender = alone && (mine.length > 1 || denialProof(facts, pair, port)?.data['node'] === pair.from);
    const culprit = sender ? pair.from : pair.to;
    out.set(culprit, [...(out.get(culprit) ?? []), pair]);
  }
  return out;
}

/** A rule of the dialling node's firewall that drops what leaves, or of the dialled one's that drops what arrives. */
function denialProof(facts: Facts, { from, to }: Blocked, port: number): Proof<'denial'> | undefined {
  for (const [node, hook] of [
    [from, 'output'],
    [to, 'input'],
  ] as const) {
    const fact = facts.get('node-firewall', nodeRef(node));
    if (!fact.known) continue;
    const denial = fact.value.denials.find((one) => one.hook === hook && deniesPort(one, port, 'tcp'));
    if (denial !== undefined) return proof(fact, 'denial', { node, rule: denial.rule });
  }
  return undefined;
}

/** `from` dials, gets no answer on the BGP port, and one on another port of the same address; undefined where not so. */
function blockedFrom(facts: Facts, from: string, to: CalicoNode, port: number): Blocked | undefined {
  const { address } = to;
  const fact = connects(facts).get(from)?.fact;
  const tried = connectResult(facts, from, address, port);
  if (from === to.node || fact === undefined || tried === undefined || arrives(tried)) return undefined;
  const bird = birdSessions(facts, from);
  const session = bird?.sessions.find((s) => s.neighbour === address);
  // A passive side does not dial: what it cannot reach does not keep the session down.
  if (bird === undefined || session === undefined || isUpOrPassive(session)) return undefined;
  const other = OTHER_PORTS.flatMap((p) => connectResult(facts, from, address, p) ?? []).find(arrives);
  if (other === undefined) return undefined;
  const command = `birdcl show protocols all ${session.name}   # in calico-node on ${from}`;
  const data = { from, address, info: session.info, error: session.error ?? '' };
  return {
    from,
    to: to.node,
    proofs: [
      proof(fact, 'tried', connectData(from, tried), connectCommand(from, tried)),
      proof(fact, 'other', connectData(from, other), connectCommand(from, other)),
      proof(bird.fact, 'session', data, command),
    ],
  };
}

function isUpOrPassive(session: BirdSession): boolean {
  return session.info === 'Established' || session.info === 'Passive';
}

function connectData(from: string, { address, port, result }: TcpResult) {
  return { from, address, port, result };
}

function connectCommand(from: string, { address, port }: TcpResult): string {
  return `nc -vz -w 2 ${address} ${port}   # on ${from}`;
}

/** True where some node's BGP port answered a plain connect from another. */
function answersAnywhere(facts: Facts, port: number): boolean {
  const nodes = [...calicoNodes(facts).values()];
  return [...connects(facts).keys()].some((from) =>
    nodes.some((to) => {
      const result = to.node === from ? undefined : connectResult(facts, from, to.address, port);
      return result?.result === 'open';
    }),
  );
}
