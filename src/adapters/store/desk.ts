/** Boards of clusters in Redis: events come in durably, steps are kept by compare-and-set, records are read by schema. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Board, DeskResult } from '../../core/board.ts';
import { DeskEvent } from '../../core/desk-event.ts';
import { IncidentId, IncidentRecord, StormId, StormRecord } from '../../core/incident.ts';
import type { Log } from '../log.ts';
import { type BoardTexts, parseBoard } from './desk-board.ts';
import { type Accept, CLUSTERS_KEY, createDoor, eventsKey, TAG_LENGTH, WAKE_TOPIC } from './desk-door.ts';
import { LOAD, SAVE, SHOWN } from './desk-scripts.ts';
import { PREFIX, parseRecord } from './record.ts';

export { type Accept, DeskFull } from './desk-door.ts';

/** A board as it was read, and the first events that wait for it. */
export interface LoadedDesk {
  /** Empty where nothing was ever kept, or all of it is lost. */
  readonly rev: string;
  readonly board: Board;
  readonly events: readonly DeskEvent[];
  /** Events that a save takes off the list: those that could not be read too. */
  readonly taken: number;
  /** How the last of them begins. */
  readonly tag: string;
}

export interface Desk {
  /**
   * Takes events as durably as this Redis can; the same again does no harm.
   * @throws DeskFull, NotDurable, or where Redis cannot be reached: then they are to be sent again.
   */
  readonly accept: Accept;
  /** Clusters that have a board or events. */
  clusters(): Promise<string[]>;
  /** Reads the board and at most `most` events (100). What does not fit its schema is logged and left out. */
  load(cluster: string, most?: number): Promise<LoadedDesk>;
  /**
   * Keeps a step and takes its events off the list, all of it or nothing. False: somebody else was first, or Redis lost
   * what was loaded; load again. @throws Error where a changed record does not fit its schema.
   */
  save(cluster: string, loaded: LoadedDesk, result: DeskResult): Promise<boolean>;
  incident(id: string): Promise<IncidentRecord | undefined>;
  storm(id: string): Promise<StormRecord | undefined>;
  /** Incidents, the one that changed last first; `open`: only those that are open. */
  recent(options: { readonly count: number; readonly open?: boolean }): Promise<IncidentRecord[]>;
  /** Ids of incidents and storms that changed and were not shown since. */
  toShow(): Promise<string[]>;
  /** An id was shown as of a revision; a newer one that came meanwhile stays to be shown. */
  shown(id: string, rev: number): Promise<void>;
  /** Says of everything on the board that it is to be shown: Redis may have lost what it had acknowledged. */
  showAll(board: Board): Promise<void>;
  /** Calls back for each cluster whose events have come, until the returned function is called. Needs a connection of its own. */
  onWake(subscriber: Redis, fn: (cluster: string) => void): Promise<() => Promise<void>>;
}

const MOST_EVENTS = 100;
/** Characters of the events of one step, and of one record. */
const MOST_CHARACTERS = 4 * 1024 * 1024;
const MOST_CLUSTERS = 1000;

const INCIDENT = `${PREFIX}incident:`;
const STORM = `${PREFIX}storm:`;
const SHOW = `${PREFIX}desk:show`;
const INDEX = `${PREFIX}desk:incidents`;
const OPEN = `${PREFIX}desk:open`;
const boardKeys = (cluster: string): string[] =>
  ['incidents', 'storms', 'alerts'].map((what) => `${PREFIX}desk-${what}:${cluster}`);
const revKey = (cluster: string): string => `${PREFIX}desk-rev:${cluster}`;

