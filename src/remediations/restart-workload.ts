/** Restarts the Pods of a workload as `kubectl rollout restart` does, where that takes nothing away (facts §6 R10). */
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation, type PlanInput, type WaitStep, type Wanted } from '../core/remediation.ts';
import {
  COMMON_TEXTS,
  expectOf,
  listed,
  opened,
  podState,
  refOf,
  targetOf,
  wantObject,
  wrongKind,
} from './application-parts.ts';
import { podList, rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { isSilent, nodeOf } from './nodes.ts';
import { ownerOf } from './owner.ts';
import { ownerNotes } from './owner-texts.ts';
import { countsOf, isRolledOut, Rollable, rolling, selectorText, strategyOf } from './rollout.ts';

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'];
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
const SECONDS = 600;

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Restart the Pods of {workload}',
  step: '{workload}: the mark that it was restarted at {time}. Kubernetes replaces its Pods for it.',
  wait: 'Wait until all Pods of {workload} are replaced and available.',
  blast:
    'Only {workload}, {count} {count:Pod|Pods}. They are replaced one after the other, at most {away} {away:is|are} away at a time.',
  surge: 'A new Pod is started before an old one is stopped, at most {surge} more than now.',
  unavailable: 'At least {away} of {count} Pods {away:is|are} not available anyway.',
  'no-undo': 'A restart cannot be taken back. What Pods kept in memory or in emptyDir volumes is lost.',
  before: '{workload} is rolled out: {available} of {count} {count:Pod is|Pods are} available.',
  after: 'The question is asked again.',
  cause: 'A restart does not remove the reason. If it comes back, look for that.',
  silent: 'Pods on {nodes} are not replaced: nobody hears from {nodes:it|them}.',
  'silent-set':
    'A Pod of {workload} is on {nodes}, from which nobody hears. It would stay in Terminating and hold up all the others.',
  running: '{workload} is being rolled out now. A restart would begin anew.',
  paused: '{workload} is paused: nothing would be rolled out.',
  'on-delete': '{workload} has the strategy {strategy}: nothing is replaced by itself.',
  recreate: '{workload} has the strategy Recreate: all its Pods would stop before new ones start.',
  single:
    '{workload} has one Pod and starts no new one before the old one stops: the application would be away. Let it have a second Pod first.',
  none: '{workload} wants no Pods.',
  'no-selector': 'The Pods of {workload} cannot be listed by labels alone.',
} as const;
const say = linesOf(TEXTS);

export const restartWorkload = defineRemediation({
  id: 'restart-workload',
  summary: 'Restart the Pods of a workload, one after the other',
  fixes: ['pod-not-ready', 'workload-unavailable'],
  texts: TEXTS,
  rights: ['daemonsets', 'deployments', 'statefulsets'].flatMap((resource) => [
    { verb: 'get', group: 'apps', resource },
    { verb: 'patch', group: 'apps', resource },
  ]),
  wants: (input) => {
    const target = targetOf(input.finding.object, KINDS);
    const pods = podsWanted(input);
    return [...wantObject(target), ...(pods === undefined ? [] : [pods])];
  },
  plan(input) {
    const { finding, facts } = input;
    const target = targetOf(finding.object, KINDS);
    if (target === undefined) return wrongKind(finding.object);
    const found = opened(input, target, Rollable);
    if (found.refused !== undefined) return found.refused;
    const { kind } = target;
    const workload = `${kind} ${target.namespace ?? ''}/${target.name}`;
    const wanted = podsWanted(input);
    if (wanted === undefined) return refused(say('no-selector', { workload }));
    const pods = listed(input, wanted, `the Pods of ${workload}`);
    if (pods.refused !== undefined) return pods.refused;
    const strategy = strategyOf(found.value);
    const { desired, available } = countsOf(kind, found.value);
    const { surge, away } = rolling(kind, found.value);
    const time = new Date(facts.now).toISOString().replace(/\.\d+Z$/, 'Z');
    const homes = [...new Set(pods.items.flatMap((pod) => podState(pod).node ?? []))].sort();
    const nodes = homes.filter((node) => nodeOf(facts, node) === undefined || isSilent(facts, node));
    const data = { workload, time, count: desired, available, away, surge, strategy, nodes };
    // The mark would not stay, and its going would restart everything a second time.
    const owner = ownerOf(found.object);
    if (owner?.reverts === true) return refused({ text: `reverts-${owner.kind}`, data: owner.data });
    const wrong = obstacle(kind, found.value, nodes);
    if (wrong !== undefined) return refused(say(wrong, data));
    const step: ApiStep = {
      type: 'api',
      verb: 'patch',
      target,
      patch: 'strategic',
      body: { spec: { template: { metadata: { annotations: { [RESTARTED]: time } } } } },
      before: stateOf(found.object),
      says: say('step', data),
    };
    const wait: WaitStep = {
      type: 'wait',
      until: { kind: 'rolled-out', target, except: nodes },
      seconds: SECONDS,
      says: say('wait', data),
    };
    const steps = [step, wait];
    return {
      status: 'draft',
      draft: {
        remediation: 'restart-workload',
        params: {},
        object: refOf(found.object),
        title: say('title', data),
        steps,
        undo: [],
        noUndo: say('no-undo'),
        nodes: kind === 'DaemonSet' ? homes : [],
        blast: [
          say('blast', data),
          ...(surge > 0 ? [say('surge', data)] : []),
          ...(available === 0 ? [say('unavailable', { ...data, away: desired })] : []),
        ],
        checksBefore: [say('before', data)],
        checksAfter: [say('after')],
        notes: [
          say('cause'),
          ...(nodes.length > 0 ? [say('silent', data)] : []),
          // The mark is no part of what Helm or a file says: only an owner that is told to keep off is worth a word.
          ...(owner === undefined ? [] : ownerNotes(found.object, owner)),
        ],
        rights: rightsOf(steps),
        expect: expectOf(input, [], SECONDS),
      },
    };
  },
});

/** Why a restart would do nothing, or would take the application away. */
function obstacle(kind: string, workload: Rollable, silent: readonly string[]): keyof typeof TEXTS | undefined {
  const { desired, available } = countsOf(kind, workload);
  const strategy = strategyOf(workload);
  if (desired === 0) return 'none';
  if (workload.spec.paused === true) return 'paused';
  if (strategy === 'OnDelete') return 'on-delete';
  if (!isRolledOut(kind, workload)) return 'running';
  if (silent.length > 0 && kind === 'StatefulSet') return 'silent-set';
  // Nothing is taken away from an application that does not serve.
  if (available === 0) return undefined;
  if (strategy === 'Recreate') return 'recreate';
  const alone = desired === 1 && kind !== 'DaemonSet' && rolling(kind, workload).surge === 0;
  return alone ? 'single' : undefined;
}

/** Known only once the workload is read. */
function podsWanted(input: PlanInput): Extract<Wanted, { type: 'list' }> | undefined {
  const target = targetOf(input.finding.object, KINDS);
  const read = target === undefined ? undefined : input.objects.get(target);
  if (read?.status !== 'read') return undefined;
  const parsed = Rollable.safeParse(read.object);
  const selector = parsed.success ? selectorText(parsed.data) : undefined;
  return selector === undefined ? undefined : podList(target?.namespace ?? '', selector);
}
