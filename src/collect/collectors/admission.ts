/** What stands behind a refusal to create Pods: read only where an event or a condition says that there was one. */
import type { EventObject, Workload } from '../../core/evidence/workload.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import type { Context } from '../context.ts';
import { getOrUndefined, listAll } from '../lists.ts';
import { toLimitRange, toQuota } from '../objects/admission.ts';
import { readEndpointsOf } from './services.ts';

const QUOTAS = 100;
const ACCOUNT = /service account ([a-z0-9.-]+)\/([a-z0-9.-]+)/;
const WEBHOOK = /failed calling webhook/;
const HOOK_SERVICE = /https:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:[:/.]|$)/;

/** Reads quotas, limits, the account or the webhook's endpoints that the words of a refusal name. */
export async function collectRefusals(context: Context): Promise<void> {
  const jobs = new Map<string, () => Promise<unknown>>();
  for (const { namespace, message } of refusals(context)) {
    if (/(exceeded|failed|unknown for) quota|insufficient quota/.test(message))
      jobs.set(`quota ${namespace}`, () => collectQuotas(context, namespace));
    if (/(minimum|maximum) \S+ usage per|limit to request ratio/.test(message))
      jobs.set(`limits ${namespace}`, () => collectLimits(context, namespace));
    const [, within, account] = ACCOUNT.exec(message) ?? [];
    if (within !== undefined && account !== undefined)
      jobs.set(`account ${within}/${account}`, () => collectAccount(context, within, account));
    const [, service, home] = WEBHOOK.test(message) ? (HOOK_SERVICE.exec(message) ?? []) : [];
    if (service !== undefined && home !== undefined)
      jobs.set(`hook ${home}/${service}`, () => readEndpointsOf(context, home, service));
  }
  await Promise.all([...jobs.values()].map((job) => job()));
}

/** The words with which Pods were refused, as they stand in events and conditions so far. */
function refusals({ gather }: Context): { namespace: string; message: string }[] {
  return gather.items().flatMap((item) => {
    const namespace = item.object.namespace;
    if (item.status !== 'collected' || namespace === undefined) return [];
    if (item.kind === 'events')
      return (item.value as readonly EventObject[])
        .filter((event) => event.reason === 'FailedCreate' || event.reason === 'ReplicaSetCreateError')
        .map(({ message }) => ({ namespace, message }));
    if (item.kind !== 'workload') return [];
    return (item.value as Workload).conditions
      .filter((entry) => entry.type === 'ReplicaFailure' && entry.status === 'True')
      .map(({ message = '' }) => ({ namespace, message }));
  });
}

async function collectQuotas({ cluster, gather, signal }: Context, namespace: string): Promise<void> {
  const object = { kind: 'Namespace', name: namespace };
  const command = `kubectl -n ${namespace} get resourcequotas`;
  await gather.read({ kind: 'resource-quotas', object, command }, async () => {
    const spec = { path: `/api/v1/namespaces/${namespace}/resourcequotas`, parse: toQuota, max: QUOTAS };
    return (await listAll(cluster, spec, signal)).items;
  });
}

async function collectLimits({ cluster, gather, signal }: Context, namespace: string): Promise<void> {
  const object = { kind: 'Namespace', name: namespace };
  const command = `kubectl -n ${namespace} get limitranges -o yaml`;
  await gather.read({ kind: 'limit-ranges', object, command }, async () => {
    const spec = { path: `/api/v1/namespaces/${namespace}/limitranges`, parse: toLimitRange, max: QUOTAS };
    return (await listAll(cluster, spec, signal)).items;
  });
}

async function collectAccount({ cluster, gather, signal }: Context, namespace: string, name: string): Promise<void> {
  const object = namespacedRef('ServiceAccount', namespace, name);
  const command = `kubectl -n ${namespace} get serviceaccount ${name}`;
  await gather.read({ kind: 'service-account', object, command }, async () => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
    return { exists: (await getOrUndefined(cluster, path, signal)) !== undefined };
  });
}
