/** Cause, never seen from inside: every node answers to every other, and a client outside gets no answer (N42). */
import { defineRule } from '../../core/rule.ts';
import { nodeOfAddress, nodesByName } from '../model/nodes.ts';
import { entries } from '../model/paths.ts';
import { serviceTarget } from '../model/target.ts';

export const blockedOutsideCluster = defineRule({
  id: 'blocked-outside-cluster',
  role: 'cause',
  severity: 'critical',
  summary: 'something between the client and the nodes that blocks the NodePort',
  needs: ['services', 'nodes', 'endpoints', 'node-interfaces', 'node-tcp'],
  texts: {
    found:
      'Every node that was tried answers on {port} to the others. If {from} gets no answer, it is blocked on the way: a security group, a firewall, or a missing route back.',
    check:
      'Look at the security group and the firewalls between {from} and the nodes, and whether the network of {from} overlaps one of the cluster.',
  },
  explains: { 'node-port-unreachable': { when: (_cause, effect) => effect.text === 'outside' } },
  judge(facts, say) {
    const { from } = facts.question;
    const { ref, port } = serviceTarget(facts);
    if (from === undefined || ref === undefined || port?.nodePort === undefined) return;
    if (nodesByName(facts).has(from) || nodeOfAddress(facts, from) !== undefined) return;
    // What a node tells of itself only shows nothing of the way to it.
    const ways = entries(facts).filter((e) => e.probes.some((probe) => probe.from !== e.node));
    const [first] = ways;
    if (first === undefined || ways.some((e) => e.state !== 'works')) return;
    const data = { port: port.nodePort, from };
    say.find({
      object: ref,
      confidence: 'likely',
      text: 'found',
      data,
      because: [],
      scope: {},
      advice: [{ text: 'check', data: { from } }],
      tryThis: `nc -vz -w 2 ${first.address} ${port.nodePort}   # on ${from}; and on ${first.node}: tcpdump -ni any port ${port.nodePort}`,
    });
  },
});
