import { describe, expect, test } from 'vitest';
import { type Host, HostError, type HostErrorCode, type RunResult } from '../../src/agent/host.ts';
import type { ParamsOf, Probe } from '../../src/agent/probe.ts';
import { PROBES } from '../../src/agent/probes/index.ts';
import type { EvidenceValue, NodeKind } from '../../src/core/evidence/kinds.ts';
import { fakeHost, filesHost } from './support/fake-host.ts';
import { fixture, iprouteOutput } from './support/fixture.ts';

const LIMITS = { timeoutMs: 1000, maxBytes: 1024 * 1024, tcp: () => undefined };
const NONE = {} as Record<string, never>;
const fails = (code: HostErrorCode, message: string = code) => Promise.reject(new HostError(code, message));
const printed = (stdout: string, more: Partial<RunResult> = {}): Promise<RunResult> =>
  Promise.resolve({ code: 0, stdout, stderr: '', truncated: false, ...more });

/** Programs by the beginning of their command line; what is not given is not installed. */
function programs(answers: Readonly<Record<string, () => Promise<RunResult>>>): Pick<Host, 'run'> {
  return {
    run: (program, args) => {
      const line = [program, ...args].join(' ');
      const key = Object.keys(answers).find((start) => line.startsWith(start));
      const answer = key === undefined ? undefined : answers[key];
      return answer === undefined
        ? fails('not-found', `the program ${program} is not installed on this host`)
        : answer();
    },
  };
}

function read<K extends NodeKind>(kind: K, host: Host, params: ParamsOf<K>): Promise<EvidenceValue<K>> {
  return (PROBES[kind] as unknown as Probe<K>).read(host, params, LIMITS);
}

describe('node-route-get', () => {
  test('an address that could not be asked about is left out; where none could, that is said', async () => {
    const { run } = programs({
      'ip route get 172.17.73.66': () =>
        Promise.resolve({ ...iprouteOutput('route get 172.17.73.66'), truncated: false }),
      'ip route get 10.0.0.1': () => fails('timeout', 'ip did not finish within 1000 ms'),
    });
    const seen = await read('node-route-get', fakeHost({ run }), { to: ['10.0.0.1', '172.17.73.66'] });
    expect(seen.map(({ to }) => to)).toEqual(['172.17.73.66']);
    await expect(read('node-route-get', fakeHost({ run }), { to: ['10.0.0.1'] })).rejects.toThrow(
      'ip did not finish within 1000 ms',
    );
  });
});

describe('node-bird', () => {
  const sockets = (answers: Readonly<Record<string, string>>): Host =>
    fakeHost({
      unix: (path) => {
        const answer = answers[path];
        if (answer === undefined) return fails('not-found');
        return answer.includes(' ')
          ? Promise.resolve(answer)
          : fails(answer as HostErrorCode, `asking ${path} failed: ${answer}`);
      },
    });
  const statuses = async (answers: Readonly<Record<string, string>>): Promise<unknown> =>
    (await read('node-bird', sockets(answers), NONE)).map(({ family, status, sessions }) => [
      family,
      status,
      sessions.length,
    ]);

  test.each<[string, Readonly<Record<string, string>>, unknown]>([
    [
      'no socket at all',
      {},
      [
        [4, 'absent', 0],
        [6, 'absent', 0],
      ],
    ],
    [
      'a socket that nobody answers',
      { '/var/run/calico/bird.ctl': 'refused' },
      [
        [4, 'down', 0],
        [6, 'absent', 0],
      ],
    ],
    [
      'a BIRD that hangs',
      { '/var/run/calico/bird.ctl': 'timeout' },
      [
        [4, 'down', 0],
        [6, 'absent', 0],
      ],
    ],
    [
      'the other folder',
      { '/var/run/bird/bird.ctl': fixture('bird-1.6-short.txt') },
      [
        [4, 'up', 3],
        [6, 'absent', 0],
      ],
    ],
    [
      'BIRD 2: IPv6 sessions of the one socket are family 6',
      { '/var/run/calico/bird.ctl': fixture('bird-2.0.txt') },
      [
        [4, 'up', 2],
        [6, 'up', 1],
      ],
    ],
    [
      'an answer that was cut',
      { '/var/run/calico/bird.ctl': fixture('bird-1.6-short.txt').slice(0, 900) },
      [
        [4, 'down', 0],
        [6, 'absent', 0],
      ],
    ],
  ])('%s', async (_, answers, expected) => expect(await statuses(answers)).toEqual(expected));

  test('a socket that the agent may not open says nothing about BIRD', async () => {
    await expect(read('node-bird', sockets({ '/var/run/calico/bird.ctl': 'denied' }), NONE)).rejects.toMatchObject({
      code: 'denied',
    });
  });
});

