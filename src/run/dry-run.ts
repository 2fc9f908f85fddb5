/** What the API server says to a plan before anybody is asked: rights, the state of each object, a dry run of each write. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ApiObject } from '../core/api-object.ts';
import { ClusterError, errorText } from '../core/errors.ts';
import type { DryRunStep, Reason } from '../core/fix.ts';
import { fixReason } from '../core/fix-reasons.ts';
import { diffObjects, isWhole } from '../core/object-diff.ts';
import { stateOf } from '../core/object-state.ts';
import { rightCommand, rightsOfSteps, rightText } from '../core/plan-rights.ts';
import type { ClusterReader, ClusterWriter } from '../core/ports.ts';
import { redactText } from '../core/redact.ts';
import { type ApiStep, type Draft, type Right } from '../core/remediation.ts';
import { isLeftAlone, stateAfter, targetText, writeOf } from './api-write.ts';
import { changedReason } from './changed-by.ts';
import { readObject } from './plan.ts';

export interface DryRunPorts {
  /** Of the identity that will write. */
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  /** Whether a node's agent is asked at the addresses that the API server knows; default true. */
  readonly readsNode?: (name: string) => boolean;
}

export type DryRunOutcome =
  | { readonly status: 'ok'; readonly steps: readonly DryRunStep[] }
  | { readonly status: 'refused'; readonly reason: Reason };

/** Attempts at one dry run where the object changes meanwhile, or the server fails. */
const ATTEMPTS = 3;
const PAUSE_MS = 300;
/** Since when a server that does not know `dryRun` cannot be met: before, it would have carried the write out. */
const DRY_RUN_MINOR = 13;

/**
 * Asks for each right, reads each object anew, compares it with what was planned for, and has the server try each write.
 * Nothing is changed.
 * @throws ClusterError `unreachable` or `unauthorised`, and the signal's reason: then nothing is known yet.
 */
export async function dryRunPlan(draft: Draft, ports: DryRunPorts, signal: AbortSignal): Promise<DryRunOutcome> {
  if (!draft.steps.some((step) => step.type === 'api' || step.type === 'node')) return refused('fix.only-manual');
  const used = rightsOfSteps(draft.steps, ports.readsNode ?? (() => true));
  const missing = await missingRight([...draft.rights, ...used], ports.writer, signal);
  if (missing !== undefined)
    return refused('fix.right-missing', { right: rightText(missing), command: rightCommand(missing) });
  const writes = draft.steps.some((step) => step.type === 'api');
  const old = writes ? await oldServer(ports.reader, signal) : undefined;
  if (old !== undefined) return refused('fix.no-dry-run', { version: old });
  const steps: DryRunStep[] = [];
  for (const [index, step] of draft.steps.entries()) {
    if (step.type !== 'api') continue;
    const tried = await dryRunStep(step, index, ports, signal);
    if ('code' in tried) return { status: 'refused', reason: tried };
    steps.push(tried);
  }
  return { status: 'ok', steps };
}

function refused(...reason: Parameters<typeof fixReason>): DryRunOutcome {
  return { status: 'refused', reason: fixReason(...reason) };
}

/** The first right that is not there, in the order of the list. */
async function missingRight(
  rights: readonly Right[],
  writer: ClusterWriter,
  signal: AbortSignal,
): Promise<Right | undefined> {
  const each = [...new Map(rights.map((right) => [JSON.stringify(right), right])).values()];
  const answers = await Promise.all(each.map(async (right) => (await writer.may(right, signal)).allowed));
  return each.find((_right, i) => answers[i] !== true);
}

const Version = z.object({ minor: z.string().max(20), gitVersion: z.string().max(60).catch('') });

async function oldServer(reader: ClusterReader, signal: AbortSignal): Promise<string | undefined> {
  const version = Version.safeParse(await reader.read({ path: '/version' }, signal));
  const minor = version.success ? Number.parseInt(version.data.minor, 10) : Number.NaN;
  if (minor >= DRY_RUN_MINOR) return undefined;
  return version.success ? version.data.gitVersion || version.data.minor : 'of an unknown version';
}

async function dryRunStep(
  step: ApiStep,
  index: number,
  { reader, writer }: DryRunPorts,
  signal: AbortSignal,
): Promise<DryRunStep | Reason> {
  const object = targetText(step.target);
  for (let attempt = 1; ; attempt += 1) {
    const read = await readObject(reader, step.target, signal);
    if (read.status === 'unreadable') return fixReason('fix.object-unreadable', { object, why: read.reason });
    if (read.status === 'absent') return changedReason(object, undefined);
    const live = read.object;
    const { uid, digest } = stateOf(live);
    if (uid !== step.before.uid || digest !== step.before.digest) return changedReason(object, live);
    if (isLeftAlone(step, live)) return fixReason('fix.pod-ready', { object });
    const warnings: string[] = [];
    try {
      const answer = await writer.write(writeOf(step, live, { dryRun: true }), signal, (text) => warnings.push(text));
      return resultOf(step, index, live, answer, warnings);
    } catch (error) {
      if (!(error instanceof ClusterError) || ['unreachable', 'unauthorised'].includes(error.code)) throw error;
      signal.throwIfAborted();
      const again = ['conflict', 'throttled', 'unknown-outcome', 'timeout'].includes(error.code);
      if (!again || attempt >= ATTEMPTS) return fixReason('fix.dry-run-refused', { object, why: errorText(error) });
      await sleep(PAUSE_MS * attempt, undefined, { signal });
    }
  }
}

function resultOf(
  step: ApiStep,
  index: number,
  live: ApiObject,
  answer: unknown,
  warnings: readonly string[],
): DryRunStep | Reason {
  const told = warnings.slice(0, 10).map((text) => redactText(text).slice(0, 500));
  if (step.verb === 'delete') return { index, diff: [], warnings: told };
  const parsed = ApiObject.safeParse(answer);
  if (!parsed.success) {
    const why = 'its answer has not the form of an object';
    return fixReason('fix.dry-run-refused', { object: targetText(step.target), why });
  }
  const after = stateAfter(step, live, parsed.data);
  // What a Scale says of its object is its number; the rest is another form of the same.
  const before = parsed.data.kind === live.kind ? live : { spec: pick(live['spec'], parsed.data['spec']) };
  const now = parsed.data.kind === live.kind ? parsed.data : { spec: parsed.data['spec'] };
  const diff = diffObjects(before, now, { status: step.subresource !== undefined });
  if (!isWhole(diff)) return fixReason('fix.too-long', { object: targetText(step.target) });
  return { index, diff, warnings: told, ...(after === undefined ? {} : { after }) };
}

/** The fields of `whole` that `like` has. */
function pick(whole: unknown, like: unknown): unknown {
  if (typeof whole !== 'object' || whole === null || typeof like !== 'object' || like === null) return whole;
  return Object.fromEntries(Object.keys(like).map((key) => [key, (whole as Record<string, unknown>)[key]]));
}
