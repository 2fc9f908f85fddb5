/** The control plane's static Pods, the cluster's ranges, and kube-proxy's configuration. */
import { z } from 'zod';
import type { PodObject } from '../../core/evidence/workload.ts';
import type { Context } from '../context.ts';
import { getOrUndefined, listAll } from '../lists.ts';
import { podReady, RawPod, toPod } from '../objects/pod.ts';
import { pruned } from '../objects/raw.ts';
import { yamlField, yamlList } from '../yaml-fields.ts';
import { collectEvents, collectLog, collectPods } from './pods.ts';

/** kubeadm's label; `component in (…)` is on the same Pods and on most other installers' too. */
const STATIC_PODS = 'component in (etcd,kube-apiserver,kube-controller-manager,kube-scheduler)';
const CONTROL_PLANE = { kind: 'Component', name: 'control-plane' };

/** Reads the control plane's Pods, with events and logs of etcd and of those that are not Ready; and the ranges in their flags. */
export async function collectControlPlane(context: Context): Promise<void> {
  const { cluster, gather, signal, plan } = context;
  const command = `kubectl -n kube-system get pods -l '${STATIC_PODS}' -o wide`;
  const flags: string[] = [];
  let pods: PodObject[] = [];
  const reading = gather.read({ kind: 'pods', object: CONTROL_PLANE, command }, async () => {
    const parse = (raw: unknown) => {
      for (const container of RawPod.parse(raw).spec?.containers ?? [])
        flags.push(...container.command, ...container.args);
      return toPod(raw);
    };
    const path = '/api/v1/namespaces/kube-system/pods';
    const { total, items } = await listAll(
      cluster,
      { path, parse, query: { labelSelector: STATIC_PODS }, max: 100 },
      signal,
    );
    pods = items;
    return { total, pods: items };
  });
  await Promise.all([
    reading,
    collectRanges(
      context,
      reading.then(() => flags),
    ),
  ]);
  if (!plan.controlPlane) return;
  const sick = pods.filter((pod) => !podReady(pod));
  const etcd = pods.filter((pod) => pod.labels['component'] === 'etcd');
  const deep = plan.class === 'service' ? [] : etcd.slice(0, 5);
  await Promise.all(
    [...new Set([...sick, ...deep])]
      .slice(0, 6)
      .flatMap((pod) => [
        collectEvents(context, { kind: 'Pod', namespace: pod.namespace, name: pod.name }),
        collectLog(context, pod, pod.labels['component'] ?? pod.containers[0]?.name ?? 'etcd'),
      ]),
  );
}

const RawConfigMap = z.object({ data: z.record(z.string(), z.string()).nullish() });
const RawServiceCidr = z.object({ spec: z.object({ cidrs: z.array(z.string()).nullish() }) });

/** One place that states ranges. */
interface Stated {
  readonly source: string;
  readonly services: readonly string[];
  readonly pods: readonly string[];
}

/** Where the cluster itself states its ranges: ServiceCIDR objects, the control plane's flags, kubeadm's configuration. */
async function collectRanges(context: Context, flags: Promise<readonly string[]>): Promise<void> {
  const command = 'kubectl -n kube-system get configmap kubeadm-config -o yaml';
  await context.gather.read({ kind: 'network-ranges', command }, async () => {
    const stated = await Promise.all([fromObjects(context), fromFlags(flags), fromKubeadm(context)]);
    const services = stated.find((entry) => entry.services.length > 0);
    const pods = stated.find((entry) => entry.pods.length > 0);
    if (services === undefined && pods === undefined) throw new Error('nothing in the cluster states its ranges');
    const sources = [services?.source, pods?.source].filter((source) => source !== undefined);
    return {
      serviceCidrs: [...(services?.services ?? [])],
      podCidrs: [...(pods?.pods ?? [])],
      source: [...new Set(sources)].join(', '),
    };
  });
}

/** ServiceCIDR objects are there since v1.33. A place that cannot be read states nothing; the next one may. */
async function fromObjects({ cluster, signal, shared }: Context): Promise<Stated> {
  const [groups, minor] = await Promise.all([shared.groups, shared.minor]);
  const source = 'ServiceCIDR objects';
  const none = { source, services: [], pods: [] };
  if ((minor ?? 0) < 33 || groups?.get('networking.k8s.io')?.includes('v1') !== true) return none;
  const spec = { path: '/apis/networking.k8s.io/v1/servicecidrs', parse: (raw: unknown) => RawServiceCidr.parse(raw) };
  const listed = await listAll(cluster, spec, signal).catch(() => undefined);
  return { ...none, services: split((listed?.items ?? []).flatMap((item) => item.spec.cidrs ?? [])) };
}

async function fromFlags(flags: Promise<readonly string[]>): Promise<Stated> {
  const words = await flags;
  const flag = (name: string) =>
    words.filter((word) => word.startsWith(`--${name}=`)).map((word) => word.slice(name.length + 3));
  return {
    source: 'flags of the control plane',
    services: split(flag('service-cluster-ip-range')),
    pods: split(flag('cluster-cidr')),
  };
}

async function fromKubeadm({ cluster, signal }: Context): Promise<Stated> {
  const path = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config';
  const raw = await getOrUndefined(cluster, path, signal).catch(() => undefined);
  const text = raw === undefined ? '' : (RawConfigMap.parse(raw).data?.['ClusterConfiguration'] ?? '');
  return {
    source: 'ConfigMap kube-system/kubeadm-config',
    services: split([yamlField(text, 'serviceSubnet') ?? '']),
    pods: split([yamlField(text, 'podSubnet') ?? '']),
  };
}

function split(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.split(',')).filter((text) => text !== ''))];
}

/** Reads only the control plane's Pods: whether those who should act run. */
export async function collectControlPlanePods(context: Context): Promise<void> {
  await collectPods(context, { object: CONTROL_PLANE, namespace: 'kube-system', selector: STATIC_PODS, max: 100 });
}

/** Reads kube-proxy's configuration where it is kept in kubeadm's ConfigMap. */
export async function collectKubeProxyConfig({ cluster, gather, signal }: Context): Promise<void> {
  const command = 'kubectl -n kube-system get configmap kube-proxy -o yaml';
  await gather.read({ kind: 'kube-proxy-config', command }, async () => {
    const raw = await getOrUndefined(cluster, '/api/v1/namespaces/kube-system/configmaps/kube-proxy', signal);
    const text = raw === undefined ? undefined : RawConfigMap.parse(raw).data?.['config.conf'];
    if (text === undefined) return undefined;
    const localhost = yamlField(text, 'localhostNodePorts');
    return pruned({
      mode: yamlField(text, 'mode', 0) ?? '',
      nodePortAddresses: yamlList(text, 'nodePortAddresses'),
      clusterCIDR: yamlField(text, 'clusterCIDR', 0),
      localhostNodePorts: localhost === undefined ? undefined : localhost === 'true',
    });
  });
}