describe('node-service-proxy', () => {
  const params = { ports: [{ port: 30080, protocol: 'TCP' as const }], clusterIPs: ['10.99.214.53'] };
  const noTable = () =>
    printed('', { code: 1, stderr: 'Error: No such file or directory\nlist table ip kube-proxy\n' });
  const denied = () =>
    printed('', { code: 4, stderr: "Fatal: can't open lock file: Permission denied (you must be root)" });

  test('nftables mode: NodePort and ClusterIP, the addresses that serve, how many entries there are', async () => {
    const host = fakeHost(
      programs({
        'nft -j list table ip kube-proxy': () => printed(fixture('nft-kube-proxy.json')),
        'nft -j list table ip6 kube-proxy': noTable,
        'iptables-save': () => printed('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n'),
      }),
    );
    expect(await read('node-service-proxy', host, params)).toMatchObject({
      modes: ['nftables'],
      totalEntries: 6,
      nodePortAddresses: ['172.17.73.66'],
      entries: [
        { address: '10.99.214.53', port: 80 },
        { address: '*', port: 30080 },
      ],
    });
  });

  test('a table too large to be read at once is read in parts, and only where the question leads', async () => {
    const whole = JSON.parse(fixture('nft-kube-proxy.json')) as {
      nftables: Record<string, { name?: string; chain?: string }>[];
    };
    const asked: string[] = [];
    const run: Host['run'] = (program, args) => {
      if (program !== 'nft') return fails('not-found');
      const [, , kind = '', family, , name] = args;
      if (family !== 'ip') return noTable();
      if (kind === 'table') return printed('{"nftables": [', { truncated: true });
      asked.push(`${kind} ${name}`);
      const part = whole.nftables.filter((item) =>
        kind === 'chain' ? item['rule']?.chain === name : item[kind]?.name === name,
      );
      return part.length === 0 ? noTable() : printed(JSON.stringify({ nftables: part }));
    };
    expect(
      await read('node-service-proxy', fakeHost({ run }), {
        ports: [{ port: 30084, protocol: 'TCP' }],
        clusterIPs: [],
      }),
    ).toEqual({
      modes: ['nftables'],
      totalEntries: 6,
      nodePortAddresses: ['172.17.73.66'],
      entries: [
        {
          address: '*',
          port: 30084,
          protocol: 'TCP',
          verdict: 'forward',
          destinations: [{ ip: '10.244.1.9', port: 8080 }],
        },
      ],
    });
    expect(asked).toContain('chain external-BBBB-web/local-svc/tcp/http');
    expect(asked).not.toContain('chain external-AAAA-ci/jenkins-svc/tcp/http');
  });

  test('another protocol on the same port is another entry', async () => {
    const host = fakeHost(programs({ 'iptables-save': () => printed(fixture('iptables-save-legacy.txt')) }));
    const udp = { ports: [{ port: 30080, protocol: 'UDP' as const }], clusterIPs: [] };
    expect((await read('node-service-proxy', host, udp)).entries).toEqual([]);
  });

  test('flushed rules: the mode is seen and there is no entry', async () => {
    const host = fakeHost(
      programs({ 'iptables-save': () => printed('*nat\n:KUBE-NODEPORTS - [0:0]\n:KUBE-SERVICES - [0:0]\nCOMMIT\n') }),
    );
    expect(await read('node-service-proxy', host, params)).toEqual({
      modes: ['iptables'],
      entries: [],
      totalEntries: 0,
      nodePortAddresses: [],
    });
  });

  test('ipvs without a virtual server is a mode where nothing else is there, and none beside another', async () => {
    const files = { '/proc/net/ip_vs': 'IP Virtual Server version 1.2.1 (size=4096)\n' };
    expect((await read('node-service-proxy', filesHost(files), params)).modes).toEqual(['ipvs']);
    const both = filesHost(files, programs({ 'iptables-save': () => printed(fixture('iptables-save-legacy.txt')) }));
    expect((await read('node-service-proxy', both, params)).modes).toEqual(['iptables']);
  });

  test('no proxy is said only where everything could be looked at', async () => {
    expect(await read('node-service-proxy', fakeHost({}), params)).toMatchObject({ modes: [], totalEntries: 0 });
    await expect(
      read('node-service-proxy', fakeHost(programs({ 'iptables-save': denied })), params),
    ).rejects.toMatchObject({ code: 'denied' });
    const garbage = fakeHost(programs({ 'nft -j list table ip kube-proxy': () => printed('oops') }));
    await expect(read('node-service-proxy', garbage, params)).rejects.toThrow('nft printed something that is not JSON');
  });
});

