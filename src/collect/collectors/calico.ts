/** Calico's installation and its own objects (facts §2.2, §2.5). Discovery decides the API group. */
import { z } from 'zod';
import type { CalicoInstall } from '../../core/evidence/calico.ts';
import type { EvidenceKind, EvidenceValue } from '../../core/evidence/kinds.ts';
import type { Context } from '../context.ts';
import { getOrUndefined, listOrNone } from '../lists.ts';
import { RawContainer, toContainer } from '../objects/pod.ts';
import { list, opt, pruned, RawCondition, RawMeta } from '../objects/raw.ts';

const NAMESPACES = ['kube-system', 'calico-system'] as const;
const IGNORE = 'unsupported.operator.tigera.io/ignore';

const RawDaemonSet = z.object({
  metadata: RawMeta,
  spec: z.object({ template: z.object({ spec: opt(z.object({ containers: list(RawContainer) })) }) }),
});
const RawMethod = opt(
  z.object({
    firstFound: opt(z.boolean()),
    kubernetes: opt(z.string()),
    interface: opt(z.string()),
    skipInterface: opt(z.string()),
    canReach: opt(z.string()),
    cidrs: list(z.string()),
  }),
);
const RawInstallation = z.object({
  metadata: RawMeta,
  spec: opt(z.object({ calicoNetwork: opt(z.object({ nodeAddressAutodetectionV4: RawMethod })) })),
});
const RawTigeraStatus = z.object({ status: opt(z.object({ conditions: list(RawCondition) })) });

/** Finds how Calico is installed: by its DaemonSet in the two usual namespaces, and the operator's Installation. */
export async function readCalicoInstall(context: Context): Promise<CalicoInstall | undefined> {
  const { cluster, gather, signal, shared } = context;
  const command = 'kubectl get daemonsets -A -l k8s-app=calico-node -o yaml';
  return await gather.read({ kind: 'calico-install', command }, async () => {
    const get = (path: string) => getOrUndefined(cluster, path, signal);
    const [groups, ...sets] = await Promise.all([
      shared.groups,
      ...NAMESPACES.map((namespace) => get(`/apis/apps/v1/namespaces/${namespace}/daemonsets/calico-node`)),
    ]);
    const raw = sets.find((set) => set !== undefined);
    const operated = groups?.has('operator.tigera.io') ?? false;
    const [installation, tigera] = operated
      ? await Promise.all([
          get('/apis/operator.tigera.io/v1/installations/default'),
          get('/apis/operator.tigera.io/v1/tigerastatuses/calico'),
        ])
      : [];
    if (raw === undefined && installation === undefined) return { kind: 'none', env: {}, envFrom: {} };
    return pruned({
      ...(raw === undefined ? { env: {}, envFrom: {} } : fromDaemonSet(raw)),
      kind: installation === undefined ? ('manifest' as const) : ('operator' as const),
      apiGroup: apiGroup(groups),
      operatorMethod: installation === undefined ? undefined : methodOf(installation),
      operatorDegraded: tigera === undefined ? undefined : degradedOf(tigera),
    });
  });
}

function fromDaemonSet(input: unknown) {
  const { metadata, spec } = RawDaemonSet.parse(input);
  const raw = spec.template.spec?.containers.find((container) => container.name === 'calico-node');
  const container = raw === undefined ? undefined : toContainer(raw);
  const env: Record<string, string> = {};
  const envFrom: Record<string, string> = {};
  for (const { name, value, from } of container?.env ?? []) {
    if (from !== undefined) envFrom[name] = from;
    else env[name] = value ?? '';
  }
  const ignore = metadata.annotations[IGNORE];
  return pruned({
    namespace: metadata.namespace,
    image: container?.image,
    version: /:v?(\d+\.\d+(?:\.\d+)?)/.exec(container?.image ?? '')?.[1],
    env,
    envFrom,
    ignoreAnnotation: ignore === undefined ? undefined : ignore === 'true',
  });
}

/** The Installation's one method in calico-node's own spelling (facts §2.5, mapping). */
function methodOf(input: unknown): string | undefined {
  const method = RawInstallation.parse(input).spec?.calicoNetwork?.nodeAddressAutodetectionV4;
  if (method === undefined) return undefined;
  if (method.firstFound === true) return 'first-found';
  if (method.kubernetes !== undefined) return 'kubernetes-internal-ip';
  if (method.interface !== undefined) return `interface=${method.interface}`;
  if (method.skipInterface !== undefined) return `skip-interface=${method.skipInterface}`;
  if (method.canReach !== undefined) return `can-reach=${method.canReach}`;
  return method.cidrs.length > 0 ? `cidr=${method.cidrs.join(',')}` : undefined;
}

function degradedOf(input: unknown): string | undefined {
  const conditions = RawTigeraStatus.parse(input).status?.conditions ?? [];
  const degraded = conditions.find((entry) => entry.type === 'Degraded' && entry.status === 'True');
  return degraded === undefined ? undefined : (degraded.message ?? degraded.reason ?? 'Degraded');
}

