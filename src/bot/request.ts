/** One thing that a person asked of the bot, however it came: command, mention, direct message, button. */
import { createHash } from 'node:crypto';
import type { Language } from '../core/jobs.ts';

/** What is said privately. `text` is mrkdwn. */
export interface Reply {
  readonly text: string;
  readonly blocks?: readonly object[];
}

export interface Request {
  /** The same for each delivery of the same request, different for every other. */
  readonly key: string;
  readonly userId: string;
  /** The workspace that the person belongs to, as the payload says. */
  readonly teamId: string;
  readonly channelId: string;
  /** `im`: a direct message with the bot. `unknown`: to be asked of Slack. */
  readonly channelKind: 'im' | 'unknown';
  /** The thread that the answer goes into. */
  readonly threadTs?: string;
  /** Says something that only this person sees. Must not throw. */
  readonly reply: (reply: Reply) => Promise<void>;
}

/** Gives the public id of a diagnosis, made from the request: a request that comes twice is one diagnosis. */
export function diagnosisId(key: string): string {
  const digest = createHash('sha256').update(key).digest();
  let value = digest.readBigUInt64BE(0);
  let id = '';
  for (let i = 0; i < 7; i += 1) {
    id += (value % 36n).toString(36);
    value /= 36n;
  }
  return `dx-${id}`;
}

/** The language of a person by Slack's locale; undefined where Slack did not say. */
export function languageOf(locale: string | undefined): Language | undefined {
  if (locale === undefined) return undefined;
  return /^zh\b/i.test(locale) ? 'zh-cn' : 'en';
}
