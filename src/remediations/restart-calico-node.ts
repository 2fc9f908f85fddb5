/** Restarts calico-node on one node by deleting its Pod, where a restart can help (R03). */
import { namespacedRef } from '../core/object-ref.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation, type WaitStep } from '../core/remediation.ts';
import { placeOf } from './calico-change.ts';
import { podOf } from './calico-daemon-set.ts';
import { nodePortsOf, podTarget, questionsOf, rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { namedNode } from './node-drafts.ts';
import { isSilent } from './nodes.ts';

const SELECTOR = 'k8s-app=calico-node';
/** BGP restarts gracefully for up to 120 s, and only then the Pod is Ready. */
const WAIT_SECONDS = 180;
const TEXTS = {
  title: 'Restart calico-node on {node}',
  delete: 'Delete Pod {pod} on {node}; its DaemonSet makes a new one.',
  wait: 'Wait until the new calico-node on {node} is Ready.',
  'blast-node':
    'Only {node}. Its BGP sessions end and come back; Pods that run keep their traffic meanwhile (graceful restart, 120 s).',
  'blast-new': 'New Pods on {node} wait for 10 to 30 s.',
  'before-pod': 'Pod {pod} is still the one on {node}.',
  'before-others': 'calico-node runs on {nodes}.',
  'after-bgp': 'BIRD on {node} answers, and its sessions are up.',
  'no-undo': 'There is no way back from a restart, and none is needed.',
  'note-config': 'A configuration that confd cannot render keeps BIRD from starting again: its log says so.',
  'not-known': 'How Calico is installed could not be read, so nobody knows where its Pods are.',
  'no-node': 'There is no node {node} in the cluster.',
  silent: 'No kubelet answers on {node}: the Pod would stay in Terminating, and no new one would come.',
  'pods-unread': 'The Pods of calico-node could not be read: {reason}.',
  'no-pod': 'No Pod of calico-node is on {node}, so there is nothing to restart.',
  leaving: 'Pod {pod} on {node} is being deleted already.',
  crashes:
    'Pod {pod} on {node} ends again and again ({state}, {restarts} restarts). kubelet restarts it anyway: a restart more does not help. Its log says why.',
  'manual-log': 'Read it:',
  'others-away':
    'calico-node does not run on {nodes} either. One at a time: with more of them away, routes between nodes are lost.',
} as const;
const say = linesOf(TEXTS);

export const restartCalicoNode = defineRemediation({
  id: 'restart-calico-node',
  summary: 'restarts calico-node on one node',
  fixes: ['calico-bird-not-running'],
  texts: TEXTS,
  rights: ['kube-system', 'calico-system'].flatMap((namespace) =>
    ['get', 'delete', 'list'].map((verb) => ({ verb, group: '', resource: 'pods', namespace })),
  ),
  wants: (input) => {
    const place = placeOf(input);
    return place === undefined ? [] : [place.pods];
  },
  plan(input) {
    const { facts, finding } = input;
    const place = placeOf(input);
    if (place === undefined) return refused(say('not-known'));
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: finding.object.name }));
    if (isSilent(facts, node)) return refused(say('silent', { node }));
    const list = input.objects.list(place.pods);
    if (list.status !== 'read')
      return refused(say('pods-unread', { reason: list.status === 'absent' ? 'there are none' : list.reason }));
    const pods = list.items.flatMap((object) => podOf(object) ?? []);
    const pod = pods.find((one) => one.node === node);
    if (pod === undefined) return refused(say('no-pod', { node }));
    const { name, uid } = pod.object.metadata;
    if (pod.leaving) return refused(say('leaving', { node, pod: name }));
    if (/BackOff|Err|Invalid/.test(pod.waiting ?? ''))
      return refused(
        say('crashes', { node, pod: name, state: pod.waiting ?? '', restarts: pod.restarts }),
        say('manual-log', {}, `kubectl logs -n ${place.namespace} ${name} -c calico-node --previous`),
      );
    // A node whose kubelet is dead is away for another reason, and its Pod's status is old.
    const others = pods.flatMap((one) =>
      one.node === undefined || one.node === node || isSilent(facts, one.node) ? [] : [{ ...one, node: one.node }],
    );
    const away = others.filter((one) => one.leaving || !one.running).map((one) => one.node);
    if (away.length > 0) return refused(say('others-away', { nodes: away }));
    const ports = nodePortsOf(facts, input.question);
    const del: ApiStep = {
      type: 'api',
      verb: 'delete',
      target: podTarget(pod.object),
      before: stateOf(pod.object),
      says: say('delete', { node, pod: name }),
    };
    const wait: WaitStep = {
      type: 'wait',
      until: { kind: 'pod-replaced', namespace: place.namespace, selector: SELECTOR, node, uid },
      seconds: WAIT_SECONDS,
      says: say('wait', { node }),
    };
    const steps = [del, wait];
    return {
      status: 'draft',
      draft: {
        remediation: 'restart-calico-node',
        params: { ...input.params },
        object: namespacedRef('Pod', place.namespace, name),
        title: say('title', { node }),
        steps,
        undo: [],
        noUndo: say('no-undo'),
        nodes: [node],
        blast: [say('blast-node', { node }), say('blast-new', { node })],
        checksBefore: [
          say('before-pod', { node, pod: name }),
          ...(others.length === 0 ? [] : [say('before-others', { nodes: others.map((one) => one.node) })]),
        ],
        checksAfter: [say('after-bgp', { node })],
        notes: [say('note-config', {}, `kubectl logs -n ${place.namespace} ${name} -c calico-node --tail=100`)],
        rights: rightsOf(steps),
        expect: {
          questions: questionsOf(
            input,
            ['diagnose', 'calico'],
            ...ports.map((port) => ['why-not-reachable', String(port)] as const),
          ),
          rule: finding.rule,
          object: finding.object,
          nodes: [node],
          seconds: WAIT_SECONDS,
        },
      },
    };
  },
});
