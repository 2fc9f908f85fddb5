/** Cause: TCP 179 between two nodes is filtered, while other ports of the same address answer (N47b). */
import { type Facts, proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { birdSessions, calicoNodes } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { arrives, connectResult } from '../model/paths.ts';
import { bgpLinks, strikes } from './bgp-links.ts';

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
  explains: {
    ...bgpLinks,
    'pod-route-missing': { when: (cause, effect) => (strikes(cause, effect) ? 'likely' : false) },
  },
  judge(facts, say) {
    const config = facts.get('calico-bgp-config');
    const port = config.known ? config.value.listenPort : 179;
    for (const to of calicoNodes(facts).values()) {
      if (isStale(facts, to.node)) continue;
      const blocked = [...calicoNodes(facts).keys()].filter(
        (from) => from !== to.node && isBlocked(facts, from, to.address, port),
      );
      const [from] = blocked;
      if (from === undefined) continue;
      const tcp = facts.get('node-tcp', nodeRef(from));
      const tried = connectResult(facts, from, to.address, port);
      const other = OTHER_PORTS.flatMap((p) => connectResult(facts, from, to.address, p) ?? []).find(arrives);
      if (!tcp.known || tried === undefined || other === undefined) continue;
      const data = { from, address: to.address };
      say.find({
        object: nodeRef(to.node),
        confidence: 'confirmed',
        text: 'found',
        data: { port, to: to.node, from: blocked },
        because: [
          proof(
            tcp,
            'tried',
            { ...data, port, result: tried.result },
            `nc -vz -w 2 ${to.address} ${port}   # on ${from}`,
          ),
          proof(
            tcp,
            'other',
            { ...data, port: other.port, result: other.result },
            `nc -vz -w 2 ${to.address} ${other.port}   # on ${from}`,
          ),
          ...sessionProof(facts, from, to.address),
        ],
        scope: { nodes: [to.node], pairs: blocked.map((b) => [b, to.node] as const) },
        advice: [{ text: 'allow', data: { port } }],
      });
    }
  },
});

/** No answer on the BGP port, an answer on another port of the same address, and a session that is not up. */
function isBlocked(facts: Facts, from: string, address: string, port: number): boolean {
  const tried = connectResult(facts, from, address, port);
  if (tried === undefined || arrives(tried)) return false;
  const session = birdSessions(facts, from)?.sessions.find((s) => s.neighbour === address);
  if (session === undefined || session.info === 'Established') return false;
  return OTHER_PORTS.flatMap((p) => connectResult(facts, from, address, p) ?? []).some(arrives);
}

function sessionProof(facts: Facts, from: string, address: string) {
  const bird = birdSessions(facts, from);
  const session = bird?.sessions.find((s) => s.neighbour === address);
  if (bird === undefined || session === undefined) return [];
  return [
    proof(
      bird.fact,
      'session' as const,
      { from, address, info: session.info, error: session.error ?? '' },
      `birdcl show protocols all ${session.name}   # in calico-node on ${from}`,
    ),
  ];
}
