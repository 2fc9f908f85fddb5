/** The audit log in Redis: a list that is only ever appended to, each entry chained to the one before and signed by its writer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { AuditEntry, AuditEvent, type AuditHead, auditHash, FIRST_HASH, SignedAuditEntry } from '../../core/audit.ts';
import { verifiedEntry } from '../../core/audit-verify.ts';
import { redactText } from '../../core/redact.ts';
import type { Keys, Verifier } from '../../core/signing.ts';
import type { Log } from '../log.ts';
import { PREFIX } from './record.ts';

export interface AuditQuery {
  /** Only entries after this one. */
  readonly afterSeq?: number;
  /** The newest so many; 100 where nothing is said, at most 1,000. */
  readonly limit?: number;
  /** Only entries about this fix. */
  readonly fix?: string;
}

export interface AuditReader {
  /** Entries that are signed, oldest first; others are logged and left out (`kubewhy audit verify` names them). */
  read(query?: AuditQuery): Promise<SignedAuditEntry[]>;
  /** Where the log ends: the last signed entry; `seq` 0 where there is none. */
  head(): Promise<AuditHead>;
  /** Everything as it stands, for verification: texts of any kind, in order. */
  all(): Promise<unknown[]>;
}

export interface Audit extends AuditReader {
  /** Adds what happened, without secrets and cut to size. Gives the new head. @throws where Redis cannot be reached. */
  append(event: AuditEvent): Promise<AuditHead>;
}

const KEY = `${PREFIX}audit`;
const PAGE = 500;
/** Entries that a search for one fix looks back over. */
const MOST_SEARCHED = 50_000;
/** More processes than this never append in the same millisecond again and again. */
const MOST_TRIES = 200;
/** Where the log was tampered with, the last good entry is looked for among so many. */
const LOOKED_BACK = 200;

/** Appends only where the list still ends as the writer saw it. ARGV: length and last element that were seen, entry. */
const APPEND = `
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
if (redis.call('LINDEX', KEYS[1], -1) or '') ~= ARGV[2] then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[3])
return 1`;

/** Opens the log for reading. */
export function readAudit(redis: Redis, verifier: Verifier, log: Log): AuditReader {
  const good = (texts: readonly string[]): SignedAuditEntry[] =>
    texts.flatMap((text) => {
      const entry = verifiedEntry(jsonOf(text), verifier);
      if (entry === undefined) log.warn('an entry of the audit log is not signed by us, left out');
      return entry ?? [];
    });
  return {
    async read({ afterSeq = 0, limit = 100, fix } = {}) {
      const wanted = Math.min(Math.max(1, limit), 1000);
      const length = await redis.llen(KEY);
      let found: SignedAuditEntry[] = [];
      for (let end = length; end > 0 && end > length - MOST_SEARCHED && found.length < wanted; end -= PAGE) {
        const page = good(await redis.lrange(KEY, Math.max(0, end - PAGE), end - 1));
        found = [...page.filter(({ entry }) => fix === undefined || entry.event.fix === fix), ...found];
        if ((page[0]?.entry.seq ?? Number.POSITIVE_INFINITY) <= afterSeq) break;
      }
      return found.filter(({ entry }) => entry.seq > afterSeq).slice(-wanted);
    },
    async head() {
      const { head } = await lastOf(redis, verifier);
      return head;
    },
    async all() {
      const entries: unknown[] = [];
      for (let at = 0; ; at += PAGE) {
        const page = await redis.lrange(KEY, at, at + PAGE - 1);
        entries.push(...page.map(jsonOf));
        if (page.length < PAGE) return entries;
      }
    },
  };
}

/** Opens the log for a process that appends with its own key. */
export function createAudit(redis: Redis, keys: Keys, log: Log): Audit {
  return {
    ...readAudit(redis, keys, log),
    async append(given) {
      const event = tidy(given);
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const { head, length, last, disturbed } = await lastOf(redis, keys);
        if (disturbed)
          log.error({ length, seq: head.seq }, 'the audit log was tampered with; kubewhy audit verify says where');
        const entry = AuditEntry.parse({
          version: 1,
          seq: head.seq + 1,
          at: new Date().toISOString(),
          previous: head.hash,
          event,
          role: keys.role,
        });
        const hash = auditHash(entry);
        const signed: SignedAuditEntry = { entry, hash, signature: keys.sign('audit', hash) };
        const done = await redis.eval(APPEND, 1, KEY, length, last, JSON.stringify(signed));
        if (done === 1) return { seq: entry.seq, hash };
        await sleep(Math.random() * Math.min(50, 2 * (tries + 1)));
      }
      throw new Error(`the audit log changed ${MOST_TRIES} times while one entry was appended`);
    },
  };
}

interface Last {
  readonly head: AuditHead;
  readonly length: number;
  /** The last element as it stands. */
  readonly last: string;
  /** True where something else than our own entries stands at the end. */
  readonly disturbed: boolean;
}

/** Finds the last signed entry, and what it takes to append behind it. */
async function lastOf(redis: Redis, verifier: Verifier): Promise<Last> {
  const length = await redis.llen(KEY);
  const last = (await redis.lindex(KEY, -1)) ?? '';
  const at = last === '' ? undefined : verifiedEntry(jsonOf(last), verifier);
  const head = at === undefined ? { seq: 0, hash: FIRST_HASH } : { seq: at.entry.seq, hash: at.hash };
  if (head.seq === length) return { head, length, last, disturbed: false };
  // Something was put in or taken out. An old entry that was put at the end is signed too: the largest number counts.
  const signed = (await redis.lrange(KEY, -LOOKED_BACK, -1)).flatMap(
    (text) => verifiedEntry(jsonOf(text), verifier) ?? [],
  );
  const largest = signed.reduce(
    (most, { entry, hash }) => (entry.seq > most.seq ? { seq: entry.seq, hash } : most),
    head,
  );
  return { head: largest, length, last, disturbed: true };
}

/** Takes secrets out and cuts each text to what the log takes; what people and clusters wrote may be of any length. */
function tidy(event: AuditEvent): AuditEvent {
  const most: Readonly<Record<string, number>> = { fix: 40, cluster: 253, by: 60, channel: 60, says: 1000 };
  const cut = Object.entries(event).map(([key, value]): [string, unknown] => [
    key,
    typeof value === 'string' && key !== 'planHash' ? clipped(redactText(value), most[key] ?? 80) : value,
  ]);
  return AuditEvent.parse(Object.fromEntries(cut));
}

function clipped(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
