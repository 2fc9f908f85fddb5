/** How calico-node of a given version picks its IPv4 address (node/pkg/lifecycle/startup/autodetection; facts §2.1). */
import { atLeast, hostOf, number4, prefixOf, within } from './address.ts';
import type { Calico, SimNode } from './model.ts';

/** An interface as Calico sees it, in the order of the kernel's list. */
export interface Candidate {
  name: string;
  ifindex: number;
  cidrs: string[];
}

/** What was chosen and the line that the log gets for it. */
export interface Detection {
  cidr?: string;
  interface?: string;
  log: string;
}

const OLD_EXCLUDES = 'docker.* cbr.* dummy.* virbr.* lxcbr.* veth.* lo cali.* tunl.* flannel.* kube-ipvs.*'.split(' ');
const NEW_EXCLUDES = [
  '^docker.*,^cbr.*,^dummy.*,^podman.*,^virbr.*,^lxcbr.*,^veth.*,^lo,^br-.*,^cali.*,^tunl.*,^flannel.*',
  '^kube-ipvs.*,^cni.*,^vxlan\\.calico.*,^vxlan-v6\\.calico.*,^wireguard\\.cali.*,^wg-v6\\.cali.*,^nodelocaldns.*',
].flatMap((list) => list.split(','));

/** The exclude list of a version. Up to v3.14 (the last one known to have it) the expressions were not anchored. */
export function excludes(version: string): string[] {
  return atLeast(version, '3.16.0') ? NEW_EXCLUDES : OLD_EXCLUDES;
}

/** Methods by the first version that has them. */
const SINCE: [prefix: string, version: string][] = [
  ['first-found', '0.0.0'],
  ['can-reach=', '0.0.0'],
  ['interface=', '0.0.0'],
  ['skip-interface=', '0.0.0'],
  ['cidr=', '3.16.0'],
  ['kubernetes-internal-ip', '3.22.0'],
];

/** Whether a version knows a method; calico-node terminates on one that it does not know. */
export function knowsMethod(version: string, method: string): boolean {
  return SINCE.some(([prefix, since]) => method.startsWith(prefix) && atLeast(version, since));
}

/** The address that a calico-node starting now on this node would take. */
export function autodetect(calico: Pick<Calico, 'version' | 'env'>, node: SimNode, interfaces: Candidate[]): Detection {
  const method = calico.env['IP_AUTODETECTION_METHOD'] ?? 'first-found';
  if (!knowsMethod(calico.version, method)) return { log: `Invalid IP autodetection method: ${method}` };
  const value = method.slice(method.indexOf('=') + 1);
  if (method.startsWith('can-reach=')) return canReach(node, value);
  if (method.startsWith('interface=')) return byInterface(interfaces, value);
  if (method.startsWith('cidr=')) return byCidr(interfaces, calico.version, value);
  if (method === 'kubernetes-internal-ip') return internalIp(node, interfaces);
  const extra = method.startsWith('skip-interface=') ? value.split(',') : [];
  return firstFound(interfaces, [...excludes(calico.version), ...extra]);
}

/** From the highest index down, since "first" kept the order of older versions. */
function reversed(interfaces: Candidate[]): Candidate[] {
  return [...interfaces].sort((a, b) => b.ifindex - a.ifindex);
}

function firstFound(interfaces: Candidate[], skip: string[]): Detection {
  const skipped = new RegExp(`(${skip.join(')|(')})`);
  for (const nic of reversed(interfaces)) {
    const cidr = nic.cidrs.find(globalUnicast);
    if (!skipped.test(nic.name) && cidr !== undefined) {
      return { cidr, interface: nic.name, log: `Using autodetected IPv4 address on interface ${nic.name}: ${cidr}` };
    }
  }
  return { log: 'Unable to auto-detect an IPv4 address: no valid host interfaces found' };
}

function byInterface(interfaces: Candidate[], value: string): Detection {
  const wanted = new RegExp(`(${value.split(',').join(')|(')})`);
  for (const nic of reversed(interfaces)) {
    const cidr = nic.cidrs.find(globalUnicast);
    if (wanted.test(nic.name) && cidr !== undefined) {
      return {
        cidr,
        interface: nic.name,
        log: `Using autodetected IPv4 address ${cidr} on matching interface ${nic.name}`,
      };
    }
  }
  return { log: `Unable to auto-detect IPv4 address by interface ${value}` };
}

function byCidr(interfaces: Candidate[], version: string, value: string): Detection {
  const skipped = new RegExp(`(${excludes(version).join(')|(')})`);
  for (const nic of reversed(interfaces).filter((one) => !skipped.test(one.name))) {
    const cidr = nic.cidrs.find((one) => value.split(',').some((wanted) => within(wanted, hostOf(one))));
    if (cidr !== undefined) {
      const log = `Using autodetected IPv4 address on interface ${nic.name}: ${cidr} matching cidrs [${value}]`;
      return { cidr, interface: nic.name, log };
    }
  }
  return { log: `Unable to auto-detect IPv4 address using CIDRs ${value}` };
}

/** The source address that the kernel would use; for an address of this very node that is the address itself. */
function canReach(node: SimNode, target: string): Detection {
  const own = node.nics.flatMap((nic) => nic.addresses.map((address) => ({ nic, cidr: address.cidr })));
  const chosen =
    own.find((one) => hostOf(one.cidr) === target) ??
    own.find((one) => within(one.cidr, target)) ??
    own.find((one) => within(one.cidr, node.gateway));
  if (chosen === undefined) return { log: `Unable to auto-detect IPv4 address by connecting to ${target}` };
  return {
    cidr: chosen.cidr,
    interface: chosen.nic.name,
    log: `Using autodetected IPv4 address ${chosen.cidr}, detected by connecting to ${target}`,
  };
}

function internalIp(node: SimNode, interfaces: Candidate[]): Detection {
  for (const nic of interfaces) {
    const cidr = nic.cidrs.find((one) => hostOf(one) === node.internalIp);
    if (cidr !== undefined) return { cidr, interface: nic.name, log: `Using autodetected IPv4 address ${cidr}` };
  }
  return { cidr: node.internalIp, log: `Unable to find matching host interface for IP ${node.internalIp}` };
}

function globalUnicast(cidr: string): boolean {
  const value = number4(cidr);
  return prefixOf(cidr) <= 32 && !within('127.0.0.0/8', cidr) && !within('169.254.0.0/16', cidr) && value < 0xe0000000;
}
