/** kube-proxy in nftables mode, and the host's own nftables rules, as `nft -j` prints them. */
import { chainHash } from './address.ts';
import { allBackends, type SimBackends } from './endpoints.ts';
import type { ClusterModel, SimNode } from './model.ts';
import { programmed } from './reach.ts';

type Json = Record<string, unknown>;
const META = { metainfo: { version: '1.0.9', release_name: 'Old Doc Yak #3', json_schema_version: 1 } };
const IN = { family: 'ip', table: 'kube-proxy' };

/** `nft -j list table ip kube-proxy`; undefined where the table does not exist. */
export function kubeProxyTable(model: ClusterModel, node: SimNode): string | undefined {
  if (model.proxy.mode !== 'nftables' || !programmed(model, node)) return undefined;
  return JSON.stringify({ nftables: [META, ...number(tableOf(model, node))] });
}

/** `nft -j list ruleset`: kube-proxy's table and the host's own. */
export function ruleset(model: ClusterModel, node: SimNode): string {
  const own: Json[] = [];
  const proxy = model.proxy.mode === 'nftables' && programmed(model, node) ? tableOf(model, node) : [];
  if (node.faults.firewallDrops !== undefined && model.proxy.mode === 'nftables') {
    own.push(...hostTable(node, node.faults.firewallDrops));
  }
  return JSON.stringify({ nftables: [META, ...number([...proxy, ...own])] });
}

function number(objects: Json[]): Json[] {
  return objects.map((object, index) => {
    const [kind, body] = Object.entries(object)[0] ?? ['', {}];
    return { [kind]: { ...(body as Json), handle: index + 1 } };
  });
}

function hostTable(node: SimNode, ports: number[]): Json[] {
  const base = { family: 'inet', table: 'host' };
  const nic = node.nics.find((one) => one.addresses.some((address) => address.cidr.startsWith(`${node.internalIp}/`)));
  return [
    { table: { family: 'inet', name: 'host' } },
    { chain: { ...base, name: 'early', type: 'filter', hook: 'prerouting', prio: -300, policy: 'accept' } },
    ...ports.map((port) => ({
      rule: {
        ...base,
        chain: 'early',
        expr: [
          { match: { op: '==', left: { meta: { key: 'iifname' } }, right: nic?.name ?? 'eth0' } },
          { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: port } },
          { drop: null },
        ],
      },
    })),
  ];
}

function tableOf(model: ClusterModel, node: SimNode): Json[] {
  const chains: Json[] = [
    chain('filter-input', { type: 'filter', hook: 'input', prio: -110, policy: 'accept' }),
    chain('nat-prerouting', { type: 'nat', hook: 'prerouting', prio: -100, policy: 'accept' }),
    chain('nat-output', { type: 'nat', hook: 'output', prio: -100, policy: 'accept' }),
    chain('nat-postrouting', { type: 'nat', hook: 'postrouting', prio: 100, policy: 'accept' }),
    chain('services'),
    chain('mark-for-masquerade'),
    chain('masquerading'),
    chain('reject-chain'),
  ];
  const rules: Json[] = [
    rule('mark-for-masquerade', [
      { mangle: { key: { meta: { key: 'mark' } }, value: { '|': [{ meta: { key: 'mark' } }, 16384] } } },
    ]),
    rule('reject-chain', [{ reject: null }]),
    rule('nat-prerouting', [{ jump: { target: 'services' } }]),
    rule('nat-output', [{ jump: { target: 'services' } }]),
    rule('nat-postrouting', [{ jump: { target: 'masquerading' } }]),
  ];
  const serviceIps: unknown[] = [];
  const nodePorts: unknown[] = [];
  const noServiceIps: unknown[] = [];
  const noNodePorts: unknown[] = [];
  for (const backends of allBackends(model)) {
    const { service, port, endpoints } = backends;
    const label = `${service.namespace}/${service.name}/tcp/${port.name ?? ''}`;
    const plain = `${service.namespace}/${service.name}${port.name === undefined ? '' : `:${port.name}`}`;
    if (endpoints.length === 0) {
      noServiceIps.push(noted([service.clusterIP, 'tcp', port.port], plain, { goto: { target: 'reject-chain' } }));
      if (port.nodePort !== undefined)
        noNodePorts.push(noted(['tcp', port.nodePort], plain, { goto: { target: 'reject-chain' } }));
      continue;
    }
    const name = `${chainHash(label).slice(0, 8)}-${label}`;
    serviceIps.push([{ concat: [service.clusterIP, 'tcp', port.port] }, { goto: { target: `service-${name}` } }]);
    const mine = endpoints.filter((one) => one.node === node.name);
    if (port.nodePort !== undefined && service.externalTrafficPolicy === 'Local' && mine.length === 0) {
      noNodePorts.push(noted(['tcp', port.nodePort], plain, { drop: null }));
    }
    if (port.nodePort !== undefined)
      nodePorts.push([{ concat: ['tcp', port.nodePort] }, { goto: { target: `external-${name}` } }]);
    addChains(backends, name, mine, chains, rules);
  }
  const any = (node.nodePortAddresses ?? model.proxy.nodePortAddresses).includes('0.0.0.0/0');
  rules.push(
    rule('services', [{ vmap: { key: concat('daddr'), data: '@service-ips' } }]),
    rule('services', [
      ...(any
        ? []
        : [{ match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right: '@nodeport-ips' } }]),
      { vmap: { key: concat(), data: '@service-nodeports' } },
    ]),
  );
  return [
    { table: { family: 'ip', name: 'kube-proxy' } },
    ...(any ? [] : [set('nodeport-ips', [node.internalIp])]),
    map('service-ips', ['ipv4_addr', 'inet_proto', 'inet_service'], serviceIps),
    map('service-nodeports', ['inet_proto', 'inet_service'], nodePorts),
    map('no-endpoint-services', ['ipv4_addr', 'inet_proto', 'inet_service'], noServiceIps),
    map('no-endpoint-nodeports', ['inet_proto', 'inet_service'], noNodePorts),
    ...chains,
    ...rules,
  ];
}

