/** Restarts kube-proxy on one node by deleting its Pod, where a restart can help (R05). */
import { namespacedRef } from '../core/object-ref.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation, type WaitStep } from '../core/remediation.ts';
import { podTarget, questionsOf, rightsOf } from './draft.ts';
import {
  answersWell,
  KUBE_PROXY,
  KUBE_PROXY_PODS,
  KUBE_PROXY_SELECTOR,
  KUBE_PROXY_TEXTS,
  proxySetOf,
} from './kube-proxy.ts';
import { linesOf, refused } from './lines.ts';
import { namedNode } from './node-drafts.ts';
import { isSilent, nodeOf } from './nodes.ts';

const WAIT_SECONDS = 120;
const TEXTS = {
  ...KUBE_PROXY_TEXTS,
  title: 'Restart kube-proxy on {node}',
  delete: 'Delete Pod {pod} on {node}; its DaemonSet makes a new one.',
  wait: 'Wait until the new kube-proxy on {node} is Ready.',
  'blast-node': 'Only {node}. Connections that stand go on, and the rules stay while kube-proxy is away.',
  'blast-new': 'Services that change meanwhile are taken up when it is back, after 10 to 30 s.',
  'before-pod': 'Pod {pod} is still the one on {node}.',
  'before-others': 'kube-proxy is well on {nodes} with the same configuration.',
  'after-rules': 'kube-proxy on {node} answers its health check, and its rules are right.',
  'no-undo': 'There is no way back from a restart, and none is needed.',
  'note-again': 'A restart writes the rules anew. What took them away (a firewall that reloads) may do so again.',
  'no-node': 'There is no node {node} in the cluster.',
  silent: 'No kubelet answers on {node}: the Pod would stay in Terminating, and no new one would come.',
  'no-pod':
    'No Pod of kube-proxy is on {node}, so there is nothing to restart. Look why its DaemonSet places none there.',
  leaving: 'Pod {pod} on {node} is being deleted already.',
  crashes:
    'Pod {pod} on {node} ends again and again ({state}, {restarts} restarts). kubelet restarts it anyway: a restart more does not help. Its log says why.',
  'manual-log': 'Read it:',
  'none-well':
    'kube-proxy is seen to be well on no other node, so the fault may be in the configuration that all share. A restart would not help.',
} as const;
const say = linesOf(TEXTS);

export const restartKubeProxy = defineRemediation({
  id: 'restart-kube-proxy',
  summary: 'restarts kube-proxy on one node',
  fixes: ['ipvs-virtual-server-missing', 'kube-proxy-down', 'kube-proxy-not-syncing', 'proxy-rules-flushed'],
  texts: TEXTS,
  rights: ['get', 'delete', 'list'].map((verb) => ({ verb, group: '', resource: 'pods', namespace: 'kube-system' })),
  wants: () => [{ type: 'object', target: KUBE_PROXY }, KUBE_PROXY_PODS],
  plan(input) {
    const { facts, finding } = input;
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: finding.object.name }));
    if (isSilent(facts, node)) return refused(say('silent', { node }));
    const set = proxySetOf(input);
    if ('refused' in set) return refused(set.refused);
    const pod = set.pods.find((one) => one.node === node);
    if (pod === undefined) return refused(say('no-pod', { node }));
    const { name, uid } = pod.object.metadata;
    if (pod.leaving) return refused(say('leaving', { node, pod: name }));
    const state = pod.waiting ?? '';
    if (/BackOff|Err|Invalid/.test(state))
      return refused(
        say('crashes', { node, pod: name, state, restarts: pod.restarts }),
        say('manual-log', {}, `kubectl logs -n kube-system ${name} --previous`),
      );
    const others = set.pods.flatMap((one) => (one.node === undefined || one.node === node ? [] : [one]));
    const well = others.filter((one) => one.ready && answersWell(facts, one.node ?? '') !== false);
    if (others.length > 0 && well.length === 0) return refused(say('none-well'));
    const del: ApiStep = {
      type: 'api',
      verb: 'delete',
      target: podTarget(pod.object),
      before: stateOf(pod.object),
      says: say('delete', { node, pod: name }),
    };
    const wait: WaitStep = {
      type: 'wait',
      until: { kind: 'pod-replaced', namespace: 'kube-system', selector: KUBE_PROXY_SELECTOR, node, uid },
      seconds: WAIT_SECONDS,
      says: say('wait', { node }),
    };
    const steps = [del, wait];
    return {
      status: 'draft',
      draft: {
        remediation: 'restart-kube-proxy',
        params: { ...input.params },
        object: namespacedRef('Pod', 'kube-system', name),
        title: say('title', { node }),
        steps,
        undo: [],
        noUndo: say('no-undo'),
        nodes: nodeOf(facts, node) === undefined ? [] : [node],
        blast: [say('blast-node', { node }), say('blast-new')],
        checksBefore: [
          say('before-pod', { node, pod: name }),
          ...(well.length === 0 ? [] : [say('before-others', { nodes: well.map((one) => one.node ?? '') })]),
        ],
        checksAfter: [say('after-rules', { node })],
        notes: finding.rule === 'proxy-rules-flushed' ? [say('note-again')] : [],
        rights: rightsOf(steps),
        expect: {
          questions: questionsOf(input),
          rule: finding.rule,
          object: finding.object,
          nodes: [node],
          seconds: WAIT_SECONDS,
        },
      },
    };
  },
});
