import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerAsk } from '../../src/agent/ask.ts';
import { createLiveHost } from '../../src/agent/live-host.ts';
import { runProgram } from '../../src/agent/run-program.ts';
import { EVIDENCE_SCHEMAS, type EvidenceValue, type NodeKind } from '../../src/core/evidence/kinds.ts';

const host = createLiveHost();
const LIMITS = { timeoutMs: 2000, maxBytes: 1024 * 1024 };
let folder: string;
const open = new Set<Server>();
const sockets = new Set<Socket>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-live-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of open) server.close();
  sockets.clear();
  open.clear();
});

async function ask<K extends NodeKind>(kind: K, params: Record<string, unknown> = {}): Promise<EvidenceValue<K>> {
  const asked = { host, node: 'here', agentVersion: '1', bucket: { take: () => false } };
  const answer = await answerAsk(asked, { version: 1, deadlineMs: 15_000, networks: [], requests: [{ kind, params }] });
  const [one] = answer.answers;
  if (one?.status !== 'collected') throw new Error(`${kind} is unavailable: ${one?.reason}`);
  return EVIDENCE_SCHEMAS[kind].parse(one.value) as EvidenceValue<K>;
}

const tool = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' });
const json = (...args: string[]): Record<string, unknown>[] => JSON.parse(tool('ip', '-j', ...args) || '[]');
const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
};

/** What is compared with: not a dependency of the package. */
function needs(skip: (condition: boolean, note?: string) => void, ...programs: string[]): void {
  for (const program of programs) skip(!has(program), `${program} is not installed on this machine`);
}

async function listen(server: Server, where: string | number): Promise<number> {
  open.add(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) =>
    typeof where === 'string' ? server.listen(where, resolve) : server.listen(where, '127.0.0.1', resolve),
  );
  return typeof where === 'string' ? 0 : (server.address() as AddressInfo).port;
}