describe('node-firewall', () => {
  test('neither program: unknown, not open', async () => {
    await expect(read('node-firewall', fakeHost({}), NONE)).rejects.toThrow(
      'neither iptables-save nor nft is installed on this host',
    );
  });

  test('rules that may not be read: unknown, though the other program answers', async () => {
    const host = fakeHost(
      programs({
        'iptables-save': () => printed('', { code: 4, stderr: 'Permission denied (you must be root)' }),
        'nft -j': () => printed('{"nftables":[]}'),
      }),
    );
    await expect(read('node-firewall', host, NONE)).rejects.toMatchObject({ code: 'denied' });
  });

  test('without systemd the managers are unknown and the rules are there', async () => {
    const host = fakeHost(programs({ 'iptables-save': () => printed(fixture('iptables-save-legacy.txt')) }));
    const seen = await read('node-firewall', host, NONE);
    expect([seen.managers, seen.denials.length]).toEqual([[], 3]);
  });
});

describe('node-journal', () => {
  const line = (at: number): string =>
    `${JSON.stringify({ MESSAGE: `line ${at}`, __REALTIME_TIMESTAMP: '1590547051000000' })}\n`;
  /** A journal of so many lines of which only so many fit. */
  const journal = (fit: number, asked: number[]): Host =>
    fakeHost({
      run: (_program, args) => {
        const count = Number(args[3]);
        asked.push(count);
        const lines = Array.from({ length: count }, (_, at) => line(1000 - count + at));
        return count > fit ? printed(lines.slice(0, fit).join(''), { truncated: true }) : printed(lines.join(''));
      },
    });

  test('output that is cut would lose the newest lines: fewer are asked for until the last one is there', async () => {
    const asked: number[] = [];
    const seen = await read('node-journal', journal(60, asked), { unit: 'kubelet', lines: 800 });
    expect(asked).toEqual([800, 200, 50]);
    expect([seen.truncated, seen.lines.length, seen.lines.at(-1)?.text]).toEqual([true, 50, 'line 999']);
  });

  test('what fits is asked for once and is not marked', async () => {
    const asked: number[] = [];
    const seen = await read('node-journal', journal(60, asked), { unit: 'kubelet', lines: 20 });
    expect([asked, seen.truncated, seen.lines[0]?.text]).toEqual([[20], false, 'line 980']);
  });

  test('a journal that cannot be read says why', async () => {
    const host = fakeHost({
      run: () => printed('', { code: 1, stderr: 'No journal files were opened due to insufficient permissions.\n' }),
    });
    await expect(read('node-journal', host, { unit: 'kubelet', lines: 1 })).rejects.toThrow(
      /^journalctl --unit kubelet ended with code 1: No journal files were opened/,
    );
  });
});

