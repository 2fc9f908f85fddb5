/** Cause: the application listens on 127.0.0.1 only, so nobody outside its Pod is heard (N22). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { appLinks } from './app-links.ts';
import { isLoopback, refusedBackends } from './listeners.ts';

export const appListensOnLoopback = defineRule({
  id: 'app-listens-on-loopback',
  role: 'cause',
  severity: 'critical',
  summary: 'an application that listens on localhost only',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp', 'pod-listeners'],
  texts: {
    found: 'The application in {pod} listens on {address}:{port} only. Connects from outside the Pod are refused.',
    socket: 'In {pod}: {process} listens on {address}:{port}, on no other address.',
    refused: 'Connect from {node}, the node of the Pod, to {target}: refused.',
    bind: 'Make the application listen on 0.0.0.0 (or ::), or on the address of the Pod.',
  },
  explains: appLinks,
  judge(facts, say) {
    for (const { probe, connectFact, listeners } of refusedBackends(facts)) {
      const { backend } = probe;
      const on = listeners?.tcp.filter((l) => l.port === backend.port) ?? [];
      const [first] = on;
      if (backend.pod === undefined || listeners === undefined || first === undefined || !on.every(isLoopback))
        continue;
      const pod = `${backend.pod.namespace ?? ''}/${backend.pod.name}`;
      const data = { pod, address: first.address, port: backend.port, process: first.process?.name ?? 'a process' };
      say.find({
        object: backend.pod,
        confidence: 'confirmed',
        text: 'found',
        data,
        because: [
          proof(
            listeners.fact,
            'socket',
            data,
            `kubectl exec -n ${backend.pod.namespace ?? ''} ${backend.pod.name} -- cat /proc/net/tcp`,
          ),
          proof(connectFact, 'refused', { node: probe.from, target: `${backend.ip}:${backend.port}` }),
        ],
        scope: {},
        advice: [{ text: 'bind', data: {} }],
      });
    }
  },
});
