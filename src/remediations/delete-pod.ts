/** Deletes one Pod that does not serve, so that its controller makes a new one (facts §6 R11). Never by force. */
import { z } from 'zod';
import { type ApiObject } from '../core/api-object.ts';
import type { Facts } from '../core/facts.ts';
import { namespacedRef, type ObjectRef } from '../core/object-ref.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation, type PlanInput, type PlanStep } from '../core/remediation.ts';
import {
  COMMON_TEXTS,
  expectOf,
  opened,
  podState,
  refOf,
  targetOf,
  wantObject,
  workloadOf,
  wrongKind,
} from './application-parts.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { isReady, isSilent, nodeOf } from './nodes.ts';
import { controllerOf } from './owner.ts';

const SECONDS = 300;

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Delete Pod {pod} of {owner}',
  step: 'Pod {pod} on {node}: deleted with its own grace period. {owner} makes a new one.',
  wait: 'Wait until a new Pod is Ready on {node}.',
  blast: 'Only Pod {pod} on {node}. It is not Ready, so no Service sends to it.',
  'no-undo': 'A deleted Pod does not come back; its controller makes another. Its logs and emptyDir volumes are lost.',
  before: 'Pod {pod} is not Ready, {owner} controls it, and kubelet on {node} is alive.',
  after: 'The question is asked again.',
  logs: 'Its last words are gone with it. Keep them first if you need them:',
  'which-pod': 'Say which Pod. Not ready {pods:is|are}: {pods}.',
  foreign: 'Pod {pod} is none of those that this was found for.',
  bare: 'Pod {pod} has no controller: nobody would make a new one.',
  static:
    'Pod {pod} is a static Pod: kubelet keeps it from a file on {node}. Deleting it at the API server restarts nothing.',
  job: 'Pod {pod} belongs to {owner}: a deleted Pod counts as a failed try.',
  ready: 'Pod {pod} is Ready: it serves.',
  over: 'Pod {pod} has come to its end ({phase}).',
  waiting: 'Pod {pod} has no node yet. A new one would wait like it.',
  silent:
    'Nobody hears from kubelet on {node}. The Pod would stay in Terminating, and whether it still runs is not known.',
  'silent-set':
    'Nobody hears from kubelet on {node}, and {owner} is a StatefulSet: a second Pod of the same name could run beside the first and spoil its data.',
  'node-unknown': 'Nothing is known of {node}, where Pod {pod} is.',
} as const;
const say = linesOf(TEXTS);

const Pod = z.looseObject({});

export const deletePod = defineRemediation({
  id: 'delete-pod',
  summary: 'Delete one Pod that does not serve, for its controller to make a new one',
  fixes: ['pod-not-ready'],
  texts: TEXTS,
  rights: [
    { verb: 'get', group: '', resource: 'pods' },
    { verb: 'delete', group: '', resource: 'pods' },
    { verb: 'list', group: '', resource: 'pods' },
  ],
  wants: (input) => {
    const chosen = chosenPod(input);
    return chosen === undefined ? [] : wantObject(targetOf(chosen));
  },
  plan(input) {
    const { facts, finding } = input;
    const pods = podsOf(input);
    const chosen = chosenPod(input);
    if (chosen === undefined) return refused(say('which-pod', { pods }));
    const target = targetOf(chosen);
    if (target === undefined) return wrongKind(chosen);
    const pod = `${chosen.namespace ?? ''}/${chosen.name}`;
    if (!pods.includes(chosen.name)) return refused(say('foreign', { pod }));
    const found = opened(input, target, Pod);
    if (found.refused !== undefined) return found.refused;
    const controller = controllerOf(found.object);
    const state = podState(found.object);
    const { node } = state;
    const data = { pod, owner: ownerText(found.object), node: node ?? '', phase: state.phase };
    const wrong = notReplaced(found.object) ?? placeFault(facts, node, controller?.kind) ?? lifeFault(state);
    if (wrong !== undefined || node === undefined) return refused(say(wrong ?? 'waiting', data));
    const step: ApiStep = {
      type: 'api',
      verb: 'delete',
      target,
      before: stateOf(found.object),
      onlyWhile: 'not-ready',
      says: say('step', data),
    };
    const steps: PlanStep[] = [step, ...replacedOn(node, found.object.metadata, controller?.kind, say('wait', data))];
    const logs = `kubectl -n ${chosen.namespace ?? ''} logs ${chosen.name} --all-containers --previous`;
    return {
      status: 'draft',
      draft: {
        remediation: 'delete-pod',
        params: { pod: chosen.name },
        object: refOf(found.object),
        title: say('title', data),
        steps,
        undo: [],
        noUndo: say('no-undo'),
        nodes: [node],
        blast: [say('blast', data)],
        checksBefore: [say('before', data)],
        checksAfter: [say('after')],
        notes: [say('logs', {}, logs)],
        rights: rightsOf(steps),
        expect: expectOf(input, finding.scope.nodes ?? [], SECONDS),
      },
    };
  },
});