/** `crd.projectcalico.org/v1` is the store itself and needs no extension server, so it goes first. */
function apiGroup(groups: Awaited<Context['shared']['groups']>): string | undefined {
  if (groups === undefined) return 'crd.projectcalico.org/v1';
  if (groups.get('crd.projectcalico.org')?.includes('v1') === true) return 'crd.projectcalico.org/v1';
  if (groups.get('projectcalico.org')?.includes('v3') === true) return 'projectcalico.org/v3';
  return undefined;
}

const RawPool = z.object({
  metadata: RawMeta,
  spec: z.object({
    cidr: z.string(),
    ipipMode: opt(z.string()),
    vxlanMode: opt(z.string()),
    natOutgoing: opt(z.boolean()),
    disabled: opt(z.boolean()),
    blockSize: opt(z.number()),
    nodeSelector: opt(z.string()),
  }),
});
const RawBgpPeer = z.object({
  metadata: RawMeta,
  spec: opt(
    z.object({
      node: opt(z.string()),
      nodeSelector: opt(z.string()),
      peerIP: opt(z.string()),
      peerSelector: opt(z.string()),
      asNumber: opt(z.coerce.number()),
    }),
  ),
});
const RawAffinity = z.object({
  spec: z.object({
    node: opt(z.string()),
    cidr: z.string(),
    state: opt(z.string()),
    deleted: opt(z.union([z.boolean(), z.string()])),
  }),
});
const RawBgpConfig = z.object({
  spec: opt(
    z.object({
      nodeToNodeMeshEnabled: opt(z.boolean()),
      asNumber: opt(z.coerce.number()),
      listenPort: opt(z.number()),
      programClusterRoutes: opt(z.string()),
    }),
  ),
});
const RawFelix = z.object({ spec: opt(z.object({ programClusterRoutes: opt(z.string()) })) });

/** Reads pools, BGP settings, peers, block affinities and Felix' settings, where there is a Calico. */
export async function collectCalicoObjects(context: Context): Promise<void> {
  const install = await context.shared.calico;
  const group = install?.apiGroup;
  if (install === undefined || install.kind === 'none' || group === undefined) return;
  const base = `/apis/${group}`;
  const { cluster, signal } = context;
  const one = async <K extends EvidenceKind>(
    kind: K,
    plural: string,
    read: (raw: unknown) => EvidenceValue<K>,
  ): Promise<void> => {
    const command = `kubectl get ${plural}.${group.split('/')[0]} default -o yaml`;
    await context.gather.read({ kind, command }, async () =>
      read(await getOrUndefined(cluster, `${base}/${plural}/default`, signal)),
    );
  };
  const many = async <K extends EvidenceKind, T>(
    kind: K,
    plural: string,
    parse: (raw: unknown) => T,
    make: (items: T[]) => EvidenceValue<K>,
  ): Promise<void> => {
    const command = `kubectl get ${plural}.${group.split('/')[0]} -o yaml`;
    await context.gather.read({ kind, command }, async () => {
      const spec = { path: `${base}/${plural}`, parse, pageSize: 1000 };
      // The group is there; a kind that this version of Calico does not have has no objects.
      const listed = await listOrNone(cluster, spec, signal);
      return make(listed);
    });
  };
  const limit = context.nodeLimit;
  await Promise.all([
    many('calico-ip-pools', 'ippools', toPool, (items) => items),
    many('calico-bgp-peers', 'bgppeers', toPeer, (items) => items),
    many('calico-block-affinities', 'blockaffinities', toAffinity, (items) => items.slice(0, limit * 20)),
    one('calico-bgp-config', 'bgpconfigurations', toBgpConfig),
    one('calico-felix-config', 'felixconfigurations', (raw) => {
      const spec = raw === undefined ? undefined : RawFelix.parse(raw).spec;
      return pruned({ present: raw !== undefined, programClusterRoutes: spec?.programClusterRoutes });
    }),
  ]);
}

function toPool(raw: unknown) {
  const { metadata, spec } = RawPool.parse(raw);
  return pruned({
    name: metadata.name,
    ...spec,
    ipipMode: spec.ipipMode ?? 'Never',
    vxlanMode: spec.vxlanMode ?? 'Never',
    natOutgoing: spec.natOutgoing ?? false,
    disabled: spec.disabled ?? false,
  });
}

function toPeer(raw: unknown) {
  const { metadata, spec } = RawBgpPeer.parse(raw);
  return pruned({ name: metadata.name, ...spec });
}

/** `deleted` is the text "true" or "false" in the CRD of KDD. */
function toAffinity(raw: unknown) {
  const { node, cidr, state, deleted } = RawAffinity.parse(raw).spec;
  return { node: node ?? '', cidr, state: state ?? '', deleted: deleted === true || deleted === 'true' };
}

function toBgpConfig(raw: unknown) {
  const spec = raw === undefined ? undefined : RawBgpConfig.parse(raw).spec;
  return pruned({
    present: raw !== undefined,
    meshEnabled: spec?.nodeToNodeMeshEnabled ?? true,
    asNumber: spec?.asNumber ?? 64512,
    listenPort: spec?.listenPort ?? 179,
    programClusterRoutes: spec?.programClusterRoutes,
  });
}
