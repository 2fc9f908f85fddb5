/** The one way that every request goes: allowed or not, done, and one answer for whatever goes wrong. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRedisDown } from '../adapters/store/redis.ts';
import { UserError } from '../core/errors.ts';
import type { Language } from '../core/jobs.ts';
import { errorSentence, mrkdwn } from '../report/index.ts';
import { authorize, type Decision } from './authorize.ts';
import type { Allowed, BotDeps } from './context.ts';
import type { Request } from './request.ts';
import { TEXTS } from './texts.ts';
import { Told } from './told.ts';

/** A Redis that restarts is back within seconds; longer than this nobody is kept waiting for an answer. */
const REDIS_BACK_MS = 5000;
const AGAIN_MS = 250;

/**
 * Checks that the person may ask here, then does what they asked; once more where Redis went away in the middle, which
 * does no harm: a request is one diagnosis however often it comes. `decide`: how it is known that they may. Never throws:
 * every end is told to the person.
 */
export async function handle(
  request: Request,
  deps: BotDeps,
  work: (allowed: Allowed) => Promise<void>,
  decide: () => Promise<Decision> = () => authorize(request, deps.directory, deps.policy),
): Promise<void> {
  const until = Date.now() + REDIS_BACK_MS;
  for (;;) {
    try {
      return await attempt(request, deps, work, decide);
    } catch (error) {
      if (isRedisDown(error) && (await deps.redisBack(until - Date.now()))) {
        await sleep(AGAIN_MS);
        continue;
      }
      return await request.reply({ text: trouble(error, personal(request, deps), deps) });
    }
  }
}

async function attempt(
  request: Request,
  deps: BotDeps,
  work: (allowed: Allowed) => Promise<void>,
  decide: () => Promise<Decision>,
): Promise<void> {
  const decision = await decide();
  if ('place' in decision) {
    await work({ request, place: decision.place, language: personal(request, deps), deps });
    return;
  }
  deps.log.info({ user: request.userId, channel: request.channelId, why: decision.refusal }, 'refused');
  await request.reply({ text: refusalText(decision.refusal, personal(request, deps), deps.botUserId) });
}

/** The language of private answers: the person's own where it is known, else the channel's. */
export function personal(request: Pick<Request, 'userId'>, deps: BotDeps): Language {
  return deps.directory.language(request.userId) ?? deps.settings.language;
}

/** Gives the sentence for an error, and logs those that are faults of ours. */
export function trouble(error: unknown, language: Language, deps: Pick<BotDeps, 'log'>): string {
  if (error instanceof Told) return error.message;
  if (error instanceof UserError) return mrkdwn(errorSentence(language, error));
  if (isRedisDown(error)) {
    deps.log.error({ err: error }, 'redis cannot be reached, question not queued');
    return TEXTS[language].redisDown;
  }
  const errorId = `err-${randomBytes(4).toString('hex')}`;
  deps.log.error({ err: error, errorId }, 'request failed');
  return TEXTS[language].internal(errorId);
}

function refusalText(
  refusal: Exclude<Awaited<ReturnType<typeof authorize>>, { place: string }>['refusal'],
  language: Language,
  botUserId: string,
): string {
  const texts = TEXTS[language];
  return refusal === 'notInChannel' ? texts.notInChannel(`<@${botUserId}>`) : texts[refusal];
}