/** `keepSeconds`: for so long records are kept after they left the board. */
export function createDesk(
  redis: Redis,
  options: { readonly keepSeconds: number; readonly most?: number },
  log: Log,
): Desk {
  const cache = new Map<string, { readonly rev: string; readonly board: Board }>();
  const incident = async (id: string): Promise<IncidentRecord | undefined> =>
    IncidentId.safeParse(id).success
      ? parseRecord(IncidentRecord, await redis.get(INCIDENT + id), INCIDENT + id, log)
      : undefined;
  const remember = (cluster: string, rev: string, board: Board): void => {
    // An empty revision is no revision: it may stand for more than one board.
    if (rev === '') cache.delete(cluster);
    else cache.set(cluster, { rev, board });
  };
  return {
    accept: createDoor(redis, log, options.most),
    async clusters() {
      return (await redis.smembers(CLUSTERS_KEY)).sort().slice(0, MOST_CLUSTERS);
    },
    async load(cluster, most = MOST_EVENTS) {
      const known = cache.get(cluster);
      const keys = [revKey(cluster), eventsKey(cluster), ...boardKeys(cluster)];
      const limits = [known?.rev ?? '', most, MOST_CHARACTERS, INCIDENT, STORM, MOST_CHARACTERS];
      const [rev, texts, ...rest] = (await redis.eval(LOAD, keys.length, ...keys, ...limits)) as Loaded;
      const [incidents, storms, alerts] = rest;
      const same = known !== undefined && known.rev === rev && incidents === undefined;
      const board = same
        ? known.board
        : parseBoard({ cluster, incidents: pairs(incidents), storms: pairs(storms), alerts: pairs(alerts) }, log);
      remember(cluster, rev, board);
      const events = texts.flatMap((text) => eventOf(text, cluster, log));
      return { rev, board, events, taken: texts.length, tag: (texts.at(-1) ?? '').slice(0, TAG_LENGTH) };
    },
    async save(cluster, loaded, result) {
      const rev = `${Number.parseInt(loaded.rev || '0', 10) + 1}-${randomBytes(8).toString('hex')}`;
      const keys = [revKey(cluster), eventsKey(cluster), ...boardKeys(cluster), SHOW, INDEX, OPEN, CLUSTERS_KEY];
      const head = [loaded.rev, rev, loaded.taken, loaded.tag, options.keepSeconds, cluster, INCIDENT, STORM];
      const done = await redis.eval(SAVE, keys.length, ...keys, ...head, ...changes(result));
      if (done !== 1) return false;
      remember(cluster, rev, result.board);
      return true;
    },
    incident,
    async storm(id) {
      if (!StormId.safeParse(id).success) return undefined;
      return parseRecord(StormRecord, await redis.get(STORM + id), STORM + id, log);
    },
    async recent({ count, open = false }) {
      const ids = await redis.zrevrange(open ? OPEN : INDEX, 0, count - 1);
      const found = await Promise.all(ids.map(incident));
      return found.filter((record) => record !== undefined);
    },
    async toShow() {
      const ids = await redis.hkeys(SHOW);
      return ids.filter((id) => IncidentId.safeParse(id).success || StormId.safeParse(id).success);
    },
    async shown(id, rev) {
      await redis.eval(SHOWN, 1, SHOW, id, rev);
    },
    async showAll(board) {
      const all = [...board.incidents.values(), ...board.storms.values()].flatMap(({ id, rev }) => [id, rev]);
      if (all.length > 0) await redis.hset(SHOW, ...all);
    },
    async onWake(subscriber, fn) {
      const listener = (topic: string, cluster: string): void => {
        if (topic === WAKE_TOPIC) fn(cluster);
      };
      subscriber.on('message', listener);
      await subscriber.subscribe(WAKE_TOPIC);
      return async () => {
        subscriber.off('message', listener);
        await subscriber.unsubscribe(WAKE_TOPIC).catch(() => undefined);
      };
    },
  };
}

type Loaded = [rev: string, events: string[], ...board: (string[] | undefined)[]];

function pairs(flat: readonly string[] = []): BoardTexts['incidents'] {
  return flat.flatMap((id, i) => (i % 2 === 0 ? [{ id, text: flat[i + 1] ?? '' }] : []));
}

function eventOf(text: string, cluster: string, log: Log): DeskEvent[] {
  const event = parseRecord(DeskEvent, text.slice(TAG_LENGTH), eventsKey(cluster), log);
  return event === undefined ? [] : [event];
}

/** The changes of a step as the script takes them: groups, each begun by its count. */
function changes({ incidents, storms, alerts, offBoard }: DeskResult): (string | number)[] {
  return [
    incidents.length,
    ...incidents.flatMap((record) => {
      const open = record.state === 'open' ? '1' : '0';
      return [record.id, fitting(IncidentRecord, record), record.rev, Date.parse(record.updatedAt), open];
    }),
    storms.length,
    ...storms.flatMap((record) => [record.id, fitting(StormRecord, record), record.rev]),
    alerts.length,
    ...alerts.flatMap((alert) => [alert.id, JSON.stringify(alert)]),
    ...[offBoard.incidents, offBoard.storms, offBoard.alerts].flatMap((ids) => [ids.length, ...ids]),
  ];
}

/** @throws Error that names the field: a record that could not be read again would be lost. */
function fitting(schema: typeof IncidentRecord | typeof StormRecord, record: { readonly id: string }): string {
  const parsed = schema.safeParse(record);
  if (parsed.success) return JSON.stringify(record);
  const [issue] = parsed.error.issues;
  throw new Error(`${record.id} does not fit its schema at ${issue?.path.join('.')}: ${issue?.message}`);
}
