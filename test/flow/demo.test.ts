/** The whole way through the front door: the demo, as its own process, gets every verdict and every fix right, and leaves nothing behind. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const EXECUTABLE = resolve(import.meta.dirname, '../../dist/main.js');

/** The demo's own folder for temporary files: other tests use the common one at the same time. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-demo-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function run(args: readonly string[]): {
  child: ReturnType<typeof spawn>;
  done: Promise<{ code: number | null; out: string; err: string }>;
} {
  const child = spawn(process.execPath, [EXECUTABLE, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  return { child, done: new Promise((done) => child.once('close', (code) => done({ code, out, err }))) };
}

test('four stages and the repair, in JSON', { timeout: 240_000 }, async () => {
  const { done } = run(['sandbox', 'demo', '--output', 'json']);
  const { code, out, err } = await done;
  expect(code, err).toBe(0);
  const { scenes, ok } = JSON.parse(out) as {
    scenes: {
      name: string;
      command: string;
      verdict: string;
      causes: { rule: string; object: object }[];
      fix?: { remediation: string; state: string; refusedClicks: number };
      ackMs: number;
      seconds: number;
    }[];
    ok: boolean;
  };
  expect(ok).toBe(true);
  const mater1 = { rule: 'calico-node-ip-mismatch', object: { kind: 'Node', name: 'k8smater1' } };
  const cephnode = { rule: 'calico-node-ip-mismatch', object: { kind: 'Node', name: 'k8scephnode' } };
  const swap = { rule: 'kubelet-swap-on', object: { kind: 'Node', name: 'k8scephnode' } };
  const asked = scenes.filter((scene) => scene.fix === undefined);
  expect(asked.map((scene) => [scene.command, scene.verdict, scene.causes])).toEqual([
    ['/k8s why-not-reachable 30080', 'cause-found', [mater1]],
    ['/k8s diagnose node k8scephnode', 'cause-found', [swap]],
    ['/k8s why-not-reachable 30080', 'cause-found', [mater1, cephnode]],
    ['/k8s why-not-reachable 30945', 'no-fault-found', []],
    ['/k8s diagnose calico', 'cause-found', [mater1]],
    ['/k8s why-not-reachable 30080', 'no-fault-found', []],
  ]);
  expect(scenes.flatMap((scene) => (scene.fix === undefined ? [] : [[scene.name, scene.fix]]))).toEqual([
    ['stage-1-fix', { remediation: 'set-calico-ip-autodetection', state: 'refused', refusedClicks: 0 }],
    ['stage-2-swap-off', { remediation: 'turn-swap-off', state: 'verified', refusedClicks: 0 }],
    ['stage-2-keep-swap-off', { remediation: 'keep-swap-off', state: 'verified', refusedClicks: 0 }],
    ['stage-2-calico', { remediation: 'set-calico-ip-autodetection', state: 'verified', refusedClicks: 1 }],
  ]);
  for (const scene of scenes) expect(scene.ackMs).toBeGreaterThan(0);
  expect(await readdir(folder)).toEqual([]);
});

test('Ctrl-C in the middle ends everything', { timeout: 60_000 }, async () => {
  const { child, done } = run(['sandbox', 'demo']);
  await new Promise<void>((ready) => {
    child.stdout?.on('data', (chunk: string) => {
      if (chunk.includes('Stage 1')) ready();
    });
  });
  child.kill('SIGINT');
  expect((await done).code).toBe(130);
  expect(await readdir(folder)).toEqual([]);
});
