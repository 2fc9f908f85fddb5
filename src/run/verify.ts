/** Verification: the same questions asked again until the answer is sure, for a fix and for its undo. */
import type { CollectPorts } from '../collect/collect.ts';
import { errorText } from '../core/errors.ts';
import type { Reason, Verification } from '../core/fix.ts';
import { fixReason } from '../core/fix-reasons.ts';
import type { Language } from '../core/jobs.ts';
import type { Clock } from '../core/ports.ts';
import type { Draft } from '../core/remediation.ts';
import { buildReport, CATALOGUE } from '../report/index.ts';
import { AT_A_TIME } from './baseline.ts';
import { runDiagnosis } from './diagnose.ts';
import { inTurns } from './in-turns.ts';
import { changeChecks } from './verify-change.ts';
import {
  answered,
  type Check,
  check,
  fieldOnlyChecks,
  newChecks,
  ruleChecks,
  type Seen,
  symptomChecks,
} from './verify-checks.ts';
import { nodeChecks } from './verify-nodes.ts';
import { type Outcome, weigh } from './verify-outcome.ts';

/** What is to be verified. */
export interface VerifyRequest {
  readonly draft: Draft;
  /** Of an undo nothing is asked of the fault: it comes back with what was taken back. */
  readonly undo: boolean;
  readonly language: Language;
  /** `dx-…`, for the evidence. */
  readonly diagnosis: string;
}

/** The clock, and waiting by it. */
export interface Waiting extends Clock {
  /** @throws the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Hands out the ports; each look takes them anew, so that a connection that was closed meanwhile is opened again. */
export type UsePorts = <T>(use: (ports: CollectPorts) => Promise<T>) => Promise<T>;

export interface VerifyOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for each collection. */
  readonly deadlineMs?: number;
}

export interface Verified {
  readonly outcome: Outcome;
  readonly verification: Verification;
  /** Why, where it is not verified. */
  readonly reason?: Reason;
}

const MOST_CHECKS = 300;

/** One look: every question asked with fresh evidence, every changed object read. */
export async function look(
  request: VerifyRequest,
  ports: CollectPorts,
  { signal, deadlineMs }: VerifyOptions,
): Promise<Pick<Verification, 'checks' | 'verdicts'>> {
  const { draft, language } = request;
  const options = { id: request.diagnosis, signal, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  const [seen, changes] = await Promise.all([
    inTurns(draft.expect.questions, AT_A_TIME, async (question): Promise<Seen> => {
      try {
        return { question, answer: await runDiagnosis(question, ports, options) };
      } catch (error) {
        signal.throwIfAborted();
        return { question, why: errorText(error).replace(/\.$/, '') };
      }
    }),
    changeChecks(draft, ports.cluster, { signal, rollouts: !request.undo }).catch((error: unknown): Check[] => {
      signal.throwIfAborted();
      const object = draft.object.name;
      return [check('unseen', 'verify.change-unseen', { object, why: errorText(error).replace(/\.$/, '') })];
    }),
  ]);
  const about = request.undo
    ? undoChecks(draft)
    : draft.expect.fieldOnly === true
      ? fieldOnlyChecks(draft, seen, language)
      : [
          ...ruleChecks(draft, seen, language),
          ...symptomChecks(draft, seen, language),
          ...nodeChecks(draft, seen, language),
          ...newChecks(draft, seen, language),
        ];
  return { checks: bounded([...changes, ...about]), verdicts: verdictsOf(seen, language) };
}

/**
 * Looks until it is sure, and calls `onLook` after each look. `before`: what an earlier process saw, whose deadline still
 * counts. Gives undefined where `onLook` says that somebody else goes on.
 * @throws the signal's reason, and what `onLook` throws.
 */
export async function verifyFix(
  request: VerifyRequest,
  usePorts: UsePorts,
  options: VerifyOptions & {
    readonly waiting: Waiting;
    readonly before?: Verification | undefined;
    readonly onLook: (verification: Verification) => Promise<boolean>;
  },
): Promise<Verified | undefined> {
  const { waiting, signal } = options;
  let last = options.before;
  for (;;) {
    const seen = await usePorts((ports) => look(request, ports, options)).catch((error: unknown) => {
      signal.throwIfAborted();
      return blindLook(request, errorText(error).replace(/\.$/, ''));
    });
    const { verification, outcome, waitMs } = weigh(request.draft, last, seen, waiting.now());
    if (outcome !== 'look-again') {
      const reason = reasonOf(outcome, verification);
      return { outcome, verification, ...(reason === undefined ? {} : { reason }) };
    }
    if (!(await options.onLook(verification))) return undefined;
    last = verification;
    await waiting.sleep(waitMs, signal);
  }
}

/** A look at a cluster that could not even be opened. */
function blindLook({ draft, language }: VerifyRequest, why: string): Pick<Verification, 'checks' | 'verdicts'> {
  const seen = draft.expect.questions.map((question): Seen => ({ question, why }));
  return { checks: symptomChecks(draft, seen, language), verdicts: [] };
}

function reasonOf(outcome: Outcome, { checks, startedAt, lookedAt }: Verification): Reason | undefined {
  if (outcome !== 'refute' && outcome !== 'lose') return undefined;
  const result = outcome === 'refute' ? 'wrong' : 'unseen';
  const seconds = Math.round((Date.parse(lookedAt) - Date.parse(startedAt)) / 1000);
  const count = checks.filter((one) => one.result === result).length;
  return fixReason(outcome === 'refute' ? 'fix.still-wrong' : 'fix.not-seen', { seconds, count });
}

/** Steps on nodes are done or they would have failed; their result stands in the progress. */
function undoChecks(draft: Draft): Check[] {
  return draft.steps.flatMap((step) =>
    step.type === 'node'
      ? [check('ok', 'verify.node-step', { step: step.action.step, node: step.node }, step.node)]
      : [],
  );
}

function verdictsOf(seen: readonly Seen[], language: Language): Verification['verdicts'] {
  return answered(seen).map(({ question, answer: { diagnosis } }) => ({
    question,
    verdict: diagnosis.verdict,
    summary: buildReport(diagnosis, { language, catalogue: CATALOGUE }).summary.slice(0, 600),
  }));
}

/** What is not well comes first where there are more checks than a record keeps. */
function bounded(checks: readonly Check[]): Check[] {
  if (checks.length <= MOST_CHECKS) return [...checks];
  const order = { wrong: 0, 'not-yet': 0, unseen: 1, ok: 2 } as const;
  return [...checks].sort((a, b) => order[a.result] - order[b.result]).slice(0, MOST_CHECKS);
}
