/** One diagnosis from the queue to its thread: post, run, deliver; each step is taken up where a dead worker left it. */
import { randomBytes } from 'node:crypto';
import type { Log } from '../../adapters/log.ts';
import { type Attempt, FinalError } from '../../adapters/queue/consumer.ts';
import type { SlackClient } from '../../adapters/slack/client.ts';
import { HandedBack, SlackRefused, Thread } from '../../adapters/slack/thread.ts';
import type { Deliveries } from '../../adapters/store/deliveries.ts';
import type { Offers } from '../../adapters/store/offers.ts';
import type { Questions } from '../../adapters/store/questions.ts';
import type { Recent } from '../../adapters/store/recent.ts';
import type { Result, Results } from '../../adapters/store/results.ts';
import type { Cancels, Running } from '../../adapters/store/running.ts';
import { ClusterError, UserError } from '../../core/errors.ts';
import type { FixOffer } from '../../core/fix.ts';
import { DiagnoseJob } from '../../core/jobs.ts';
import type { Step } from '../../core/ports.ts';
import { safeJson } from '../../report/index.ts';
import { cannotPost, type Ending, endingOf } from '../endings.ts';
import { shareEvidence } from '../file.ts';
import { offersOf } from '../fixes/offers.ts';
import { checkPlace } from '../place.ts';
import type { Diagnose } from '../ports.ts';
import { Progress } from '../progress.ts';
import { endedMessage, progressMessage, reportMessages } from '../reports.ts';
import { TEXTS } from '../texts.ts';

export interface DiagnoseDeps {
  readonly slack: SlackClient;
  readonly botUserId: string;
  readonly deliveries: Deliveries;
  readonly results: Results;
  readonly recent: Recent;
  readonly running: Running;
  readonly cancels: Cancels;
  readonly questions: Questions;
  /** Where offers of fixes are kept; without it reports have no buttons for fixes. */
  readonly offers?: Offers;
  readonly remediationOf?: Parameters<typeof offersOf>[3];
  readonly diagnose: Diagnose;
  readonly log: Log;
  readonly progressMs?: number;
  readonly mostMs?: number;
}

/** A fault of ours is given so many tries, a few seconds in all; faults of Slack are given more by the queue. */
const MOST_TRIES = 3;
/** The collection has a deadline of its own, far below; a diagnosis that is still not done then hangs. */
const MOST_MS = 120_000;
/** What the root message shows until the first step is reported. */
const FIRST_STEPS: readonly Step[] = [{ name: 'cluster', state: 'running' }];

/** Runs jobs, and stops those whose askers changed their minds. */
export class DiagnoseJobs {
  readonly #deps: DiagnoseDeps;
  readonly #cancel = new Map<string, AbortController>();

  constructor(deps: DiagnoseDeps) {
    this.#deps = deps;
  }

  /** A stop was announced: the diagnosis ends, if it runs here. */
  readonly cancel = (id: string): void => {
    this.#cancel.get(id)?.abort('cancelled');
  };

