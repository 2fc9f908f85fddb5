/** What the worker posts of a diagnosis, out of report/. */
import type { Diagnosis } from '../core/diagnosis.ts';
import type { FixOffer } from '../core/fix.ts';
import type { DiagnoseJob } from '../core/jobs.ts';
import type { Step } from '../core/ports.ts';
import { buildReport, CATALOGUE, type Message, renderEnded, renderProgress, renderThread } from '../report/index.ts';

/** The root message while a diagnosis waits (no steps) or runs. */
export function progressMessage(job: DiagnoseJob, steps: readonly Step[]): Message {
  return renderProgress(job, steps, Math.max(0, Date.now() - Date.parse(job.askedAt)) / 1000);
}

/** The root message of a diagnosis that ended without a report. */
export function endedMessage(job: DiagnoseJob, state: 'cancelled' | 'failed', reason: string): Message {
  return renderEnded(job, state, reason);
}

/** All messages of a report, and its summary in one sentence. */
export function reportMessages(
  diagnosis: Diagnosis,
  job: DiagnoseJob,
  steps: readonly Step[],
  offers: readonly FixOffer[] = [],
): { readonly root: Message; readonly thread: readonly Message[]; readonly summary: string } {
  const report = buildReport(diagnosis, { language: job.language, catalogue: CATALOGUE, askedBy: job.askedBy });
  return { ...renderThread(report, steps, { offers }), summary: report.summary };
}
