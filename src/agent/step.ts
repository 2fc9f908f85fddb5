/** A step: brings one thing on the node into the state that its parameters name, and says what it changed. */
import type { NodeStepName, NodeStepParams } from '../core/node-steps.ts';
import { type Host, HostError, type Limits } from './host.ts';
import { failureText } from './probe.ts';
import { backupOf, type EffectProgram, isBackupOf, type StepHost } from './step-host.ts';

/** How long things may take, in milliseconds. Tests give less. */
export interface StepWaits {
  /** A unit must be active by then. */
  readonly activeMs: number;
  /** It must stay active for that long: a kubelet that dies of its settings is active for a second each time. */
  readonly steadyMs: number;
  /** Between two looks. */
  readonly lookMs: number;
}
export const STEP_WAITS: StepWaits = { activeMs: 30_000, steadyMs: 5000, lookMs: 1000 };

/** What a step gets. Reads go through `host`, every change through `effects`. */
export interface StepContext {
  readonly host: Host;
  readonly effects: StepHost;
  /** The grant's id: names the copies of files. */
  readonly grant: string;
  readonly waits: StepWaits;
  /** Notes a change that was made and read back. */
  readonly changed: (what: string, before: string, after: string) => void;
}

export interface StepEnd {
  readonly outcome: 'changed' | 'already';
  readonly says: string;
}

export interface AgentStep<S extends NodeStepName = NodeStepName> {
  readonly name: S;
  /** @throws StepRefused before anything was changed; StepFailed or HostError afterwards */
  take(params: NodeStepParams<S>, context: StepContext): Promise<StepEnd>;
}

/** The step's own precondition does not hold. */
export class StepRefused extends Error {}
/** It was tried, and the state is not what was wanted. */
export class StepFailed extends Error {}

/** What one read of a step may take. */
export const READ: Limits = { timeoutMs: 10_000, maxBytes: 1024 * 1024 };
const RUN_MS = 60_000;

export function already(says: string): StepEnd {
  return { outcome: 'already', says };
}
export function done(says: string): StepEnd {
  return { outcome: 'changed', says };
}

/** Runs one program of the list. @throws StepFailed where it ends with another code than 0, with its last word */
export async function effect(
  { effects }: StepContext,
  program: EffectProgram,
  args: readonly string[],
  timeoutMs = RUN_MS,
): Promise<void> {
  const result = await effects.run(program, args, timeoutMs);
  if (result.code !== 0) throw new StepFailed(failureText(program, args, result));
}

/** Reads a file for editing. @throws StepRefused where it does not exist */
export async function loadFile({ effects }: StepContext, path: string): Promise<string> {
  const text = await loadMaybe(effects, path);
  if (text === undefined) throw new StepRefused(`${path} does not exist on this node`);
  return text;
}

/** Gives undefined where the file is not there. @throws HostError */
export async function loadMaybe(effects: StepHost, path: string): Promise<string | undefined> {
  try {
    return await effects.load(path);
  } catch (error) {
    if (error instanceof HostError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** Keeps the file as it was beside it, writes it, and reads it back. @throws HostError, StepFailed */
export async function editFile(context: StepContext, path: string, was: string, content: string): Promise<void> {
  const { effects, grant } = context;
  await effects.put({ path: backupOf(path, grant), content: was, was: undefined, like: path });
  await effects.put({ path, content, was });
  if ((await effects.load(path)) === content) return;
  throw new StepFailed(`${path} does not hold what was written; the file as it was is ${backupOf(path, grant)}`);
}

/**
 * Gives the file as it was before one of our edits, where that edit of it gives exactly the file of now: undoing is then
 * exact to the byte. Undefined where there is no such copy.
 */
export async function keptBefore(
  { host, effects }: StepContext,
  path: string,
  edit: (text: string) => string | undefined,
  now: string,
): Promise<string | undefined> {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const names = await host.readDir(folder).catch((): string[] => []);
  for (const candidate of names.map((name) => `${folder}/${name}`).filter((one) => isBackupOf(path, one))) {
    const kept = await loadMaybe(effects, candidate);
    if (kept !== undefined && edit(kept) === now) return kept;
  }
  return undefined;
}
