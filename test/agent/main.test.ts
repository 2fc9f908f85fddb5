import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createNodeAgents } from '../../src/adapters/node-agent/node-agents.ts';
import { runAgent } from '../../src/agent/main.ts';
import { readAgentConfig } from '../../src/config/agent.ts';
import { NODE_KINDS } from '../../src/core/evidence/kinds.ts';
import { makeCertificates, type TestCertificates } from './support/certificates.ts';
import { recording } from './support/recording.ts';

const SCRIPT = new URL('support/agent-process.ts', import.meta.url).pathname;
let certificates: TestCertificates;
let recorded: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  certificates = await makeCertificates('k8scephnode');
  recorded = join(certificates.folder, 'host.json');
  await writeFile(recorded, JSON.stringify(recording()));
});
afterAll(() => certificates.remove());
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function run(
  argv: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) } };
  return { code: await runAgent(argv, env, io), out, err };
}

const tls = (): string[] => [
  '--tls-cert',
  certificates.server.certFile,
  '--tls-key',
  certificates.server.keyFile,
  '--client-ca',
  certificates.caFile,
];

describe('--once', () => {
  test('prints every fact that needs no target, of a recorded host as of a live one, and nothing else', async () => {
    const { code, out, err } = await run(['--once', '--host', `recorded:${recorded}`]);
    expect([code, err]).toEqual([0, '']);
    const printed = JSON.parse(out) as { node: string; facts: { kind: string; status: string; part?: string }[] };
    expect(printed.node).toBe('k8scephnode');
    expect(printed.facts.map(({ kind }) => kind)).toEqual(
      NODE_KINDS.filter(
        (kind) => !['node-route-get', 'node-service-proxy', 'node-tcp', 'pod-listeners'].includes(kind),
      ),
    );
    expect(printed.facts.filter(({ status }) => status !== 'collected')).toEqual([]);
    expect(printed.facts.find(({ kind }) => kind === 'node-journal')?.part).toBe('kubelet.service');
  });

  test('--kind chooses; a kind that needs a target says so', async () => {
    const { out } = await run(['--once', '--kind', 'node-memory', '--kind', 'node-tcp', '--node-name', 'here']);
    expect(JSON.parse(out)).toMatchObject({
      node: 'here',
      facts: [
        { kind: 'node-memory', status: 'collected' },
        {
          kind: 'node-tcp',
          status: 'unavailable',
          reason: expect.stringMatching(/parameters of node-tcp are wrong at targets/),
        },
      ],
    });
  });
});

describe('settings that are wrong: one sentence, exit code 2', () => {
  test.each([
    ['no name', [], {}, /--node-name \(or KUBEWHY_AGENT_NODE_NAME\) is missing; see kubewhy agent --help/],
    ['no certificate', ['--node-name', 'a'], {}, /--tls-cert \(or KUBEWHY_AGENT_TLS_CERT\) is missing/],
    ['an unknown flag', ['--shell'], {}, /Unknown option '--shell'/],
    ['a word', ['now'], {}, /Unexpected argument 'now'/],
    [
      'a port out of range',
      ['--listen', '0.0.0.0:99999'],
      {},
      /--listen is "0\.0\.0\.0:99999": the port must be at most 65535/,
    ],
    [
      'no port',
      [],
      { KUBEWHY_AGENT_LISTEN: '10.0.0.1' },
      /KUBEWHY_AGENT_LISTEN is "10\.0\.0\.1": it must be ADDRESS:PORT/,
    ],
    ['another host', ['--host', 'ssh:a'], {}, /--host is "ssh:a": it must be "live" or "recorded:FILE"/],
    ['a shift that is none', ['--recorded-shift-ms', '1h'], {}, /must be a whole number of milliseconds/],
    [
      'an unknown kind',
      ['--once', '--kind', 'node-shell'],
      {},
      /--kind is "node-shell": it must be one of node-bird, /,
    ],
    ['a kind without --once', ['--kind', 'node-memory'], {}, /--kind goes with --once only/],
  ])('%s', async (_, argv, env, sentence) => {
    const { code, out, err } = await run(argv, env as Record<string, string>);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  test('a variable counts, a flag wins over it, an empty variable is none', () => {
    const env = { KUBEWHY_AGENT_NODE_NAME: 'from-env', KUBEWHY_AGENT_LISTEN: '[::1]:0', KUBEWHY_AGENT_HOST: '' };
    expect(readAgentConfig(['--node-name', 'from-flag', ...tls()], env)).toMatchObject({
      mode: 'serve',
      node: 'from-flag',
      address: '::1',
      port: 0,
      host: { kind: 'live' },
    });
  });

  test.each([
    ['no state folder', ['--grant-key', '/k.pem'], /--state-dir \(or KUBEWHY_AGENT_STATE_DIR\) is missing/],
    [
      'a recorded host without effects',
      ['--grant-key', '/k.pem', '--state-dir', '/s', '--host', 'recorded:/r.json'],
      /--recorded-effects \(or KUBEWHY_AGENT_RECORDED_EFFECTS\) is missing/,
    ],
    ['effects of a live host', ['--recorded-effects', 'http://127.0.0.1:1/'], /goes with --host recorded:FILE only/],
    ['a state folder by a relative path', ['--grant-key', '/k.pem', '--state-dir', 'x'], /it must be an absolute path/],
    ['effects that are no URL', ['--recorded-effects', 'x'], /it must be a URL that begins with http/],
  ])('to take steps: %s', async (_, flags, sentence) => {
    const { code, err } = await run(['--node-name', 'a', ...tls(), ...flags]);
    expect([code, err]).toEqual([2, expect.stringMatching(sentence)]);
  });

  test('read-only without a key, whatever else is set', () => {
    const flags = ['--node-name', 'a', ...tls(), '--state-dir', '/var/lib/kubewhy-agent'];
    expect(readAgentConfig(flags, {})).toMatchObject({ mode: 'serve', steps: undefined });
    expect(readAgentConfig([...flags, '--grant-key', '/k.pem'], {})).toMatchObject({
      steps: { keyFile: '/k.pem', stateDir: '/var/lib/kubewhy-agent', effectsUrl: undefined },
    });
  });

  test('--help prints the settings', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/--client-ca FILE[\s\S]+KUBEWHY_AGENT_CLIENT_CA[\s\S]+--once/);
  });
});

