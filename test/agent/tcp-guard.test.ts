import { describe, expect, test } from 'vitest';
import { nodeTcp } from '../../src/agent/probes/node-tcp.ts';
import { TokenBucket, tcpGate } from '../../src/agent/tcp-guard.ts';
import { PROBE_PARAMS } from '../../src/core/agent-api.ts';
import { fakeHost } from './support/fake-host.ts';

const CLUSTER = ['10.109.0.0/16', '172.17.73.66', '10.99.214.53/32', 'fd00:2::/64', 'fd00:1::66'];
const always = { take: () => true };

describe('addresses that are asked', () => {
  test.each(['10.109.209.196', '172.17.73.66', '10.99.214.53', 'fd00:2::c4', 'fd00:1:0:0:0:0:0:66'])(
    '%s',
    (address) => {
      expect(tcpGate(CLUSTER, always)(address)).toBeUndefined();
    },
  );
});

describe('addresses that are not', () => {
  test.each([
    ['another one', '10.110.0.1', /is not among the cluster's networks/],
    ['a neighbour of a single address', '172.17.73.67', /is not among/],
    ['another one of IPv6', 'fd00:3::1', /is not among/],
    ['no address', 'db.internal', /is not an IP address/],
  ])('%s: %s', (_, address, sentence) => expect(tcpGate(CLUSTER, always)(address)).toMatch(sentence));

  const everything = [
    '127.0.0.0/8',
    '169.254.0.0/16',
    '0.0.0.0/0',
    '::/0',
    '224.0.0.0/4',
    'fe80::/10',
    '::/8',
    'ff00::/8',
  ];
  test.each([
    ['loopback', '127.0.0.1'],
    ['loopback further up', '127.255.0.9'],
    ['loopback of IPv6', '::1'],
    ['loopback in IPv6 form', '::ffff:127.0.0.1'],
    ['loopback in old IPv6 form', '::127.0.0.1'],
    ['loopback through NAT64', '64:ff9b::7f00:1'],
    ['unspecified', '0.0.0.0'],
    ['unspecified of IPv6', '::'],
    ["the cloud's metadata service", '169.254.169.254'],
    ['the metadata service in IPv6 form', '::ffff:169.254.169.254'],
    ["AWS's metadata service over IPv6", 'fd00:ec2::254'],
    ["Google's metadata service over IPv6", 'fd20:ce::254'],
    ["Alibaba's metadata service", '100.100.100.200'],
    ["Azure's wire server", '168.63.129.16'],
    ['link-local', 'fe80::1'],
    ['multicast', '224.0.0.1'],
    ['multicast of IPv6', 'ff02::1'],
    ['broadcast', '255.255.255.255'],
  ])('%s, whatever the request calls its networks', (_, address) => {
    expect(
      tcpGate([...everything, address, `${address}/${address.includes(':') ? 128 : 32}`], always)(address),
    ).toMatch(/to which the agent never connects$/);
  });

  test('a range of half the world is no range of a cluster', () => {
    for (const wide of ['0.0.0.0/0', '0.0.0.0/1', '8.0.0.0/7', '::/0', 'not a network']) {
      expect(tcpGate([wide], always)('8.8.8.8')).toMatch(/is not among/);
    }
  });
});

test('the rate: a burst, then as many as time brings', () => {
  let now = 0;
  const bucket = new TokenBucket(10, 3, () => now);
  const gate = tcpGate(CLUSTER, bucket);
  const asked = (): boolean => gate('172.17.73.66') === undefined;
  expect([asked(), asked(), asked(), asked()]).toEqual([true, true, true, false]);
  expect(gate('172.17.73.66')).toMatch(/ask again in a few seconds$/);
  now += 100;
  expect([asked(), asked()]).toEqual([true, false]);
  now += 60_000;
  expect([asked(), asked(), asked(), asked()]).toEqual([true, true, true, false]);
  now -= 120_000;
  expect(asked()).toBe(false);
});

describe('the probe', () => {
  const limits = (timeoutMs = 5000) => ({ timeoutMs, maxBytes: 1000, tcp: tcpGate(CLUSTER, always) });
  const targets = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ address: '10.109.1.1', port: 1000 + at }));

  test('answers in the order of the targets and never has more than 32 connects under way', async () => {
    let open = 0;
    let most = 0;
    const host = fakeHost({
      connect: async (_address, port) => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return { result: port % 2 === 0 ? 'open' : 'refused', ms: 1 };
      },
    });
    const results = await nodeTcp.read(host, { targets: targets(100), timeoutMs: 1000 }, limits());
    expect(results.map(({ port }) => port)).toEqual(targets(100).map(({ port }) => port));
    expect(results.map(({ result }) => result)).toEqual(
      targets(100).map(({ port }) => (port % 2 === 0 ? 'open' : 'refused')),
    );
    expect(most).toBe(32);
  });

  test('an address that is not allowed is never connected to', async () => {
    const connected: string[] = [];
    const host = fakeHost({
      connect: async (address) => {
        connected.push(address);
        return { result: 'open', ms: 1 };
      },
    });
    const asked = [
      { address: '127.0.0.1', port: 22 },
      { address: '10.109.1.1', port: 80 },
      { address: '8.8.8.8', port: 53 },
    ];
    const results = await nodeTcp.read(host, { targets: asked, timeoutMs: 1000 }, limits());
    expect(results.map(({ result }) => result)).toEqual(['not-asked', 'open', 'not-asked']);
    expect(connected).toEqual(['10.109.1.1']);
  });

  test('silence for less than the time-out is no time-out, and what no time was left for is not asked', async () => {
    const waited: number[] = [];
    const host = fakeHost({
      connect: async (_address, _port, timeoutMs) => {
        waited.push(timeoutMs);
        await new Promise((resolve) => setTimeout(resolve, timeoutMs));
        return { result: 'timeout', ms: timeoutMs };
      },
    });
    const results = await nodeTcp.read(host, { targets: targets(40), timeoutMs: 2000 }, limits(300));
    expect(new Set(results.map(({ result }) => result))).toEqual(new Set(['not-asked']));
    expect(results[0]?.detail).toBe('the deadline came before the time-out');
    expect(results[39]?.detail).toBe('no time was left before the deadline');
    expect(Math.max(...waited)).toBeLessThanOrEqual(250);
  });

  test.each([
    ['no targets', { targets: [] }],
    ['too many targets', { targets: targets(257) }],
    ['a name', { targets: [{ address: 'localhost', port: 1 }] }],
    ['port 0', { targets: [{ address: '10.0.0.1', port: 0 }] }],
    ['a long time-out', { targets: targets(1), timeoutMs: 60_000 }],
    ['something else', { targets: targets(1), payload: 'GET /' }],
  ])('parameters with %s are refused', (_, params) =>
    expect(PROBE_PARAMS['node-tcp'].safeParse(params).success).toBe(false),
  );
});
