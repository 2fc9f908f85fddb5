/** What follows from the records of incidents: their diagnoses are queued. Done again as often as anybody likes, it changes nothing. */
import type { Log } from '../../adapters/log.ts';
import type { IncidentProducer } from '../../adapters/queue/incident-queue.ts';
import type { Producer } from '../../adapters/queue/producer.ts';
import type { Desk } from '../../adapters/store/desk.ts';
import type { Recent } from '../../adapters/store/recent.ts';
import type { Board } from '../../core/board.ts';
import type { IncidentRecord } from '../../core/incident.ts';
import { JOB_VERSION } from '../../core/jobs.ts';

export interface EffectDeps {
  readonly desk: Pick<Desk, 'accept' | 'load'>;
  readonly queue: Pick<IncidentProducer, 'add' | 'state' | 'running'>;
  readonly producer: Pick<Producer, 'add'>;
  readonly recent: Pick<Recent, 'add'>;
  /** Clusters that have a worker by the bot's settings. */
  readonly clusters: readonly string[];
  readonly log: Log;
  /** Milliseconds after which a diagnosis that nobody took is said. For tests. */
  readonly noWorkerMs?: number;
}

const NO_WORKER_MS = 60_000;
/** Jobs that wait are looked at so many at a time. */
const AT_ONCE = 50;

export interface Effects {
  /** Queues the diagnosis that a record waits for, if it does. @throws where Redis cannot be reached. */
  queued(record: IncidentRecord): Promise<void>;
  /**
   * Looks through a board: what waits and has no job gets one; what nobody takes is said, once.
   * @throws where Redis cannot be reached.
   */
  sweep(board: Board): Promise<void>;
  /**
   * Has a worker post the report of a finished diagnosis into the incident's thread; the same again posts nothing twice.
   * @throws where Redis cannot be reached.
   */
  deliverReport(record: IncidentRecord, rootTs: string): Promise<void>;
}

/** A record whose diagnosis waits for a worker. */
type Waiting = IncidentRecord & {
  readonly diagnosis: NonNullable<IncidentRecord['diagnosis']>;
  readonly question: NonNullable<IncidentRecord['question']>;
};

function waits(record: IncidentRecord): record is Waiting {
  return record.question !== undefined && record.diagnosis?.state === 'queued';
}

export function createEffects(deps: EffectDeps): Effects {
  const { desk, queue, recent, producer, log } = deps;
  /** Diagnoses of which it was said that nobody takes them. */
  const said = new Set<string>();

  const queued = async (record: IncidentRecord): Promise<void> => {
    if (!waits(record)) return;
    const { cluster, question, language, severity, diagnosis, channel, id: incident } = record;
    const { id, queuedAt: askedAt } = diagnosis;
    const place = { channel };
    await recent.add({ id, cluster, question, askedBy: 'alert', place, incident, askedAt, state: 'queued' });
    await queue.add({ version: JOB_VERSION, id, incident, cluster, question, language, severity, askedAt });
  };

  const sayNoWorker = async (record: Waiting, at: string): Promise<void> => {
    const { cluster, id: incident, diagnosis } = record;
    if (record.noWorker || said.has(diagnosis.id)) return;
    await desk.accept(cluster, [{ type: 'no-worker', at, incident, diagnosis: diagnosis.id }]);
    said.add(diagnosis.id);
    log.warn({ cluster, incident, id: diagnosis.id }, 'no worker takes a diagnosis');
  };

  /** Gives true where the record has no job. */
  const look = async (record: Waiting, now: number, running: () => Promise<number>): Promise<boolean> => {
    const state = await queue.state(record.cluster, record.diagnosis.id);
    const foreign = !deps.clusters.includes(record.cluster);
    const late = now - Date.parse(record.diagnosis.queuedAt) >= (deps.noWorkerMs ?? NO_WORKER_MS);
    // While others run, this one waits for its turn and not for a worker.
    if (state === 'waiting' && (foreign || (late && (await running()) === 0)))
      await sayNoWorker(record, new Date(now).toISOString());
    return state === 'gone';
  };

  return {
    queued,
    async sweep(board) {
      const now = Date.now();
      const waiting = [...board.incidents.values()].filter(waits);
      const ids = new Set(waiting.map(({ diagnosis }) => diagnosis.id));
      for (const id of said) if (!ids.has(id)) said.delete(id);
      let active: Promise<number> | undefined;
      const running = (): Promise<number> => (active ??= queue.running(board.cluster));
      const without: Waiting[] = [];
      for (let i = 0; i < waiting.length; i += AT_ONCE) {
        const some = waiting.slice(i, i + AT_ONCE);
        const gone = await Promise.all(some.map((record) => look(record, now, running)));
        without.push(...some.filter((_, n) => gone[n]));
      }
      if (without.length === 0) return;
      // A worker sends its answer before its job is gone: one that is on its way stands in the list, or on the newest board.
      const { board: newest, taken } = await desk.load(board.cluster);
      if (taken > 0) return;
      for (const { id, diagnosis } of without) {
        const record = newest.incidents.get(id);
        if (record?.diagnosis?.id !== diagnosis.id || !waits(record)) continue;
        log.info({ cluster: board.cluster, incident: id, id: diagnosis.id }, 'a diagnosis has no job, queued again');
        await queued(record);
      }
    },
    async deliverReport(record, rootTs) {
      const { diagnosis, question, cluster, channel, language, id: incident } = record;
      if (diagnosis?.state !== 'done' || question === undefined) return;
      const place = { channel, threadTs: rootTs };
      const { id, queuedAt: askedAt } = diagnosis;
      const about = { id, cluster, question, language, askedAt, incident };
      await producer.add({ version: JOB_VERSION, ...about, askedBy: 'alert', place });
    },
  };
}