describe("the agent's facts are what the machine's own tools say", () => {
  test('interfaces: ip', async ({ skip }) => {
    needs(skip, 'ip');
    const expected = json('address', 'show').map((link) => ({
      name: link['ifname'],
      index: link['ifindex'],
      state: link['operstate'],
      mtu: link['mtu'],
      addresses: (link['addr_info'] as Record<string, unknown>[])
        .map((one) => `${String(one['local'])}/${String(one['prefixlen'])}`)
        .sort(),
    }));
    const seen = (await ask('node-interfaces')).map(({ name, index, state, mtu, addresses }) => ({
      name,
      index,
      state,
      mtu,
      addresses: addresses.map(({ cidr }) => cidr).sort(),
    }));
    expect(seen).toEqual(expected);
  });

  test('routes: ip', async ({ skip }) => {
    needs(skip, 'ip');
    const key = (route: Record<string, unknown>): string =>
      [
        route['type'] ?? 'unicast',
        route['dst'],
        route['gateway'],
        route['dev'],
        route['table'] ?? '-',
        route['metric'] ?? '-',
      ].join(' ');
    const expected = [
      ...json('-4', 'route', 'show', 'table', 'all'),
      ...json('-6', 'route', 'show', 'table', 'all'),
    ].map(key);
    const seen = (await ask('node-routes')).map((route) =>
      [route.type, route.destination, route.via, route.device, route.table ?? '-', route.metric ?? '-'].join(' '),
    );
    expect([...new Set(seen)].sort()).toEqual([...new Set(expected)].sort());
    expect(seen.length).toBeGreaterThan(2);
  });

  test('rules and neighbours: ip', async ({ skip }) => {
    needs(skip, 'ip');
    expect((await ask('node-rules')).map(({ priority }) => priority)).toEqual(
      json('rule', 'show').map((rule) => rule['priority']),
    );
    const expected = json('neighbour', 'show').map(
      (one) => `${String(one['dst'])} ${String(one['dev'])} ${String(one['lladdr'])}`,
    );
    expect((await ask('node-neighbours')).map((one) => `${one.ip} ${one.device} ${one.mac}`)).toEqual(expected);
  });

  test('the way to an address: ip route get', async ({ skip }) => {
    needs(skip, 'ip');
    const [expected] = json('route', 'get', '127.0.0.1');
    expect(await ask('node-route-get', { to: ['127.0.0.1'] })).toEqual([
      {
        to: '127.0.0.1',
        device: expected?.['dev'],
        source: expected?.['prefsrc'],
        local: expected?.['type'] === 'local',
      },
    ]);
  });

  test('listening sockets: ss; a socket of this process is this process', async ({ skip }) => {
    needs(skip, 'ss');
    const port = await listen(createServer(), 0);
    const own = (await ask('node-listeners')).find((one) => one.port === port);
    expect(own).toMatchObject({ protocol: 'tcp', family: 4, address: '127.0.0.1', process: { pid: process.pid } });
    const fromSs = (): string[] =>
      tool('ss', '-Hlnt')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (line.trim().split(/\s+/)[3] ?? '').replace(/%[^:\]]+/, '').replace('*', '[::]'))
        .sort();
    // Other processes of this machine come and go: the two must agree at some moment.
    await expect
      .poll(
        async () => {
          const expected = fromSs();
          const seen = (await ask('node-listeners'))
            .filter(({ protocol }) => protocol === 'tcp')
            .map(({ family, address, port: at }) => (family === 6 ? `[${address}]:${at}` : `${address}:${at}`))
            .sort();
          return JSON.stringify(seen) === JSON.stringify(expected);
        },
        { timeout: 10_000 },
      )
      .toBe(true);
  });

  test('disk: df, and memory: /proc/meminfo by another way', async () => {
    const [, line = ''] = tool('df', '-kP', '/').split('\n');
    const root = (await ask('node-disk')).find(({ mount }) => mount === '/');
    expect(root?.sizeKiB).toBe(Number(line.split(/\s+/)[1]));
    expect((await ask('node-memory')).totalKiB).toBe(
      Number(/MemTotal:\s+(\d+)/.exec(tool('cat', '/proc/meminfo'))?.[1]),
    );
  });

  test('clock: date; boot: uptime --since', async ({ skip }) => {
    needs(skip, 'uptime');
    const clock = await ask('node-clock');
    expect(Math.abs(Date.parse(clock.now) - Number(tool('date', '+%s')) * 1000)).toBeLessThan(3000);
    const since = Date.parse(`${tool('env', 'TZ=UTC', 'uptime', '--since').trim().replace(' ', 'T')}Z`);
    expect(Math.abs(Date.parse(clock.bootedAt) - since)).toBeLessThan(3000);
  });

  test('sysctls: sysctl', async ({ skip }) => {
    needs(skip, 'sysctl');
    const seen = await ask('node-sysctls');
    for (const name of ['net.ipv4.ip_forward', 'net.ipv4.conf.all.rp_filter', 'fs.inotify.max_user_watches']) {
      expect(seen[name], name).toBe(tool('sysctl', '-n', name).trim());
    }
  });

  test('firewall policies: iptables-save', async ({ skip }) => {
    needs(skip, 'iptables-save');
    const expected = [...tool('iptables-save').matchAll(/^:(\S+) (ACCEPT|DROP)/gm)].map((match) => match[1]);
    const { policies } = await ask('node-firewall');
    expect(policies.filter(({ table }) => !table.includes(' ')).map(({ chain }) => chain)).toEqual(expected);
  });
});

describe('files', () => {
  test('a missing one, one that may not be read, one that is too large, a folder', async () => {
    const big = join(folder, 'big');
    await writeFile(big, 'x'.repeat(100));
    await expect(host.readFile(join(folder, 'nothing'), 10)).rejects.toMatchObject({ code: 'not-found' });
    await expect(host.readFile(big, 99)).rejects.toMatchObject({ code: 'too-large' });
    await expect(host.readFile(folder, 10)).rejects.toMatchObject({ name: 'HostError' });
    expect(await host.readFile(big, 100)).toHaveLength(100);
    await symlink('/etc/hostname', join(folder, 'link'));
    expect(await host.readLink(join(folder, 'link'))).toBe('/etc/hostname');
    expect(await host.readDir(folder)).toContain('big');
  });
});

