import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGrantedSteps, type GrantedSteps } from '../../src/agent/grants.ts';
import { createRecordedHost, type RecordedHost } from '../../src/agent/recorded-host.ts';
import { createRecordedStepHost } from '../../src/agent/recorded-step-host.ts';
import { type AgentServer, startAgentServer } from '../../src/agent/server.ts';
import { type Grant, StepAnswer } from '../../src/core/grant.ts';
import type { NodeAction } from '../../src/core/node-steps.ts';
import { makeCertificates, type TestCertificates } from './support/certificates.ts';
import { type EffectsServer, startEffects, told } from './support/effects.ts';
import { createGranter, type Granter, grantId } from './support/grants.ts';
import { recording } from './support/recording.ts';
import { send } from './support/send.ts';

const NODE = 'k8scephnode';
const OFF: NodeAction = { step: 'swap-device', params: { device: '/dev/sda3', state: 'off' } };
let certificates: TestCertificates;
let remediator: Granter;
let folder: string;
let node: EffectsServer;
let host: RecordedHost;
const servers: AgentServer[] = [];
const events: string[] = [];

beforeAll(async () => {
  certificates = await makeCertificates(NODE);
  remediator = createGranter();
});
afterAll(() => certificates.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-grants-'));
  await writeFile(keyFile(), remediator.publicPem);
  node = await startEffects(recording(), join(folder, 'host.json'));
  host = await createRecordedHost(node.file);
  events.length = 0;
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(100)));
  await node.close();
  await rm(folder, { recursive: true, force: true });
});

const keyFile = (): string => join(folder, 'remediator.pem');
const stateDir = (): string => join(folder, 'state', 'grants');

function open(clock?: () => number, state = stateDir()): GrantedSteps {
  return createGrantedSteps({
    host,
    effects: createRecordedStepHost(host, node.url),
    waits: { activeMs: 200, steadyMs: 20, lookMs: 5 },
    node: NODE,
    keyFile: keyFile(),
    stateDir: state,
    onEvent: (_level, sentence) => events.push(sentence),
    ...(clock === undefined ? {} : { clock }),
  });
}

/** An agent over mutual TLS; without steps it is read-only. */
async function serve(steps?: GrantedSteps): Promise<number> {
  const server = await startAgentServer({
    host,
    node: NODE,
    agentVersion: '0.0.0-test',
    bucket: { take: () => true },
    address: '127.0.0.1',
    port: 0,
    tls: { ...certificates.server, clientCaFile: certificates.caFile },
    onEvent: () => undefined,
    ...(steps === undefined ? {} : { steps }),
  });
  servers.push(server);
  return server.port;
}

async function ask(port: number, body: unknown): Promise<StepAnswer> {
  const { status, value } = await send(certificates, port, body);
  expect(status).toBe(200);
  return StepAnswer.parse(value);
}

const grant = (over: Partial<Record<keyof Grant, unknown>> = {}): Grant => remediator.grant(NODE, OFF, over);
const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
const between = (from: number, to: number) => ({ notBefore: at(from), notAfter: at(to) });

describe('over mutual TLS', () => {
  test('without a key the agent is read-only, and says so also in its health', async () => {
    const port = await serve();
    const { status, value } = await send(certificates, port, remediator.request(grant()));
    expect([status, value]).toEqual([403, { error: 'this agent is read-only: it was started without --grant-key' }]);
    expect((await send(certificates, port, undefined, '/v1/health')).value).toMatchObject({ steps: false });
    expect(node.posted).toEqual([]);
  });

  test('with a key a granted step is done once, and its result is given again and again, also after a restart', async () => {
    const request = remediator.request(grant());
    const port = await serve(open());
    expect((await send(certificates, port, undefined, '/v1/health')).value).toMatchObject({ steps: true });
    const first = await ask(port, request);
    expect(first).toMatchObject({
      node: NODE,
      status: 'done',
      result: { outcome: 'changed', says: 'swap on /dev/sda3 is off' },
    });
    const again = { status: 'used', reason: expect.stringMatching(/^this grant was used at /), result: first.result };
    expect(await ask(port, request)).toMatchObject(again);
    expect(await ask(await serve(open()), request)).toMatchObject(again);
    expect(told(node)).toEqual(['swapoff /dev/sda3']);
    expect(events).toContainEqual(expect.stringMatching(/approved by U0APPROVER: swap-device: changed: swap on/));
  });

  test('two grants for one approval are one: the second is used, whenever it is signed', async () => {
    const port = await serve(open());
    const one = grant();
    await ask(port, remediator.request(one));
    expect(await ask(port, remediator.request({ ...one, ...between(1000, 61_000) }))).toMatchObject({ status: 'used' });
    const other = { step: 'kubelet', params: { state: 'restarted' } };
    expect(await ask(port, remediator.request({ ...one, action: other }))).toMatchObject({
      status: 'rejected',
      reason: `the grant ${one.id} was used before, for another step`,
    });
    expect(told(node)).toEqual(['swapoff /dev/sda3']);
  });

  test('the same grant twice at once is done once; another one meanwhile is told to come back', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    node.instead = async () => {
      await gate;
      return undefined;
    };
    const port = await serve(open());
    const request = remediator.request(grant());
    const both = [ask(port, request), ask(port, request)];
    await expect.poll(() => node.posted.length, { timeout: 10_000 }).toBe(1);
    const other = await send(certificates, port, remediator.request(grant()));
    expect([other.status, other.value]).toEqual([
      429,
      { error: 'the agent takes one step at a time; ask again in a second' },
    ]);
    release();
    const answers = await Promise.all(both);
    expect(answers.map(({ status }) => status).sort()).toEqual(['done', 'used']);
    expect(answers[0]?.result).toEqual(answers[1]?.result);
    expect(node.posted).toHaveLength(1);
  });

  test.each([
    ['no JSON', 'hello', 400, /is no JSON/],
    ['too much', JSON.stringify({ grant: 'x'.repeat(70_000) }), 413, /larger than 65536 bytes/],
  ])('%s: status and one sentence', async (_, body, status, sentence) => {
    const said = await send(certificates, await serve(open()), body);
    expect([said.status, said.value]).toEqual([status, { error: expect.stringMatching(sentence) }]);
  });

  test('a step is asked with POST', async () => {
    expect((await send(certificates, await serve(open()), undefined)).status).toBe(405);
  });
});

