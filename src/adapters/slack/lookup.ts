/** Was a message stored although Slack did not say so? Looked up by its metadata, where the history scope is granted. */
import { z } from 'zod';
import type { SlackClient } from './client.ts';

export interface Lookup {
  readonly slack: SlackClient;
  readonly channel: string;
  /** The thread it belongs to; a root message is looked for in the channel. */
  readonly threadTs: string | undefined;
  readonly id: string;
  readonly key: string;
  /** When sending began, in milliseconds. */
  readonly since: number;
  readonly botUserId: string;
}

/** `blind`: the bot may not read there, so nobody knows. */
export type Seen =
  | { readonly status: 'found'; readonly ts: string; readonly channel: string }
  | { readonly status: 'absent' | 'blind' };

const Page = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      user: z.string().optional(),
      metadata: z
        .object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()).optional() })
        .optional()
        .catch(undefined),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

const MOST_PAGES = 10;
/** Slack's clock and ours may differ by this much. */
const SLACK_MS = 120_000;

/** Looks for the message among those posted since a time. Only the bot's own messages count: anybody can write metadata. */
export async function findPosted(lookup: Lookup): Promise<Seen> {
  const { slack, channel, threadTs, id, key } = lookup;
  const method = threadTs === undefined ? 'conversations.history' : 'conversations.replies';
  let cursor = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const outcome = await slack.call(
      method,
      {
        channel,
        ...(threadTs === undefined ? {} : { ts: threadTs }),
        oldest: String((lookup.since - SLACK_MS) / 1000),
        include_all_metadata: true,
        limit: 200,
        ...(cursor === '' ? {} : { cursor }),
      },
      { repeatable: true },
    );
    if (outcome.status !== 'ok') return { status: 'blind' };
    const parsed = Page.safeParse(outcome.data);
    if (!parsed.success) return { status: 'blind' };
    const hit = parsed.data.messages.find(
      ({ user, metadata }) =>
        user === lookup.botUserId &&
        metadata?.event_type === 'kubewhy_message' &&
        metadata.event_payload?.['id'] === id &&
        metadata.event_payload['key'] === key,
    );
    if (hit !== undefined) return { status: 'found', ts: hit.ts, channel };
    cursor = parsed.data.response_metadata?.next_cursor ?? '';
    if (cursor === '') break;
  }
  return { status: 'absent' };
}
