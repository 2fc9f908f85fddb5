/** Gives a Deployment back the template of its previous revision, whose Pods are seen to work (facts §6 R09). */
import { z } from 'zod';
import { type ApiObject } from '../core/api-object.ts';
import { digestOf } from '../core/canonical-json.ts';
import { stateOf } from '../core/object-state.ts';
import {
  type ApiStep,
  defineRemediation,
  type Line,
  type PlanInput,
  type WaitStep,
  type Wanted,
} from '../core/remediation.ts';
import { COMMON_TEXTS, expectOf, listed, opened, refOf, targetOf, wantObject, wrongKind } from './application-parts.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { ownerOf } from './owner.ts';
import { ownerNotes } from './owner-texts.ts';
import { Rollable, rolling, strategyOf } from './rollout.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const SECONDS = 600;
/** Names of tools and containers that change a database before the application starts: old code may not read the new form. */
const MIGRATES = /migrat|flyway|liquibase|alembic|\bgoose\b|\bdbmate\b|db:(schema|setup)|prisma\s+db|sequelize/i;

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Take {workload} back to revision {to}',
  step: '{workload}: the template of revision {to} in place of {from}. Images: {images}.',
  back: '{workload}: the template of revision {from} again.',
  wait: 'Wait until all Pods of {workload} are of revision {to} and available.',
  blast:
    'Only {workload}, {count} {count:Pod|Pods}. Its Pods are replaced, at most {away} {away:is|are} away at a time.',
  recreate: 'All Pods of {workload} are stopped before the new ones start: it is away for that time.',
  proven:
    '{available} {available:Pod|Pods} of revision {to} {available:is|are} available now, so its images can be had.',
  after: 'The question is asked again.',
  config:
    'ConfigMaps, Secrets and data stay as they are now. If they changed with revision {from}, change them back by hand.',
  'revert-there': 'Take back there what revision {from} changed. Images of revision {to}: {images}.',
  paused: '{workload} is paused: nothing would be rolled out.',
  'no-previous': '{workload} has no earlier revision.',
  'no-current': '{workload} does not say which revision it has.',
  unproven:
    'No Pod of revision {to} is available now. Nobody can tell whether that revision ever worked, so going back to it is up to you.',
  'by-hand': 'If you know that it worked:',
  migrates:
    'Revision {from} changes a database when it starts ({marker}). Old code may not work with the new data: a person has to decide.',
  same: 'Revision {to} has the same template as the one now.',
} as const;
const say = linesOf(TEXTS);

const Set = z.looseObject({
  spec: z.looseObject({ template: z.looseObject({ metadata: z.looseObject({}).nullish() }) }),
  status: z.looseObject({ availableReplicas: z.number().default(0) }).optional(),
});
const Template = z.looseObject({
  spec: z.looseObject({
    containers: z.array(z.looseObject({ name: z.string(), image: z.string().optional() })),
    initContainers: z.array(z.looseObject({ name: z.string() })).nullish(),
  }),
});

