/** The small run of the benchmark, whole: every figure is there and plausible. Times are not judged here. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';

const EXECUTABLE = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const TIMEOUT_MS = 180_000;

const Result = z.object({
  date: z.iso.datetime(),
  quick: z.literal(true),
  seconds: z.number().positive(),
  machine: z.object({
    cores: z.number().int().positive(),
    cpu: z.string(),
    memoryBytes: z.number().positive(),
    system: z.string(),
    node: z.string().regex(/^\d+\.\d+\.\d+$/),
  }),
  figures: z.array(
    z.object({
      group: z.string(),
      what: z.string(),
      unit: z.enum(['ms', 'bytes', 'count', 'ratio']),
      // Left out where something could not be measured: that fails here.
      value: z.number().nonnegative(),
      aim: z.object({ text: z.string(), met: z.boolean() }).optional(),
      note: z.string().optional(),
    }),
  ),
});

test('kubewhy sandbox bench --quick measures everything once', { timeout: TIMEOUT_MS }, async () => {
  const { code, out, err } = await run(['sandbox', 'bench', '--quick', '--output', 'json']);
  expect(code, err).toBe(0);
  const { figures } = Result.parse(JSON.parse(out));
  const valueOf = (group: string, what: string): number => {
    const found = figures.filter((figure) => figure.group === group && figure.what === what);
    expect(found, `${group}: ${what}`).toHaveLength(1);
    return found[0]?.value ?? Number.NaN;
  };
  const slack = 'Stage 1 in Slack';
  const order = ['first progress line', 'collection began', 'collection ended', 'verdict shown'];
  const times = order.map((what) => valueOf(slack, what));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times[0]).toBeGreaterThan(0);
  // The verdict itself is in the note: a benchmark of wrong answers measures nothing.
  const verdicts = figures.filter((figure) => figure.what === 'verdict shown');
  expect(verdicts).toHaveLength(2);
  expect(figures.filter((figure) => /Cause found: Calico/.test(figure.note ?? '')).length).toBeGreaterThanOrEqual(2);
  expect(valueOf('API server, per diagnosis', 'requests')).toBeGreaterThan(5);
  expect(valueOf('API server, per diagnosis', 'bytes as sent')).toBeGreaterThan(1000);
  for (const process of ['bot', 'worker', 'agent']) expect(valueOf('Peak memory', process)).toBeGreaterThan(20e6);
  expect(valueOf('Terminal', 'kubewhy --help')).toBeGreaterThan(10);
  expect(valueOf('Terminal', 'CPU time of the whole')).toBeGreaterThan(50);
  expect(valueOf('Acknowledgement', 'p99')).toBeGreaterThanOrEqual(valueOf('Acknowledgement', 'p50'));
  for (const fix of ['Fix on a node: turn-swap-off', 'Fix in the API: set-calico-ip-autodetection']) {
    const [cluster, verified] = ['last write to cluster well', 'last write to verified'].map((what) =>
      valueOf(fix, what),
    );
    expect(valueOf(fix, 'Approve to first write')).toBeGreaterThan(1);
    // At least the second that it is watched on purpose; the cluster was well before that.
    expect(verified).toBeGreaterThanOrEqual(1000);
    expect(verified).toBeGreaterThan(cluster ?? Number.NaN);
  }
  const aims = figures.flatMap((figure) => figure.aim ?? []);
  expect(aims.length).toBeGreaterThanOrEqual(9);
});

test('a word that is no option of the benchmark ends it with a sentence', async () => {
  const { code, out, err } = await run(['sandbox', 'bench', '--quik']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('I do not understand "--quik"');
});

async function run(args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [EXECUTABLE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}
