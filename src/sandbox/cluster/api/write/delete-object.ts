/** delete and deletecollection: preconditions, grace periods, finalizers and propagation. */
import { z } from 'zod';
import { apiVersionOf, type ResourceRequest, type ServerContext } from '../context.ts';
import { at, items, text } from '../json.ts';
import { selectCurrent, selectionOf } from '../read-objects.ts';
import { jsonReply, type Reply } from '../reply.ts';
import { badRequest, StatusError } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { admit, objectReply, removeObject, storedTime, storeObject, successReply } from './commit.ts';
import { conflict, existing } from './update-object.ts';
import { own } from './values.ts';
import { jsonBody } from './write-body.ts';
import { isDryRun } from './write-options.ts';

const POLICIES = ['Background', 'Foreground', 'Orphan'];
const FINALIZER_OF: Record<string, string> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' };
const DEFAULT_POD_GRACE = 30;

const optionsSchema = z.looseObject({
  gracePeriodSeconds: z.int().nullish(),
  propagationPolicy: z.string().nullish(),
  orphanDependents: z.boolean().nullish(),
  dryRun: z.array(z.string()).nullish(),
  preconditions: z.object({ uid: z.string().nullish(), resourceVersion: z.string().nullish() }).nullish(),
});

/** What a delete asks for. */
export interface DeleteOptions {
  grace: number | undefined;
  policy: string;
  dryRun: boolean;
  uid: string | undefined;
  resourceVersion: string | undefined;
}

/** Answers a delete by name. */
export function deleteObject(context: ServerContext, request: ResourceRequest): Reply {
  const options = deleteOptionsOf(request.info.query, jsonBody(context, request));
  const before = existing(context, request);
  const left = deleteOne(context, request, before, options);
  if (left !== undefined) return objectReply(context, request, left, 200);
  // A Pod that is gone at once is given back; of other kinds only the success is told.
  return before.kind === 'Pod' ? objectReply(context, request, before, 200) : successReply(request, before);
}

/** Answers a delete of all that is selected. */
export function deleteCollection(context: ServerContext, request: ResourceRequest): Reply {
  const options = deleteOptionsOf(request.info.query, jsonBody(context, request));
  const selected = selectCurrent(context, request, selectionOf(context, request));
  for (const object of selected) deleteOne(context, request, object, options);
  const apiVersion = apiVersionOf(request.resource);
  const list = selected.map((object) => context.serializer.whole(object, apiVersion)).join(',');
  const metadata = JSON.stringify({ resourceVersion: String(context.store.resourceVersion()) });
  const { kind } = request.resource;
  return jsonReply(`{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":${metadata},"items":[${list}]}`);
}

/** Reads the options from query and body; the body wins. Throws 400 or 422 for what cannot be. */
export function deleteOptionsOf(query: URLSearchParams, body: unknown): DeleteOptions {
  const parsed = optionsSchema.safeParse(body ?? {});
  if (!parsed.success) throw badRequest('the body of the request is not a readable DeleteOptions object');
  const given = parsed.data;
  return {
    grace: graceFrom(given.gracePeriodSeconds ?? query.get('gracePeriodSeconds')),
    policy: policyFrom(
      given.propagationPolicy ?? query.get('propagationPolicy') ?? '',
      given.orphanDependents ?? query.get('orphanDependents') === 'true',
    ),
    dryRun: isDryRun([...query.getAll('dryRun'), ...(given.dryRun ?? [])]),
    uid: given.preconditions?.uid ?? undefined,
    resourceVersion: given.preconditions?.resourceVersion ?? undefined,
  };
}

function graceFrom(given: number | string | null): number | undefined {
  if (given === null || given === '') return undefined;
  const grace = Number(given);
  if (Number.isInteger(grace) && grace >= 0) return grace;
  throw optionError('gracePeriodSeconds', `Invalid value: ${given}: must be greater than or equal to 0`);
}

