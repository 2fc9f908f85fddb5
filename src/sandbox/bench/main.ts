/** `npm run bench`: measures what the README states. Every figure comes from this run. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureAcks } from './acks.ts';
import { Figures } from './figures.ts';
import { measureFixes } from './fixes.ts';
import { measureIncident } from './incident.ts';
import { type BenchResult, machine } from './result.ts';
import { startRig } from './rig.ts';
import { measureScale } from './scale.ts';
import { resultText } from './table.ts';

export interface BenchOptions {
  /** A small version for tests: the same figures, of less. */
  readonly quick: boolean;
  /** Fixes alone. */
  readonly fixes: boolean;
  readonly json: boolean;
}

/** Runs all measurements and prints them. @returns 0 where all could be taken; an aim that is missed is no failure. */
export async function runBench(options: BenchOptions): Promise<number> {
  const started = performance.now();
  const say = (line: string): void =>
    void process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-bench-'));
  const figures = new Figures();
  // Everything that was started ends with this process; only the folder has to be removed.
  const interrupted = (): void => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    if (!options.fixes) await measure(folder, options.quick, figures, say);
    say('two fixes of the incident, proposed and approved in Slack');
    await measureFixes(options.quick ? { runs: 1, steadySeconds: 1 } : { runs: 3 }, figures, say);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await rm(folder, { recursive: true, force: true });
  }
  const result: BenchResult = {
    date: new Date().toISOString(),
    quick: options.quick,
    seconds: (performance.now() - started) / 1000,
    machine: machine(),
    figures: figures.list,
  };
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : resultText(result));
  return figures.list.every((figure) => figure.value !== undefined) ? 0 : 1;
}

async function measure(folder: string, quick: boolean, figures: Figures, say: (line: string) => void): Promise<void> {
  const seconds = quick ? 1 : 20;
  say(`acknowledgements: 20 commands a second for ${seconds} s`);
  const load = await startRig(say);
  try {
    await measureAcks(load, seconds, figures);
  } finally {
    await load.close();
  }
  const rig = await startRig(say);
  try {
    say('the recorded incident, in Slack and from the terminal');
    const repeats = quick
      ? { slack: 1, hanging: 0, terminal: 1, help: 3 }
      : { slack: 4, hanging: 3, terminal: 5, help: 10 };
    await measureIncident(rig, folder, repeats, figures, say);
    await measureScale(rig, folder, quick ? SIZES.slice(0, 1) : SIZES, figures, say);
  } finally {
    await rig.close();
  }
}

const SIZES = [
  { nodes: 3, services: 3, pods: 30 },
  { nodes: 100, services: 100, pods: 1000 },
  { nodes: 1000, services: 1000, pods: 10_000 },
  { nodes: 5000, services: 5000, pods: 50_000 },
];
