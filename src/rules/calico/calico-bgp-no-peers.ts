/** Cause: the node-to-node mesh is off and no BGPPeer takes its place. calico-node is Ready, and no route is exchanged. */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { birdSessions, calicoNodes, routesNeedBgp } from '../model/calico.ts';

export const calicoBgpNoPeers = defineRule({
  id: 'calico-bgp-no-peers',
  role: 'cause',
  severity: 'critical',
  summary: 'a BGP mesh that is off, with no peers in its place',
  needs: [
    'nodes',
    'calico-bgp-config',
    'calico-bgp-peers',
    'calico-install',
    'calico-ip-pools',
    'calico-felix-config',
    'node-bird',
  ],
  texts: {
    found:
      "Calico's node-to-node mesh is off, and {peers}. So no node learns the routes of another. calico-node is Ready all the same.",
    config: 'BGPConfiguration default: nodeToNodeMeshEnabled is false.',
    peers: 'BGPPeers in the cluster: {count}.',
    bird: 'BIRD on {node} has no session at all.',
    enable: 'Turn the mesh on again, or add BGPPeers that reach every node.',
  },
  explains: {
    'pod-route-missing': {
      when: (cause, effect) => (cause.scope.nodes ?? []).some((n) => effect.scope.nodes?.includes(n)),
    },
    'pod-network-broken': {
      when: (cause, effect) =>
        (cause.scope.nodes ?? []).some((n) => effect.scope.nodes?.includes(n)) ? 'likely' : false,
    },
  },
  judge(facts, say) {
    const config = facts.get('calico-bgp-config');
    const peers = facts.get('calico-bgp-peers');
    if (!config.known || config.value.meshEnabled || !peers.known || !routesNeedBgp(facts)) return;
    const seen = [...calicoNodes(facts).keys()].flatMap((node) => {
      const bird = birdSessions(facts, node);
      return bird === undefined ? [] : [{ node, bird }];
    });
    const bare = seen.filter((s) => s.bird.sessions.length === 0);
    // With peers in place only nodes that are seen without a session are struck; without any, all are.
    if (peers.value.length > 0 && bare.length === 0) return;
    const nodes = peers.value.length === 0 ? [...calicoNodes(facts).keys()] : bare.map((s) => s.node);
    say.find({
      object: { kind: 'BGPConfiguration', name: 'default' },
      confidence: 'confirmed',
      text: 'found',
      data: { peers: peers.value.length === 0 ? 'there is no BGPPeer' : `no BGPPeer fits ${nodes.join(', ')}` },
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
        pairs: nodes.slice(0, 50).flatMap((a) =>
          nodes
            .slice(0, 50)
            .filter((b) => b > a)
            .map((b) => [a, b] as const),
        ),
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
