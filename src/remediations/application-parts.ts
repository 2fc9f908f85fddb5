/** What the remediations of Services, workloads and Pods share: targets, reading with its refusals, what is verified. */
import { z } from 'zod';
import type { ApiObject, ApiTarget } from '../core/api-object.ts';
import type { ObjectRef } from '../core/object-ref.ts';
import type { Draft, PlanInput, PlanOutcome, Wanted } from '../core/remediation.ts';
import { questionsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { OWNER_TEXTS } from './owner-texts.ts';

/** Sentences that several remediations need; spread into the texts of each. */
export const COMMON_TEXTS = {
  ...OWNER_TEXTS,
  absent: '{object} is not there any more.',
  unreadable: 'Nothing is changed while {object} cannot be read: {reason}.',
  leaving: '{object} is being deleted.',
  'wrong-kind': '{object} is nothing that this can change.',
} as const;

export type Refused = Extract<PlanOutcome, { status: 'refused' }>;

const line = linesOf(COMMON_TEXTS);

const RESOURCES: Readonly<Record<string, readonly [group: string, resource: string]>> = {
  Service: ['', 'services'],
  Pod: ['', 'pods'],
  Node: ['', 'nodes'],
  Deployment: ['apps', 'deployments'],
  StatefulSet: ['apps', 'statefulsets'],
  DaemonSet: ['apps', 'daemonsets'],
  ReplicaSet: ['apps', 'replicasets'],
};

/** The REST target of a Service, Pod, Node or workload; undefined for other kinds. */
export function targetOf(ref: ObjectRef, kinds: readonly string[] = Object.keys(RESOURCES)): ApiTarget | undefined {
  const known = Object.hasOwn(RESOURCES, ref.kind) ? RESOURCES[ref.kind] : undefined;
  if (known === undefined || !kinds.includes(ref.kind) || ref.name === '') return undefined;
  const [group, resource] = known;
  const { kind, namespace, name } = ref;
  return { group, version: 'v1', resource, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

/** Asks for one object. */
export function wantObject(target: ApiTarget | undefined): Wanted[] {
  return target === undefined ? [] : [{ type: 'object', target }];
}

/** `Deployment shop/web` of a target. */
export function targetText({ kind, namespace, name }: Pick<ApiTarget, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The refusal for an object of a kind that the remediation does not touch. */
export function wrongKind(ref: ObjectRef): Refused {
  return refused(line('wrong-kind', { object: targetText(ref as ApiTarget) }));
}

/** The refusal where something that the decision hangs on could not be read. */
export function unreadable(object: string, reason: string): Refused {
  return refused(line('unreadable', { object, reason: reason.slice(0, 300) }));
}

/** Gives the object as it was read, parsed; or the refusal that says why it is not there. */
export function opened<T>(
  input: PlanInput,
  target: ApiTarget,
  schema: z.ZodType<T>,
): { readonly object: ApiObject; readonly value: T; readonly refused?: never } | { readonly refused: Refused } {
  const read = input.objects.get(target);
  const object = targetText(target);
  if (read.status === 'absent') return { refused: refused(line('absent', { object })) };
  if (read.status === 'unreadable') return { refused: unreadable(object, read.reason) };
  const { deletionTimestamp } = read.object.metadata;
  if (deletionTimestamp !== undefined && deletionTimestamp !== null)
    return { refused: refused(line('leaving', { object })) };
  const parsed = schema.safeParse(read.object);
  if (!parsed.success) return { refused: unreadable(object, 'it has an unexpected form') };
  return { object: read.object, value: parsed.data };
}

/** Gives a list as it was read, or the refusal. `what`: for the sentence. */
export function listed(
  input: PlanInput,
  wanted: Extract<Wanted, { type: 'list' }>,
  what: string,
): { readonly items: readonly ApiObject[]; readonly refused?: never } | { readonly refused: Refused } {
  const list = input.objects.list(wanted);
  if (list.status === 'read') return { items: list.items };
  return { refused: unreadable(what, list.status === 'absent' ? 'the server does not have them' : list.reason) };
}

/** What every fix of this family has to show: the question again, and the rule that named the cause silent. */
export function expectOf(input: PlanInput, nodes: readonly string[], seconds: number): Draft['expect'] {
  const { rule, object } = input.finding;
  return { questions: questionsOf(input), rule, object, nodes: [...nodes], seconds };
}

/** The reference of an object as plans name it. */
export function refOf({ kind, metadata }: ApiObject): ObjectRef {
  const { namespace, name } = metadata;
  return { kind, ...(namespace === undefined ? {} : { namespace }), name };
}

/** The highest owner that a Pod itself tells: the Deployment behind a ReplicaSet by the template's hash. */
export function workloadOf(pod: ApiObject): ObjectRef | undefined {
  const owner = (pod.metadata.ownerReferences ?? []).find((one) => one.controller === true);
  if (owner === undefined) return undefined;
  const place = pod.metadata.namespace === undefined ? {} : { namespace: pod.metadata.namespace };
  const hash = pod.metadata.labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`))
    return { kind: 'Deployment', ...place, name: owner.name.slice(0, -hash.length - 1) };
  return { kind: owner.kind, ...place, name: owner.name };
}

/** Labels of a Pod that its controller made, and that no selector of a Service may hang on. */
export const GENERATED_LABELS: readonly string[] = [
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
];

const PodForm = z.looseObject({
  spec: z.looseObject({ nodeName: z.string().optional() }).optional(),
  status: z
    .looseObject({
      phase: z.string().optional(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
    })
    .optional(),
});

/** Where a Pod runs, and whether it is Ready. */
export function podState(pod: ApiObject): { node: string | undefined; ready: boolean; phase: string } {
  const parsed = PodForm.safeParse(pod);
  const { spec, status } = parsed.success ? parsed.data : {};
  const ready = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  return { node: spec?.nodeName, ready, phase: status?.phase ?? 'Unknown' };
}
