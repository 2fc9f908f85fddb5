/** Cause: the node-to-node mesh is off and no BGPPeer takes its place. calico-node is Ready, and no route is exchanged. */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { bgpNeeded, birdSessions, calicoNodes } from '../model/calico.ts';
import { touchesNode } from './bgp-links.ts';

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
    bare: "BIRD on {nodes} runs and has no session at all. Calico's mesh may be off with no BGPPeer in its place: that could not be read.",
    config: 'BGPConfiguration default: nodeToNodeMeshEnabled is false.',
    peers: 'BGPPeers in the cluster: {count}.',
    bird: 'BIRD on {node} has no session at all.',
    enable: 'Turn the mesh on again, or add BGPPeers that reach every node.',
  },
  explains: {
    // Without a session no route comes, seen or not.
    'pod-route-missing': { when: touchesNode, proves: true },
    'pod-network-broken': { when: (cause, effect) => (touchesNode(cause, effect) ? 'likely' : false) },
  },
  judge(facts, say) {
    const config = facts.get('calico-bgp-config');
    const peers = facts.get('calico-bgp-peers');
    const all = [...calicoNodes(facts).keys()];
    if ((config.known && config.value.meshEnabled) || all.length < 2) return;
    const needed = bgpNeeded(facts);
    if (needed === false) return;
    const seen = all.flatMap((node) => {
      const bird = birdSessions(facts, node);
      return bird === undefined ? [] : [{ node, bird }];
    });
    const bare = seen.filter((s) => s.bird.sessions.length === 0);
    const birds = bare
      .slice(0, 2)
      .map(({ node, bird }) =>
        proof(bird.fact, 'bird' as const, { node }, `birdcl show protocols   # in calico-node on ${node}`),
      );
    const object = { kind: 'BGPConfiguration', name: 'default' };
    const struck = bare.map((s) => s.node);
    if (!config.known || !peers.known) {
      if (bare.length === 0) return;
      const tryThis = 'kubectl get bgpconfigurations,bgppeers -o yaml';
      const scope = { nodes: struck };
      say.find({ object, confidence: 'likely', tryThis, text: 'bare', data: { nodes: struck }, because: birds, scope });
      return;
    }
    // A session that stands comes from somewhere: then only nodes that are seen without one are struck.
    const none = peers.value.length === 0 && bare.length === seen.length;
    if (!none && bare.length === 0) return;
    const nodes = none ? all : struck;
    const command = `kubectl patch bgpconfiguration default --type merge -p '{"spec":{"nodeToNodeMeshEnabled":true}}'`;
    say.find({
      object,
      // Whether routes come from BGP at all hangs on the pools and the version.
      ...(needed === true
        ? { confidence: 'confirmed' as const }
        : {
            confidence: 'likely' as const,
            tryThis: 'kubectl get ippools -o yaml; kubectl get daemonset -A -o wide | grep calico-node',
          }),
      text: none ? 'found' : 'some',
      data: { nodes },
      because: [
        proof(config, 'config', {}, 'kubectl get bgpconfigurations default -o yaml'),
        proof(peers, 'peers', { count: peers.value.length }, 'kubectl get bgppeers'),
        ...birds,
      ],
      scope: { nodes },
      advice: [{ text: 'enable', data: {}, command }],
    });
  },
});
