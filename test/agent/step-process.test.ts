import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeCertificates, type TestCertificates } from './support/certificates.ts';
import { type EffectsServer, startEffects } from './support/effects.ts';
import { createGranter, type Granter } from './support/grants.ts';
import { recording } from './support/recording.ts';
import { send } from './support/send.ts';

const SCRIPT = new URL('support/agent-process.ts', import.meta.url).pathname;
/** A machine with much to do takes its time. */
const WAIT = { timeout: 15_000 };
const OFF = { step: 'swap-device', params: { device: '/dev/sda3', state: 'off' } } as const;
let certificates: TestCertificates;
let remediator: Granter;
let node: EffectsServer;
const children: ChildProcess[] = [];

beforeAll(async () => {
  certificates = await makeCertificates('k8scephnode');
  remediator = createGranter();
  await writeFile(join(certificates.folder, 'remediator.pem'), remediator.publicPem);
  node = await startEffects(recording(), join(certificates.folder, 'host.json'));
});
afterAll(async () => {
  await node.close();
  await certificates.remove();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(): Promise<{ child: ChildProcess; port: number; lines: string[] }> {
  const { folder, server, caFile } = certificates;
  const flags = {
    'node-name': 'k8scephnode',
    listen: '127.0.0.1:0',
    'tls-cert': server.certFile,
    'tls-key': server.keyFile,
    'client-ca': caFile,
    host: `recorded:${node.file}`,
    'grant-key': join(folder, 'remediator.pem'),
    'state-dir': join(folder, 'state'),
    'recorded-effects': node.url,
  };
  const argv = ['--import', 'tsx', SCRIPT, ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout === null) throw new Error('no stdout');
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on('line', (one) => lines.push(one));
  const [line] = (await once(reader, 'line')) as [string];
  const first = JSON.parse(line) as Record<string, unknown>;
  expect(first).toMatchObject({ msg: 'agent listening', steps: true });
  return { child, lines, port: Number(String(first['address']).split(':').at(-1)) };
}

/** The node never answers the effect: the agent is in the middle of its step. */
function stuck(): { posted: () => number; release: () => void } {
  let release = (): void => undefined;
  const gate = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
  const before = node.posted.length;
  node.instead = () => gate;
  return { posted: () => node.posted.length - before, release: () => release() };
}

test('killed in the middle of a step: after its restart the grant is used, without a result, and nothing is done twice', async () => {
  const request = remediator.request(remediator.grant('k8scephnode', OFF));
  const first = await start();
  const effect = stuck();
  const lost = expect(send(certificates, first.port, request)).rejects.toThrow();
  await expect.poll(effect.posted, WAIT).toBe(1);
  const ended = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await Promise.all([ended, lost]);
  effect.release();
  node.instead = () => undefined;
  const second = await start();
  for (let i = 0; i < 2; i += 1) {
    const { value } = await send(certificates, second.port, request);
    expect(value).toMatchObject({
      status: 'used',
      reason: expect.stringMatching(/and the agent ended before the step did$/),
    });
    expect(value).not.toHaveProperty('result');
  }
  expect(effect.posted()).toBe(1);
  // A new grant for the same wish: the state is already so, since the node went on without the agent.
  const anew = await send(certificates, second.port, remediator.request(remediator.grant('k8scephnode', OFF)));
  expect(anew.value).toMatchObject({ status: 'done', result: { outcome: 'already' } });
});

test('told to end in the middle of a step: the step comes to its end, its result is answered, then the agent ends', async () => {
  const { child, port, lines } = await start();
  const effect = stuck();
  const action = { step: 'swap-device', params: { device: '/dev/sda3', state: 'on' } } as const;
  const answer = send(certificates, port, remediator.request(remediator.grant('k8scephnode', action)));
  await expect.poll(effect.posted, WAIT).toBe(1);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await expect.poll(() => lines.some((line) => line.includes('agent stopping')), WAIT).toBe(true);
  effect.release();
  expect((await answer).value).toMatchObject({ status: 'done', result: { outcome: 'changed' } });
  expect(await ended).toEqual([0, null]);
});
