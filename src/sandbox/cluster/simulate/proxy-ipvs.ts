/** kube-proxy in ipvs mode: `/proc/net/ip_vs`. Layout as in net/netfilter/ipvs/ip_vs_ctl.c. */
import { hexBig, hexPort, prefixOf } from './address.ts';
import { allBackends, type SimBackends } from './endpoints.ts';
import { linksOf } from './links.ts';
import type { ClusterModel, SimNode } from './model.ts';
import { programmed, serves } from './reach.ts';

/** The table of virtual servers, or undefined where the module is not loaded. */
export function ipvsTable(model: ClusterModel, node: SimNode): string | undefined {
  if (model.proxy.mode !== 'ipvs') return undefined;
  const head = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
  ];
  if (!programmed(model, node)) return `${head.join('\n')}\n`;
  const body: string[] = [];
  const addresses = nodePortAddresses(model, node);
  for (const backends of allBackends(model)) {
    const { service, port } = backends;
    body.push(...server(service.clusterIP, port.port, backends.endpoints));
    if (port.nodePort === undefined) continue;
    for (const address of addresses) {
      body.push(...server(address, port.nodePort, nodePortEndpoints(backends, node)));
    }
  }
  return `${[...head, ...body].join('\n')}\n`;
}

/** kube-proxy binds NodePorts to every local address but those of its own dummy device; 127.0.0.1 among them, to no avail. */
function nodePortAddresses(model: ClusterModel, node: SimNode): string[] {
  const own = linksOf(model, node)
    .filter((link) => link.name !== 'kube-ipvs0')
    .flatMap((link) => link.addresses)
    .filter((address) => prefixOf(address.cidr) > 0)
    .map((address) => address.cidr.split('/')[0] ?? '');
  return own.filter((address) => address === '127.0.0.1' || serves(model, node, address));
}

function nodePortEndpoints(backends: SimBackends, node: SimNode): { ip: string; port: number }[] {
  if (backends.service.externalTrafficPolicy !== 'Local') return backends.endpoints;
  return backends.endpoints.filter((endpoint) => endpoint.node === node.name);
}

function server(address: string, port: number, destinations: { ip: string; port: number }[]): string[] {
  return [
    `TCP  ${hexBig(address)}:${hexPort(port)} rr `,
    ...destinations.map(
      (one) => `  -> ${hexBig(one.ip)}:${hexPort(one.port)}      Masq    1      0          0         `,
    ),
  ];
}
