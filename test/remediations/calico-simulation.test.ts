/** What each method would choose on a node, in plain cases; most of them are traps. */
import { describe, expect, test } from 'vitest';
import type { NodeRoute } from '../../src/core/evidence/node-network.ts';
import { chosenBy, type SeenNode } from '../../src/remediations/calico-simulation.ts';

const route = (destination: string, more: Partial<NodeRoute> = {}): NodeRoute => ({
  type: 'unicast',
  destination,
  onlink: false,
  ...more,
});
const nic = (name: string, index: number | undefined, ...cidrs: string[]): SeenNode['nics'][number] => ({
  name,
  index,
  addresses: cidrs.map((cidr, i) => ({ cidr, secondary: i > 0 })),
});
/** k8smater1: its own address, a VIP on the same NIC, and a storage NIC that was added later. */
const MATER1: SeenNode = {
  name: 'k8smater1',
  internalIps: ['172.17.73.66'],
  nics: [
    nic('lo', 1, '127.0.0.1/8'),
    nic('ens18', 2, '172.17.73.66/22', '172.17.73.63/22'),
    nic('ens19', 3, '10.0.0.66/24'),
  ],
  routes: [
    route('default', { via: '172.17.72.1', device: 'ens18' }),
    route('172.17.72.0/22', { device: 'ens18', source: '172.17.73.66' }),
    route('10.0.0.0/24', { device: 'ens19', source: '10.0.0.66' }),
  ],
};
const with_ = (change: Partial<SeenNode>): SeenNode => ({ ...MATER1, ...change });

describe('chosenBy', () => {
  const cases: readonly (readonly [what: string, method: string, node: SeenNode, chosen: string])[] = [
    ['the gateway of the LAN', 'can-reach=172.17.72.1', MATER1, '172.17.73.66'],
    ['an address outside goes by the default route', 'can-reach=8.8.8.8', MATER1, '172.17.73.66'],
    ['a VIP that the node itself holds: the kernel answers with it', 'can-reach=172.17.73.63', MATER1, '172.17.73.63'],
    ['a host of the storage network', 'can-reach=10.0.0.1', MATER1, '10.0.0.66'],
    ['a name: needs DNS', 'can-reach=gw.example', MATER1, 'unknown'],
    ['routes that were not seen', 'can-reach=172.17.72.1', with_({ routes: undefined }), 'unknown'],
    ['no route at all', 'can-reach=8.8.8.8', with_({ routes: [route('10.0.0.0/24', { device: 'ens19' })] }), 'none'],
    [
      'two default routes that are equally good',
      'can-reach=8.8.8.8',
      with_({
        routes: [
          route('default', { via: '172.17.72.1', device: 'ens18' }),
          route('default', { via: '10.0.0.1', device: 'ens19' }),
        ],
      }),
      'unknown',
    ],
    [
      'the lower metric wins',
      'can-reach=8.8.8.8',
      with_({
        routes: [
          route('default', { via: '172.17.72.1', device: 'ens18', metric: 200 }),
          route('default', { via: '10.0.0.1', device: 'ens19', metric: 100 }),
        ],
      }),
      '10.0.0.66',
    ],
    ['a blackhole', 'can-reach=8.8.8.8', with_({ routes: [route('default', { type: 'blackhole' })] }), 'none'],
    ['the NIC by its name', 'interface=ens18', MATER1, '172.17.73.66'],
    ['expressions are not anchored: the highest index wins', 'interface=ens', MATER1, '10.0.0.66'],
    ['a part of another name', 'interface=ens1', MATER1, '10.0.0.66'],
    ['anchored', 'interface=^ens18$', MATER1, '172.17.73.66'],
    [
      'a VLAN on the NIC has its name in its own',
      'interface=ens18',
      with_({ nics: [...MATER1.nics, nic('ens18.100', 9, '10.9.0.4/24')] }),
      '10.9.0.4',
    ],
    ['no such NIC', 'interface=eth0', MATER1, 'none'],
    ['an expression that is none', 'interface=[', MATER1, 'unknown'],
    [
      'NICs without their order',
      'interface=ens18',
      with_({ nics: [nic('ens18', undefined, '172.17.73.66/22')] }),
      'unknown',
    ],
    ['a VIP in the network makes cidr= a gamble', 'cidr=172.17.72.0/22', MATER1, 'unknown'],
    ['one address in the network', 'cidr=10.0.0.0/24', MATER1, '10.0.0.66'],
    ['no address in the network', 'cidr=192.168.0.0/16', MATER1, 'none'],
    [
      'an address on a NIC that Calico passes by',
      'cidr=172.18.0.0/16',
      with_({ nics: [nic('docker0', 4, '172.18.0.1/16')] }),
      'unknown',
    ],
    ['the InternalIP', 'kubernetes-internal-ip', MATER1, '172.17.73.66'],
    ['an InternalIP that no NIC has', 'kubernetes-internal-ip', with_({ internalIps: ['192.0.2.9'] }), 'none'],
    ['a method that nobody sets here', 'first-found', MATER1, 'unknown'],
  ];
  test.each(cases)('%s', (_, method, node, chosen) => {
    const choice = chosenBy(method, node);
    expect(typeof choice === 'string' ? choice : choice.address).toBe(chosen);
  });
});
