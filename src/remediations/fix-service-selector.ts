/** Makes the selector of a Service match the Pods that it means, and no others (facts §6 R07). */
import { z } from 'zod';
import { type ApiObject } from '../core/api-object.ts';
import { compareText, refText } from '../core/object-ref.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation, type PlanInput, type Wanted } from '../core/remediation.ts';
import {
  COMMON_TEXTS,
  expectOf,
  GENERATED_LABELS,
  listed,
  opened,
  refOf,
  targetOf,
  wantObject,
  workloadOf,
  wrongKind,
} from './application-parts.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { ownerNotes, refusedByOwner } from './owner-texts.ts';

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Let Service {service} select the Pods of {workload}',
  step: 'Service {service}: selector from {from} to {to}.',
  back: 'Service {service}: selector back to {from}.',
  blast:
    'Only Service {service}. It selects no Pod now; then it selects {count} {count:Pod|Pods} of {workload}, and clients reach them within seconds.',
  simulated:
    '{to} matches {count} of {total} {total:Pod|Pods} in namespace {namespace}: {pods}. All belong to {workload}.',
  after: 'Every node is asked again whether the Service answers.',
  'no-pod': 'The Pod {pod} that the Service nearly matched is not there any more.',
  bare: 'Pod {pod} has no workload above it: nobody can tell which other Pods are meant.',
  empty: 'Nothing of the selector would be left: it would match every Pod.',
  generated: 'The selector hangs on {key}, which a controller makes anew for every template.',
  others: '{to} would match Pods of {others} too. The Service must send to {workload} only.',
  'matches-now': 'The selector of Service {service} matches {count} {count:Pod|Pods} now.',
  'no-selector': 'Service {service} has no selector.',
} as const;
const say = linesOf(TEXTS);

type Labels = Readonly<Record<string, string>>;
const Service = z.looseObject({
  spec: z.looseObject({ selector: z.record(z.string(), z.string()).nullish() }),
});

export const fixServiceSelector = defineRemediation({
  id: 'fix-service-selector',
  summary: 'Let a Service select the Pods that it means',
  fixes: ['service-selector-mismatch'],
  texts: TEXTS,
  rights: [
    { verb: 'get', group: '', resource: 'services' },
    { verb: 'patch', group: '', resource: 'services' },
  ],
  wants: (input) => [...wantObject(targetOf(input.finding.object, ['Service'])), podsWanted(input)],
  plan(input) {
    const { finding } = input;
    const target = targetOf(finding.object, ['Service']);
    if (target === undefined) return wrongKind(finding.object);
    const found = opened(input, target, Service);
    if (found.refused !== undefined) return found.refused;
    const namespace = target.namespace ?? '';
    const pods = listed(input, podsWanted(input), `the Pods of namespace ${namespace}`);
    if (pods.refused !== undefined) return pods.refused;
    const service = `${namespace}/${target.name}`;
    const old = found.value.spec.selector ?? {};
    if (Object.keys(old).length === 0) return refused(say('no-selector', { service }));
    const now = pods.items.filter((pod) => isMatch(old, pod));
    if (now.length > 0) return refused(say('matches-now', { service, count: now.length }));
    const meant = pods.items.find((pod) => pod.metadata.name === finding.data['closest']);
    if (meant === undefined) return refused(say('no-pod', { pod: String(finding.data['closest'] ?? '?') }));
    const owner = workloadOf(meant);
    if (owner === undefined) return refused(say('bare', { pod: meant.metadata.name }));
    const wanted = proposed(old, meant.metadata.labels ?? {});
    if (Object.keys(wanted).length === 0) return refused(say('empty'));
    const generated = Object.keys(wanted).find((key) => GENERATED_LABELS.includes(key));
    if (generated !== undefined) return refused(say('generated', { key: generated }));
    const matched = pods.items.filter((pod) => isMatch(wanted, pod));
    const foreign = matched.flatMap((pod) => {
      const other = workloadOf(pod);
      return other !== undefined && refText(other) === refText(owner)
        ? []
        : [other === undefined ? `Pod ${pod.metadata.name}` : `${other.kind} ${other.name}`];
    });
    const data = {
      service,
      workload: `${owner.kind} ${owner.name}`,
      namespace,
      from: pairs(old),
      to: pairs(wanted),
      count: matched.length,
      total: pods.items.length,
      pods: matched.map((pod) => pod.metadata.name).sort(compareText),
    };
    if (foreign.length > 0) return refused(say('others', { ...data, others: [...new Set(foreign)].sort() }));
    const kept = refusedByOwner(found.object, { spec: { selector: wanted } });
    if (kept !== undefined) return kept;
    const step = (before: Labels, after: Labels, text: 'step' | 'back'): ApiStep => ({
      type: 'api',
      verb: 'patch',
      target,
      patch: 'merge',
      body: { spec: { selector: change(before, after) } },
      before: stateOf(found.object),
      says: say(text, data),
    });
    const steps = [step(old, wanted, 'step')];
    return {
      status: 'draft',
      draft: {
        remediation: 'fix-service-selector',
        params: {},
        object: refOf(found.object),
        title: say('title', data),
        steps,
        undo: [step(wanted, old, 'back')],
        nodes: [],
        blast: [say('blast', data)],
        checksBefore: [say('simulated', data)],
        checksAfter: [say('after')],
        notes: ownerNotes(found.object),
        rights: rightsOf(steps),
        expect: expectOf(input, [], 120),
      },
    };
  },
});

function podsWanted({ finding }: PlanInput): Extract<Wanted, { type: 'list' }> {
  const namespace = finding.object.namespace ?? '';
  return { type: 'list', group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespace };
}

/** Keeps what fits; takes the Pod's own value of a key, or the key under which the Pod has the value; drops the rest. */
function proposed(old: Labels, labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(old).flatMap(([key, value]): [string, string][] => {
      const own = Object.hasOwn(labels, key) ? labels[key] : undefined;
      if (own !== undefined) return [[key, own]];
      const elsewhere = Object.keys(labels)
        .sort(compareText)
        .find((other) => labels[other] === value && !Object.hasOwn(old, other) && !GENERATED_LABELS.includes(other));
      return elsewhere === undefined ? [] : [[elsewhere, value]];
    }),
  );
}

function isMatch(selector: Labels, pod: ApiObject): boolean {
  const labels = pod.metadata.labels ?? {};
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function pairs(selector: Labels): string[] {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort(compareText);
}

/** A merge patch from one selector to the other: null takes a key away. */
function change(before: Labels, after: Labels): Record<string, string | null> {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...after };
}
