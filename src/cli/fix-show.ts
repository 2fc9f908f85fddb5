/** How the terminal shows a fix: the plan, each step as it happens, the end; as text, or as one JSON document. */
import type { DryRunStep, FixRecord, Reason } from '../core/fix.ts';
import type { Draft, Line } from '../core/remediation.ts';
import {
  buildReport,
  CATALOGUE,
  lineText,
  reasonText,
  renderFixText,
  renderPlanText,
  safeJson,
} from '../report/index.ts';
import { visible } from '../report/visible.ts';
import type { PlanRequest, PlanResult } from '../run/plan.ts';
import { EXIT, type Io } from './io.ts';
import type { ShowOptions } from './show.ts';

type Tried = { readonly steps: readonly DryRunStep[] } | { readonly reason: Reason };

export class Terminal {
  readonly #io: Io;
  readonly #options: ShowOptions;
  readonly #told = new Set<string>();

  constructor(io: Io, options: ShowOptions) {
    this.#io = io;
    this.#options = options;
  }

  /** There is no plan: says why. */
  noPlan(planned: Exclude<PlanResult, { status: 'draft' }>, request: PlanRequest): number {
    const { language } = this.#options;
    const manual = planned.status === 'refused' ? (planned.manual ?? []) : [];
    const line = (one: Line): string => lineText(language, request.remediation.id, one);
    const why = planned.status === 'refused' ? line(planned.why) : this.#whyGone(planned);
    if (this.#json)
      this.#out({ kind: 'FixRefused', remediation: request.remediation.id, why, manual: manual.map(line) });
    else this.#io.out([why, ...manual.flatMap((one) => [`  - ${line(one)}`, ...command(one)])].join('\n').concat('\n'));
    return EXIT.causeFound;
  }

  #whyGone(planned: Extract<PlanResult, { status: 'gone' | 'unproven' }>): string {
    const { language } = this.#options;
    if (planned.status === 'unproven') return reasonText(language, 'fix.unproven', {});
    if (planned.verdict === 'inconclusive') return reasonText(language, 'fix.gone-unclear', {});
    const { summary } = buildReport(planned.diagnosis, { language, catalogue: CATALOGUE });
    const code = planned.verdict === 'cause-found' ? 'fix.gone-other' : 'fix.gone';
    return reasonText(language, code, { verdict: summary.replace(/[.。]$/u, '') });
  }

  /** The plan, and what the API server said to it. */
  plan(draft: Draft, tried: Tried): number {
    const { language, colour } = this.#options;
    const refused = 'reason' in tried ? reasonText(language, tried.reason.code, tried.reason.data) : undefined;
    if (this.#json) {
      const dryRun = 'steps' in tried ? { dryRun: tried.steps } : { dryRunRefused: refused };
      this.#out({ kind: 'FixPlan', plan: draft, ...dryRun });
      return EXIT.healthy;
    }
    const dryRun = 'steps' in tried ? { dryRun: tried.steps } : {};
    this.#io.out(renderPlanText(draft, { language, colour, width: Math.min(this.#io.columns, 120), ...dryRun }));
    if (refused !== undefined) this.#io.out(`\n${refused}\n`);
    return EXIT.healthy;
  }

  /** Nothing was done, and why. */
  refused(draft: Draft, reason: Reason): number {
    const { language } = this.#options;
    const why = reasonText(language, reason.code, reason.data);
    if (this.#json) this.#out({ kind: 'FixRefused', remediation: draft.remediation, why, manual: [] });
    else this.#io.out(`${why}\n`);
    return EXIT.causeFound;
  }

  /** Says each step once when it begins and once when it has ended. */
  readonly change = (record: FixRecord): void => {
    if (this.#json) return;
    const steps = record.plan?.plan.draft.steps ?? [];
    for (const { index, state, note } of record.progress) {
      const step = steps[index];
      const key = `${index} ${state}`;
      if (step === undefined || this.#told.has(key)) continue;
      this.#told.add(key);
      const says = lineText(this.#options.language, record.remediation, step.says);
      this.#io.err(`${index + 1}. ${says} ${state}${note === undefined ? '' : `: ${visible(note)}`}\n`);
    }
  };

  /** How it ended, what was seen, and how it is taken back. */
  ended(record: FixRecord, undo: readonly string[]): void {
    const { language, colour } = this.#options;
    if (this.#json) {
      const { state, progress, verification, reason, plan } = record;
      const why = reason === undefined ? undefined : reasonText(language, reason.code, reason.data);
      this.#out({
        kind: 'Fix',
        state,
        remediation: record.remediation,
        why,
        plan: plan?.plan.draft,
        progress,
        verification,
        undo,
      });
      return;
    }
    this.#io.out(renderFixText(record, { language, colour, width: Math.min(this.#io.columns, 120) }));
    const changed = record.progress.some(({ state }) => state === 'done' || state === 'unknown');
    if (changed && undo.length > 0)
      this.#io.out(
        `\n${reasonText(language, 'fix.undo-by', {})}\n${undo.map((one) => `  $ ${visible(one)}\n`).join('')}`,
      );
  }

  get #json(): boolean {
    return this.#options.output === 'json';
  }

  #out(document: object): void {
    this.#io.out(safeJson({ apiVersion: 'kubewhy/v1', ...document }, 2));
  }
}

function command(line: Line): string[] {
  return line.command === undefined ? [] : [`    $ ${visible(line.command)}`];
}
