/** Evidence and diagnosis of each run, compressed, for `show`, replay and a worker that continues another's job. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { parseBoundedJson } from '../../core/bounded-json.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';
import { type EvidenceBundle, parseEvidenceBundle } from '../../core/evidence.ts';
import { DiagnosisId } from '../../core/jobs.ts';
import type { Log } from '../log.ts';
import { PREFIX } from './record.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** A run's outcome. */
export interface Result {
  readonly bundle: EvidenceBundle;
  readonly diagnosis: Diagnosis;
}

export interface Results {
  /** Keeps a result; one that is too large is logged and not kept. Gives whether it was kept. */
  save(id: string, result: Result): Promise<boolean>;
  load(id: string): Promise<Result | undefined>;
}

export interface ResultLimits {
  readonly keepSeconds: number;
  /** The most results; the oldest go first. */
  readonly most: number;
  /** Bytes of one result, compressed. */
  readonly mostBytes: number;
}

/** Bytes of one result once unpacked: a bound for what a bad record can do to memory. */
const MOST_UNPACKED = 128 * 1024 * 1024;

/** The evidence is parsed by its own schema; the diagnosis was made by a worker of ours, and its outline is checked. */
const Stored = z.object({
  bundle: z.unknown(),
  diagnosis: z.looseObject({
    id: DiagnosisId,
    cluster: z.string().max(253),
    verdict: z.enum(['cause-found', 'no-fault-found', 'inconclusive']),
    causes: z.array(z.unknown()),
    symptoms: z.array(z.unknown()),
    alsoFound: z.array(z.unknown()),
    ruledOut: z.array(z.unknown()),
    notSeen: z.array(z.unknown()),
    paths: z.array(z.unknown()),
  }),
});

export function createResults(redis: Redis, limits: ResultLimits, log: Log): Results {
  const index = `${PREFIX}results`;
  const key = (id: string): string => `${PREFIX}result:${id}`;
  return {
    async save(id, result) {
      const packed = await zip(JSON.stringify(result));
      if (packed.length > limits.mostBytes) {
        log.warn({ id, bytes: packed.length, most: limits.mostBytes }, 'result is too large, not kept');
        return false;
      }
      await redis.set(key(id), packed, 'EX', limits.keepSeconds);
      await redis.zadd(index, Date.now(), id);
      await redis.zremrangebyscore(index, '-inf', Date.now() - limits.keepSeconds * 1000);
      const surplus = (await redis.zcard(index)) - limits.most;
      if (surplus > 0) {
        const oldest = await redis.zrange(index, '0', String(surplus - 1));
        await redis.del(oldest.map(key));
        await redis.zrem(index, ...oldest);
      }
      return true;
    },
    async load(id) {
      if ((await redis.strlen(key(id))) > 2 * limits.mostBytes) {
        log.warn({ id }, 'kept result is too large, skipped');
        return undefined;
      }
      const packed = await redis.getBuffer(key(id));
      if (packed === null) return undefined;
      try {
        const text = await unzip(packed, { maxOutputLength: MOST_UNPACKED });
        const stored = Stored.parse(parseBoundedJson(text.toString('utf8')));
        return { bundle: parseEvidenceBundle(stored.bundle), diagnosis: stored.diagnosis as unknown as Diagnosis };
      } catch (error) {
        log.warn({ err: error, id }, 'kept result cannot be read, skipped');
        return undefined;
      }
    },
  };
}
