/** `pods/eviction`: a delete that a PodDisruptionBudget can refuse. */
import { z } from 'zod';
import type { ResourceRequest, ServerContext } from '../context.ts';
import { at, count, entries, items, text } from '../json.ts';
import { jsonReply, type Reply } from '../reply.ts';
import { badRequest, StatusError } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { deleteOne, deleteOptionsOf } from './delete-object.ts';
import { existing } from './update-object.ts';
import { jsonBody } from './write-body.ts';

const evictionSchema = z.looseObject({ deleteOptions: z.unknown().optional() });

/** Answers an eviction; throws 429 where a budget forbids it now. */
export function evictPod(context: ServerContext, request: ResourceRequest): Reply {
  const parsed = evictionSchema.safeParse(jsonBody(context, request));
  if (!parsed.success) throw badRequest('the body of the request is not a readable Eviction object');
  const options = deleteOptionsOf(request.info.query, parsed.data.deleteOptions);
  const pod = existing(context, request);
  const budgets = isDone(pod) ? [] : budgetsOf(context, pod);
  if (budgets.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new StatusError(500, 'InternalError', message);
  }
  const [budget] = budgets;
  if (budget !== undefined) spend(context, budget, options.dryRun);
  deleteOne(context, request, pod, options);
  return jsonReply(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }),
    201,
  );
}

/** A Pod that has ended, or never started, can always go. */
function isDone(pod: KubeObject): boolean {
  const gone = (pod.metadata.deletionTimestamp ?? null) !== null;
  return gone || ['Succeeded', 'Failed', 'Pending'].includes(text(pod, 'status', 'phase'));
}

function budgetsOf({ store }: ServerContext, pod: KubeObject): KubeObject[] {
  return store
    .list('policy/v1', 'PodDisruptionBudget', pod.metadata.namespace)
    .filter((budget) => selects(at(budget, 'spec', 'selector'), pod.metadata.labels ?? {}));
}

function selects(selector: unknown, labels: Record<string, string>): boolean {
  if (selector === undefined) return false;
  const equal = entries(selector, 'matchLabels').every(([key, value]) => labels[key] === value);
  return equal && items(selector, 'matchExpressions').every((one) => fits(one, labels));
}

function fits(expression: unknown, labels: Record<string, string>): boolean {
  const [key, values] = [text(expression, 'key'), items(expression, 'values')];
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (text(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}

function spend({ store }: ServerContext, budget: KubeObject, dryRun: boolean): void {
  const allowed = count(budget, 'status', 'disruptionsAllowed');
  if (allowed <= 0) {
    const { name } = budget.metadata;
    const [desired, healthy] = [count(budget, 'status', 'desiredHealthy'), count(budget, 'status', 'currentHealthy')];
    const message = `The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`;
    throw new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: 'DisruptionBudget', message }],
    });
  }
  if (dryRun) return;
  const status = Object.fromEntries(entries(budget, 'status'));
  store.put({ ...budget, status: { ...status, disruptionsAllowed: allowed - 1 } });
}
