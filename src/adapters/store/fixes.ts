/** Records of fixes in Redis: changed by compare-and-set along the table of states, signed by who writes, checked by who reads. */
import type { Redis } from 'ioredis';
import { type FixEvent, transition } from '../../core/approval.ts';
import { UserError } from '../../core/errors.ts';
import { FIX_VERSION, FixId, FixRecord, isOpen, type StoredFix } from '../../core/fix.ts';
import type { FixNote, FixPatch, FixSeed } from '../../core/fix-patch.ts';
import { ForgedRecord } from '../../core/forged-record.ts';
import type { Keys } from '../../core/signing.ts';
import type { Log } from '../log.ts';
import { PREFIX } from './record.ts';
import { currentRecord, openStored, signNote, signRecord, versionOf } from './signed-fix.ts';

export { ForgedRecord } from '../../core/forged-record.ts';
export { createOffers, type Offers } from './offers.ts';

export interface FixOptions {
  /** The key of this process: what it may write follows from its role. */
  readonly keys: Keys;
  /** How long a record is kept after its last change. */
  readonly keepSeconds: number;
}

export interface Fixes {
  /** Begins a fix in the state `planning`. Gives undefined where there is one of this id. @throws Error for another role than the bot. */
  create(seed: FixSeed): Promise<FixRecord | undefined>;
  /**
   * An older version of the same record is signed too, and a fail-over brings one back: whoever writes to a cluster rests on
   * the plan's expiry, its preconditions and single-use grants besides.
   * @throws ForgedRecord where what stands there was not written by us, or not by one who may.
   */
  load(id: string): Promise<FixRecord | undefined>;
  /**
   * Changes a record as it was loaded (unaltered) along the table of states; `actor` is the person behind it. Gives the new
   * record, or undefined where somebody else was first: load it again and decide anew.
   * @throws NoTransition where the table has none for this role; UserError `fix-too-large`.
   */
  change(record: FixRecord, event: FixEvent, patch: FixPatch, actor?: string): Promise<FixRecord | undefined>;
  /** Notes something on a record whose state stays. Gives undefined where somebody else was first. @throws ForgedRecord. */
  patch(record: FixRecord, note: FixNote): Promise<FixRecord | undefined>;
  /** Fixes of a cluster that still go on, the one that stands still longest first. Refused records are logged and left out. */
  open(cluster: string): Promise<FixRecord[]>;
  /** Fixes of a diagnosis, oldest first. Refused records are logged and left out. */
  ofDiagnosis(dx: string): Promise<FixRecord[]>;
}

/** A change that the table of states does not know. */
export class NoTransition extends Error {
  constructor(record: FixRecord, event: string, role: string) {
    super(`the ${role} cannot "${event}" ${record.id}, which is ${record.state}`);
    this.name = 'NoTransition';
  }
}

/** Characters of one record. The largest honest one, a DaemonSet over 5,000 nodes, stays below 1 MiB. */
const MOST_TEXT = 2 * 1024 * 1024;
/** Newest steps of a record's history that are kept. */
const MOST_HISTORY = 200;
const MOST_OPEN = 1000;
const MOST_OF_DIAGNOSIS = 100;

/**
 * KEYS: record, open fixes of the cluster, fixes of the diagnosis. ARGV: version that is expected ('' for none), version,
 * text, seconds to keep, id, is it open, milliseconds. The record comes last: what fails before has changed nothing of it.
 */
const WRITE = `
local held = redis.call('HGET', KEYS[1], 'version') or ''
if held ~= ARGV[1] then return 0 end
if ARGV[6] == '1' then redis.call('ZADD', KEYS[2], ARGV[7], ARGV[5]) else redis.call('ZREM', KEYS[2], ARGV[5]) end
redis.call('ZADD', KEYS[3], 'NX', ARGV[7], ARGV[5])
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -${MOST_OF_DIAGNOSIS + 1})
redis.call('EXPIRE', KEYS[3], ARGV[4])
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'text', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1`;

const recordKey = (id: string): string => `${PREFIX}fix:${id}`;
const openKey = (cluster: string): string => `${PREFIX}fixes-open:${cluster}`;
const diagnosisKey = (dx: string): string => `${PREFIX}fixes-of:${dx}`;

