/** Sets the number of Pods of a Deployment or StatefulSet through its scale subresource (facts §6 R08). */
import { z } from 'zod';
import { type ApiObject } from '../core/api-object.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation, type PlanInput, type WaitStep, type Wanted } from '../core/remediation.ts';
import {
  COMMON_TEXTS,
  expectOf,
  listed,
  opened,
  type Refused,
  refOf,
  targetOf,
  wantObject,
  wrongKind,
} from './application-parts.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { ownerNotes, refusedByOwner } from './owner-texts.ts';
import { type ContainerResources, quantityOf, takenBy } from './quantity.ts';

const KINDS = ['Deployment', 'StatefulSet'];
const SECONDS = 300;

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Scale {workload} from {from} to {to} {to:Pod|Pods}',
  step: '{workload}: replicas from {from} to {to}.',
  back: '{workload}: replicas back to {from}.',
  wait: 'Wait until {to} {to:Pod is|Pods are} available.',
  more: 'Only {workload}: {count} {count:Pod|Pods} more. They need room on the nodes.',
  fewer: 'Only {workload}: {count} {count:Pod is|Pods are} stopped, and what they serve goes to the others.',
  quota: 'Every quota of namespace {namespace} has room for {count} {count:Pod|Pods} more.',
  'no-quota': 'Namespace {namespace} has no quota.',
  hpa: 'HorizontalPodAutoscaler {hpa} allows {min} to {max} Pods and goes on from there.',
  'no-hpa': 'No HorizontalPodAutoscaler scales {workload}.',
  'not-scheduled': 'Nobody promised the new Pods a node: what other Pods already take of the nodes was not counted.',
  claims: 'Volumes of Pods that are stopped stay.',
  after: 'The question is asked again.',
  'no-number': 'Say to how many Pods: a whole number from 1 to 1000.',
  zero: 'Scaling to 0 stops the application. That is no repair.',
  same: '{workload} wants {to} {to:Pod|Pods} already.',
  'hpa-range': 'HorizontalPodAutoscaler {hpa} allows {min} to {max} Pods and would change {to} at once.',
  'hpa-other': '{owner} scales {workload} by itself. Change it there.',
  'quota-full': 'Quota {quota} has no room: {resource} is {used} of {hard}, and {need} more would be needed.',
  'quota-unread': 'Quota {quota} cannot be weighed: {resource} has an unreadable quantity.',
  'too-big': 'No node has as much {resource} as one Pod of {workload} asks for ({need}).',
} as const;
const say = linesOf(TEXTS);

const Quantities = z.record(z.string(), z.union([z.string(), z.number()]));
const Workload = z.looseObject({
  spec: z.looseObject({
    replicas: z.number().default(1),
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(
          z.looseObject({
            resources: z.looseObject({ requests: Quantities.optional(), limits: Quantities.optional() }).optional(),
          }),
        ),
      }),
    }),
  }),
});
const Autoscaler = z.looseObject({
  spec: z.looseObject({
    scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
    minReplicas: z.number().nullish(),
    maxReplicas: z.number(),
  }),
});
const Quota = z.looseObject({
  status: z.looseObject({ hard: Quantities.default({}), used: Quantities.default({}) }).optional(),
});

export const scaleWorkload = defineRemediation({
  id: 'scale-workload',
  summary: 'Set the number of Pods of a Deployment or StatefulSet',
  fixes: ['deployment-scaled-to-zero', 'workload-unavailable'],
  texts: TEXTS,
  rights: ['deployments', 'statefulsets'].flatMap((resource) => [
    { verb: 'get', group: 'apps', resource },
    { verb: 'patch', group: 'apps', resource: `${resource}/scale` },
  ]),
  wants: (input) => [...wantObject(targetOf(input.finding.object, KINDS)), hpasWanted(input), quotasWanted(input)],
  plan(input) {
    const { finding, params } = input;
    const target = targetOf(finding.object, KINDS);
    if (target === undefined) return wrongKind(finding.object);
    const to = wantedCount(params['replicas']);
    if (typeof to === 'string') return refused(say(to));
    const found = opened(input, target, Workload);
    if (found.refused !== undefined) return found.refused;
    const { replicas: from, template } = found.value.spec;
    const namespace = target.namespace ?? '';
    const workload = `${target.kind} ${namespace}/${target.name}`;
    const data = { workload, from, to, count: Math.abs(to - from), namespace };
    if (from === to) return refused(say('same', data));
    const kept = refusedByOwner(found.object, { spec: { replicas: to } });
    if (kept !== undefined) return kept;
    const scaler = autoscaled(input, target, to, workload);
    if (scaler.refused !== undefined) return scaler.refused;
    const pod = template.spec.containers.map((container) => container.resources ?? {});
    const room = to > from ? roomFor(input, pod, to - from, workload) : { lines: [] };
    if (room.refused !== undefined) return room.refused;
    const step = (replicas: number, text: 'step' | 'back'): ApiStep => ({
      type: 'api',
      verb: 'patch',
      target,
      subresource: 'scale',
      patch: 'merge',
      body: { spec: { replicas } },
      before: stateOf(found.object),
      says: say(text, data),
    });
    const wait: WaitStep = {
      type: 'wait',
      until: { kind: 'rolled-out', target, except: [] },
      seconds: SECONDS,
      says: say('wait', data),
    };
    const steps = [step(to, 'step'), wait];
    return {
      status: 'draft',
      draft: {
        remediation: 'scale-workload',
        params: { replicas: to },
        object: refOf(found.object),
        title: say('title', data),
        steps,
        undo: [step(from, 'back')],
        nodes: [],
        blast: [say(to > from ? 'more' : 'fewer', data)],
        checksBefore: [scaler.line, ...room.lines],
        checksAfter: [say('after')],
        notes: [
          ...(to > from ? [say('not-scheduled')] : target.kind === 'StatefulSet' ? [say('claims')] : []),
          ...ownerNotes(found.object),
        ],
        rights: rightsOf(steps),
        expect: expectOf(input, [], SECONDS),
      },
    };
  },
});

