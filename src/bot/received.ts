/** What Slack sent, as plain data: enough to do it again in another process, where the one that acknowledged it died. */
import { z } from 'zod';
import { buttonOf } from './buttons/index.ts';
import { planOf } from './commands/index.ts';
import type { BotDeps } from './context.ts';
import { handleClick } from './fixes/click.ts';
import { performDeny } from './fixes/submit.ts';
import { handle, personal } from './handle.ts';
import { replyEphemeral, replyInDirectMessage, replyTo } from './replies.ts';
import type { Request } from './request.ts';
import { TEXTS } from './texts.ts';

const name = z.string().max(200);

export const Received = z.object({
  /** The same for each delivery of the same request. */
  key: z.string().max(1000),
  userId: name,
  teamId: name,
  channelId: name,
  channelKind: z.enum(['im', 'unknown']),
  /** The thread that the answer goes into. */
  threadTs: name.optional(),
  /** How private answers go: to a response address, as an ephemeral message, in the direct message; in a thread or not. */
  answer: z.discriminatedUnion('by', [
    z.object({ by: z.literal('address'), url: z.string().max(2000) }),
    z.object({ by: z.literal('ephemeral'), threadTs: name.optional() }),
    z.object({ by: z.literal('direct'), threadTs: name.optional() }),
  ]),
  what: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('line'), text: z.string().max(60_000) }),
    z.object({ kind: z.literal('button'), action: z.string().max(255), value: z.string().max(2000) }),
    /** The reason from the form of *Deny*, and the fix that it is for. */
    z.object({ kind: z.literal('deny'), fix: z.string().max(3000), reason: z.string().min(1).max(500) }),
  ]),
});
export type Received = z.infer<typeof Received>;

/** Does what was asked. Never throws: every end is told to the person. */
export async function perform(received: Received, deps: BotDeps): Promise<void> {
  const request = requestOf(received, deps);
  const { what } = received;
  if (what.kind === 'line') return await performLine(what.text, request, received.answer.by === 'address', deps);
  if (what.kind === 'deny') return await performDeny(what, received, deps);
  const button = buttonOf(what.action);
  if (button === undefined) {
    deps.log.warn({ action: what.action }, 'a button that nobody knows');
    return await request.reply({ text: TEXTS[personal(request, deps)].buttonStale });
  }
  if ('press' in button) return await handle(request, deps, (allowed) => button.press(what.value, allowed));
  const { action, gate, click } = button;
  await handleClick(request, deps, { action, gate, value: what.value }, click);
}

async function performLine(text: string, request: Request, acknowledged: boolean, deps: BotDeps): Promise<void> {
  await handle(request, deps, async (allowed) => {
    const { settings, botUserId } = deps;
    const plan = planOf(text, { settings, language: allowed.language, botUserId });
    if (plan.work !== undefined) await plan.work(allowed);
    // A mention has no acknowledgement that a person sees; the root message of the worker is the answer.
    else if (!acknowledged) await request.reply({ text: plan.ack ?? '' });
  });
}

function requestOf(received: Received, deps: BotDeps): Request {
  const { key, userId, teamId, channelId, channelKind, threadTs } = received;
  const place = { key, userId, teamId, channelId, channelKind, ...(threadTs === undefined ? {} : { threadTs }) };
  return { ...place, reply: replyOf(received, deps) };
}

function replyOf({ answer, channelId, userId }: Received, deps: BotDeps): Request['reply'] {
  if (answer.by === 'address') return replyTo(answer.url, deps.log);
  if (answer.by === 'direct') return replyInDirectMessage(deps, channelId, answer.threadTs);
  return replyEphemeral(deps, { channel: channelId, user: userId, threadTs: answer.threadTs });
}