describe('what cannot run: one sentence, exit code 1', () => {
  test.each([
    [
      'a recording that is missing',
      ['--once', '--host', 'recorded:/nowhere.json'],
      /the recorded host \/nowhere\.json cannot be used: ENOENT/,
    ],
    [
      'a certificate that is missing',
      ['--node-name', 'a', '--tls-cert', '/nowhere.crt', '--tls-key', '/x', '--client-ca', '/y'],
      /the certificate \(--tls-cert\) \/nowhere\.crt cannot be read: ENOENT/,
    ],
    [
      'a key of the remediator that is missing',
      ['--grant-key', '/nowhere.pem', '--state-dir', '/tmp'],
      /the remediator's public key \(--grant-key\) \/nowhere\.pem cannot be read: ENOENT/,
    ],
    [
      'a state folder that cannot be made',
      ['--grant-key', '/nowhere.pem', '--state-dir', '/proc/kubewhy'],
      /--state-dir \/proc\/kubewhy cannot be used: ENOENT/,
    ],
  ])('%s', async (_, argv, sentence) => {
    const steps = argv.includes('--grant-key') ? ['--node-name', 'a', '--listen', '127.0.0.1:0', ...tls()] : [];
    const { code, err } = await run([...argv, ...steps]);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
  });

  test('a key that does not belong to the certificate, a CA that is none', async () => {
    const own = (certFile: string, keyFile: string, ca: string) =>
      run([
        '--node-name',
        'a',
        '--listen',
        '127.0.0.1:0',
        '--tls-cert',
        certFile,
        '--tls-key',
        keyFile,
        '--client-ca',
        ca,
      ]);
    const { certFile, keyFile } = certificates.server;
    expect((await own(certFile, certificates.client.keyFile, certificates.caFile)).err).toMatch(
      /cannot be used together/,
    );
    expect((await own(certFile, keyFile, keyFile)).err).toMatch(/holds no PEM certificate/);
  });

  test('an address that is taken', async () => {
    const { certFile } = certificates.server;
    expect(readFileSync(certFile, 'utf8')).toContain('CERTIFICATE');
    const { code, err } = await run(['--node-name', 'a', '--listen', '192.0.2.250:0', ...tls()]);
    expect([code, err]).toEqual([1, expect.stringMatching(/cannot listen on 192\.0\.2\.250:0: .*EADDRNOTAVAIL/)]);
  });
});

describe('as a process', () => {
  async function start(
    ...flags: string[]
  ): Promise<{ child: ChildProcess; port: number; first: Record<string, unknown> }> {
    const argv = [
      '--import',
      'tsx',
      SCRIPT,
      '--node-name',
      'k8scephnode',
      '--listen',
      '127.0.0.1:0',
      ...tls(),
      ...flags,
    ];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    if (child.stdout === null) throw new Error('no stdout');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const first = JSON.parse(line) as Record<string, unknown>;
    return { child, first, port: Number(String(first['address']).split(':').at(-1)) };
  }

  test('says where it listens in one line of JSON, answers, and ends on SIGTERM with code 0', async () => {
    const { child, first, port } = await start('--host', `recorded:${recorded}`, '--recorded-shift-ms', '0');
    expect(first).toMatchObject({
      msg: 'agent listening',
      address: `127.0.0.1:${port}`,
      host: 'recorded',
      node: 'k8scephnode',
    });
    const agents = createNodeAgents({ tls: { ...certificates.client, caFile: certificates.caFile }, port });
    const answer = await agents.ask(
      { name: 'k8scephnode', addresses: ['127.0.0.1'] },
      [{ kind: 'node-units' }, { kind: 'node-clock' }],
      { deadlineMs: 3000, networks: [], signal: new AbortController().signal },
    );
    expect(answer.answers).toMatchObject([
      { status: 'collected' },
      { status: 'collected', value: { bootedAt: '2020-05-27T01:37:37.000Z' } },
    ]);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    agents.close();
  });

  test('uses no measurable CPU while nobody asks', async () => {
    const { child } = await start();
    const ticks = (): number => {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(fields[11]) + Number(fields[12]);
    };
    // The collections of garbage after the start come to an end; a timer that works would never leave three seconds free.
    let before = -1;
    await expect
      .poll(
        () => {
          const now = ticks();
          const used = now - before;
          before = now;
          return used;
        },
        { interval: 3000, timeout: 25_000 },
      )
      .toBe(0);
  });
});
