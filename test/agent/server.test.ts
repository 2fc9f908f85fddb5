import { readFileSync } from 'node:fs';
import { copyFile, utimes } from 'node:fs/promises';
import { request } from 'node:https';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../src/agent/host.ts';
import { type AgentServer, startAgentServer } from '../../src/agent/server.ts';
import { AGENT_LIMITS, AskAnswer } from '../../src/core/agent-api.ts';
import { createAuthority } from '../../src/sandbox/tls/certificates.ts';
import { type CertificateFiles, makeCertificates, type TestCertificates } from './support/certificates.ts';
import { fakeHost, filesHost } from './support/fake-host.ts';

let certificates: TestCertificates;
const running: AgentServer[] = [];
const events: string[] = [];

beforeAll(async () => {
  certificates = await makeCertificates('node-a');
});
afterAll(() => certificates.remove());
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close(100)));
  events.length = 0;
});

async function start(host: Host, server = certificates.server): Promise<AgentServer> {
  const started = await startAgentServer({
    host,
    node: 'node-a',
    agentVersion: '0.0.0-test',
    bucket: { take: () => true },
    address: '127.0.0.1',
    port: 0,
    tls: { ...server, clientCaFile: certificates.caFile },
    onEvent: (_level, sentence) => events.push(sentence),
  });
  running.push(started);
  return started;
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly client?: CertificateFiles | undefined;
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
}

function send(port: number, sent: Sent = {}): Promise<{ status: number; text: string }> {
  const client = 'client' in sent ? sent.client : certificates.client;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        agent: false,
        method: sent.method ?? 'POST',
        path: sent.path ?? '/v1/ask',
        ca: readFileSync(certificates.caFile),
        ...(client === undefined ? {} : { cert: readFileSync(client.certFile), key: readFileSync(client.keyFile) }),
        ...(sent.maxVersion === undefined ? {} : { maxVersion: sent.maxVersion }),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(sent.body);
  });
}

const ask = (requests: unknown[], more: object = {}): string =>
  JSON.stringify({ version: 1, deadlineMs: 2000, networks: ['10.0.0.0/8'], requests, ...more });

describe('who may ask', () => {
  test('a client with a certificate of the CA gets an answer over TLS 1.2 and 1.3', async () => {
    const { port } = await start(filesHost({}));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { status, text } = await send(port, { method: 'GET', path: '/v1/health', maxVersion });
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ status: 'ok', node: 'node-a' });
    }
  });

  test.each([
    ['no certificate', async () => undefined],
    [
      'a certificate of another CA',
      async () => certificates.issue('foreign', { commonName: 'w', usage: 'client' }, await createAuthority('other')),
    ],
    [
      'an expired certificate',
      async () =>
        certificates.issue('expired', {
          commonName: 'w',
          usage: 'client',
          notBefore: new Date('2020-01-01'),
          notAfter: new Date('2020-02-01'),
        }),
    ],
    ["another agent's certificate, which is for servers only", async () => certificates.server],
  ])('%s: the connection ends, and the agent says so in its log', async (_, make) => {
    const { port } = await start(filesHost({}));
    const client = await make();
    await expect(send(port, { client, method: 'GET', path: '/v1/health' })).rejects.toThrow();
    await expect
      .poll(() => events)
      .toContainEqual(expect.stringMatching(/^refused a connection.*: its certificate is missing or not signed/));
  });

  test('TLS 1.1 is refused', async () => {
    const { port } = await start(filesHost({}));
    const old = new Promise((resolve, reject) => {
      const socket = tlsConnect({
        port,
        host: '127.0.0.1',
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        rejectUnauthorized: false,
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.once('secureConnect', resolve).once('error', reject);
    });
    await expect(old).rejects.toThrow();
  });
});

describe('what is asked', () => {
  test.each([
    ['no JSON', 'hello', 400, /the request is wrong at the top/],
    ['another version', ask([{ kind: 'node-memory' }], { version: 2 }), 400, /wrong at version/],
    ['no facts', ask([]), 400, /wrong at requests/],
    ['an unknown kind', ask([{ kind: 'node-shell' }]), 400, /wrong at requests\.0\.kind/],
    ['too many facts', ask(Array.from({ length: 65 }, () => ({ kind: 'node-memory' }))), 400, /wrong at requests/],
    ['too much', ask([{ kind: 'node-memory', params: { x: 'y'.repeat(300_000) } }]), 413, /larger than 262144 bytes/],
  ])('%s: status and one sentence', async (_, body, status, sentence) => {
    const { port } = await start(filesHost({}));
    const answer = await send(port, { body });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).toMatch(sentence);
  });

  test('another path and another method', async () => {
    const { port } = await start(filesHost({}));
    expect((await send(port, { path: '/v1/exec', body: '{}' })).status).toBe(404);
    expect((await send(port, { method: 'GET' })).status).toBe(405);
  });

  test('more at a time than the agent answers: 429, and the ones it answers are answered', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let waiting = 0;
    const host = fakeHost({
      readFile: async () => {
        waiting += 1;
        await gate;
        return 'MemTotal: 1 kB\nMemAvailable: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n';
      },
    });
    const { port } = await start(host);
    const body = ask([{ kind: 'node-memory' }], { deadlineMs: 20_000 });
    const first = Array.from({ length: 8 }, () => send(port, { body }));
    await expect.poll(() => waiting).toBe(8);
    expect((await send(port, { body })).status).toBe(429);
    release();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual(Array<number>(8).fill(200));
  });
});

