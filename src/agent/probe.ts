/** A probe: reads one kind of evidence on a host. Pure in what it makes of the reads; all I/O goes through the host. */
import type { z } from 'zod';
import type { PROBE_PARAMS } from '../core/agent-api.ts';
import type { EvidenceValue, NodeKind } from '../core/evidence/kinds.ts';
import { type Host, HostError, type Limits, type Program, type RunResult } from './host.ts';

/** The parameters of a kind: its schema's, or none. */
export type ParamsOf<K extends NodeKind> = K extends keyof typeof PROBE_PARAMS
  ? z.infer<(typeof PROBE_PARAMS)[K]>
  : Readonly<Record<string, never>>;

/** Says whether an address may be connected to now: undefined, or one sentence why not. */
export type TcpGate = (address: string) => string | undefined;

/** What one probe may take: time until its deadline, bytes per read, and where it may connect to. */
export interface ProbeLimits extends Limits {
  readonly tcp: TcpGate;
}

export interface Probe<K extends NodeKind = NodeKind> {
  readonly kind: K;
  /** Throws a HostError with one sentence where the fact cannot be read. */
  read(host: Host, params: ParamsOf<K>, limits: ProbeLimits): Promise<EvidenceValue<K>>;
  /** The command with which a person sees the same on the node. */
  command(params: ParamsOf<K>): string;
  /** Tells apart several items of one kind: a unit's name. */
  part?(params: ParamsOf<K>): string;
}

/** A probe whose kind is known only at run time; its parameters have been checked by the kind's schema. */
export interface AnyProbe {
  readonly kind: NodeKind;
  read(host: Host, params: unknown, limits: ProbeLimits): Promise<unknown>;
  command(params: unknown): string;
  part?(params: unknown): string;
}

const SMALL_FILE = 1024 * 1024;

/** Reads a small file. @throws HostError */
export function readText(host: Host, path: string, maxBytes = SMALL_FILE): Promise<string> {
  return host.readFile(path, maxBytes);
}

/** Gives undefined where the thing does not exist; every other failure is thrown. */
export async function orMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof HostError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** Gives undefined where the thing cannot be read for whatever reason: only for facts that are extras. */
export async function orNothing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

/** Runs a program and gives its output. @throws HostError where it exits with another code than 0, with its last word. */
export async function runText(host: Host, program: Program, args: readonly string[], limits: Limits): Promise<string> {
  const result = await host.run(program, args, limits);
  if (result.code !== 0) throw new HostError(deniedOrFailed(result.stderr), failureText(program, args, result));
  if (result.truncated) {
    throw new HostError('too-large', `${program} ${args.join(' ')} printed more than ${limits.maxBytes} bytes`);
  }
  return result.stdout;
}

/** Gives one sentence for a program that failed. */
export function failureText(program: string, args: readonly string[], result: RunResult): string {
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n')[0]?.slice(0, 200) ?? '';
  return `${[program, ...args.slice(0, 2)].join(' ')} ended with code ${result.code}${said === '' ? '' : `: ${said}`}`;
}

function deniedOrFailed(stderr: string): 'denied' | 'failed' {
  return /permission denied|operation not permitted|must be root|access denied/i.test(stderr) ? 'denied' : 'failed';
}

/** Maps with at most `width` at a time, results in the order of the items. */
export async function mapLimited<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next;
      next += 1;
      const item = items[index];
      if (index >= items.length || item === undefined) return;
      results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
