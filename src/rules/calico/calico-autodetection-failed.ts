/** Cause: calico-node finds no address by its autodetection method, and ends again and again (facts §2.1). */
import { proof } from '../../core/facts.ts';
import { compareText, namespacedRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { isCalicoNodePod } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { podsOf, type SeenPod } from '../model/pods.ts';
import { podRef } from '../model/target.ts';
import { sameNode, touchesNode } from './bgp-links.ts';

const CONTAINER = 'calico-node';
const INVALID = /Invalid IP autodetection method: (?<method>.{1,200}?)\s*$/;
const NONE = /Couldn't autodetect an IPv4 address/;
const STARTED = /Calico node started successfully/;
const MOST_PROOFS = 3;

export const calicoAutodetectionFailed = defineRule({
  id: 'calico-autodetection-failed',
  role: 'cause',
  severity: 'critical',
  summary: 'an autodetection method by which calico-node finds no address',
  needs: ['pods', 'events', 'pod-log', 'nodes', 'node-leases'],
  texts: {
    invalid:
      'calico-node on {nodes} ends again and again: this version does not know the autodetection method {method}.',
    none: 'calico-node on {nodes} ends again and again: its autodetection method finds no address there.',
    log: 'Log of {pod} on {node}: {line}',
    crash: 'Pod {pod} on {node}: {reason}, {restarts} restarts.',
    method: 'Set a method that this version knows and that finds the InternalIP of every node.',
  },
  explains: {
    'calico-node-not-ready': { when: sameNode },
    // Without an address no BIRD is started.
    'calico-bgp-not-established': { when: touchesNode },
  },
  judge(facts, say) {
    const failing = podsOf(facts, isCalicoNodePod).flatMap((seen) => {
      const { pod } = seen;
      const crash = crashOf(seen);
      if (crash === undefined || pod.nodeName === undefined || isStale(facts, pod.nodeName)) return [];
      const log = facts.get('pod-log', podRef(pod), CONTAINER);
      const line = log.known ? lastWord(log.value.lines) : undefined;
      return log.known && line !== undefined ? [{ seen, node: pod.nodeName, crash, log, line }] : [];
    });
    const [first] = failing;
    if (first === undefined) return;
    const { namespace } = first.seen.pod;
    const method = failing.flatMap(({ line }) => INVALID.exec(line)?.groups?.['method'] ?? [])[0];
    const nodes = failing.map(({ node }) => node).sort(compareText);
    say.find({
      object: namespacedRef('DaemonSet', namespace, CONTAINER),
      confidence: 'confirmed',
      text: method === undefined ? 'none' : 'invalid',
      data: { nodes, method: method ?? '' },
      because: failing.slice(0, MOST_PROOFS).flatMap(({ seen: { pod, list }, node, crash, log, line }) => {
        const on = `-n ${namespace} ${pod.name}`;
        return [
          proof(
            log,
            'log' as const,
            { pod: pod.name, node, line: line.trim().slice(0, 200) },
            `kubectl logs ${on} -c ${CONTAINER}`,
          ),
          proof(list, 'crash' as const, { pod: pod.name, node, ...crash }, `kubectl describe pod ${on}`),
        ];
      }),
      scope: { nodes },
      advice: [
        {
          text: 'method',
          data: {},
          command: `kubectl get daemonset -n ${namespace} ${CONTAINER} -o yaml | grep -A1 AUTODETECTION`,
        },
      ],
    });
  },
});

/** Why the container does not run, where it ends again and again. */
function crashOf({ pod }: SeenPod): { readonly reason: string; readonly restarts: number } | undefined {
  const status = pod.statuses.find(({ name, init }) => name === CONTAINER && !init);
  if (status === undefined || status.ready || status.restartCount === 0) return undefined;
  const { state, reason } = status.state;
  if (state === 'running' || state === 'none') return undefined;
  return { reason: reason ?? state, restarts: status.restartCount };
}

/** The line that says why the last start ended; one that came further has another reason. */
function lastWord(lines: readonly string[]): string | undefined {
  const at = lines.findLastIndex((line) => INVALID.test(line) || NONE.test(line));
  if (at < 0 || at < lines.findLastIndex((line) => STARTED.test(line))) return undefined;
  // What was invalid is said just before.
  const before = lines[at - 1];
  return before !== undefined && INVALID.test(before) ? before : lines[at];
}