/** Why nobody would make a new Pod, or not as one wishes. */
function notReplaced(pod: ApiObject): 'static' | 'bare' | 'job' | undefined {
  const controller = controllerOf(pod);
  const mirror = pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  if (mirror || controller?.kind === 'Node') return 'static';
  if (controller === undefined) return 'bare';
  return controller.kind === 'Job' ? 'job' : undefined;
}

/** What the API server says of a Pod on a silent node is old: this comes before whether it is Ready. */
function placeFault(facts: Facts, node: string | undefined, kind: string | undefined) {
  if (node === undefined) return 'waiting';
  if (nodeOf(facts, node) === undefined) return 'node-unknown';
  if (isReady(facts, node)) return undefined;
  return isSilent(facts, node) && kind === 'StatefulSet' ? 'silent-set' : 'silent';
}

function lifeFault({ phase, ready }: ReturnType<typeof podState>): 'over' | 'ready' | undefined {
  if (phase === 'Succeeded' || phase === 'Failed') return 'over';
  return ready ? 'ready' : undefined;
}

function ownerText(pod: ApiObject): string {
  const above = workloadOf(pod);
  return above === undefined ? '' : `${above.kind} ${above.name}`;
}

/** Only a DaemonSet's new Pod comes to the same node; of the others verification tells whether one is there. */
function replacedOn(
  node: string,
  metadata: {
    readonly namespace?: string | undefined;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>> | null | undefined;
  },
  kind: string | undefined,
  says: PlanStep['says'],
): PlanStep[] {
  if (kind !== 'DaemonSet') return [];
  const generated = ['controller-revision-hash', 'pod-template-generation'];
  const labels = Object.entries(metadata.labels ?? {}).filter(([key]) => !generated.includes(key));
  const selector = labels.map(([key, value]) => `${key}=${value}`).join(',');
  if (selector === '' || selector.length > 500) return [];
  const { namespace = '', uid } = metadata;
  return [{ type: 'wait', until: { kind: 'pod-replaced', namespace, selector, node, uid }, seconds: 180, says }];
}

/** The Pods that the finding speaks of. */
function podsOf({ finding }: PlanInput): string[] {
  if (finding.object.kind === 'Pod') return [finding.object.name];
  const pods = finding.data['pods'];
  return typeof pods === 'object' ? [...pods] : [];
}

/** The Pod that was named, or the only one that the finding speaks of. */
function chosenPod(input: PlanInput): ObjectRef | undefined {
  const named = input.params['pod'];
  const pods = podsOf(input);
  const name = named === undefined ? (pods.length === 1 ? pods[0] : undefined) : String(named);
  const { namespace } = input.finding.object;
  return name === undefined || namespace === undefined ? undefined : namespacedRef('Pod', namespace, name);
}