describe('node-swap', () => {
  const files = {
    '/proc/swaps': 'Filename Type Size Used Priority\n',
    '/etc/systemd/zram-generator.conf': '',
    '/usr/lib/systemd/zram-generator.conf': '[zram0]\n',
  };

  test('an empty file under /etc switches the zram generator of the distribution off', async () => {
    expect((await read('node-swap', filesHost(files), NONE)).zramGenerator).toBe(false);
    const { '/etc/systemd/zram-generator.conf': _, ...vendor } = files;
    expect((await read('node-swap', filesHost(vendor), NONE)).zramGenerator).toBe(true);
  });

  test('a machine without systemd has no swap units; a systemd that does not answer is unknown', async () => {
    const without = programs({
      systemctl: () =>
        printed('', { code: 1, stderr: 'System has not been booted with systemd as init system (PID 1).' }),
    });
    expect((await read('node-swap', filesHost(files, without), NONE)).units).toEqual([]);
    const broken = programs({
      systemctl: () => printed('', { code: 1, stderr: 'Failed to list units: Connection timed out' }),
    });
    await expect(read('node-swap', filesHost(files, broken), NONE)).rejects.toThrow(/Connection timed out/);
  });

  test('marks before a unit, and units that are not found, are read past', async () => {
    const host = filesHost(
      files,
      programs({
        'systemctl list-units': () =>
          printed(
            '* dev-sda3.swap not-found inactive dead dev-sda3.swap\n  swap.img.swap loaded active active /swap.img\n',
          ),
        'systemctl show dev-sda3.swap swap.img.swap': () =>
          printed(
            'Id=dev-sda3.swap\nLoadState=not-found\nActiveState=inactive\n\nId=swap.img.swap\nLoadState=loaded\nActiveState=active\nWhat=/swap.img\nSourcePath=/etc/fstab\n',
          ),
      }),
    );
    expect((await read('node-swap', host, NONE)).units).toEqual([
      { name: 'dev-sda3.swap', loadState: 'not-found', activeState: 'inactive' },
      {
        name: 'swap.img.swap',
        loadState: 'loaded',
        activeState: 'active',
        what: '/swap.img',
        sourcePath: '/etc/fstab',
      },
    ]);
  });
});

describe('node-kube-proxy', () => {
  const answers = (health: { status: number; body: string } | HostErrorCode): Host =>
    fakeHost({
      http: (url) => {
        if (url.includes('10249')) return fails('refused');
        return typeof health === 'string' ? fails(health) : Promise.resolve(health);
      },
    });

  test.each<[string, Parameters<typeof answers>[0], object]>([
    [
      'healthy',
      { status: 200, body: '{"lastUpdated":"a","currentTime":"b","nodeEligible":true}' },
      { result: 'answered', status: 200, lastUpdated: 'a', currentTime: 'b', nodeEligible: true },
    ],
    [
      'unhealthy',
      { status: 503, body: '{"lastUpdated":"a","currentTime":"b"}' },
      { result: 'answered', status: 503, lastUpdated: 'a', currentTime: 'b' },
    ],
    ['no JSON', { status: 200, body: 'ok' }, { result: 'answered', status: 200 }],
    ['not there', 'refused', { result: 'refused' }],
    ['hanging', 'timeout', { result: 'timeout' }],
    ['something else', 'too-large', { result: 'error', detail: 'too-large' }],
  ])('%s', async (_, health, expected) => {
    expect(await read('node-kube-proxy', answers(health), NONE)).toEqual({ healthz: expected });
  });
});

test('node-units: without systemd there is no answer to use', async () => {
  const host = fakeHost({ run: () => printed('', { code: 1, stderr: 'Failed to connect to bus: Host is down\n' }) });
  await expect(read('node-units', host, NONE)).rejects.toThrow(
    /^systemctl show kubelet\.service ended with code 1: Failed to connect to bus/,
  );
});

test('pod-listeners: both spellings of the uid in the cgroup, and a Pod that is not here', async () => {
  const podUid = 'be551d56-f58b-45ba-bc03-6c9a0f6fa795';
  const tcp = '  sl  local_address\n   0: 00000000:1F90 00000000:0000 0A 0:0 00:0 0 0 0 7 1\n';
  for (const spelling of [podUid, podUid.replaceAll('-', '_')]) {
    const host = filesHost({
      '/proc/7/cgroup': `0::/kubepods/pod${spelling}/x\n`,
      '/proc/7/net/tcp': tcp,
      '/proc/8/cgroup': '0::/system\n',
    });
    expect(await read('pod-listeners', host, { podUid, namespace: 'ci', name: 'j' })).toEqual([
      { protocol: 'tcp', family: 4, address: '0.0.0.0', port: 8080 },
    ]);
  }
  const nobody = filesHost({ '/proc/8/cgroup': '0::/system\n' });
  await expect(read('pod-listeners', nobody, { podUid, namespace: 'ci', name: 'j' })).rejects.toThrow(
    `no process of Pod ci/j (uid ${podUid}) runs on this node`,
  );
});

test('node-cgroup: version 2 where the unified hierarchy has controllers', async () => {
  expect(await read('node-cgroup', filesHost({ '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n' }), NONE)).toEqual({
    version: 2,
  });
  await expect(read('node-cgroup', fakeHost({ readFile: () => fails('denied') }), NONE)).rejects.toMatchObject({
    code: 'denied',
  });
});
