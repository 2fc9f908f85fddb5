/** Cause: the node-to-node mesh is off and no BGPPeer takes its place. calico-node is Ready, and no route is exchanged. */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { birdSessions, calicoNodes, routesNeedBgp } from '../model/calico.ts';
import { likelyPair, samePair } from './bgp-links.ts';

export const calicoBgpNoPeers = defineRule({
  id: 'calico-bgp-no-peers',
  role: 'cause',
  severity: 'critical',
  summary: 'a BGP mesh that is off, with no peers in its place',
  needs: [
    'nodes',
    'services',
    'endpoints',
    'calico-bgp-config',
    'calico-bgp-peers',
    'calico-install',
    'calico-ip-pools',
    'calico-felix-config',
    'node-bird',
  ],
  texts: {
    found:
      "Calico's node-to-node mesh is off, and there is no BGPPeer. So no node learns the routes of another. calico-node is Ready all the same.",
    some: "Calico's node-to-node mesh is off, and no BGPPeer fits {nodes}: no session there. calico-node is Ready all the same.",
    config: 'BGPConfiguration default: nodeToNodeMeshEnabled is false.',
    peers: 'BGPPeers in the cluster: {count}.',
    bird: 'BIRD on {node} has no session at all.',
    enable: 'Turn the mesh on again, or add BGPPeers that reach every node.',
  },
  explains: {
    'pod-route-missing': { when: samePair },
    'pod-network-broken': likelyPair,
  },
  judge(facts, say) {
    const config = facts.get('calico-bgp-config');
    const peers = facts.get('calico-bgp-peers');
    if (!config.known || config.value.meshEnabled || !peers.known || !routesNeedBgp(facts)) return;
    const all = [...calicoNodes(facts).keys()];
    const seen = all.flatMap((node) => {
      const bird = birdSessions(facts, node);
      return bird === undefined ? [] : [{ node, bird }];
    });
    const bare = seen.filter((s) => s.bird.sessions.length === 0);
    // A session that stands comes from somewhere: then only nodes that are seen without one are struck.
    const none = peers.value.length === 0 && bare.length === seen.length;
    if (all.length < 2 || (!none && bare.length === 0)) return;
    const nodes = none ? all : bare.map((s) => s.node);
    say.find({
      object: { kind: 'BGPConfiguration', name: 'default' },
      confidence: 'confirmed',
      text: none ? 'found' : 'some',
      data: { nodes, count: peers.value.length },
      because: [
        proof(config, 'config', {}, 'kubectl get bgpconfigurations default -o yaml'),
        proof(peers, 'peers', { count: peers.value.length }, 'kubectl get bgppeers'),
        ...bare
          .slice(0, 2)
          .map((s) =>
            proof(
              s.bird.fact,
              'bird' as const,
              { node: s.node },
              `birdcl show protocols   # in calico-node on ${s.node}`,
            ),
          ),
      ],
      scope: {
        nodes,
        pairs: nodes.slice(0, 50).flatMap((a) => all.slice(0, 200).flatMap((b) => (a === b ? [] : [[a, b] as const]))),
      },
      advice: [
        {
          text: 'enable',
          data: {},
          command: `kubectl patch bgpconfiguration default --type merge -p '{"spec":{"nodeToNodeMeshEnabled":true}}'`,
        },
      ],
    });
  },
});
