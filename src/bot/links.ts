/** Links to root messages, for people who are told where an answer is. */
import type { SlackClient } from '../adapters/slack/client.ts';
import type { RecentEntry } from '../core/jobs.ts';

/** Gives ` (<https://…|open>)`, ` (in <#C…>)` before there is a root message, or nothing where Slack gives no link. */
export async function linkTo(entry: Pick<RecentEntry, 'place' | 'rootTs'>, slack: SlackClient): Promise<string> {
  const { channel } = entry.place;
  if (entry.rootTs === undefined) return /^[CG]/.test(channel) ? ` (in <#${channel}>)` : '';
  const outcome = await slack.call('chat.getPermalink', { channel, message_ts: entry.rootTs }, { repeatable: true });
  const link = outcome.status === 'ok' ? outcome.data['permalink'] : undefined;
  return typeof link === 'string' && /^https?:\/\/[^\s|<>]+$/.test(link) ? ` (<${link}|↗>)` : '';
}
