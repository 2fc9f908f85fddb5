/** The `scale` subresource: replicas of a workload, read and written without the right to the workload itself. */
import { z } from 'zod';
import type { ResourceRequest, ServerContext } from '../context.ts';
import { at, count, entries, text } from '../json.ts';
import { jsonReply, type Reply } from '../reply.ts';
import { badRequest } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { patchedObject, requirePatchType } from './patch-object.ts';
import { invalidError } from './problems.ts';
import { changeObject, existing } from './update-object.ts';
import { nonNegative } from './validate.ts';
import { isMap } from './values.ts';
import { jsonBody } from './write-body.ts';
import { writeOptionsOf } from './write-options.ts';

const scaleSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().nullish(), uid: z.string().nullish() }).optional(),
  spec: z.looseObject({ replicas: z.int().optional() }).optional(),
});

/** Answers get of a scale. */
export function getScale(context: ServerContext, request: ResourceRequest): Reply {
  return scaleReply(context, existing(context, request));
}

/** Answers update of a scale. */
export function updateScale(context: ServerContext, request: ResourceRequest): Reply {
  return setScale(context, request, existing(context, request), jsonBody(context, request));
}

/** Answers patch of a scale. */
export function patchScale(context: ServerContext, request: ResourceRequest): Reply {
  requirePatchType(context, request);
  const before = existing(context, request);
  return setScale(context, request, before, patchedObject(context, request, scaleOf(before)));
}

function setScale(context: ServerContext, request: ResourceRequest, before: KubeObject, wanted: unknown): Reply {
  const options = writeOptionsOf(request, context.version.minor);
  const parsed = scaleSchema.safeParse(wanted);
  if (!parsed.success) throw badRequest('the body of the request is not a readable Scale object');
  const { metadata, spec } = parsed.data;
  const replicas = spec?.replicas ?? 0;
  const problems = nonNegative(replicas, 'spec.replicas');
  if (problems.length > 0)
    throw invalidError({ group: 'autoscaling', resource: 'Scale' }, before.metadata.name, problems);
  const scaled = {
    ...before,
    metadata: {
      ...before.metadata,
      uid: metadata?.uid ?? undefined,
      resourceVersion: metadata?.resourceVersion ?? undefined,
    },
    spec: { ...(isMap(before['spec']) ? before['spec'] : {}), replicas },
  };
  return scaleReply(context, changeObject(context, request, before, scaled, options).object);
}

function scaleReply(context: ServerContext, object: KubeObject): Reply {
  return jsonReply(context.serializer.whole(scaleOf(object), 'autoscaling/v1'));
}

function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = entries(at(object, 'spec', 'selector', 'matchLabels') ?? at(object, 'spec', 'selector'))
    .filter(([, value]) => typeof value === 'string')
    .map(([key, value]) => `${key}=${text({ value }, 'value')}`)
    .join(',');
  const replicas = at(object, 'spec', 'replicas');
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // Absent means one, as the workloads' own default has it.
    spec: { replicas: typeof replicas === 'number' ? replicas : 1 },
    status: { replicas: count(object, 'status', 'replicas'), selector },
  };
}
