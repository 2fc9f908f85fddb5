/** Cause: TCP 179 between two nodes is filtered, while other ports of the same address answer (N47b). */
import type { BirdSession, TcpResult } from '../../core/evidence/node-network.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { birdSessions, type CalicoNode, calicoNodes } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { arrives, connectResult, connects } from '../model/paths.ts';
import { bgpLinks } from './bgp-links.ts';

const OTHER_PORTS = [10250, 22, 6443];

export const calicoBgpPortBlocked = defineRule({
  id: 'calico-bgp-port-blocked',
  role: 'cause',
  severity: 'critical',
  summary: 'a firewall that drops BGP between nodes',
  needs: ['nodes', 'node-leases', 'calico-bgp-config', 'node-bird', 'node-tcp'],
  texts: {
    found:
      'BGP (TCP {port}) to {to} is filtered: connects from {from} get no answer, while other ports of the same address do answer.',
    tried: 'Connect from {from} to {address}:{port}: {result}.',
    other: 'Connect from {from} to {address}:{port}: {result}. The host is there.',
    session: 'BIRD on {from}: session with {address} is {info}. {error}',
    allow: 'Allow TCP {port} between all nodes, in the host firewall and in the security group.',
  },
  explains: bgpLinks,
  judge(facts, say) {
    const config = facts.get('calico-bgp-config');
    const port = config.known ? config.value.listenPort : 179;
    for (const to of calicoNodes(facts).values()) {
      if (isStale(facts, to.node)) continue;
      const blocked = [...calicoNodes(facts).keys()].flatMap((from) => blockedFrom(facts, from, to, port) ?? []);
      const [first] = blocked;
      if (first === undefined) continue;
      const { proofs } = first;
      // A peer with a BGP password never answers a plain connect: one that does anywhere refutes that for the mesh.
      const sure = answersAnywhere(facts, port);
      say.find({
        object: nodeRef(to.node),
        confidence: sure ? 'confirmed' : 'likely',
        ...(sure
          ? {}
          : { tryThis: `tcpdump -ni any tcp port ${port}   # on ${to.node}: do the SYNs of ${first.from} arrive?` }),
        text: 'found',
        data: { port, to: to.node, from: blocked.map((b) => b.from) },
        because: proofs,
        scope: { nodes: [to.node], pairs: blocked.map((b) => [b.from, to.node] as const) },
        advice: [{ text: 'allow', data: { port } }],
      });
    }
  },
});

interface Blocked {
  readonly from: string;
  readonly proofs: readonly Proof<'tried' | 'other' | 'session'>[];
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
