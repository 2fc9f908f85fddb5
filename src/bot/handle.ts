/** The one way that every request goes: allowed or not, done, and one answer for whatever goes wrong. */
import { randomBytes } from 'node:crypto';
import { isRedisDown } from '../adapters/store/redis.ts';
import { UserError } from '../core/errors.ts';
import type { Language } from '../core/jobs.ts';
import { errorSentence, mrkdwn } from '../report/index.ts';
import { authorize } from './authorize.ts';
import type { Allowed, BotDeps } from './context.ts';
import type { Request } from './request.ts';
import { TEXTS } from './texts.ts';
import { Told } from './told.ts';

/** Checks that the person may ask here, then does what they asked. Never throws: every end is told to the person. */
export async function handle(
  request: Request,
  deps: BotDeps,
  work: (allowed: Allowed) => Promise<void>,
): Promise<void> {
  try {
    const decision = await authorize(request, deps.directory, deps.policy);
    const language = personal(request, deps);
    if ('refusal' in decision) {
      deps.log.info({ user: request.userId, channel: request.channelId, why: decision.refusal }, 'refused');
      await request.reply({ text: refusalText(decision.refusal, language, deps.botUserId) });
      return;
    }
    await work({ request, place: decision.place, language, deps });
  } catch (error) {
    await request.reply({ text: trouble(error, personal(request, deps), deps) });
  }
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