describe('a grant that is not good is rejected with one sentence, and nothing is done', () => {
  const stranger = createGranter();
  test.each<[string, () => unknown, RegExp]>([
    ['no signature', () => ({ version: 1, grant: JSON.stringify(grant()) }), /is not signed/],
    ['an empty signature', () => ({ ...remediator.request(grant()), signature: '' }), /is not signed/],
    ['signed by somebody else', () => stranger.request(grant()), /not as the remediator signed it/],
    ['signed as a plan', () => remediator.request(grant(), 'plan'), /not as the remediator signed it/],
    ['too late', () => remediator.request(grant(between(-120_000, -60_000))), /was good until .*: this node's clock/],
    ['too early', () => remediator.request(grant(between(60_000, 120_000))), /is not good before .*: this node's/],
    ['living too long', () => remediator.request(grant(between(-1000, 3_600_000))), /not how long a grant lives/],
    ['ending before it begins', () => remediator.request(grant(between(1000, -1000))), /not how long a grant lives/],
    ['no date', () => remediator.request(grant({ notAfter: '2026-13-99T99:99:99.000Z' })), /not how long a grant/],
    [
      'another node',
      () => remediator.request(grant({ node: 'k8s1' })),
      /is for the node k8s1, and this is k8scephnode/,
    ],
    [
      'an unknown step',
      () => remediator.request(grant({ action: { step: 'reboot', params: {} } })),
      /does not know the step reboot/,
    ],
    [
      'wrong parameters',
      () => remediator.request(grant({ action: { step: 'swap-device', params: { device: '/dev/sda3' } } })),
      /the grant is wrong at action/,
    ],
    ['another version', () => remediator.request(grant({ version: 2 })), /the grant is wrong at version/],
    ['an id that is a path', () => remediator.request(grant({ id: '../../etc/x' })), /the grant is wrong at id/],
    ['no grant but text', () => remediator.request('hello'), /the grant is wrong at the top/],
    ['nothing', () => null, /the request is wrong at the top/],
  ])('%s', async (_, make, sentence) => {
    const answer = StepAnswer.parse(await open().take(make()));
    expect(answer).toMatchObject({ status: 'rejected', reason: expect.stringMatching(sentence) });
    expect(events).toEqual([expect.stringMatching(sentence)]);
    expect([node.posted, await readdir(stateDir())]).toEqual([[], []]);
  });

  test('one bit changed anywhere, in the grant or in its signature', async () => {
    const steps = open();
    const good = remediator.request(grant());
    let tried = 0;
    for (const part of ['grant', 'signature'] as const) {
      const text = good[part];
      for (let i = 0; i < text.length; i += 1) {
        for (let bit = 0; bit < 7; bit += 1) {
          const changed = String.fromCharCode(text.charCodeAt(i) ^ (1 << bit));
          const request = { ...good, [part]: text.slice(0, i) + changed + text.slice(i + 1) };
          const { status } = await steps.take(request);
          if (status !== 'rejected') expect.fail(`accepted with bit ${bit} of character ${i} of the ${part} changed`);
          tried += 1;
        }
      }
    }
    expect(tried).toBe(7 * (good.grant.length + 86));
    expect([node.posted, await readdir(stateDir())]).toEqual([[], []]);
    expect(await steps.take(good)).toMatchObject({ status: 'done' });
  });

  test('clocks half a minute apart are borne, and a grant that was used says so also when it is late', async () => {
    let now = Date.now() - 29_000;
    const steps = open(() => now);
    const request = remediator.request(grant());
    expect(await steps.take(request)).toMatchObject({ status: 'done' });
    now += 3_600_000;
    expect(await steps.take(request)).toMatchObject({ status: 'used', result: { outcome: 'changed' } });
  });
});

describe('used grants on disk', () => {
  test('noted before the step begins, with the result afterwards', async () => {
    const one = grant();
    const file = join(stateDir(), `${one.id}.json`);
    let during: unknown;
    node.instead = async () => {
      during = JSON.parse(await readFile(file, 'utf8'));
      return undefined;
    };
    await open().take(remediator.request(one));
    expect(during).toMatchObject({ id: one.id, begunAt: expect.any(String) });
    expect(during).not.toHaveProperty('result');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ result: { outcome: 'changed' } });
    expect(await readdir(stateDir())).toEqual([`${one.id}.json`]);
  });

  test('a file that was cut off still says that the grant was used', async () => {
    const one = grant();
    const steps = open();
    await writeFile(join(stateDir(), `${one.id}.json`), '{"version":1,');
    expect(await steps.take(remediator.request(one))).toMatchObject({
      status: 'used',
      reason: 'this grant was used before, and no result was kept',
    });
    expect(node.posted).toEqual([]);
  });

  test('a folder that is gone: rejected, nothing done', async () => {
    const steps = open();
    await rm(stateDir(), { recursive: true });
    expect(await steps.take(remediator.request(grant()))).toMatchObject({
      status: 'rejected',
      reason: expect.stringMatching(/cannot note that this grant is used, so nothing was done: ENOENT/),
    });
    expect(node.posted).toEqual([]);
  });

  test('a disk that is full: rejected, nothing done; and done when there is room again', async ({ skip }) => {
    const small = join(folder, 'small');
    await mkdir(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', small], { stdio: 'pipe' });
    } catch {
      skip('a small file system cannot be mounted here');
    }
    try {
      const steps = open(undefined, small);
      await writeFile(join(small, 'filler'), Buffer.alloc(4096));
      const request = remediator.request(grant());
      expect(await steps.take(request)).toMatchObject({
        status: 'rejected',
        reason: expect.stringMatching(/so nothing was done: ENOSPC/),
      });
      expect([node.posted, await readdir(small)]).toEqual([[], ['filler']]);
      await rm(join(small, 'filler'));
      expect(await steps.take(request)).toMatchObject({ status: 'done' });
    } finally {
      execFileSync('umount', [small]);
    }
  });

  test('forgotten a day after their end, by a good grant only', async () => {
    let now = Date.now();
    const [old, next] = [grant(), grant()];
    const steps = open(() => now);
    await steps.take(remediator.request(old));
    now += 25 * 3_600_000;
    // The clock has jumped, so nothing is good: nothing is forgotten either.
    expect(await steps.take(remediator.request(next))).toMatchObject({ status: 'rejected' });
    expect(await readdir(stateDir())).toHaveLength(1);
    const times = { notBefore: new Date(now).toISOString(), notAfter: new Date(now + 60_000).toISOString() };
    await steps.take(remediator.request({ ...next, ...times }));
    expect(await readdir(stateDir())).toEqual([`${next.id}.json`]);
  });

  test('a step that runs when the agent is told to end comes to its end', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    node.instead = async () => {
      await gate;
      return undefined;
    };
    const steps = open();
    const running = steps.take(remediator.request(grant()));
    await expect.poll(() => node.posted.length, { timeout: 10_000 }).toBe(1);
    const finished = steps.finish();
    expect(await steps.take(remediator.request(grant()))).toMatchObject({
      status: 'rejected',
      reason: 'the agent is stopping: nothing was done',
    });
    release();
    await finished;
    expect(await running).toMatchObject({ status: 'done' });
  });
});