function policyFrom(policy: string, orphan: boolean): string {
  if (policy === '') return orphan ? 'Orphan' : '';
  if (POLICIES.includes(policy)) return policy;
  const supported = ['Foreground', 'Background', 'Orphan', 'nil'].map((one) => `"${one}"`).join(', ');
  throw optionError('propagationPolicy', `Unsupported value: "${policy}": supported values: ${supported}`);
}

function optionError(field: string, message: string): StatusError {
  return new StatusError(422, 'Invalid', `DeleteOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'DeleteOptions',
    causes: [{ reason: 'FieldValueInvalid', message, field }],
  });
}

/**
 * Deletes one object as the API server alone would: what has a grace period or finalizers stays, marked. Gives what is
 * left of it, or undefined once it is gone.
 */
export function deleteOne(
  context: ServerContext,
  request: ResourceRequest,
  before: KubeObject,
  options: DeleteOptions,
): KubeObject | undefined {
  const { name, uid, resourceVersion } = before.metadata;
  if (options.uid !== undefined && options.uid !== uid) {
    const detail = `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${uid ?? ''}`;
    throw conflict(request, name, detail);
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const found = `ResourceVersion in object meta: ${resourceVersion ?? ''}`;
    const detail = `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ${found}`;
    throw conflict(request, name, detail);
  }
  admit(context, request, 'DELETE', undefined, before, options.dryRun);
  const finalizers = finalizersOf(before, options.policy);
  const grace = graceOf(before, options.grace);
  const stays = finalizers.length > 0 || grace > 0 || holdsNamespace(before);
  if (!stays) {
    if (!options.dryRun) removeObject(context, request, before);
    return undefined;
  }
  const marked = marking(context, before, finalizers, grace);
  if (marked === before || options.dryRun) return marked;
  return storeObject(context, request, marked, before);
}

function marking(context: ServerContext, before: KubeObject, finalizers: string[], grace: number): KubeObject {
  const alreadyDeleted = (before.metadata.deletionTimestamp ?? null) !== null;
  const oldGrace = own(before.metadata, 'deletionGracePeriodSeconds');
  // A second delete can only shorten what the first one left.
  if (alreadyDeleted && grace >= (typeof oldGrace === 'number' ? oldGrace : 0)) return before;
  const { finalizers: _finalizers, ...metadata } = before.metadata;
  const generation = own(metadata, 'generation');
  return {
    ...before,
    ...(before.kind === 'Namespace' ? { status: { phase: 'Terminating' } } : {}),
    metadata: {
      ...metadata,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      deletionTimestamp: storedTime(context, grace * 1000),
      deletionGracePeriodSeconds: grace,
      ...(typeof generation === 'number' && generation > 0 && !alreadyDeleted ? { generation: generation + 1 } : {}),
    },
  };
}

function finalizersOf(object: KubeObject, policy: string): string[] {
  const present = items(object, 'metadata', 'finalizers').map(String);
  if (policy === '') return present;
  const wanted = FINALIZER_OF[policy];
  const kept = present.filter((one) => !Object.values(FINALIZER_OF).includes(one));
  return wanted === undefined ? kept : [...kept, wanted];
}

/** Only Pods end gracefully, and only those that a kubelet runs. */
function graceOf(object: KubeObject, asked: number | undefined): number {
  if (object.kind !== 'Pod' || object.apiVersion !== 'v1') return 0;
  const finished = ['Succeeded', 'Failed'].includes(text(object, 'status', 'phase'));
  if (finished || text(object, 'spec', 'nodeName') === '') return 0;
  const own = at(object, 'spec', 'terminationGracePeriodSeconds');
  return asked ?? (typeof own === 'number' ? own : DEFAULT_POD_GRACE);
}

/** A namespace stays until its content is gone, which is not the API server's own work. */
function holdsNamespace(object: KubeObject): boolean {
  return object.kind === 'Namespace' && object.apiVersion === 'v1' && items(object, 'spec', 'finalizers').length > 0;
}
