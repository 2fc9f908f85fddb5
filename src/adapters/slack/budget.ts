/** One budget for all calls to Slack, kept in Redis: every process draws on it, so that no 429 happens in ordinary work. */
import type { Redis } from 'ioredis';
import type { Log } from '../log.ts';

/**
 * `first`: what a person waits for first, the root message and its verdict. `must`: the rest of an answer, which waits for
 * its turn behind those. `may`: progress, which is dropped where little is left.
 */
export type Priority = 'first' | 'must' | 'may';

export interface Budget {
  /** Gives the milliseconds to wait before the call, or undefined where a `may` call is to be dropped. */
  take(method: string, channel: string | undefined, priority: Priority): Promise<number | undefined>;
  /** Slack said 429: nobody calls the method for so many seconds. */
  block(method: string, channel: string | undefined, seconds: number): Promise<void>;
}

/**
 * `each`: milliseconds between calls in the long run; `burst`: calls at once; `reserve`: how many of them progress leaves
 * for answers; `spare`: how many of them the rest of an answer leaves for what is waited for first.
 */
interface Rate {
  readonly each: number;
  readonly burst: number;
  readonly reserve: number;
  readonly spare: number;
}

/** A burst and a minute's refill together stay below Slack's promise for any minute (facts/slack.md §1.3), with some air. */
const RATES = {
  tier2: { each: 60_000 / 13, burst: 5, reserve: 0, spare: 0 },
  tier3: { each: 60_000 / 34, burst: 13, reserve: 4, spare: 0 },
  tier4: { each: 60_000 / 65, burst: 30, reserve: 0, spare: 0 },
  post: { each: 60_000 / 220, burst: 60, reserve: 0, spare: 0 },
  channel: { each: 1050, burst: 3, reserve: 0, spare: 1 },
} as const satisfies Record<string, Rate>;

const METHOD_RATES: Readonly<Record<string, Rate>> = {
  'chat.postMessage': RATES.post,
  'chat.update': RATES.tier3,
  'chat.postEphemeral': RATES.tier4,
  'users.info': RATES.tier4,
  'conversations.info': RATES.tier3,
  'conversations.history': RATES.tier3,
  'conversations.replies': RATES.tier3,
  'files.getUploadURLExternal': RATES.tier4,
  'files.completeUploadExternal': RATES.tier4,
};
/** Messages that are posted: one a second in each channel. A file that is shared is one too. */
const POSTS = new Set(['chat.postMessage', 'files.completeUploadExternal']);

/**
 * A generic cell rate for each key; a `must` call reserves its turn, a `may` call is let through only where `reserve`
 * calls would still be free. Redis' clock, so that the clocks of the processes do not matter.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local may = ARGV[1] == 'may'
local must = ARGV[1] == 'must'
local wait = 0
local tats = {}
for i = 1, #KEYS, 2 do
  local at = 2 + (i - 1) / 2 * 4
  local each = tonumber(ARGV[at])
  local burst = tonumber(ARGV[at + 1])
  local reserve = tonumber(ARGV[at + 2])
  if must then burst = burst - tonumber(ARGV[at + 3]) end
  local tat = math.max(now, tonumber(redis.call('get', KEYS[i])) or now)
  local blocked = math.max(0, redis.call('pttl', KEYS[i + 1]))
  if may and (tat - (burst - 1 - reserve) * each > now or blocked > 0) then return -1 end
  wait = math.max(wait, tat - (burst - 1) * each - now, blocked)
  tats[i] = tat + each
end
for i = 1, #KEYS, 2 do
  redis.call('set', KEYS[i], tostring(tats[i]), 'PX', math.ceil(tats[i] - now) + 1000)
end
return math.ceil(wait)`;

const keys = (workspace: string, name: string): [string, string] => [
  `kubewhy:slack:${workspace}:${name}`,
  `kubewhy:slack:${workspace}:${name}:blocked`,
];

/** Makes the budget of one workspace. Without Redis, answers go out unpaced and progress is dropped. */
export function createBudget(redis: Redis, workspace: string, log: Log): Budget {
  const names = (method: string, channel: string | undefined): { name: string; rate: Rate }[] => {
    const rate = METHOD_RATES[method];
    const list = rate === undefined ? [] : [{ name: method, rate }];
    if (POSTS.has(method) && channel !== undefined) list.push({ name: `channel:${channel}`, rate: RATES.channel });
    return list;
  };
  return {
    async take(method, channel, priority) {
      const buckets = names(method, channel);
      if (buckets.length === 0) return 0;
      const rates = buckets.flatMap(({ rate }) => [rate.each, rate.burst, rate.reserve, rate.spare]);
      try {
        const all = buckets.flatMap(({ name }) => keys(workspace, name));
        const wait = Number(await redis.eval(TAKE, all.length, ...all, priority, ...rates));
        return wait < 0 ? undefined : wait;
      } catch (error) {
        log.warn({ err: error, method }, 'slack budget cannot be read');
        return priority === 'may' ? undefined : 0;
      }
    },
    async block(method, channel, seconds) {
      const name = names(method, channel).at(-1)?.name ?? method;
      await redis
        .set(keys(workspace, name)[1], '1', 'PX', Math.ceil(seconds * 1000))
        .catch((error: unknown) => log.warn({ err: error, method }, 'slack budget cannot be written'));
    },
  };
}
