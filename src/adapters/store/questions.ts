/** Questions behind buttons: a button carries an opaque id, the question itself stays here. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { Place } from '../../core/jobs.ts';
import { Question } from '../../core/question.ts';
import type { Log } from '../log.ts';
import { PREFIX, parseRecord } from './record.ts';

const KEEP_SECONDS = 7 * 24 * 3600;

export const StoredQuestion = z.object({ cluster: z.string().max(253), question: Question, place: Place });
export type StoredQuestion = z.infer<typeof StoredQuestion>;

export interface Questions {
  /** Keeps a question for a week and gives its id. */
  keep(question: StoredQuestion): Promise<string>;
  get(id: string): Promise<StoredQuestion | undefined>;
}

export function createQuestions(redis: Redis, log: Log): Questions {
  const key = (id: string): string => `${PREFIX}question:${id}`;
  return {
    async keep(question) {
      const id = `q-${randomBytes(12).toString('hex')}`;
      await redis.set(key(id), JSON.stringify(question), 'EX', KEEP_SECONDS);
      return id;
    },
    async get(id) {
      if (!/^q-[0-9a-f]{24}$/.test(id)) return undefined;
      return parseRecord(StoredQuestion, await redis.get(key(id)), key(id), log);
    },
  };
}
