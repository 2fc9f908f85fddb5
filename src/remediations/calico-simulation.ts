/** What calico-node of a given version would choose on a node by a given method: worked out here, before anything is set. */
import type { NodeRoute } from '../core/evidence/node-network.ts';
import { addressOf, cidrContains, parseCidr } from '../core/ip.ts';

/** A NIC as it was seen. Without `index` (Calico's own list of NICs) nobody knows in which order Calico walks them. */
export interface SeenNic {
  readonly name: string;
  readonly index: number | undefined;
  /** IPv4 only, primary addresses first. */
  readonly addresses: readonly { readonly cidr: string; readonly secondary: boolean }[];
}

/** One node's network, as far as it was seen. */
export interface SeenNode {
  readonly name: string;
  /** Its IPv4 InternalIPs, in the node's own order. */
  readonly internalIps: readonly string[];
  readonly nics: readonly SeenNic[];
  /** Routes of the table main. Undefined where they, or rules that come before them, are not known. */
  readonly routes: readonly NodeRoute[] | undefined;
}

/** The address that would be chosen; `none`: Calico finds none and stops; `unknown`: it cannot be told. */
export type Choice = { readonly address: string } | 'none' | 'unknown';

/** NICs that Calico passes by in every version that knows `cidr=`: bridges, tunnels and other things of its own. */
const OWN_NICS =
  /^(docker|cbr|dummy|podman|virbr|lxcbr|veth|lo|br-|cali|tunl|flannel|kube-ipvs|cni|vxlan\.calico|vxlan-v6\.calico|wireguard\.cali|wg-v6\.cali|nodelocaldns)/;

/** Gives the choice of a method that the installed version has (facts §2.1). Methods that nobody would set here: unknown. */
export function chosenBy(method: string, node: SeenNode): Choice {
  const at = method.indexOf('=');
  const name = at < 0 ? method : method.slice(0, at);
  const value = at < 0 ? '' : method.slice(at + 1);
  if (name === 'kubernetes-internal-ip') return byInternalIp(node);
  if (name === 'cidr') return byCidr(node, value.split(','));
  if (name === 'interface') return byInterface(node, value);
  if (name === 'can-reach') return byRoute(node, value);
  return 'unknown';
}

/** The first InternalIP. On no NIC it would be taken with a /32, which breaks pools that cross subnets. */
function byInternalIp({ internalIps, nics }: SeenNode): Choice {
  const [first] = internalIps;
  if (first === undefined) return 'none';
  return nics.some((nic) => nic.addresses.some(({ cidr }) => addressOf(cidr) === first)) ? { address: first } : 'none';
}

/** The first address inside any of the networks. Where more than one lies inside, the order decides: not relied upon. */
function byCidr({ nics }: SeenNode, networks: readonly string[]): Choice {
  const inside = (list: readonly SeenNic[]) =>
    new Set(
      list
        .flatMap((nic) => nic.addresses.map(({ cidr }) => addressOf(cidr)))
        .filter((ip) => networks.some((network) => cidrContains(network, ip))),
    );
  const all = [...inside(nics)];
  const [only, ...others] = all;
  if (only === undefined) return 'none';
  if (others.length > 0) return 'unknown';
  return inside(nics.filter((nic) => !OWN_NICS.test(nic.name))).has(only) ? { address: only } : 'unknown';
}

/** Expressions are joined with `|` and unanchored; NICs are walked from the highest index down; its first usable address. */
function byInterface({ nics }: SeenNode, value: string): Choice {
  let wanted: RegExp;
  try {
    wanted = new RegExp(value.split(',').join('|'));
  } catch {
    return 'unknown';
  }
  const matching = nics.filter((nic) => wanted.test(nic.name));
  if (matching.some((nic) => nic.index === undefined)) return 'unknown';
  for (const nic of [...matching].sort((a, b) => (b.index ?? 0) - (a.index ?? 0))) {
    const usable = nic.addresses.map(({ cidr }) => addressOf(cidr)).find(isGlobalUnicast);
    if (usable !== undefined) return { address: usable };
  }
  return 'none';
}

/** The kernel's source address towards a target: the target itself where the node holds it, else what its route says. */
function byRoute({ nics, routes }: SeenNode, target: string): Choice {
  if (routes === undefined || parseCidr(`${target}/32`) === undefined) return 'unknown';
  if (nics.some((nic) => nic.addresses.some(({ cidr }) => addressOf(cidr) === target))) return { address: target };
  const fitting = routes
    .filter(({ destination }) => destination === 'default' || cidrContains(destination, target))
    .sort((a, b) => bits(b) - bits(a) || (a.metric ?? 0) - (b.metric ?? 0));
  const [best] = fitting;
  if (best === undefined || best.type !== 'unicast') return 'none';
  // Two ways that are equally good, or several next hops: the kernel picks, and nobody here knows which.
  const rival = fitting[1];
  if (rival !== undefined && bits(rival) === bits(best) && (rival.metric ?? 0) === (best.metric ?? 0)) return 'unknown';
  if (best.source !== undefined) return { address: best.source };
  const nic = nics.find((one) => one.name === best.device);
  if (nic === undefined) return 'unknown';
  const primary = nic.addresses.filter((one) => !one.secondary);
  const near = primary.find(({ cidr }) => cidrContains(cidr, best.via ?? target)) ?? primary[0];
  return near === undefined ? 'unknown' : { address: addressOf(near.cidr) };
}

function bits({ destination }: NodeRoute): number {
  return destination === 'default' ? 0 : (parseCidr(destination)?.bits ?? 32);
}

function isGlobalUnicast(ip: string): boolean {
  const not = ['0.0.0.0/32', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32'];
  return !not.some((network) => cidrContains(network, ip));
}