export const undoRollout = defineRemediation({
  id: 'undo-rollout',
  summary: 'Take a Deployment back to its previous revision',
  fixes: ['rollout-stuck', 'workload-unavailable'],
  texts: TEXTS,
  rights: [
    { verb: 'get', group: 'apps', resource: 'deployments' },
    { verb: 'patch', group: 'apps', resource: 'deployments' },
  ],
  wants: (input) => [...wantObject(targetOf(input.finding.object, ['Deployment'])), setsWanted(input)],
  plan(input) {
    const { finding } = input;
    const target = targetOf(finding.object, ['Deployment']);
    if (target === undefined) return wrongKind(finding.object);
    const found = opened(input, target, Rollable);
    if (found.refused !== undefined) return found.refused;
    const sets = listed(input, setsWanted(input), 'the ReplicaSets of the namespace');
    if (sets.refused !== undefined) return sets.refused;
    const workload = `Deployment ${target.namespace ?? ''}/${target.name}`;
    const { spec, metadata } = found.value;
    const from = Number(metadata.annotations?.[REVISION]);
    const previous = previousOf(sets.items, found.object.metadata.uid, from);
    if (spec.paused === true) return refused(say('paused', { workload }));
    if (!Number.isInteger(from)) return refused(say('no-current', { workload }));
    if (previous === undefined) return refused(say('no-previous', { workload }));
    const { template, available, revision: to } = previous;
    const marker = migration(spec.template);
    if (marker !== undefined) return refused(say('migrates', { from, marker }));
    const undoCommand = `kubectl -n ${target.namespace ?? ''} rollout undo deployment ${target.name} --to-revision=${to}`;
    const data = { workload, from, to, available, count: spec.replicas ?? 1, images: imagesOf(template) };
    if (available === 0) return refused(say('unproven', data), say('by-hand', {}, undoCommand));
    if (digestOf(template) === digestOf(spec.template)) return refused(say('same', data));
    const owner = ownerOf(found.object);
    // A template may hold passwords: whoever has the repository has the old one too.
    if (owner?.reverts === true)
      return refused({ text: `reverts-${owner.kind}`, data: owner.data }, say('revert-there', data));
    const step = (value: unknown, text: 'step' | 'back'): ApiStep => ({
      type: 'api',
      verb: 'patch',
      target,
      patch: 'json',
      // The whole template: what the newer one added must go, which no merge can say.
      body: [{ op: 'replace', path: '/spec/template', value }],
      before: stateOf(found.object),
      says: say(text, data),
    });
    const wait: WaitStep = {
      type: 'wait',
      until: { kind: 'rolled-out', target, except: [] },
      seconds: SECONDS,
      says: say('wait', data),
    };
    const steps = [step(template, 'step'), wait];
    return {
      status: 'draft',
      draft: {
        remediation: 'undo-rollout',
        params: {},
        object: refOf(found.object),
        title: say('title', data),
        steps,
        undo: [step(spec.template, 'back')],
        nodes: [],
        blast: [blastOf(found.value, data)],
        checksBefore: [say('proven', data)],
        checksAfter: [say('after')],
        notes: [say('config', data), ...ownerNotes(found.object, owner)],
        rights: rightsOf(steps),
        expect: expectOf(input, [], SECONDS),
      },
    };
  },
});

function setsWanted({ finding }: PlanInput): Extract<Wanted, { type: 'list' }> {
  const namespace = finding.object.namespace ?? '';
  return { type: 'list', group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet', namespace };
}

function blastOf(deployment: Rollable, data: { readonly workload: string; readonly count: number }): Line {
  if (strategyOf(deployment) === 'Recreate') return say('recreate', data);
  return say('blast', { ...data, away: rolling('Deployment', deployment).away });
}

/** The Deployment's own ReplicaSet with the highest revision below the present one. */
function previousOf(items: readonly ApiObject[], uid: string, current: number) {
  const own = items.flatMap((item) => {
    const parsed = Set.safeParse(item);
    const revision = Number(item.metadata.annotations?.[REVISION]);
    const owned = (item.metadata.ownerReferences ?? []).some((one) => one.controller === true && one.uid === uid);
    return owned && parsed.success && Number.isInteger(revision) && revision < current
      ? [
          {
            template: withoutHash(parsed.data.spec.template),
            available: parsed.data.status?.availableReplicas ?? 0,
            revision,
          },
        ]
      : [];
  });
  return own.sort((a, b) => b.revision - a.revision)[0];
}

/** A template as the Deployment has it: the hash is its controller's. */
function withoutHash(template: z.infer<typeof Set>['spec']['template']): Record<string, unknown> {
  const { 'pod-template-hash': _, ...labels } = (template.metadata?.['labels'] ?? {}) as Record<string, string>;
  return { ...template, metadata: { ...template.metadata, labels } };
}

function imagesOf(template: unknown): string[] {
  const parsed = Template.safeParse(template);
  return parsed.success ? parsed.data.spec.containers.map(({ name, image }) => `${name}=${image ?? '?'}`) : [];
}

/** The container of the present template that looks as if it changed a database, in its name, image, command or arguments. */
function migration(template: unknown): string | undefined {
  const parsed = Template.safeParse(template);
  if (!parsed.success) return undefined;
  const { containers, initContainers } = parsed.data.spec;
  for (const one of [...(initContainers ?? []), ...containers]) {
    const words = JSON.stringify([one.name, one['image'], one['command'], one['args']]);
    if (MIGRATES.test(words)) return one.name;
  }
  return undefined;
}
