/** What `npm run bench` gives: figures, and the machine on which they were measured. */
import { cpus, release, totalmem, type } from 'node:os';
import type { Figure } from './figures.ts';

export interface BenchResult {
  /** When it ended, RFC 3339. */
  readonly date: string;
  readonly quick: boolean;
  readonly seconds: number;
  readonly machine: {
    readonly cores: number;
    readonly cpu: string;
    readonly memoryBytes: number;
    readonly system: string;
    readonly node: string;
  };
  readonly figures: readonly Figure[];
}

/** What the figures depend on. */
export function machine(): BenchResult['machine'] {
  const all = cpus();
  return {
    cores: all.length,
    cpu: all[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.versions.node,
  };
}