describe('programs', () => {
  const script = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  };

  test('arguments reach the program as they are, without a shell, in a clean environment', async () => {
    const path = await script('args', 'printf "%s|" "$@"; env');
    const { stdout } = await runProgram(path, 'args', ['$(id)', '; ls', '*'], LIMITS);
    expect(stdout).toMatch(/^\$\(id\)\|; ls\|\*\|/);
    expect(stdout).toContain('LC_ALL=C\n');
    expect(stdout).toContain('TZ=UTC\n');
    expect(stdout).not.toContain('HOME=');
  });

  test('an exit code is an answer; output is cut at the cap; a program that hangs is killed', async () => {
    expect(await runProgram(await script('fail', 'echo no >&2; exit 3'), 'fail', [], LIMITS)).toEqual({
      code: 3,
      stdout: '',
      stderr: 'no\n',
      truncated: false,
    });
    const cut = await runProgram(await script('much', 'yes | head -c 100000'), 'much', [], {
      timeoutMs: 5000,
      maxBytes: 1000,
    });
    expect([cut.truncated, cut.stdout.length]).toEqual([true, 1000]);
    const started = performance.now();
    await expect(
      runProgram(await script('hang', 'exec sleep 60'), 'hang', [], { timeoutMs: 200, maxBytes: 10 }),
    ).rejects.toMatchObject({ code: 'timeout', message: 'hang did not finish within 200 ms' });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('one that is not installed', async ({ skip }) => {
    skip(has('nft'), 'nft is installed on this machine');
    await expect(host.run('nft', ['list'], LIMITS)).rejects.toMatchObject({
      code: 'not-found',
      message: 'the program nft is not installed on this host',
    });
  });
});

describe('sockets', () => {
  const bird = async (name: string, chunks: readonly string[]): Promise<{ path: string; asked: string[] }> => {
    const path = join(folder, name);
    const asked: string[] = [];
    const server = createServer((socket) => {
      socket.write('0001 BIRD 1.6.8 ready.\n');
      socket
        .on('error', () => undefined)
        .on('data', (data) => {
          asked.push(data.toString());
          let at = 0;
          const next = (): void => {
            const chunk = chunks[at];
            at += 1;
            if (chunk !== undefined && !socket.destroyed) socket.write(chunk, () => setTimeout(next, 20));
          };
          next();
        });
    });
    await listen(server, path);
    return { path, asked };
  };

  test('an answer in pieces is whole, and ends at its end line without waiting', async () => {
    const { path, asked } = await bird('bird.ctl', ['1002-a BGP m', 'aster up\n', '0000', ' \n']);
    const started = performance.now();
    expect(await host.unix(path, 'show protocols all', LIMITS)).toBe(
      '0001 BIRD 1.6.8 ready.\n1002-a BGP master up\n0000 \n',
    );
    expect(performance.now() - started).toBeLessThan(450);
    expect(asked).toEqual(['show protocols all\n']);
  });

  test('without an end it ends when it is quiet; one that never ends is cut at the cap', async () => {
    const { path } = await bird('quiet.ctl', ['1002-a\n']);
    expect(await host.unix(path, 'x', LIMITS)).toBe('0001 BIRD 1.6.8 ready.\n1002-a\n');
    const { path: endless } = await bird('endless.ctl', Array<string>(1000).fill('y'.repeat(1000)));
    await expect(host.unix(endless, 'x', { timeoutMs: 5000, maxBytes: 3000 })).rejects.toMatchObject({
      code: 'too-large',
    });
  });

  test('no socket, a socket of nobody, one that never answers', async () => {
    await expect(host.unix(join(folder, 'none.ctl'), 'x', LIMITS)).rejects.toMatchObject({ code: 'not-found' });
    // A process that is killed leaves its socket file behind.
    const left = join(folder, 'left.ctl');
    const leave = `require("net").createServer().listen(${JSON.stringify(left)},()=>process.kill(process.pid,"SIGKILL"))`;
    expect(() => execFileSync(process.execPath, ['-e', leave])).toThrow();
    await expect(host.unix(left, 'x', LIMITS)).rejects.toMatchObject({ code: 'refused' });
    const mute = join(folder, 'mute.ctl');
    await listen(createServer(), mute);
    await expect(host.unix(mute, 'x', { ...LIMITS, timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
  });

  test('GET on loopback, and on nothing else', async () => {
    const port = await listen(
      createHttp((request, response) => response.writeHead(503).end(`path ${request.url}`)),
      0,
    );
    expect(await host.http(`http://127.0.0.1:${port}/healthz`, LIMITS)).toEqual({ status: 503, body: 'path /healthz' });
    await expect(host.http('http://127.0.0.1:1/', LIMITS)).rejects.toMatchObject({ code: 'refused' });
    for (const url of ['http://169.254.169.254/', 'http://example.org/', 'https://127.0.0.1/', 'file:///etc/passwd']) {
      await expect(host.http(url, LIMITS)).rejects.toMatchObject({ code: 'denied' });
    }
    const silent = await listen(createServer(), 0);
    await expect(host.http(`http://127.0.0.1:${silent}/`, { ...LIMITS, timeoutMs: 150 })).rejects.toMatchObject({
      code: 'timeout',
    });
  });
});
