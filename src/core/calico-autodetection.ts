/** Which of Calico's address autodetection methods exist in which version, and which of them fits a cluster's nodes. */
import { cidrContains, parseCidr } from './ip.ts';

/** A version as numbers; undefined where a tag is none (`master`, a digest). */
export interface CalicoVersion {
  readonly major: number;
  readonly minor: number;
}

/** Parses `v3.9.5`, `3.14.0`, `v3.26.1-eksbuild.2`. */
export function parseCalicoVersion(text: string | undefined): CalicoVersion | undefined {
  const match = /^v?(\d+)\.(\d+)/.exec(text ?? '');
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

/** True where the version is at least `major.minor`; false where it is unknown. */
export function atLeast(version: CalicoVersion | undefined, major: number, minor: number): boolean {
  return version !== undefined && (version.major > major || (version.major === major && version.minor >= minor));
}

/** First tags seen with a method: projectcalico/calico autodetection_methods.go, facts §2.1. */
export function supportsMethod(version: CalicoVersion | undefined, method: string): boolean {
  const name = method.split('=')[0] ?? '';
  if (name === 'cidr') return atLeast(version, 3, 16);
  if (name === 'kubernetes-internal-ip') return atLeast(version, 3, 22);
  return ['', 'first-found', 'can-reach', 'interface', 'skip-interface'].includes(name);
}

/** From v3.16 on a running calico-node looks again every 60 s; before, only when its container starts. */
export function redetectsWhileRunning(version: CalicoVersion | undefined): boolean {
  return atLeast(version, 3, 16);
}

/** A node as the choice of a method needs it. `nics` is undefined where no agent answered. */
export interface NodeAddresses {
  readonly name: string;
  readonly internalIp: string;
  readonly nics: readonly { readonly name: string; readonly cidrs: readonly string[] }[] | undefined;
  /** Next hop of the default route, where it is known. */
  readonly gateway: string | undefined;
}

/** A method with its reason, as ids that the rule's texts know. */
export interface MethodChoice {
  readonly method: string;
  readonly why: 'internal-ip' | 'cidr' | 'can-reach' | 'interface' | 'unknown';
  /** Nodes of which nobody could see the NICs: the choice is unproven there. */
  readonly unseen: readonly string[];
}

/**
 * Chooses the method that gives every node its InternalIP: by InternalIP where the version can, else by the nodes' own
 * network, else by the LAN's gateway (never an address that a node holds: the kernel would answer with that very
 * address), else by the NIC's name where all nodes share it.
 */
export function chooseMethod(version: CalicoVersion | undefined, nodes: readonly NodeAddresses[]): MethodChoice {
  const unseen = nodes.filter((node) => node.nics === undefined).map((node) => node.name);
  if (supportsMethod(version, 'kubernetes-internal-ip'))
    return { method: 'kubernetes-internal-ip', why: 'internal-ip', unseen };
  const networks = [...new Set(nodes.flatMap((node) => networkOf(node) ?? []))].sort();
  if (supportsMethod(version, 'cidr=') && networks.length > 0 && onlyInternal(nodes, networks)) {
    return { method: `cidr=${networks.join(',')}`, why: 'cidr', unseen };
  }
  const gateway = sharedGateway(nodes, networks);
  if (gateway !== undefined) return { method: `can-reach=${gateway}`, why: 'can-reach', unseen };
  const nic = sharedNic(nodes);
  return nic === undefined
    ? { method: '', why: 'unknown', unseen }
    : { method: `interface=${nic}`, why: 'interface', unseen };
}

/** The network of a node's InternalIP, from its own NICs: `172.17.72.0/22`. */
function networkOf(node: NodeAddresses): string | undefined {
  for (const nic of node.nics ?? []) {
    for (const cidr of nic.cidrs) {
      if (cidr.split('/')[0] !== node.internalIp) continue;
      const net = parseCidr(cidr);
      if (net?.family === 4) return `${v4(net.base)}/${net.bits}`;
    }
  }
  return undefined;
}

function v4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
}

/** True where each node's only address inside the networks is its InternalIP (a VIP in the LAN makes cidr= a gamble). */
function onlyInternal(nodes: readonly NodeAddresses[], networks: readonly string[]): boolean {
  return nodes.every((node) =>
    (node.nics ?? []).every((nic) =>
      nic.cidrs.every(
        (cidr) =>
          cidr.split('/')[0] === node.internalIp || !networks.some((n) => cidrContains(n, cidr.split('/')[0] ?? '')),
      ),
    ),
  );
}

/** The default gateway that all seen nodes share, inside a node network and held by no node. */
function sharedGateway(nodes: readonly NodeAddresses[], networks: readonly string[]): string | undefined {
  const gateways = [...new Set(nodes.flatMap((node) => node.gateway ?? []))];
  const [gateway] = gateways;
  if (gateway === undefined || gateways.length !== 1) return undefined;
  const held = nodes.some(
    (node) =>
      node.internalIp === gateway ||
      (node.nics ?? []).some((nic) => nic.cidrs.some((c) => c.split('/')[0] === gateway)),
  );
  const inside = networks.length > 0 && networks.every((n) => cidrContains(n, gateway));
  const all = networks.length === 1 && nodes.every((node) => cidrContains(networks[0] ?? '', node.internalIp));
  return held || !inside || !all ? undefined : gateway;
}

function sharedNic(nodes: readonly NodeAddresses[]): string | undefined {
  if (nodes.some((node) => node.nics === undefined)) return undefined;
  const names = new Set(
    nodes.map((node) => node.nics?.find((nic) => nic.cidrs.some((c) => c.split('/')[0] === node.internalIp))?.name),
  );
  const [name] = names;
  return names.size === 1 ? name : undefined;
}