describe('what is answered', () => {
  test('in the order of the requests; what fails is unavailable with one sentence, and the rest is there', async () => {
    const memory = 'MemTotal: 10 kB\nMemAvailable: 5 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n';
    const host = filesHost(
      { '/proc/meminfo': memory },
      {
        run: () => Promise.reject(new TypeError('a bug in a probe')),
        readDir: () => new Promise(() => undefined),
      },
    );
    const { port } = await start(host);
    const body = ask(
      [
        { kind: 'node-interfaces' },
        { kind: 'node-cni' },
        { kind: 'node-memory' },
        { kind: 'node-journal', params: { unit: 'a;b' } },
        { kind: 'node-memory', params: { why: 1 } },
        { kind: 'node-clock' },
      ],
      { deadlineMs: 400 },
    );
    const started = performance.now();
    const { answers } = AskAnswer.parse(JSON.parse((await send(port, { body })).text));
    expect(performance.now() - started).toBeLessThan(1500);
    expect(answers.map((one) => (one.status === 'collected' ? one.value : one.reason))).toEqual([
      'node-interfaces failed: a bug in a probe',
      expect.stringMatching(/^node-cni did not finish within \d+ ms$/),
      { totalKiB: 10, availableKiB: 5, swapTotalKiB: 0, swapFreeKiB: 0 },
      expect.stringMatching(/^the parameters of node-journal are wrong at unit: /),
      'node-memory takes no parameters, and was given why',
      expect.stringMatching(/uptime/),
    ]);
  });

  test('more than the cap: the largest value is left out with the reason, the rest is there', async () => {
    const line = JSON.stringify({ MESSAGE: 'x'.repeat(8000), __REALTIME_TIMESTAMP: '1590546847000000' });
    const host = fakeHost({
      run: async () => ({ code: 0, stdout: `${line}\n`.repeat(700), stderr: '', truncated: false }),
    });
    const { port } = await start(host);
    const { text } = await send(port, {
      body: ask([{ kind: 'node-journal', params: { unit: 'kubelet' } }, { kind: 'node-cgroup' }]),
    });
    expect(Buffer.byteLength(text)).toBeLessThan(AGENT_LIMITS.answerBytes);
    const { answers } = AskAnswer.parse(JSON.parse(text));
    expect(answers.map(({ status }) => status)).toEqual(['unavailable', 'collected']);
    expect(answers[0]).toMatchObject({ part: 'kubelet', reason: expect.stringMatching(/larger than the \d+ bytes/) });
  });

  test('secrets are taken out of whatever a probe reads', async () => {
    const host = filesHost({
      '/proc/swaps': 'Filename Type Size Used Priority\n',
      '/proc/cmdline': 'root=/dev/sda1 ds.password=hunter2hunter2 quiet',
    });
    const { port } = await start(host);
    const { text } = await send(port, { body: ask([{ kind: 'node-swap' }]) });
    expect(text).not.toContain('hunter2');
    expect(text).toContain('root=/dev/sda1');
  });
});

test('a probe that reads nonsense is unavailable with a sentence, not a value of another form', async () => {
  const { port } = await start(
    filesHost({
      '/proc/sys/net/netfilter/nf_conntrack_count': 'many',
      '/proc/sys/net/netfilter/nf_conntrack_max': '9',
    }),
  );
  const { answers } = AskAnswer.parse(JSON.parse((await send(port, { body: ask([{ kind: 'node-conntrack' }]) })).text));
  expect(answers).toMatchObject([
    {
      status: 'unavailable',
      reason: expect.stringMatching(/^what was read does not have the form of node-conntrack at count: /),
    },
  ]);
});

describe('certificates that change', () => {
  test('a new certificate is used by the next connection, a broken one is not', async () => {
    const copy = { certFile: `${certificates.folder}/live.crt`, keyFile: `${certificates.folder}/live.key` };
    const install = async (from: CertificateFiles): Promise<void> => {
      await copyFile(from.certFile, copy.certFile);
      await copyFile(from.keyFile, copy.keyFile);
    };
    await install(certificates.server);
    const { port } = await start(filesHost({}), copy);
    const served = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const { certFile, keyFile } = certificates.client;
        const socket = tlsConnect(
          {
            port,
            host: '127.0.0.1',
            ca: readFileSync(certificates.caFile),
            cert: readFileSync(certFile),
            key: readFileSync(keyFile),
          },
          () => {
            resolve(String(socket.getPeerCertificate().subject.CN));
            socket.destroy();
          },
        );
        socket.once('error', reject);
      });
    expect(await served()).toBe('node-a');
    await install(
      await certificates.issue('renewed', {
        commonName: 'node-a-renewed',
        ipAddresses: ['127.0.0.1'],
        usage: 'server',
      }),
    );
    await expect.poll(served, { timeout: 5000, interval: 100 }).toBe('node-a-renewed');
    await copyFile(certificates.caFile, copy.certFile);
    await utimes(copy.certFile, new Date(), new Date());
    await expect
      .poll(async () => [await served(), events.some((event) => event.includes('cannot be used'))], {
        timeout: 5000,
        interval: 100,
      })
      .toEqual(['node-a-renewed', true]);
  });
});
