/** Who fixes what: the first press for one cause claims it, so that two presses in the same instant are one fix. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { FixId } from '../../core/fix.ts';
import { PREFIX } from './record.ts';

/** Longer than a fix goes on; a claim whose fix is over is replaced at once. */
const CLAIM_SECONDS = 24 * 3600;

const REPLACE = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1 end return 0`;

export interface FixClaims {
  /** Claims what `words` name for a fix. Gives the id that holds the claim: its own, or the one that was first. */
  claim(words: readonly string[], id: string): Promise<string>;
  /** Takes over the claim of a fix that is over. False where somebody else was faster. */
  replace(words: readonly string[], over: string, id: string): Promise<boolean>;
}

export function createFixClaims(redis: Redis): FixClaims {
  const keyOf = (words: readonly string[]): string =>
    `${PREFIX}fix-claim:${createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 32)}`;
  return {
    async claim(words, id) {
      const held = await redis.set(keyOf(words), id, 'EX', CLAIM_SECONDS, 'NX', 'GET');
      // What is no id of a fix was not written by us: the fix goes on as if there were no claim.
      return FixId.safeParse(held).data ?? id;
    },
    async replace(words, over, id) {
      return (await redis.eval(REPLACE, 1, keyOf(words), over, id, CLAIM_SECONDS)) === 1;
    },
  };
}