describe('the key', () => {
  test('out of a trust file; a new key counts at once and the old one no longer', async () => {
    const next = createGranter();
    const trust = (remediatorPem: string): string =>
      JSON.stringify({ version: 1, bot: 'x', remediator: remediatorPem });
    await writeFile(keyFile(), trust(remediator.publicPem));
    const steps = open();
    expect(await steps.take(remediator.request(grant()))).toMatchObject({ status: 'done' });
    await writeFile(keyFile(), trust(next.publicPem));
    expect(await steps.take(remediator.request(grant()))).toMatchObject({ status: 'rejected' });
    expect(await steps.take(next.request(grant()))).toMatchObject({ status: 'done' });
  });

  test.each<[string, string | (() => string), RegExp]>([
    ['nothing', '', /holds no public key in PEM/],
    ['a private key', () => remediator.privatePem, /holds a private key: an agent gets the public one only/],
    ['a key of another kind', rsaPem, /is not an Ed25519 key/],
    ['a trust file without it', '{"version":1,"bot":"x"}', /is no trust file of version 1 with a member "remediator"/],
    ['half a trust file', '{"version":1,', /is no trust file/],
  ])('%s: the agent does not start, and one that runs carries out nothing', async (_, content, sentence) => {
    const steps = open();
    await writeFile(keyFile(), typeof content === 'string' ? content : content());
    expect(() => open()).toThrow(sentence);
    expect(await steps.take(remediator.request(grant({ id: grantId() })))).toMatchObject({
      status: 'rejected',
      reason: expect.stringMatching(sentence),
    });
    expect(node.posted).toEqual([]);
  });
});

function rsaPem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return String(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }));
}