function wantedCount(value: string | number | undefined): number | 'zero' | 'no-number' {
  const count = value === undefined || value === '' ? Number.NaN : Number(value);
  if (count === 0) return 'zero';
  return Number.isInteger(count) && count >= 1 && count <= 1000 ? count : 'no-number';
}

type List = Extract<Wanted, { type: 'list' }>;

/** autoscaling/v1 is served by every version since v1.2 and has all that is needed. */
function hpasWanted({ finding }: PlanInput): List {
  const namespace = finding.object.namespace ?? '';
  return {
    type: 'list',
    group: 'autoscaling',
    version: 'v1',
    resource: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    namespace,
  };
}

function quotasWanted({ finding }: PlanInput): List {
  const namespace = finding.object.namespace ?? '';
  return { type: 'list', group: '', version: 'v1', resource: 'resourcequotas', kind: 'ResourceQuota', namespace };
}

/** What an autoscaler says to this number; without knowing whether there is one nothing is scaled. */
function autoscaled(input: PlanInput, target: { kind: string; name: string }, to: number, workload: string) {
  const all = listed(input, hpasWanted(input), 'the HorizontalPodAutoscalers');
  if (all.refused !== undefined) return { refused: all.refused };
  for (const item of all.items) {
    const parsed = Autoscaler.safeParse(item);
    if (!parsed.success) continue;
    const { scaleTargetRef, minReplicas, maxReplicas: max } = parsed.data.spec;
    if (scaleTargetRef.kind !== target.kind || scaleTargetRef.name !== target.name) continue;
    const above = (item.metadata.ownerReferences ?? []).find((one) => one.controller === true);
    if (above !== undefined)
      return { refused: refused(say('hpa-other', { owner: `${above.kind} ${above.name}`, workload })) };
    const data = { hpa: item.metadata.name, min: minReplicas ?? 1, max, to };
    if (to < data.min || to > max) return { refused: refused(say('hpa-range', data)) };
    return { line: say('hpa', data) };
  }
  return { line: say('no-hpa', { workload }) };
}

type Room = { readonly lines: ReturnType<typeof say>[]; readonly refused?: never } | { readonly refused: Refused };

/** Every quota is counted, whatever its scopes: a quota that would not apply can only make the answer stricter. */
function roomFor(input: PlanInput, pod: readonly ContainerResources[], count: number, workload: string): Room {
  const namespace = input.finding.object.namespace ?? '';
  const quotas = listed(input, quotasWanted(input), `the quotas of namespace ${namespace}`);
  if (quotas.refused !== undefined) return { refused: quotas.refused };
  for (const item of quotas.items) {
    const full = quotaFault(item, pod, count);
    if (full !== undefined) return { refused: refused(full) };
  }
  const big = tooBig(input, pod);
  if (big !== undefined) return { refused: refused(say('too-big', { ...big, workload })) };
  const line = quotas.items.length === 0 ? say('no-quota', { namespace }) : say('quota', { namespace, count });
  return { lines: [line] };
}

function quotaFault(item: ApiObject, pod: readonly ContainerResources[], count: number) {
  const quota = item.metadata.name;
  const parsed = Quota.safeParse(item);
  const { hard = {}, used = {} } = parsed.success ? (parsed.data.status ?? {}) : {};
  for (const [resource, limit] of Object.entries(hard)) {
    const each = takenBy(resource, pod);
    if (each === undefined) continue;
    const taken = used[resource] ?? 0;
    const left = (quantityOf(limit) ?? Number.NaN) - (quantityOf(taken) ?? Number.NaN);
    if (Number.isNaN(left) || Number.isNaN(each)) return say('quota-unread', { quota, resource });
    const data = { quota, resource, used: String(taken), hard: String(limit), need: each * count };
    if (each * count > left) return say('quota-full', data);
  }
  return undefined;
}

/** A Pod that asks for more than any node has at all never gets one. */
function tooBig({ facts }: PlanInput, pod: readonly ContainerResources[]) {
  const nodes = facts.get('nodes');
  if (!nodes.known || nodes.value.nodes.length === 0 || nodes.value.total > nodes.value.nodes.length) return undefined;
  for (const resource of ['cpu', 'memory']) {
    const need = takenBy(`requests.${resource}`, pod) ?? 0;
    const sizes = nodes.value.nodes.map((node) => quantityOf(node.allocatable[resource]) ?? Number.NaN);
    if (need > 0 && sizes.every((size) => size < need)) return { resource, need };
  }
  return undefined;
}
