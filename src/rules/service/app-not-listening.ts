/** Cause: nothing listens on the port that the Service sends to, nor on another that it might mean (N22). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { appLinks } from './app-links.ts';
import { isLoopback, refusedBackends } from './listeners.ts';

export const appNotListening = defineRule({
  id: 'app-not-listening',
  role: 'cause',
  severity: 'critical',
  summary: 'a Pod in which nothing listens',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp', 'pod-listeners'],
  texts: {
    found: 'Nothing in {pod} listens on port {port}. The Pod is up and refuses the connect.',
    unseen: '{pod} refuses connects on port {port}, from its own node too. Its sockets could not be read.',
    sockets: 'Listening sockets in {pod}: {ports}.',
    refused: 'Connect from {node}, the node of the Pod, to {target}: refused.',
  },
  explains: appLinks,
  judge(facts, say) {
    for (const { probe, connectFact, listeners } of refusedBackends(facts)) {
      const { backend } = probe;
      if (backend.pod === undefined) continue;
      const pod = `${backend.pod.namespace ?? ''}/${backend.pod.name}`;
      const refused = proof(connectFact, 'refused' as const, {
        node: probe.from,
        target: `${backend.ip}:${backend.port}`,
      });
      const common = { object: backend.pod, data: { pod, port: backend.port }, scope: {} };
      if (listeners === undefined) {
        const tryThis = `kubectl exec -n ${backend.pod.namespace ?? ''} ${backend.pod.name} -- cat /proc/net/tcp /proc/net/tcp6`;
        say.find({ ...common, confidence: 'likely', text: 'unseen', because: [refused], tryThis });
        continue;
      }
      // Open sockets on other ports point to the Service's targetPort, and that rule speaks.
      if (listeners.tcp.some((l) => !isLoopback(l)) || listeners.tcp.some((l) => l.port === backend.port)) continue;
      const ports = listeners.tcp.length === 0 ? ['none'] : listeners.tcp.map((l) => `${l.address}:${l.port}`);
      say.find({
        ...common,
        confidence: 'confirmed',
        text: 'found',
        because: [proof(listeners.fact, 'sockets', { pod, ports }), refused],
      });
    }
  },
});
