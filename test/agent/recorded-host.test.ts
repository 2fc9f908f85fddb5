import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerAsk } from '../../src/agent/ask.ts';
import { PROBES } from '../../src/agent/probes/index.ts';
import { createRecordedHost } from '../../src/agent/recorded-host.ts';
import { shiftSince, shiftTimes } from '../../src/agent/recorded-time.ts';
import { PROBE_PARAMS, type ProbeAnswer } from '../../src/core/agent-api.ts';
import { NODE_KINDS, type NodeKind } from '../../src/core/evidence/kinds.ts';
import { POD_UID, RECORDED_AT, recording } from './support/recording.ts';

const PARAMS: { readonly [K in keyof typeof PROBE_PARAMS]: object } = {
  'node-bird': { neighbours: ['172.17.73.65'] },
  'node-journal': { unit: 'kubelet.service', lines: 50 },
  'node-route-get': { to: ['10.109.209.196'] },
  'node-routes': { covering: ['10.109.209.196'] },
  'node-service-proxy': { ports: [{ port: 30080 }] },
  'node-tcp': {
    targets: [
      { address: '10.109.209.196', port: 8080 },
      { address: '10.109.209.197', port: 80 },
    ],
    timeoutMs: 100,
  },
  'pod-listeners': { podUid: POD_UID, namespace: 'ci', name: 'jenkins' },
};

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-recorded-'));
  file = join(folder, 'host.json');
  await writeFile(file, JSON.stringify(recording()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function askAll(shiftMs?: number): Promise<Map<NodeKind, ProbeAnswer>> {
  const host = await createRecordedHost(file, shiftMs);
  const requests = NODE_KINDS.map((kind) => ({ kind, params: (PARAMS as Record<string, object>)[kind] ?? {} }));
  const answer = await answerAsk(
    { host, node: 'k8scephnode', agentVersion: '1', bucket: { take: () => true } },
    { version: 1, deadlineMs: 5000, networks: ['10.109.0.0/16'], requests: requests as never },
  );
  return new Map(answer.answers.map((one) => [one.kind, one]));
}

describe('every probe', () => {
  test('is in the registry under its own kind, sorted', () => {
    expect(Object.keys(PROBES)).toEqual(NODE_KINDS);
    expect(Object.keys(PROBES)).toEqual([...NODE_KINDS].sort());
    for (const [kind, probe] of Object.entries(PROBES)) expect(probe.kind).toBe(kind);
  });

  test('reads the recorded host through the agent: a value of its schema, and a command for people', async () => {
    const answers = await askAll();
    for (const kind of NODE_KINDS) {
      // `answerAsk` parses each value by the schema of its kind; what does not fit would be unavailable.
      expect(answers.get(kind), kind).toMatchObject({
        kind,
        status: 'collected',
        command: expect.stringMatching(/\w/),
      });
    }
  });
});

describe('what the probes say of the recorded host', () => {
  let answers: Map<NodeKind, ProbeAnswer>;
  beforeAll(async () => {
    answers = await askAll(0);
  });
  const value = (kind: NodeKind): unknown => {
    const answer = answers.get(kind);
    return answer?.status === 'collected' ? answer.value : answer?.reason;
  };

  test.each<[NodeKind, unknown]>([
    [
      'node-tcp',
      [
        { address: '10.109.209.196', port: 8080, result: 'refused', ms: 1, detail: 'ECONNREFUSED' },
        { address: '10.109.209.197', port: 80, result: 'timeout', ms: 100 },
      ],
    ],
    [
      'node-listeners',
      [{ protocol: 'tcp', family: 4, address: '0.0.0.0', port: 30080, process: { pid: 812, name: 'kube-proxy' } }],
    ],
    [
      'pod-listeners',
      [{ protocol: 'tcp', family: 4, address: '0.0.0.0', port: 8080, process: { pid: 900, name: 'java' } }],
    ],
    [
      'node-bird',
      [
        { family: 4, status: 'up', version: '1.6.8' },
        { family: 6, status: 'down', sessions: [] },
      ],
    ],
    [
      'node-sysctls',
      { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.rp_filter': '1', 'net.ipv4.conf.ens18/100.rp_filter': '2' },
    ],
    ['node-conntrack', { count: 120, max: 131072, insertFailed: 26, dropped: 3 }],
    [
      'node-cni',
      {
        files: [
          { file: '10-calico.conflist', network: 'k8s-pod-network', plugins: ['calico', 'portmap'] },
          { file: '99-broken.conf', plugins: [], error: 'it is no valid JSON' },
        ],
      },
    ],
    ['node-cgroup', { version: 1 }],
    [
      'node-clock',
      {
        now: expect.stringMatching(/^2020-05-27T02:37:3/),
        bootedAt: '2020-05-27T01:37:37.000Z',
        timeZone: 'Asia/Shanghai',
      },
    ],
    ['node-pressure', { cpu: { some: { avg10: 0.5, avg60: 1, avg300: 2 } } }],
    [
      'node-disk',
      [
        { mount: '/', device: '/dev/sda2', usedPercent: 75, inodesUsedPercent: 10 },
        { mount: '/var', device: '/dev/sdb1', fsType: 'xfs', usedPercent: 0 },
      ],
    ],
    [
      'node-kube-proxy',
      {
        healthz: { result: 'answered', status: 200, lastUpdated: '2020-05-27 02:37:30.1 +0000 UTC m=+1.0' },
        mode: 'ipvs',
      },
    ],
    [
      'node-units',
      [{ name: 'kubelet.service', exitCode: 255, since: '2020-05-27T02:37:34.000Z' }, { name: 'ufw.service' }],
    ],
    [
      'node-firewall',
      {
        managers: [{ name: 'ufw', active: true }],
        policies: expect.arrayContaining([{ table: 'filter', chain: 'FORWARD', policy: 'DROP' }]),
      },
    ],
    [
      'node-journal',
      {
        truncated: false,
        lines: [
          { time: '2020-05-27T02:37:31.000Z', source: 'kubelet', text: 'F0527 running with swap on, token=[redacted]' },
        ],
      },
    ],
    [
      'node-swap',
      {
        active: [{ device: '/dev/sda3' }],
        units: [
          { name: 'dev-sda3.swap', what: '/dev/sda3', fragmentPath: '/run/systemd/generator.late/dev-sda3.swap' },
        ],
        fstab: [{ commented: true }],
        partitions: [{ device: '/dev/sda3', fsType: 'swap' }],
        zramGenerator: false,
      },
    ],
    [
      'node-route-get',
      [{ to: '10.109.209.196', via: '172.17.73.65', device: 'tunl9', source: '10.109.169.1', local: false }],
    ],
  ])('%s', (kind, expected) => expect(value(kind)).toMatchObject(expected as object));

  test('node-service-proxy: both modes are seen, the entries of the port only, and how many there are', () => {
    expect(value('node-service-proxy')).toMatchObject({
      modes: ['ipvs', 'iptables'],
      totalEntries: 7,
      entries: [
        { address: '172.17.73.66', port: 30080, verdict: 'forward' },
        { address: '*', port: 30080, verdict: 'forward' },
      ],
    });
  });

  test('interfaces of Pods are left out of the sysctls', () => {
    expect(Object.keys(value('node-sysctls') as object).join()).not.toContain('cali');
  });
});

describe('times', () => {
  test('without a shift given the recording was made just now, and all times keep their distance', async () => {
    const before = Date.now();
    const answers = await askAll();
    const clock = answers.get('node-clock');
    const units = answers.get('node-units');
    const journal = answers.get('node-journal');
    if (clock?.status !== 'collected' || units?.status !== 'collected' || journal?.status !== 'collected')
      throw new Error('unavailable');
    const now = Date.parse((clock.value as { now: string }).now);
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    const at = (offsetMs: number): number => before + offsetMs;
    const close = (time: string, expected: number): void =>
      expect(Math.abs(Date.parse(time) - expected)).toBeLessThan(3000);
    close((clock.value as { bootedAt: string }).bootedAt, at(-3_600_000));
    close((units.value as { since: string }[])[0]?.since ?? '', at(-3000));
    close((journal.value as { lines: { time: string }[] }).lines[0]?.time ?? '', at(-6000));
  });

  test.each([
    ['systemd', 'Wed 2020-05-27 02:37:34 UTC', 86_400_000, 'Thu 2020-05-28 02:37:34 UTC'],
    [
      'Go',
      '"2020-05-27 10:37:30.123456789 +0800 CST m=+1.5"',
      3_600_000,
      '"2020-05-27 11:37:30.123456789 +0800 CST m=+1.5"',
    ],
    ['RFC 3339', '2020-05-27T02:37:30Z', -60_000, '2020-05-27T02:36:30Z'],
    ['no time', 'a 2020-99-99T02:37:30Z b', 60_000, 'a 2020-99-99T02:37:30Z b'],
  ])('%s moves and keeps its spelling', (_, text, shift, expected) => expect(shiftTimes(text, shift)).toBe(expected));

  test.each([
    [
      '1002-Mesh_10_0_0_66 BGP      master   start  2020-05-21  Passive',
      '1002-Mesh_10_0_0_66 BGP      master   start  2020-05-23  Passive',
    ],
    [
      '1002-Mesh_a BGP  master   up     07:11:05    Established',
      '1002-Mesh_a BGP  master   up     08:11:05    Established',
    ],
    [
      '1002-Mesh_a BGP --- up 2020-05-21 23:30:00.5  Established',
      '1002-Mesh_a BGP --- up 2020-05-24 00:30:00.5  Established',
    ],
    ['     Neighbor address: fd80:24e2:f998:72d7::2', '     Neighbor address: fd80:24e2:f998:72d7::2'],
  ])("BIRD's since: %s", (text, expected) => expect(shiftSince(text, 2 * 86_400_000 + 3_600_000)).toBe(expected));
});

test.each([
  ['Asia/Shanghai', 'Wed 2020-05-27 10:37:34 CST', 'Wed 2020-05-27 02:37:34 UTC'],
  ['Asia/Shanghai', 'Wed 2020-05-27 01:00:00 CST', 'Tue 2020-05-26 17:00:00 UTC'],
  ['America/New_York', 'Wed 2020-05-27 10:37:34 EDT', 'Wed 2020-05-27 14:37:34 UTC'],
  ['Asia/Kolkata', 'Wed 2020-05-27 10:37:34 +0530', 'Wed 2020-05-27 05:07:34 UTC'],
  ['Etc/UTC', 'Wed 2020-05-27 10:37:34 UTC', 'Wed 2020-05-27 10:37:34 UTC'],
  [undefined, 'Wed 2020-05-27 10:37:34 CST', 'Wed 2020-05-27 10:37:34 CST'],
])("systemd's local time of a host in %s becomes UTC: %s", (zone, text, expected) => {
  expect(shiftTimes(text, 0, zone)).toBe(expected);
});

describe('the file', () => {
  test('is read again when it changes', async () => {
    const own = join(folder, 'changing.json');
    await writeFile(own, JSON.stringify(recording()));
    const host = await createRecordedHost(own, 0);
    expect(await host.readFile('/proc/cmdline', 100)).toBe('root=/dev/sda2 ro\n');
    const changed = recording();
    await writeFile(
      own,
      JSON.stringify({ ...changed, recordedAt: '2021-01-01T00:00:00Z', files: { '/proc/cmdline': 'new' } }),
    );
    await utimes(own, new Date(), new Date(Date.now() + 5000));
    expect(await host.readFile('/proc/cmdline', 100)).toBe('new');
    expect(new Date(host.now()).getUTCFullYear()).toBe(2021);
    await expect(host.readFile('/proc/swaps', 100)).rejects.toMatchObject({ code: 'not-found' });
  });

  test.each([
    ['is missing', undefined, /the recorded host .* cannot be used: ENOENT/],
    ['is no JSON', '{', /cannot be used: /],
    ['has another form', '{"version":2}', /cannot be used: it is no recording at version: /],
    ['has no time', JSON.stringify({ ...recording(), recordedAt: 'yesterday' }), /has no time in recordedAt/],
  ])('that %s is refused with a sentence', async (name, text, sentence) => {
    const own = join(folder, `${name}.json`);
    if (text !== undefined) await writeFile(own, text);
    await expect(createRecordedHost(own)).rejects.toThrow(sentence);
  });

  test('what is too large or was refused is so here too', async () => {
    const host = await createRecordedHost(file, 0);
    await expect(host.readFile('/proc/cmdline', 3)).rejects.toMatchObject({ code: 'too-large' });
    await expect(host.unix('/var/run/calico/bird6.ctl', 'x', { timeoutMs: 1, maxBytes: 1 })).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(host.run('nft', ['list'], { timeoutMs: 1, maxBytes: 1 })).rejects.toMatchObject({ code: 'not-found' });
    expect(await host.readDir('/proc/812/')).toEqual(['comm', 'cgroup', 'fd']);
    expect(host.node).toBe('k8scephnode');
    expect(Date.parse(RECORDED_AT)).toBeLessThanOrEqual(host.now());
  });
});

test('told to read again, it does so although the file looks unchanged by time and size', async () => {
  const own = join(folder, 'same.json');
  const content = (text: string): string => JSON.stringify({ ...recording(), files: { '/x': text } });
  const when = new Date('2026-01-01');
  await writeFile(own, content('old'));
  await utimes(own, when, when);
  const host = await createRecordedHost(own);
  await writeFile(own, content('new'));
  await utimes(own, when, when);
  expect(await host.readFile('/x', 100)).toBe('old');
  host.reread();
  expect(await host.readFile('/x', 100)).toBe('new');
});
