/** Calico's own objects: definitions, pools, affinities, settings, and the operator's where it is installed by one. */
import type { KubeObject } from '../api/types.ts';
import { number4, prefixOf, within } from './address.ts';
import { podsOfNode } from './lookups.ts';
import type { ClusterModel, SimNode } from './model.ts';
import { object } from './object.ts';

const GROUP = 'crd.projectcalico.org/v1';

/** Kinds with their plural, as the manifest of v3.9 defines them; all cluster-wide but the two policies. */
const KINDS = [
  'FelixConfiguration felixconfigurations',
  'IPAMBlock ipamblocks',
  'BlockAffinity blockaffinities',
  'IPAMHandle ipamhandles',
  'IPAMConfig ipamconfigs',
  'BGPPeer bgppeers',
  'BGPConfiguration bgpconfigurations',
  'IPPool ippools',
  'HostEndpoint hostendpoints',
  'ClusterInformation clusterinformations',
  'GlobalNetworkPolicy globalnetworkpolicies',
  'GlobalNetworkSet globalnetworksets',
  'NetworkPolicy networkpolicies',
  'NetworkSet networksets',
];

/** Everything that `kubectl get` shows of Calico's API. */
export function calicoObjects(model: ClusterModel): KubeObject[] {
  const created = model.calico.established;
  const own = KINDS.map((pair) => definition('crd.projectcalico.org', 'v1', pair, created));
  const operator = model.calico.install === 'operator' ? operatorObjects(model) : [];
  return [...own, ...operator, ...settings(model), ...model.nodes.flatMap((node) => affinity(model, node))];
}

