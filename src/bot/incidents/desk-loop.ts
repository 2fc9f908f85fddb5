/** Takes what waits for the desk, in steps: one replica at a time, as soon as something comes, again where it failed. */
import type { Log } from '../../adapters/log.ts';
import type { Desk, LoadedDesk } from '../../adapters/store/desk.ts';
import { isRedisDown } from '../../adapters/store/redis.ts';
import type { Turns } from '../../adapters/store/turns.ts';
import type { Board, DeskResult } from '../../core/board.ts';
import type { DeskEvent } from '../../core/desk-event.ts';
import { errorText } from '../../core/errors.ts';
import type { IncidentRecord } from '../../core/incident.ts';

/** The judgement: pure, handed in with its settings as they are now. */
export interface Judge {
  step(board: Board, events: readonly DeskEvent[], now: string): DeskResult;
  /** When a step without events is due. */
  nextDue(board: Board): string | undefined;
}

export interface DeskLoopOptions {
  readonly desk: Pick<Desk, 'clusters' | 'load' | 'save'>;
  readonly turns: Turns;
  readonly judge: Judge;
  /** A step was kept: what follows from its records. What it throws is made good by `onSweep`. */
  readonly onChanged: (records: readonly IncidentRecord[], result: DeskResult) => Promise<void>;
  /** Called now and then, in the cluster's turn and with nothing waiting. */
  readonly onSweep: (board: Board) => Promise<void>;
  readonly log: Log;
  readonly now?: () => number;
  /** Milliseconds between looks, between sweeps of a cluster, and the longest pause after faults. */
  readonly everyMs?: number;
  readonly sweepMs?: number;
  readonly mostPauseMs?: number;
}

export interface DeskLoop {
  /** Looks at a cluster now, or at all. */
  wake(cluster?: string): void;
  /** Ends after the step that runs. */
  close(): Promise<void>;
}

/** Steps that somebody else was faster with, in one turn, before it is left to them. */
const MOST_CONFLICTS = 20;

/** Starts the loop. It lives through whatever Redis does: a fault is logged and waited for. */
export function startDeskLoop(options: DeskLoopOptions): DeskLoop {
  const { desk, log, everyMs = 1000 } = options;
  const states = new Map<string, ClusterLoop>();
  let ended = false;
  let listed: Promise<void> | undefined;
  const wakeOne = (cluster: string): void => {
    if (ended) return;
    const known = states.get(cluster) ?? new ClusterLoop(cluster, options);
    states.set(cluster, known);
    known.wake();
  };
  const wakeAll = (): void => {
    listed ??= desk
      .clusters()
      .then((clusters) => {
        for (const cluster of clusters) wakeOne(cluster);
        for (const cluster of states.keys()) {
          if (!clusters.includes(cluster) && states.get(cluster)?.idle === true) states.delete(cluster);
        }
      })
      .catch((error: unknown) => log.debug({ err: errorText(error) }, 'clusters could not be listed'))
      .finally(() => {
        listed = undefined;
      });
  };
  const timer = setInterval(wakeAll, everyMs);
  wakeAll();
  return {
    wake: (cluster) => (cluster === undefined ? wakeAll() : wakeOne(cluster)),
    async close() {
      ended = true;
      clearInterval(timer);
      await listed;
      await Promise.all([...states.values()].map((state) => state.close()));
    },
  };
}

class ClusterLoop {
  readonly #cluster: string;
  readonly #options: DeskLoopOptions;
  #running: Promise<void> | undefined;
  #again = false;
  #ended = false;
  #failures = 0;
  #pausedUntil = 0;
  #sweptAt = 0;
  /** Set where a step failed: events are then taken one by one, until the one that does it is found. */
  #careful = 0;

  constructor(cluster: string, options: DeskLoopOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  get idle(): boolean {
    return this.#running === undefined;
  }

  wake(): void {
    if (this.#ended || performance.now() < this.#pausedUntil) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again) this.wake();
    });
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { turns, log, mostPauseMs = 5000 } = this.#options;
    this.#again = false;
    try {
      await turns.take(`desk:${this.#cluster}`, (lost) => this.#drain(lost));
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#pausedUntil = performance.now() + Math.min(mostPauseMs, 100 * 2 ** Math.min(this.#failures, 10));
      if (this.#failures === 1) log.warn({ err: error, cluster: this.#cluster }, 'the desk could not go on');
    }
  }

  async #drain(lost: AbortSignal): Promise<void> {
    const { desk, judge, onSweep, now = Date.now, sweepMs = 10_000 } = this.#options;
    let conflicts = 0;
    while (!lost.aborted && !this.#ended && conflicts < MOST_CONFLICTS) {
      const loaded = await (this.#careful > 0 ? desk.load(this.#cluster, 1) : desk.load(this.#cluster));
      const at = now();
      const due = judge.nextDue(loaded.board);
      if (loaded.taken > 0 || (due !== undefined && Date.parse(due) <= at)) {
        if (!(await this.#step(loaded, new Date(at).toISOString()))) conflicts += 1;
        continue;
      }
      if (performance.now() - this.#sweptAt >= sweepMs || this.#sweptAt === 0) {
        await onSweep(loaded.board);
        this.#sweptAt = performance.now();
      }
      return;
    }
  }

  /** Gives false where nothing was kept: somebody else was first, or the step failed and is to be taken with care. */
  async #step(loaded: LoadedDesk, now: string): Promise<boolean> {
    const { desk, judge, onChanged, log } = this.#options;
    const cluster = this.#cluster;
    let judged: DeskResult;
    try {
      judged = judge.step(loaded.board, loaded.events, now);
      if (!(await desk.save(cluster, loaded, judged))) return false;
    } catch (error) {
      if (isRedisDown(error) || loaded.taken === 0) throw error;
      return await this.#withCare(loaded, now, error);
    }
    if (this.#careful > 0) this.#careful -= 1;
    if (judged.incidents.length === 0 && judged.storms.length === 0) return true;
    await onChanged(judged.incidents, judged).catch((error: unknown) => {
      // The sweep makes it good.
      this.#sweptAt = 0;
      log.warn({ err: error, cluster }, 'what follows from a step is done later');
    });
    return true;
  }

  /** A step that fails would fail for ever and hold up all the others: the event that does it is dropped, and the log says so. */
  async #withCare(loaded: LoadedDesk, now: string, fault: unknown): Promise<boolean> {
    const { desk, judge, log } = this.#options;
    const cluster = this.#cluster;
    if (loaded.taken > 1) {
      log.error({ err: fault, cluster }, 'a step of the desk failed; its events are taken one by one');
      this.#careful = loaded.taken;
      return false;
    }
    // Where it fails without the event too, the event is not to blame and stays.
    const without = judge.step(loaded.board, [], now);
    const kept = await desk.save(cluster, loaded, without);
    if (kept)
      log.error({ err: fault, cluster, event: loaded.events[0]?.type }, 'the desk cannot take an event: dropped');
    if (kept && this.#careful > 0) this.#careful -= 1;
    return kept;
  }
}