function addChains(
  backends: SimBackends,
  name: string,
  mine: SimBackends['endpoints'],
  chains: Json[],
  rules: Json[],
): void {
  const { port, endpoints, service } = backends;
  chains.push(chain(`service-${name}`));
  rules.push(rule(`service-${name}`, spread(name, endpoints)));
  for (const endpoint of endpoints) {
    const target = `endpoint-${name}__${endpoint.ip}/${endpoint.port}`;
    chains.push(chain(target));
    rules.push(
      rule(target, [
        { match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: endpoint.ip } },
        { jump: { target: 'mark-for-masquerade' } },
      ]),
      rule(target, [
        { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'tcp' } },
        { dnat: { addr: endpoint.ip, port: endpoint.port } },
      ]),
    );
  }
  if (port.nodePort === undefined) return;
  chains.push(chain(`external-${name}`));
  if (service.externalTrafficPolicy !== 'Local') {
    rules.push(
      rule(`external-${name}`, [{ jump: { target: 'mark-for-masquerade' } }]),
      rule(`external-${name}`, [{ goto: { target: `service-${name}` } }]),
    );
    return;
  }
  rules.push(
    rule(`external-${name}`, [
      { match: { op: '==', left: { fib: { result: 'type', flags: ['saddr'] } }, right: 'local' } },
      { goto: { target: `service-${name}` } },
    ]),
  );
  if (mine.length === 0) return;
  chains.push(chain(`local-${name}`));
  rules.push(
    rule(`external-${name}`, [{ goto: { target: `local-${name}` } }]),
    rule(`local-${name}`, spread(name, mine)),
  );
}

function spread(name: string, endpoints: { ip: string; port: number }[]): Json[] {
  const elements = endpoints.map((one, index) => [
    index,
    { goto: { target: `endpoint-${name}__${one.ip}/${one.port}` } },
  ]);
  return [{ vmap: { key: { numgen: { mode: 'random', mod: endpoints.length, offset: 0 } }, data: { set: elements } } }];
}

function concat(first?: 'daddr'): Json {
  const head = first === undefined ? [] : [{ payload: { protocol: 'ip', field: first } }];
  return { concat: [...head, { meta: { key: 'l4proto' } }, { payload: { protocol: 'th', field: 'dport' } }] };
}

function noted(key: unknown[], comment: string, verdict: Json): unknown {
  return [{ elem: { val: { concat: key }, comment } }, verdict];
}

const chain = (name: string, base: Json = {}): Json => ({ chain: { ...IN, name, ...base } });
const rule = (name: string, expr: Json[]): Json => ({ rule: { ...IN, chain: name, expr } });
const set = (name: string, elem: unknown[]): Json => ({ set: { ...IN, name, type: 'ipv4_addr', elem } });
const map = (name: string, type: string[], elem: unknown[]): Json => ({
  map: { ...IN, name, type, map: 'verdict', ...(elem.length === 0 ? {} : { elem }) },
});
