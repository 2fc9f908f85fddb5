/** The interfaces of a node, physical and virtual, and what `ip link`, `ip address`, `ip neighbour` and `ip rule` print about them. */
import { atLeast, broadcastOf, digest, hostOf, macOf, within } from './address.ts';
import { podsOfNode } from './lookups.ts';
import type { ClusterModel, SimNode, SimPod } from './model.ts';

export interface Link {
  name: string;
  ifindex: number;
  /** As `ip` prints it: `tunl0@NONE`. */
  shown: string;
  flags: string;
  state: 'UP' | 'DOWN' | 'UNKNOWN';
  mtu: number;
  kind: string;
  addresses: { cidr: string; brd?: string; secondary: boolean; scope: 'global' | 'host' }[];
}

/** The name of the host's end of a Pod's veth pair. */
export function caliName(pod: SimPod): string {
  return `cali${digest(`${pod.namespace}.${pod.name}`).slice(0, 11)}`;
}

/** Pods with a network namespace of their own that run on the node now. */
export function podsOn(model: ClusterModel, node: SimNode): SimPod[] {
  if (!node.containersRun) return [];
  return podsOfNode(model, node).filter((pod) => pod.phase === 'Running' && !pod.hostNetwork);
}

/** All ClusterIPs, each once, or only that of the first Service. */
export function clusterIps(model: ClusterModel, first = false): string[] {
  const services = first ? model.services.slice(0, 1) : model.services;
  return [...new Set(services.map((service) => service.clusterIP).filter((ip) => ip !== 'None'))];
}

/**
 * The node's links by index: loopback, NICs, then what docker, kube-proxy and Calico create, then one per local Pod.
 * `brief` leaves out the Pods' and all but one of kube-proxy's addresses: enough for those who look at the others.
 */
export function linksOf(model: ClusterModel, node: SimNode, brief = false): Link[] {
  const links: Link[] = [
    { ...ether('lo', 1), flags: 'LOOPBACK,UP,LOWER_UP', state: 'UNKNOWN', mtu: 65_536, kind: 'loopback' },
  ];
  links[0]?.addresses.push({ cidr: '127.0.0.1/8', secondary: false, scope: 'host' });
  for (const nic of node.nics) {
    const link = { ...ether(nic.name, nic.ifindex), mtu: nic.mtu ?? 1500 };
    link.addresses = nic.addresses.map((address) => ({
      cidr: address.cidr,
      secondary: address.secondary === true,
      scope: 'global' as const,
      ...(address.secondary === true ? {} : { brd: broadcastOf(address.cidr) }),
    }));
    links.push(link);
  }
  let index = Math.max(...links.map((link) => link.ifindex));
  const add = (link: Link): void => {
    index += 1;
    links.push({ ...link, ifindex: index });
  };
  if (node.runtime.startsWith('docker')) {
    const docker: Link = { ...ether('docker0', 0), flags: 'NO-CARRIER,BROADCAST,MULTICAST,UP', state: 'DOWN' };
    docker.addresses.push({ cidr: '172.17.0.1/16', brd: '172.17.255.255', secondary: false, scope: 'global' });
    add(docker);
  }
  if (!node.containersRun) return links;
  addProxyLinks(model, node, add, brief);
  addCalicoLinks(model, node, add, brief);
  return links;
}

function addProxyLinks(model: ClusterModel, node: SimNode, add: (link: Link) => void, brief: boolean): void {
  if (model.proxy.mode !== 'ipvs' || node.faults.kubeProxyDown === true) return;
  add({ ...ether('dummy0', 0), flags: 'BROADCAST,NOARP', state: 'DOWN' });
  const link: Link = { ...ether('kube-ipvs0', 0), flags: 'BROADCAST,NOARP', state: 'DOWN' };
  link.addresses = clusterIps(model, brief).map((ip) => ({
    cidr: `${ip}/32`,
    brd: ip,
    secondary: false,
    scope: 'global',
  }));
  add(link);
}

