/** Cause: the application listens on 127.0.0.1 only, so nobody outside its Pod is heard (N22). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { endpointLinks } from './endpoint-links.ts';
import { byOwnerOf, refusedBackends, targetText } from './listeners.ts';

/** Pods whose sockets are shown; the sentence names them all. */
const MAX_PROOFS = 2;

export const appListensOnLoopback = defineRule({
  id: 'app-listens-on-loopback',
  role: 'cause',
  severity: 'critical',
  summary: 'an application that listens on localhost only',
  needs: ['services', 'endpoints', 'nodes', 'pods', 'node-tcp', 'pod-listeners'],
  texts: {
    found: '{owner} listens on {address}:{port} only. Connects from outside its {pods:Pod|Pods} ({pods}) are refused.',
    socket: 'In {pod}: {process} listens on {address}:{port}, on no other address.',
    refused: 'Connect from {node}, the node of the Pod, to {target}: refused.',
    bind: 'Make the application listen on 0.0.0.0 (or ::), or on the address of the Pod.',
  },
  explains: endpointLinks(['refused']),
  judge(facts, say) {
    for (const group of byOwnerOf(refusedBackends(facts).filter((r) => r.fault === 'loopback'))) {
      const [first] = group;
      if (first === undefined) continue;
      const { port } = first.probe.backend;
      const address = first.tcp.find((l) => l.port === port)?.address ?? '127.0.0.1';
      const because = group.slice(0, MAX_PROOFS).flatMap((one) => {
        const on = one.tcp.find((l) => l.port === one.probe.backend.port);
        if (one.fact === undefined || on === undefined) return [];
        const data = {
          pod: one.pod.name,
          process: on.process?.name ?? 'a process',
          address: on.address,
          port: on.port,
        };
        const command = `kubectl exec -n ${one.pod.namespace ?? ''} ${one.pod.name} -- cat /proc/net/tcp /proc/net/tcp6`;
        return [
          proof(one.fact, 'socket' as const, data, command),
          proof(one.connectFact, 'refused' as const, {
            node: one.probe.from,
            target: targetText(one.probe.backend),
          }),
        ];
      });
      say.find({
        object: first.owner,
        confidence: 'confirmed',
        text: 'found',
        data: {
          owner: `${first.owner.kind}/${first.owner.name}`,
          address,
          port,
          pods: group.map((one) => one.pod.name),
          targets: group.map((one) => targetText(one.probe.backend)),
        },
        because,
        scope: {},
        advice: [{ text: 'bind', data: {} }],
      });
    }
  },
});
