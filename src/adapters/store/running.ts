/** Which question is being looked into right now, so that a second ask joins the first; and who asked for a stop. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { DiagnosisId, SlackUser } from '../../core/jobs.ts';
import { Question } from '../../core/question.ts';
import { PREFIX } from './record.ts';

/** Long enough for a queue that is full; a claim whose diagnosis has ended is replaced at once. */
const CLAIM_SECONDS = 3600;
const CANCEL_SECONDS = 3600;

const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;
const REPLACE = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1 end return 0`;

export interface Running {
  /** Claims a question for a diagnosis. Gives the id that holds the claim: its own, or the one to join. */
  claim(cluster: string, question: Question, id: string): Promise<string>;
  /** Takes over the claim of a diagnosis that has ended without giving it up. False where somebody else was faster. */
  replace(cluster: string, question: Question, ended: string, id: string): Promise<boolean>;
  release(cluster: string, question: Question, id: string): Promise<void>;
}

function claimKey(cluster: string, question: Question): string {
  const plain = JSON.stringify(Question.parse(question), (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return `${PREFIX}running:${createHash('sha256').update(`${cluster}\n${plain}`).digest('hex').slice(0, 32)}`;
}

export function createRunning(redis: Redis): Running {
  return {
    async claim(cluster, question, id) {
      const key = claimKey(cluster, question);
      const held = await redis.set(key, id, 'EX', CLAIM_SECONDS, 'NX', 'GET');
      // Whoever can write here must not put words into our mouth.
      return DiagnosisId.safeParse(held).data ?? id;
    },
    async replace(cluster, question, ended, id) {
      return (await redis.eval(REPLACE, 1, claimKey(cluster, question), ended, id, CLAIM_SECONDS)) === 1;
    },
    async release(cluster, question, id) {
      await redis.eval(RELEASE, 1, claimKey(cluster, question), id);
    },
  };
}

/** A wish to stop a diagnosis. It is kept and announced: the key reaches a worker that starts later, the message one that runs. */
export interface Cancels {
  ask(id: string, by: string): Promise<void>;
  /** Who asked for a stop, if anybody. */
  askedBy(id: string): Promise<string | undefined>;
  /** Calls back for each stop that is announced, until the returned function is called. Needs a connection of its own. */
  listen(subscriber: Redis, onCancel: (id: string) => void): Promise<() => Promise<void>>;
}

export function createCancels(redis: Redis): Cancels {
  const topic = `${PREFIX}cancels`;
  const key = (id: string): string => `${PREFIX}cancel:${id}`;
  return {
    async ask(id, by) {
      await redis.set(key(id), by, 'EX', CANCEL_SECONDS);
      await redis.publish(topic, id);
    },
    async askedBy(id) {
      return SlackUser.safeParse(await redis.get(key(id))).data;
    },
    async listen(subscriber, onCancel) {
      const listener = (_: string, id: string): void => onCancel(id);
      subscriber.on('message', listener);
      await subscriber.subscribe(topic);
      return async () => {
        subscriber.off('message', listener);
        await subscriber.unsubscribe(topic).catch(() => undefined);
      };
    },
  };
}
