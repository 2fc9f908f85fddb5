/** How one person is told something that only they see: by the response address, an ephemeral message, or in their direct message. */
import type { Log } from '../adapters/log.ts';
import type { BotDeps } from './context.ts';
import type { Reply, Request } from './request.ts';

type Say = Request['reply'];

const RESPOND_MS = 10_000;

/** Answers a command or a button at its response address, which works where the bot is not a member. */
export function replyTo(url: string, log: Log): Say {
  return async (reply) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...body(reply) }),
        redirect: 'error',
        signal: AbortSignal.timeout(RESPOND_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
    } catch (error) {
      log.warn({ err: error }, 'private answer could not be sent');
    }
  };
}

/**
 * Answers a mention. An ephemeral message is seen only by members who are active; in a thread only where it is one already.
 * Where Slack refuses it, the answer goes into the direct message with the person.
 */
export function replyEphemeral(
  deps: Pick<BotDeps, 'slack' | 'log'>,
  to: { readonly channel: string; readonly user: string; readonly threadTs: string | undefined },
): Say {
  return async (reply) => {
    const { channel, user, threadTs } = to;
    const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
    const outcome = await deps.slack.call('chat.postEphemeral', { channel, user, ...thread, ...body(reply) });
    if (outcome.status === 'ok') return;
    deps.log.warn({ channel, outcome: outcome.status }, 'ephemeral answer refused, sent as direct message');
    await replyInDirectMessage(deps, user, undefined)(reply);
  };
}

/** Answers a direct message where it was written. */
export function replyInDirectMessage(
  deps: Pick<BotDeps, 'slack' | 'log'>,
  channel: string,
  threadTs: string | undefined,
): Say {
  return async (reply) => {
    const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
    const args = { channel, ...thread, ...body(reply), unfurl_links: false, unfurl_media: false };
    const outcome = await deps.slack.call('chat.postMessage', args);
    if (outcome.status !== 'ok') deps.log.warn({ channel, outcome }, 'direct message could not be sent');
  };
}

function body(reply: Reply): { text: string; blocks?: never[] } {
  const { text, blocks } = reply;
  return blocks === undefined ? { text } : { text, blocks: [...blocks] as never[] };
}