  /** Looks again whether anybody asked for a stop: announcements are lost while Redis is away. */
  async recheckCancels(): Promise<void> {
    for (const id of this.#cancel.keys()) {
      if ((await this.#deps.cancels.askedBy(id)) !== undefined) this.cancel(id);
    }
  }

  /** @throws FinalError where no repetition helps, any other error where one may. */
  readonly handle = async (attempt: Attempt): Promise<void> => {
    const job = this.#parse(attempt.data);
    const thread = await this.#open(job, attempt.signal);
    if (thread.done) return;
    try {
      await this.#run(job, thread, attempt);
    } catch (error) {
      if (error instanceof SlackRefused) {
        await cannotPost(job, error, this.#deps);
        await this.#end(job, thread, { state: 'failed' });
        throw new FinalError(error.message, error);
      }
      throw error;
    }
  };

  /** The last word on a job that the queue gave up: its workers died again and again, or Slack was away for too long. */
  readonly lost = async (data: unknown): Promise<void> => {
    const job = this.#parse(data);
    const thread = await this.#open(job);
    if (thread.done) return;
    try {
      await checkPlace(this.#deps.slack, thread.channel);
      await this.#close(job, thread, { kind: 'lost' });
    } catch (error) {
      await this.#end(job, thread, { state: 'failed' });
      throw error;
    }
  };

  #parse(data: unknown): DiagnoseJob {
    const parsed = DiagnoseJob.safeParse(data);
    if (parsed.success) return parsed.data;
    this.#deps.log.error({ problem: parsed.error.issues[0] }, 'job does not fit its schema, given up');
    throw new FinalError('the job does not fit its schema');
  }

  async #open(job: DiagnoseJob, signal?: AbortSignal): Promise<Thread> {
    const { slack, deliveries, botUserId, log } = this.#deps;
    const { repeated } = TEXTS[job.language];
    const given = signal === undefined ? {} : { signal };
    return Thread.open({ job, slack, deliveries, botUserId, repeated, log, ...given });
  }

  async #run(job: DiagnoseJob, thread: Thread, attempt: Attempt): Promise<void> {
    const { slack, cancels, results, recent } = this.#deps;
    const cancel = new AbortController();
    this.#cancel.set(job.id, cancel);
    try {
      await checkPlace(slack, thread.channel);
      await thread.root(progressMessage(job, FIRST_STEPS));
      await recent.update(job.id, {
        state: 'running',
        place: { ...job.place, channel: thread.channel },
        ...(thread.delivery.rootTs === undefined ? {} : { rootTs: thread.delivery.rootTs }),
      });
      const by = await cancels.askedBy(job.id);
      if (by !== undefined) return await this.#close(job, thread, { kind: 'cancelled', by });
      const steps = new LastSteps();
      const kept = await results.load(job.id);
      const result = kept ?? (await this.#diagnose(job, thread, attempt, cancel.signal, steps));
      if (result !== undefined) await this.#deliver(job, thread, result, steps.last);
    } finally {
      this.#cancel.delete(job.id);
    }
  }

  /** Gives the result, or undefined where the question was answered without one. */
  async #diagnose(
    job: DiagnoseJob,
    thread: Thread,
    attempt: Attempt,
    cancelled: AbortSignal,
    seen: LastSteps,
  ): Promise<Result | undefined> {
    const { diagnose, results, log } = this.#deps;
    const progress = new Progress({
      ...(this.#deps.progressMs === undefined ? {} : { everyMs: this.#deps.progressMs }),
      write: (steps) =>
        thread.edit(progressMessage(job, steps), 'may').catch((error: unknown) => {
          log.warn({ err: error, id: job.id }, 'progress could not be shown');
        }),
    });
    try {
      const signal = AbortSignal.any([attempt.signal, cancelled, AbortSignal.timeout(this.#deps.mostMs ?? MOST_MS)]);
      const onProgress = (steps: readonly Step[]): void => {
        seen.last = steps;
        progress.show(steps);
      };
      // What does not honour its signal is left to itself: a stop, a shutdown and the time limit count at once.
      const result = await Promise.race([diagnose(job, { onProgress, signal }), abortOf(signal)]);
      await progress.stop();
      await results.save(job.id, result);
      return result;
    } catch (error) {
      await progress.stop();
      if (cancelled.aborted) {
        const by = (await this.#deps.cancels.askedBy(job.id)) ?? job.askedBy;
        await this.#close(job, thread, { kind: 'cancelled', by });
        return undefined;
      }
      if (attempt.signal.aborted) throw new HandedBack();
      const ending = failureOf(error);
      const hangs = error instanceof DOMException && error.name === 'TimeoutError';
      if (ending === undefined && !hangs && attempt.attempt < MOST_TRIES) throw error;
      const errorId = `err-${randomBytes(4).toString('hex')}`;
      if (ending === undefined) log.error({ err: error, id: job.id, errorId }, 'diagnosis failed');
      else log.info({ err: error, id: job.id }, 'diagnosis ended without a result');
      await this.#close(job, thread, ending ?? { kind: 'internal', errorId });
      return undefined;
    }
  }

  async #deliver(job: DiagnoseJob, thread: Thread, result: Result, steps: readonly Step[]): Promise<void> {
    const { slack, log } = this.#deps;
    // A button's offer is kept before anybody can press the button.
    const offers = await this.#offer(job, thread, result);
    const { root, thread: messages, summary } = reportMessages(result.diagnosis, job, steps, offers);
    // The question is answered from here on: who asks again, asks anew, and there is nothing left to cancel.
    await this.#deps.running.release(job.cluster, job.question, job.id);
    const { verdict } = result.diagnosis;
    await this.#deps.recent.update(job.id, { state: 'done', verdict, summary: summary.slice(0, 500) });
    await thread.edit(root, 'first');
    for (const message of messages) await thread.reply(message.key, message);
    await shareEvidence(thread, { job, slack, log, content: safeJson(result.bundle) });
    await this.#end(job, thread, {});
    log.info({ id: job.id, verdict }, 'report delivered');
  }

  async #offer(job: DiagnoseJob, thread: Thread, { diagnosis }: Result): Promise<readonly FixOffer[]> {
    const store = this.#deps.offers;
    if (store === undefined) return [];
    const { threadTs, channel } = thread;
    const { rootTs } = thread.delivery;
    const place = {
      channel,
      ...(threadTs === undefined ? {} : { threadTs }),
      ...(rootTs === undefined ? {} : { rootTs }),
    };
    const offers = offersOf(diagnosis, job, place, this.#deps.remediationOf);
    for (const offer of offers) await store.save(offer);
    return offers;
  }

  /** Ends a diagnosis that has no report: the root message says so, and the thread says why. */
  async #close(job: DiagnoseJob, thread: Thread, ending: Ending): Promise<void> {
    await thread.root(progressMessage(job, []));
    const { questions } = this.#deps;
    const { state, reason, reply } = await endingOf(job, ending, { questions, channel: thread.channel });
    await thread.edit(endedMessage(job, state, reason), 'first');
    await thread.reply('end', reply);
    await this.#end(job, thread, { state, summary: reason.slice(0, 500) });
  }

  async #end(job: DiagnoseJob, thread: Thread, change: Parameters<Recent['update']>[1]): Promise<void> {
    await thread.finish();
    await this.#deps.recent.update(job.id, { ...change, finishedAt: new Date().toISOString() });
    await this.#deps.running.release(job.cluster, job.question, job.id);
  }
}

/** The steps as they were last shown: the finished root message keeps them. */
class LastSteps {
  last: readonly Step[] = [];
}

/** Rejects when the signal is aborted, with its reason. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** What ends a question at once, because asking the cluster again gives the same. */
function failureOf(error: unknown): Ending | undefined {
  if (error instanceof UserError) return { kind: 'user', error };
  if (error instanceof ClusterError && (error.code === 'unreachable' || error.code === 'unauthorised')) {
    return { kind: 'cluster', error };
  }
  return undefined;
}