export function createFixes(redis: Redis, options: FixOptions, log: Log): Fixes {
  const { keys, keepSeconds } = options;

  const write = async (expected: string, stored: StoredFix): Promise<FixRecord | undefined> => {
    const record = currentRecord(stored);
    const text = JSON.stringify(stored);
    if (text.length > MOST_TEXT)
      throw new UserError(
        'fix-too-large',
        `The plan of ${record.id} is too large to be kept (${text.length} characters).`,
      );
    const done = await redis.eval(
      WRITE,
      3,
      recordKey(record.id),
      openKey(record.cluster),
      diagnosisKey(record.diagnosis),
      expected,
      versionOf(record),
      text,
      keepSeconds,
      record.id,
      isOpen(record) ? '1' : '0',
      Date.parse(record.updatedAt),
    );
    return done === 1 ? record : undefined;
  };

  const loadStored = async (id: string): Promise<StoredFix | undefined> => {
    if (!FixId.safeParse(id).success) return undefined;
    const text = await textOf(redis, id);
    if (text === undefined) return undefined;
    const stored = openStored(id, text.text, keys);
    if (versionOf(currentRecord(stored)) !== text.version) throw new ForgedRecord(id, 'its version is not its own');
    return stored;
  };

  const many = async (ids: readonly string[]): Promise<{ records: FixRecord[]; gone: string[] }> => {
    const records: FixRecord[] = [];
    const gone: string[] = [];
    for (const id of ids) {
      try {
        const stored = await loadStored(id);
        if (stored === undefined) gone.push(id);
        else records.push(currentRecord(stored));
      } catch (error) {
        if (!(error instanceof ForgedRecord)) throw error;
        log.error({ fix: id, why: error.why }, 'forged record of a fix, left out');
      }
    }
    return { records, gone };
  };

  return {
    async create(seed) {
      if (keys.role !== 'bot') throw new Error(`the ${keys.role} begins no fix: that is the bot's`);
      const at = now();
      const record = fitting({
        ...seed,
        version: FIX_VERSION,
        rev: 1,
        state: 'planning',
        approvals: [],
        progress: [],
        history: [{ rev: 1, at, state: 'planning', by: seed.requestedBy }],
        updatedAt: at,
      });
      return write('', signRecord(record, keys));
    },
    async load(id) {
      const stored = await loadStored(id);
      return stored === undefined ? undefined : currentRecord(stored);
    },
    async change(record, event, patch, actor) {
      const step = transition(record.state, event, keys.role);
      if (step === undefined) throw new NoTransition(record, event, keys.role);
      const at = now();
      const rev = record.rev + 1;
      const history = [...record.history, { rev, at, state: step.to, by: actor ?? keys.role }].slice(-MOST_HISTORY);
      const next = fitting({ ...record, ...patch, rev, state: step.to, history, updatedAt: at });
      return write(versionOf(record), signRecord(next, keys));
    },
    async patch(record, note) {
      const stored = await loadStored(record.id);
      if (stored === undefined || versionOf(currentRecord(stored)) !== versionOf(record)) return undefined;
      return write(versionOf(record), signNote(stored, note, now(), keys));
    },
    async open(cluster) {
      const key = openKey(cluster);
      const { records, gone } = await many(await redis.zrange(key, '0', String(MOST_OPEN - 1)));
      if (gone.length > 0) await redis.zrem(key, ...gone);
      return records.filter((record) => record.cluster === cluster && isOpen(record));
    },
    async ofDiagnosis(dx) {
      const { records } = await many(await redis.zrange(diagnosisKey(dx), '0', String(MOST_OF_DIAGNOSIS - 1)));
      return records.filter((record) => record.diagnosis === dx);
    },
  };
}

/** @throws Error that names the field: what comes from a cluster is cut to size before it comes here. */
function fitting(record: object): FixRecord {
  const members = Object.entries(record).filter(([, value]) => value !== undefined);
  const parsed = FixRecord.safeParse(Object.fromEntries(members));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`the record of a fix does not fit at ${issue?.path.join('.')}: ${issue?.message}`);
}

async function textOf(redis: Redis, id: string): Promise<{ text: string; version: string } | undefined> {
  const key = recordKey(id);
  try {
    if ((await redis.hstrlen(key, 'text')) > MOST_TEXT * 4) throw new ForgedRecord(id, 'it is too large');
    const [version, text] = await redis.hmget(key, 'version', 'text');
    if (typeof text !== 'string' && typeof version !== 'string') return undefined;
    return { text: text ?? '', version: version ?? '' };
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE'))
      throw new ForgedRecord(id, 'it is not the record of a fix');
    throw error;
  }
}

function now(): string {
  return new Date().toISOString();
}
