/** What a large cluster's question leaves out of routes, sessions and interfaces, and what it must not leave out. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnyProbe } from '../../src/agent/probe.ts';
import { PROBES } from '../../src/agent/probes/index.ts';
import { createRecordedHost } from '../../src/agent/recorded-host.ts';
import type { HostRecordingInput } from '../../src/agent/recording.ts';

const LIMITS = { timeoutMs: 1000, maxBytes: 1024 * 1024, tcp: () => undefined };

const ROUTES = `default via 10.0.0.1 dev eth0
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5
10.244.1.0/26 via 10.0.0.6 dev tunl0 proto bird onlink
10.244.2.0/26 via 10.0.0.7 dev tunl0 proto bird onlink
default via 10.0.0.9 dev eth1 table 100
10.244.2.0/26 via 10.0.0.8 dev eth1 table 100
local 10.96.0.1 dev kube-ipvs0 table local proto kernel scope host src 10.96.0.1
local 10.0.0.5 dev eth0 table local proto kernel scope host src 10.0.0.5
`;

function session(address: string, state: string, info: string): string {
  return `1002-Mesh_${address.replaceAll('.', '_')} BGP      master   ${state}     07:11:05    ${info}\n1006-    Neighbor address: ${address}`;
}

function birdAnswer(): string {
  const up = Array.from({ length: 30 }, (_, i) => session(`10.0.1.${i}`, 'up', 'Established'));
  const rows = [
    ...up,
    session('10.0.0.7', 'start', 'Connect       Socket: No route to host'),
    session('10.0.1.99', 'up', 'Established'),
  ];
  const head = ['0001 BIRD v0.3.3+birdv1.6.8 ready.', '2002-name     proto    table    state  since       info'];
  return [...head, '1002-static1  Static   master   up     2026-08-20', ...rows, '0000 ', ''].join('\n');
}

const RECORDING: HostRecordingInput = {
  version: 1,
  node: 'a',
  recordedAt: '2026-01-15T12:00:00Z',
  files: {},
  commands: {
    'ip route show table all': { stdout: ROUTES },
    'ip -o link show': {
      stdout:
        '2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP mode DEFAULT\\    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n5: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN mode DEFAULT\\    link/ether 52:54:00:00:00:02 brd ff:ff:ff:ff:ff:ff\n',
    },
    'ip -o address show': {
      stdout:
        '2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0\n5: kube-ipvs0    inet 10.96.0.1/32 scope global kube-ipvs0\n',
    },
  },
  connects: {},
  connectDefault: { result: 'refused', ms: 1 },
  sockets: { '/var/run/calico/bird.ctl': { answers: { 'show protocols all': birdAnswer() } } },
};

let folder: string;
let read: (kind: string, params: object) => Promise<unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-narrow-'));
  const file = join(folder, 'host.json');
  await writeFile(file, JSON.stringify(RECORDING));
  const host = await createRecordedHost(file, 0);
  read = (kind, params) =>
    (PROBES as Readonly<Record<string, AnyProbe>>)[kind]?.read(host, params, LIMITS) ??
    Promise.reject(new Error(`no probe ${kind}`));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('routes', () => {
  const destinations = async (params: object): Promise<string[]> =>
    ((await read('node-routes', params)) as { destination: string; table?: string }[]).map(
      (route) => `${route.destination} ${route.table ?? 'main'}`,
    );

  test('all of them, but for the Services’ addresses of ipvs', async () => {
    const all = await destinations({});
    expect(all).toHaveLength(7);
    expect(all.join()).not.toContain('10.96.0.1');
  });

  test('those that lead to the addresses, every default, and policy tables whole', async () => {
    expect(await destinations({ covering: ['10.244.1.5'] })).toEqual([
      'default main',
      '10.244.1.0/26 main',
      'default 100',
      '10.244.2.0/26 100',
    ]);
  });
});

describe('BIRD', () => {
  const sessions = async (params: object): Promise<string[]> => {
    const birds = (await read('node-bird', params)) as {
      family: number;
      sessions: { neighbour?: string; info: string }[];
    }[];
    return birds
      .filter((bird) => bird.family === 4)
      .flatMap((bird) => bird.sessions.map((session) => `${session.neighbour ?? ''} ${session.info}`));
  };

  test('all sessions', async () => {
    expect(await sessions({})).toHaveLength(32);
  });

  test('the neighbours asked about, whatever is not up, and a few that show there are others', async () => {
    const told = await sessions({ neighbours: ['10.0.1.99'] });
    expect(told).toContain('10.0.1.99 Established');
    expect(told).toContain('10.0.0.7 Connect');
    expect(told).toHaveLength(22);
  });
});

test('interfaces: the addresses of ipvs are not the node’s own', async () => {
  expect(await read('node-interfaces', {})).toMatchObject([
    { name: 'eth0', addresses: [{ cidr: '10.0.0.5/24' }] },
    { name: 'kube-ipvs0', addresses: [] },
  ]);
});