function definition(group: string, version: string, pair: string, created: string): KubeObject {
  const [kind = '', plural = ''] = pair.split(' ');
  const scope = kind === 'NetworkPolicy' || kind === 'NetworkSet' ? 'Namespaced' : 'Cluster';
  const names = { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` };
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const condition = (type: string, reason: string): Record<string, string> => ({
    type,
    status: 'True',
    reason,
    message: type === 'Established' ? 'the initial names have been accepted' : 'no conflicts found',
    lastTransitionTime: `${created.slice(0, 19)}Z`,
  });
  return object(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    { name: `${plural}.${group}`, created },
    {
      spec: {
        group,
        scope,
        names,
        versions: [{ name: version, served: true, storage: true, schema }],
        conversion: { strategy: 'None' },
      },
      status: {
        acceptedNames: names,
        storedVersions: [version],
        conditions: [condition('NamesAccepted', 'NoConflicts'), condition('Established', 'InitialNamesAccepted')],
      },
    },
  );
}

function settings(model: ClusterModel): KubeObject[] {
  const { calico } = model;
  const created = calico.established;
  const vxlan = calico.encapsulation === 'vxlan';
  const out = [
    object(
      GROUP,
      'IPPool',
      { name: 'default-ipv4-ippool', created },
      {
        spec: {
          blockSize: 26,
          cidr: calico.pool,
          ipipMode: calico.encapsulation === 'ipip' ? 'Always' : 'Never',
          natOutgoing: true,
          nodeSelector: 'all()',
          vxlanMode: vxlan ? 'Always' : 'Never',
        },
      },
    ),
    object(
      GROUP,
      'ClusterInformation',
      { name: 'default', created },
      {
        spec: {
          calicoVersion: `v${calico.version}`,
          clusterGUID: '9d1f0a6c2f1b4d6b8f3e51a7c0b2d4e6',
          clusterType: calico.install === 'operator' ? 'typha,kdd,k8s,operator,bgp,kubeadm' : 'k8s,bgp,kdd',
          datastoreReady: true,
        },
      },
    ),
    object(
      GROUP,
      'FelixConfiguration',
      { name: 'default', created },
      {
        spec: {
          bpfLogLevel: '',
          logSeverityScreen: 'Info',
          reportingInterval: '0s',
          ...(calico.encapsulation === 'ipip' ? { ipipEnabled: true } : {}),
          ...(vxlan ? { vxlanEnabled: true } : {}),
        },
      },
    ),
  ];
  if (!calico.meshEnabled || calico.asNumber !== 64_512) {
    const spec = { asNumber: calico.asNumber, logSeverityScreen: 'Info', nodeToNodeMeshEnabled: calico.meshEnabled };
    out.push(object(GROUP, 'BGPConfiguration', { name: 'default', created }, { spec }));
  }
  return out;
}

function affinity(model: ClusterModel, node: SimNode): KubeObject[] {
  const dashed = node.block.replaceAll('.', '-').replace('/', '-');
  const allocations: (number | null)[] = Array<null>(2 ** (32 - prefixOf(node.block))).fill(null);
  const unallocated: number[] = [];
  const base = number4(node.block);
  const ips = podsOfNode(model, node).filter(
    (pod) => pod.ip !== undefined && !pod.hostNetwork && within(node.block, pod.ip),
  );
  const taken = new Set([node.tunnelAddress, ...ips.map((pod) => pod.ip ?? '')].map((ip) => number4(ip) - base));
  const attributes: Record<string, unknown>[] = [];
  for (let index = 0; index < allocations.length; index++) {
    if (taken.has(index))
      allocations[index] = attributes.push({ handle_id: `k8s-pod-network.${node.name}.${index}`, secondary: null }) - 1;
    else unallocated.push(index);
  }
  const created = node.created;
  return [
    object(
      GROUP,
      'BlockAffinity',
      { name: `${node.name}-${dashed}`, created },
      {
        spec: { cidr: node.block, deleted: 'false', node: node.name, state: 'confirmed' },
      },
    ),
    object(
      GROUP,
      'IPAMBlock',
      { name: dashed, created },
      {
        spec: {
          affinity: `host:${node.name}`,
          allocations,
          attributes,
          cidr: node.block,
          deleted: false,
          strictAffinity: false,
          unallocated,
        },
      },
    ),
  ];
}

/** The operator's spelling of a method. */
const METHODS: [prefix: string, field: string][] = [
  ['can-reach=', 'canReach'],
  ['skip-interface=', 'skipInterface'],
  ['interface=', 'interface'],
];

function operatorMethod(method: string): Record<string, unknown> {
  if (method === 'first-found') return { firstFound: true };
  if (method === 'kubernetes-internal-ip') return { kubernetes: 'NodeInternalIP' };
  if (method.startsWith('cidr=')) return { cidrs: method.slice(5).split(',') };
  const known = METHODS.find(([prefix]) => method.startsWith(prefix));
  return known === undefined ? {} : { [known[1]]: method.slice(known[0].length) };
}

function operatorObjects(model: ClusterModel): KubeObject[] {
  const { calico } = model;
  const created = calico.established;
  const encapsulation = { ipip: 'IPIP', vxlan: 'VXLAN', none: 'None' }[calico.encapsulation];
  const nodeAddressAutodetectionV4 = operatorMethod(calico.env['IP_AUTODETECTION_METHOD'] ?? 'first-found');
  const ready = [
    {
      type: 'Available',
      status: 'True',
      reason: 'AllObjectsAvailable',
      lastTransitionTime: `${created.slice(0, 19)}Z`,
    },
    {
      type: 'Degraded',
      status: 'False',
      reason: 'AllObjectsAvailable',
      lastTransitionTime: `${created.slice(0, 19)}Z`,
    },
  ];
  return [
    definition('operator.tigera.io', 'v1', 'Installation installations', created),
    definition('operator.tigera.io', 'v1', 'TigeraStatus tigerastatuses', created),
    object(
      'operator.tigera.io/v1',
      'Installation',
      { name: 'default', created },
      {
        spec: {
          variant: 'Calico',
          cni: { type: 'Calico', ipam: { type: 'Calico' } },
          calicoNetwork: {
            bgp: 'Enabled',
            linuxDataplane: 'Iptables',
            ipPools: [
              { blockSize: 26, cidr: calico.pool, encapsulation, natOutgoing: 'Enabled', nodeSelector: 'all()' },
            ],
            nodeAddressAutodetectionV4,
          },
        },
        status: { calicoVersion: `v${calico.version}`, variant: 'Calico', conditions: ready },
      },
    ),
    object(
      'operator.tigera.io/v1',
      'TigeraStatus',
      { name: 'calico', created },
      { spec: {}, status: { conditions: ready } },
    ),
  ];
}
