import { describe, expect, test } from 'vitest';
import {
  parseInterfaces,
  parseNeighbours,
  parseRouteGet,
  parseRoutes,
  parseRules,
} from '../../../src/agent/parse/iproute.ts';
import { iprouteOutput } from '../support/fixture.ts';

const captured = (command: string): string => iprouteOutput(command).stdout;

describe('interfaces', () => {
  const interfaces = parseInterfaces(captured('-o link show'), captured('-o address show'));
  const byName = new Map(interfaces.map((one) => [one.name, one]));

  test('are all there, by index, without the name of their peer', () => {
    const names = ['lo', 'p18', 'ens18', 'p19', 'ens19', 'cali123abc', 'vethx', 'pt', 'tunl9'];
    expect(interfaces.map((one) => one.name)).toEqual(names);
  });

  test('carry index, state, MTU, MAC and addresses with scope; a second address is secondary', () => {
    expect(byName.get('ens18')).toEqual({
      name: 'ens18',
      index: 3,
      state: 'UP',
      noCarrier: false,
      mtu: 1500,
      mac: 'ce:9c:c4:5d:3d:af',
      addresses: [
        { cidr: '172.17.73.66/22', family: 4, scope: 'global', secondary: false },
        { cidr: '172.17.73.63/22', family: 4, scope: 'global', secondary: true },
        { cidr: 'fd00:1::66/64', family: 6, scope: 'global', secondary: false },
        { cidr: 'fe80::cc9c:c4ff:fe5d:3daf/64', family: 6, scope: 'link', secondary: false },
      ],
    });
  });

  test('without carrier say so', () => {
    expect(byName.get('cali123abc')).toMatchObject({ state: 'LOWERLAYERDOWN', noCarrier: true });
  });

  test('with a peer address carry their own address', () => {
    expect(byName.get('tunl9')?.addresses.map((one) => one.cidr)).toContain('10.1.1.1/32');
  });

  test('of the iproute2 of Ubuntu 16.04 are read as well', () => {
    const link =
      '5: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1440 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1\\    link/ipip 0.0.0.0 brd 0.0.0.0';
    const address =
      '5: tunl0    inet 10.109.169.0/32 scope global tunl0\\       valid_lft forever preferred_lft forever';
    expect(parseInterfaces(link, address)).toEqual([
      {
        name: 'tunl0',
        index: 5,
        state: 'UNKNOWN',
        noCarrier: false,
        mtu: 1440,
        addresses: [{ cidr: '10.109.169.0/32', family: 4, scope: 'global', secondary: false }],
      },
    ]);
  });

  test('text that is none gives none', () => {
    expect(parseInterfaces('Error: something\n', '')).toEqual([]);
  });
});

describe('routes', () => {
  const routes = parseRoutes(captured('route show table all'));
  const find = (destination: string): unknown => routes.find((route) => route.destination === destination);

  test.each([
    ['the default route', 'default', { type: 'unicast', via: '172.17.72.1', device: 'ens18', onlink: false }],
    [
      "BIRD's route over the tunnel",
      '10.109.209.192/26',
      { via: '172.17.73.65', device: 'tunl9', protocol: 'bird', onlink: true },
    ],
    ["Calico's blackhole of its own block", '10.109.169.0/26', { type: 'blackhole', protocol: '80' }],
    ['a route of another table', '10.50.0.0/16', { table: '100', metric: 33, via: '10.0.0.9', device: 'ens19' }],
    ['a local address', '172.17.73.63', { type: 'local', table: 'local', source: '172.17.73.66', scope: 'host' }],
    ['an IPv6 network', 'fd00:1::/64', { device: 'ens18', protocol: 'kernel', metric: 256 }],
  ])('%s', (_, destination, expected) => {
    expect(find(destination)).toMatchObject(expected);
  });

  test('a multipath route is one entry for each next hop, and none without a way', () => {
    const hops = routes.filter((route) => route.destination === '10.7.0.0/16');
    expect(hops.map((hop) => [hop.via, hop.device])).toEqual([
      ['172.17.72.2', 'ens18'],
      ['10.0.0.9', 'ens19'],
    ]);
  });

  test('every line of the capture is a route, and nothing is invented', () => {
    const lines = captured('route show table all')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.includes('nexthop'));
    // One line is the head of the multipath route with two hops.
    expect(routes).toHaveLength(lines.length + 1);
  });

  test('a next hop of the other family keeps its address', () => {
    expect(parseRoutes('10.8.0.0/16 via inet6 fe80::1 dev ens18 proto static')).toMatchObject([
      { via: 'fe80::1', device: 'ens18', protocol: 'static' },
    ]);
  });
});

test('rules: priority, selector, action', () => {
  expect(parseRules(captured('rule show'))).toEqual([
    { priority: 0, selector: 'from all', action: 'lookup local' },
    { priority: 500, selector: 'from all fwmark 0x10', action: 'lookup 100' },
    { priority: 32766, selector: 'from all', action: 'lookup main' },
    { priority: 32767, selector: 'from all', action: 'lookup default' },
  ]);
});

test('neighbours: address, device, MAC where known, state', () => {
  const text = `${captured('neighbour show')}192.0.2.9 dev eth0  FAILED\nfe80::1 dev eth0 lladdr 02:fc:00:00:00:05 router REACHABLE\n`;
  expect(parseNeighbours(text)).toEqual([
    { ip: '172.17.73.65', device: 'ens18', mac: '02:00:00:00:00:65', state: 'PERMANENT' },
    { ip: '192.0.2.9', device: 'eth0', state: 'FAILED' },
    { ip: 'fe80::1', device: 'eth0', mac: '02:fc:00:00:00:05', state: 'REACHABLE' },
  ]);
});

describe('route get', () => {
  test.each([
    [
      'a Pod over the tunnel',
      '10.109.209.196',
      { via: '172.17.73.65', device: 'tunl9', source: '10.109.169.1', local: false },
    ],
    ['an address of the host', '172.17.73.66', { device: 'lo', source: '172.17.73.66', local: true }],
    ['a blackhole', '10.109.169.9', { local: false, error: 'Invalid argument' }],
    ['an IPv6 neighbour', 'fd00:1::9', { device: 'ens18', source: 'fd00:1::66', local: false }],
  ])('%s', (_, to, expected) => {
    expect(parseRouteGet(to, iprouteOutput(`route get ${to}`))).toEqual({ to, ...expected });
  });

  test('no route at all', () => {
    const result = { code: 2, stdout: '', stderr: 'RTNETLINK answers: Network is unreachable\n' };
    expect(parseRouteGet('10.1.1.1', result)).toEqual({
      to: '10.1.1.1',
      local: false,
      error: 'Network is unreachable',
    });
  });

  test('an unreachable route that is printed with code 0', () => {
    const result = { code: 0, stdout: 'unreachable 10.1.1.1 dev lo src 10.0.0.1 uid 0\n', stderr: '' };
    expect(parseRouteGet('10.1.1.1', result)).toMatchObject({
      local: false,
      error: 'the route is of type unreachable',
    });
  });
});
