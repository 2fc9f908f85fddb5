/** What Slack sends, turned into requests: one listener for commands, one for events, one for buttons; each acknowledges first. */
import type { AckFn, App, BlockAction, SlashCommand, ViewResponseAction, ViewSubmitAction } from '@slack/bolt';
import { z } from 'zod';
import type { Plan } from './commands/command.ts';
import { planOf } from './commands/index.ts';
import type { BotDeps } from './context.ts';
import { DENY_FORM } from './fixes/deny-form.ts';
import { openForm, sentForm } from './fixes/submit.ts';
import { personal, trouble } from './handle.ts';
import type { Inbox } from './inbox.ts';
import type { Received } from './received.ts';
import { TEXTS } from './texts.ts';

/** Slack waits 3 s; a listener that has said nothing by then would leave the person with an error of Slack's. */
const WATCHDOG_MS = 2500;

/** Every form but that of *Deny*: two listeners for one form would both acknowledge it. */
const OTHER_FORMS = new RegExp(`^(?!${DENY_FORM}$)`);

/** Registers everything that the bot listens to. */
export function registerListeners(app: App, deps: BotDeps, inbox: Inbox): void {
  app.command(/.*/, async ({ command, ack }) => onCommand(command, ack, deps, inbox));
  app.event('app_mention', async ({ event, body }) => onEvent(event, body, 'channel', deps, inbox));
  app.event('message', async ({ event, body }) => onEvent(event, body, 'im', deps, inbox));
  app.action(/.*/, async ({ ack, body }) => {
    if (body.type === 'block_actions') void openForm(body, deps);
    const received = body.type === 'block_actions' ? pressed(body) : undefined;
    const taken = received === undefined ? undefined : inbox.receive(received);
    await taken?.noted;
    await acknowledged(deps, () => ack());
    await taken?.work();
  });
  const sent = { callback_id: DENY_FORM, type: 'view_submission' } as const;
  app.view<ViewSubmitAction>(sent, async ({ ack, body }) => onDenyForm(body, ack, deps, inbox));
  // Nothing else of ours opens a form or a shortcut; another app's leftovers must not be left without an answer.
  app.view(OTHER_FORMS, async ({ ack }) => ack());
  app.shortcut(/.*/, async ({ ack }) => ack());
}

/** Plans the line, which is pure and quick, and acknowledges with what there is to say at once. */
async function onCommand(command: SlashCommand, ack: AckFn<string>, deps: BotDeps, inbox: Inbox): Promise<void> {
  const language = personal({ userId: command.user_id }, deps);
  const line = command.text ?? '';
  const { plan, text } = planned(command.command, line, language, deps);
  const taken = plan?.work === undefined ? undefined : inbox.receive(typed(command, line));
  await taken?.noted;
  await acknowledged(deps, () => (text === undefined ? ack() : ack(text)));
  await taken?.work();
}

function typed(command: SlashCommand, text: string): Received {
  return {
    key: ['slash', command.team_id, command.channel_id, command.user_id, command.trigger_id].join('|'),
    userId: command.user_id,
    teamId: command.team_id,
    channelId: command.channel_id,
    channelKind: 'unknown',
    answer: { by: 'address', url: command.response_url },
    what: { kind: 'line', text },
  };
}

function planned(
  command: string,
  text: string,
  language: 'en' | 'zh-cn',
  deps: BotDeps,
): { plan?: Plan; text?: string | undefined } {
  const { settings, botUserId } = deps;
  if (command !== settings.command) return { text: TEXTS[language].notThisCommand(settings.command) };
  try {
    const plan = planOf(text, { settings, language, botUserId });
    return { plan, text: plan.ack };
  } catch (error) {
    return { text: trouble(error, language, deps) };
  }
}

const Event = z.object({
  user: z.string(),
  text: z.string().default(''),
  channel: z.string(),
  ts: z.string(),
  thread_ts: z.string().optional(),
  channel_type: z.string().optional(),
  subtype: z.string().optional(),
  bot_id: z.string().optional(),
  team: z.string().optional(),
  user_team: z.string().optional(),
});
const Envelope = z.object({ event_id: z.string(), team_id: z.string() });

/** Mentions and direct messages. Bolt has acknowledged them already. Edits, joins and bots' messages are none. */
async function onEvent(
  rawEvent: unknown,
  rawBody: unknown,
  kind: 'im' | 'channel',
  deps: BotDeps,
  inbox: Inbox,
): Promise<void> {
  const event = Event.safeParse(rawEvent);
  const body = Envelope.safeParse(rawBody);
  if (!event.success || !body.success) return;
  const { user, channel, ts, thread_ts: inThread, bot_id: bot, subtype } = event.data;
  if (bot !== undefined || subtype !== undefined || user === deps.botUserId) return;
  if (kind === 'im' && event.data.channel_type !== 'im') return;
  const threadTs = kind === 'im' ? inThread : (inThread ?? ts);
  const there = inThread === undefined ? {} : { threadTs: inThread };
  const { work } = inbox.receive({
    key: `event|${body.data.event_id}`,
    userId: user,
    teamId: event.data.user_team ?? event.data.team ?? body.data.team_id,
    channelId: channel,
    channelKind: kind === 'im' ? 'im' : 'unknown',
    ...(threadTs === undefined ? {} : { threadTs }),
    answer: kind === 'im' ? { by: 'direct', ...there } : { by: 'ephemeral', ...there },
    what: { kind: 'line', text: event.data.text.replaceAll(`<@${deps.botUserId}>`, ' ') },
  });
  await work();
}

/** What was entered is checked for its form at once; who sent it, and whether it still counts, once it is noted. */
async function onDenyForm(
  body: ViewSubmitAction,
  ack: AckFn<ViewResponseAction>,
  deps: BotDeps,
  inbox: Inbox,
): Promise<void> {
  const sent = sentForm(body, deps);
  if ('answer' in sent) return await acknowledged(deps, () => ack(sent.answer));
  const taken = inbox.receive(sent.received);
  await taken.noted;
  await acknowledged(deps, () => ack());
  await taken.work();
}

function pressed(body: BlockAction): Received | undefined {
  const [action] = body.actions;
  if (action?.type !== 'button') return undefined;
  const { user, container } = body;
  return {
    key: ['button', user.id, body.trigger_id, action.action_id, action.action_ts].join('|'),
    userId: user.id,
    teamId: user.team_id ?? body.team?.id ?? '',
    channelId: body.channel?.id ?? text(container, 'channel_id') ?? '',
    channelKind: 'unknown',
    answer: { by: 'address', url: body.response_url },
    what: { kind: 'button', action: action.action_id, value: action.value ?? '' },
  };
}

function text(container: BlockAction['container'], key: string): string | undefined {
  const value: unknown = container[key];
  return typeof value === 'string' ? value : undefined;
}

/** Acknowledges; where that takes too long, says so in the log. A connection that is gone is no fault of the request. */
async function acknowledged(deps: BotDeps, acknowledge: () => Promise<void>): Promise<void> {
  const timer = setTimeout(() => deps.log.error({ ms: WATCHDOG_MS }, 'acknowledgement is late'), WATCHDOG_MS);
  try {
    await acknowledge();
  } catch (error) {
    deps.log.warn({ err: error }, 'acknowledgement could not be sent');
  } finally {
    clearTimeout(timer);
  }
}