function addCalicoLinks(model: ClusterModel, node: SimNode, add: (link: Link) => void, brief: boolean): void {
  const tunnel = {
    cidr: `${node.tunnelAddress}/32`,
    brd: node.tunnelAddress,
    secondary: false,
    scope: 'global' as const,
  };
  const mtu = model.calico.encapsulation === 'none' ? 1500 : model.calico.encapsulation === 'ipip' ? 1480 : 1450;
  if (model.calico.encapsulation === 'ipip') {
    const link: Link = { ...ether('tunl0', 0), shown: 'tunl0@NONE', flags: 'NOARP,UP,LOWER_UP', state: 'UNKNOWN', mtu };
    add({ ...link, kind: 'ipip', addresses: [tunnel] });
  }
  if (model.calico.encapsulation === 'vxlan') {
    add({ ...ether('vxlan.calico', 0), state: 'UNKNOWN', mtu, addresses: [tunnel] });
  }
  for (const pod of brief ? [] : podsOn(model, node))
    add({ ...ether(caliName(pod), 0), shown: `${caliName(pod)}@if4`, mtu });
}

function ether(name: string, ifindex: number): Link {
  const flags = 'BROADCAST,MULTICAST,UP,LOWER_UP';
  return { name, ifindex, shown: name, flags, state: 'UP', mtu: 1500, kind: 'ether', addresses: [] };
}

/** `ip -o link show`. */
export function linkText(node: SimNode, links: Link[]): string {
  return lines(
    links.map((link) => {
      const qdisc =
        link.kind === 'ether' && link.state === 'UP' && !link.name.startsWith('cali') ? 'fq_codel' : 'noqueue';
      const mac = link.name.startsWith('cali') ? 'ee:ee:ee:ee:ee:ee' : macOf(`${node.name}/${link.name}`);
      const address = {
        loopback: 'link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
        ipip: 'link/ipip 0.0.0.0 brd 0.0.0.0',
        ether: `link/ether ${mac} brd ff:ff:ff:ff:ff:ff`,
      }[link.kind];
      const netns = link.name.startsWith('cali') ? ' link-netnsid 0' : '';
      return `${link.ifindex}: ${link.shown}: <${link.flags}> mtu ${link.mtu} qdisc ${qdisc} state ${link.state} mode DEFAULT group default qlen 1000\\    ${address}${netns}`;
    }),
  );
}

/** `ip -o address show`. */
export function addressText(links: Link[]): string {
  return lines(
    links.flatMap((link) =>
      link.addresses.map((address) => {
        const brd = address.brd === undefined ? '' : ` brd ${address.brd}`;
        const secondary = address.secondary ? ' secondary' : '';
        return `${link.ifindex}: ${link.name}    inet ${address.cidr}${brd} scope ${address.scope}${secondary} ${link.name}\\       valid_lft forever preferred_lft forever`;
      }),
    ),
  );
}

/** `ip rule show`. */
export function ruleText(): string {
  return lines(['0:	from all lookup local ', '32766:	from all lookup main ', '32767:	from all lookup default ']);
}

/** `ip neighbour show`: the other nodes on the same segments, the gateway, and the local Pods. */
export function neighbourText(model: ClusterModel, node: SimNode): string {
  const out: string[] = [];
  for (const nic of node.nics) {
    const network = nic.addresses[0]?.cidr;
    if (network !== undefined && within(network, node.gateway)) {
      out.push(`${node.gateway} dev ${nic.name} lladdr ${macOf(`gateway/${nic.lan}`)} REACHABLE`);
    }
    for (const other of model.nodes.slice(0, 300)) {
      if (other.name === node.name) continue;
      for (const theirs of other.nics.filter((one) => one.lan === nic.lan)) {
        for (const address of theirs.addresses) {
          const mac = macOf(`${other.name}/${theirs.name}`);
          out.push(`${hostOf(address.cidr)} dev ${nic.name} lladdr ${mac} REACHABLE`);
        }
      }
    }
  }
  for (const pod of podsOn(model, node)) {
    out.push(`${pod.ip} dev ${caliName(pod)} lladdr ${macOf(pod.name)} STALE`);
  }
  return lines(out);
}

/** iproute2 before 2018 separated attributes by two spaces. */
export function oldTools(node: SimNode): boolean {
  const release = /Ubuntu (\d+\.\d+)/.exec(node.os)?.[1];
  return release !== undefined && !atLeast(release, '18.04');
}

/** Lines as programs print them, or nothing. */
export function lines(all: string[]): string {
  return all.length === 0 ? '' : `${all.join('\n')}\n`;
}
