/** The cluster's own ranges and addresses: agents connect to nothing outside them. */
import type { Endpoint, NodeObject, ServiceObject } from '../../core/evidence/cluster.ts';
import { cidrContains, parseCidr, parseIp } from '../../core/ip.ts';
import { calicoAddresses, tunnelAddresses } from '../objects/node.ts';

export interface NetworkEvidence {
  readonly nodes: readonly NodeObject[];
  readonly service?: ServiceObject | undefined;
  readonly endpoints: readonly Endpoint[];
  readonly pools: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly podCidrs: readonly string[];
  /** An address that the question names as an entry. */
  readonly at?: string | undefined;
}

const LIMIT = 20_000;
/** Wider than this is no pod or Service range of a real cluster, and would open the whole Internet to probes. */
const WIDEST = { 4: 8, 6: 16 } as const;

/**
 * Gives the ranges. An address from the question counts only if it lies next to the nodes (see `besideNodes`): a person who
 * may ask is no one who may have agents connect anywhere.
 */
export function clusterNetworks(evidence: NetworkEvidence): string[] {
  const { nodes, service, endpoints, pools, serviceCidrs, podCidrs, at } = evidence;
  const addresses = nodes.flatMap((node) => [
    ...node.addresses.filter((entry) => entry.type.endsWith('IP')).map((entry) => entry.address),
    ...calicoAddresses(node),
    ...tunnelAddresses(node),
  ]);
  const ranges = [...pools, ...serviceCidrs, ...podCidrs].filter(sensible);
  const stated = ranges.length > 0 ? [] : nodes.flatMap((node) => node.podCIDRs).filter(sensible);
  const single = [
    ...endpoints.map((entry) => entry.ip),
    ...(service?.clusterIPs ?? []),
    ...(service?.externalIPs ?? []),
  ];
  const entry = at !== undefined && besideNodes(at, nodes) ? [at] : [];
  const all = [...ranges, ...entry, ...single.filter((ip) => parseIp(ip) !== undefined), ...addresses, ...stated];
  return [...new Set(all)].filter((text) => parseCidr(text) !== undefined).slice(0, LIMIT);
}

function sensible(text: string): boolean {
  const cidr = parseCidr(text);
  return cidr !== undefined && cidr.bits >= WIDEST[cidr.family];
}

/** True where the address is in the same LAN as a node, as Calico's annotation states its mask, or within /24 (/64) of one. */
export function besideNodes(address: string, nodes: readonly NodeObject[]): boolean {
  const ip = parseIp(address);
  if (ip === undefined) return false;
  return nodes.some((node) => {
    const own = node.addresses.map((entry) => entry.address);
    const lans = [node.annotations['projectcalico.org/IPv4Address'], node.annotations['projectcalico.org/IPv6Address']];
    const near = own.map((entry) => `${entry}/${parseIp(entry)?.family === 6 ? 64 : 24}`);
    return [...near, ...lans.filter((lan) => lan !== undefined && sensible(lan))].some((lan) =>
      cidrContains(lan ?? '', address),
    );
  });
}
