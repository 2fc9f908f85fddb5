/** The worker's queue of fixes: from a nudge to the task that the record calls for. */
import type { FixJob } from '../../core/fix.ts';
import { type FixDeps, loadFix } from './deps.ts';
import { planTask } from './plan-task.ts';
import { showTask } from './show-task.ts';
import { undone, verifyTask } from './verify-task.ts';

/** Gives the handler of jobs. A job is only a nudge: what is done follows from the record as it stands. */
export function fixTasks(deps: FixDeps): (job: FixJob, signal: AbortSignal) => Promise<void> {
  return async (job, signal) => {
    if (job.task === 'show') return await showTask(deps, job.fix, signal, job.rev);
    const record = await loadFix(deps, job.fix);
    if (record === undefined) return;
    if (record.state === 'planning' && job.task === 'plan') return await planTask(deps, record, signal);
    if (record.state === 'verifying' && job.task === 'verify') return await verifyTask(deps, record, signal);
    // Whoever did it may have died before it told anybody.
    if (record.state === 'verified' && record.mode === 'undo') await undone(deps, record);
    await deps.producer.nudge(record);
  };
}
