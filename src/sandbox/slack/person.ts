/** What a person does in their Slack client: types commands, presses buttons, mentions the bot, fills in forms. */
import { ApiError } from './api-error.ts';
import { isObject, objects } from './args.ts';
import { isActionable, visit } from './blocks/validate.ts';
import { checkedView } from './blocks/view.ts';
import { directMessage } from './channels.ts';
import { mentionEvent, plainEvent } from './events.ts';
import { findMessage, messageJson, sees, storedText, storeEphemeral, storeMessage } from './messages.ts';
import {
  actionJson,
  messageActionPayload,
  slashPayload,
  viewActionPayload,
  viewClosedPayload,
  viewSubmissionPayload,
} from './payloads.ts';
import { readSaid } from './response-url.ts';
import type {
  ClickOutcome,
  DispatchOutcome,
  Json,
  SlackChannel,
  SlackPerson,
  SlashOutcome,
  StoredMessage,
  StoredView,
  SubmitOutcome,
} from './types.ts';
import { addView, openViews, replaceView } from './views.ts';
import type { World } from './world.ts';

export interface PersonActions {
  /** Types a slash command and presses Enter. Throws where Slack's client would not send it (threads, strangers, no such command). */
  slash(channelId: string, command: string, text?: string, options?: { threadTs?: string }): Promise<SlashOutcome>;
  /** Presses a button (or makes a choice, given as `value`) in a message as it now is. Throws when it is not there to press. */
  click(channelId: string, ts: string, actionId: string, value?: unknown): Promise<ClickOutcome>;
  /** Presses a button that an out-of-date client still shows: `frame` counts the message's states, the first by default. */
  clickStale(channelId: string, ts: string, actionId: string, frame?: number): Promise<ClickOutcome>;
  clickInView(viewId: string, actionId: string, value?: unknown): Promise<ClickOutcome>;
  /** Writes a message, and tells the app of it. `<@BOT>` is put in front. */
  mention(channelId: string, text: string, threadTs?: string): StoredMessage;
  /** Writes a message as it is, without a mention. */
  say(channelId: string, text: string, threadTs?: string): StoredMessage;
  directMessage(text: string, threadTs?: string): StoredMessage;
  /** Submits a form; `values` are what was entered, by block id and action id. */
  submit(view: string | StoredView, values?: Record<string, Record<string, unknown>>): Promise<SubmitOutcome>;
  closeView(view: string | StoredView): Promise<DispatchOutcome | undefined>;
  /** Opens the app's home tab. Returns whether the app was told. */
  openHome(): boolean;
  /** The modals open now, the top one last. */
  openViews(): StoredView[];
  /** Reloads the client: ephemeral messages are gone. */
  reload(): void;
}

function channelOf(world: World, person: SlackPerson, channelId: string): SlackChannel {
  const channel = world.state.channels.get(channelId);
  if (!channel) throw new Error(`No channel ${channelId} in this workspace.`);
  if (!sees(channel, person.id)) throw new Error(`${person.name} is not a member of ${channel.name || channel.id}.`);
  return channel;
}

/** Text with `@name` and `#channel` as Slack sends them where `should_escape` is set. */
function escaped(world: World, text: string): string {
  return storedText(text)
    .replace(/(?<![\w<])@([\w.-]+)/g, (all, name: string) => {
      const person = [...world.state.people.values()].find((p) => p.name === name);
      return person ? `<@${person.id}|${person.name}>` : all;
    })
    .replace(/(?<![\w<&])#([\w-]+)/g, (all, name: string) => {
      const channel = [...world.state.channels.values()].find((c) => c.name === name);
      if (!channel) return all;
      return `<#${channel.id}|${channel.kind === 'private' ? '' : channel.name}>`;
    })
    .replace(/(?<!<)\bhttps?:\/\/[^\s<>|]+/g, (found) => `<${found}>`);
}

function showAck(
  world: World,
  person: SlackPerson,
  channel: SlackChannel,
  typed: string,
  outcome: DispatchOutcome,
): void {
  const body = typeof outcome.body === 'string' ? { text: outcome.body } : outcome.body;
  if (!isObject(body)) return;
  try {
    const said = readSaid(world, body);
    if (said.empty) return;
    if (body['response_type'] !== 'in_channel') {
      const { text, blocks } = said;
      storeEphemeral(world, { channel: channel.id, user: person.id, origin: 'slash-ack', text, blocks });
      return;
    }
    storeMessage(world, { channel, user: person.id, origin: 'user', text: storedText(typed) });
    storeMessage(world, {
      channel,
      user: world.identity.botUserId,
      origin: 'slash-ack',
      text: said.text,
      blocks: said.blocks,
    });
  } catch (error) {
    const code = error instanceof ApiError ? error.code : String(error);
    world.ledger.add({ kind: 'visible-error', name: typed, error: `bad acknowledgement: ${code}` });
  }
}

/** The element with this action id among blocks, and the id of the block it stands in. */
function findElement(blocks: readonly Json[], actionId: string): { element: Json; blockId: string } | undefined {
  let found: { element: Json; blockId: string } | undefined;
  for (const block of blocks) {
    visit(block, '', (element) => {
      if (isActionable(element) && element['action_id'] === actionId) {
        found ??= { element, blockId: String(block['block_id']) };
      }
    });
  }
  return found;
}

/** Everything one person can do. */
export function personActions(world: World, person: SlackPerson): PersonActions {
  const press = async (
    channelId: string,
    ts: string,
    actionId: string,
    value: unknown,
    frame?: number,
  ): Promise<ClickOutcome> => {
    const channel = channelOf(world, person, channelId);
    const stored = world.state.messages.get(channelId)?.find((m) => m.ts === ts);
    const message = frame === undefined && stored?.deleted ? undefined : stored;
    const ephemeral = world.state.ephemerals.find(
      (e) => e.channel === channelId && e.ts === ts && e.user === person.id && !e.deleted,
    );
    const shown = message ?? ephemeral;
    if (!shown) throw new Error(`${person.name} sees no message ${ts} in ${channel.name || channel.id}.`);
    const blocks = frame === undefined ? shown.blocks : (shown.frames[frame]?.blocks ?? []);
    const found = findElement(blocks, actionId);
    if (!found)
      throw new Error(
        `Message ${ts} has no button "${actionId}"${frame === undefined ? ' now' : ` in its state ${frame}`}.`,
      );
    const source = { channel, ...(message ? { message } : {}), ...(message || !ephemeral ? {} : { ephemeral }) };
    const action = actionJson(world, found.element, found.blockId, value);
    return world.dispatcher.send('interactive', messageActionPayload(world, person, source, blocks, action, value));
  };

  const viewOf = (view: string | StoredView): StoredView => {
    const found = world.state.views.get(typeof view === 'string' ? view : view.id);
    if (!found?.open || found.userId !== person.id) throw new Error(`${person.name} has no such view open.`);
    return found;
  };

  const say = (channelId: string, text: string, threadTs?: string): StoredMessage => {
    const channel = channelOf(world, person, channelId);
    if (channel.archived) throw new Error(`${channel.name} is archived; nobody can write there.`);
    if (threadTs !== undefined && !findMessage(world, channelId, threadTs))
      throw new Error(`No message ${threadTs} to reply to.`);
    const draft = { channel, user: person.id, origin: 'user' as const, text: escaped(world, text) };
    const message = storeMessage(world, { ...draft, ...(threadTs === undefined ? {} : { threadTs }) });
    if (text.includes(`<@${world.identity.botUserId}>`)) mentionEvent(world, channel, messageJson(world, message));
    return message;
  };

  const act = (view: StoredView, body: unknown): Pick<SubmitOutcome, 'errors' | 'view'> => {
    const action = isObject(body) ? body['response_action'] : undefined;
    if (!isObject(body) || action === undefined) {
      view.open = false;
      world.changed();
      const below = openViews(world, person.id).at(-1);
      return below ? { view: below } : {};
    }
    if (action === 'errors' && isObject(body['errors']))
      return { errors: body['errors'] as Record<string, string>, view };
    if (action === 'clear') for (const v of openViews(world, person.id)) v.open = false;
    if (action === 'update') return { view: replaceView(world, view, checkedView(body['view'], 'modal'), undefined) };
    if (action === 'push') return { view: addView(world, person.id, checkedView(body['view'], 'modal'), 'push') };
    world.changed();
    return {};
  };

  return {
    async slash(channelId, command, text = '', options = {}) {
      const channel = channelOf(world, person, channelId);
      const known = world.manifest.commands.find((c) => c.command === command);
      if (!known || !world.manifest.scopes.includes('commands'))
        throw new Error(`${command} is not a command of this workspace.`);
      if (options.threadTs !== undefined) throw new Error(`${command} cannot be used in a thread: Slack refuses it.`);
      if (person.teamId !== world.identity.teamId)
        throw new Error(`${command} is not offered to people of another workspace.`);
      const sent = known.shouldEscape === true ? escaped(world, text) : text;
      const outcome = await world.dispatcher.send(
        'slash_commands',
        slashPayload(world, person, channel, command, sent),
      );
      showAck(world, person, channel, `${command} ${text}`.trim(), outcome);
      return outcome;
    },
    click: (channelId, ts, actionId, value) => press(channelId, ts, actionId, value),
    clickStale: (channelId, ts, actionId, frame = 0) => press(channelId, ts, actionId, undefined, frame),
    async clickInView(viewId, actionId, value) {
      const view = viewOf(viewId);
      const found = findElement(objects(view.view['blocks']), actionId);
      if (!found) throw new Error(`View ${viewId} has no element "${actionId}".`);
      const action = actionJson(world, found.element, found.blockId, value);
      return world.dispatcher.send('interactive', viewActionPayload(world, person, view, action, value));
    },
    mention: (channelId, text, threadTs) => say(channelId, `<@${world.identity.botUserId}> ${text}`, threadTs),
    say,
    directMessage: (text, threadTs) => say(directMessage(world, person.id).id, text, threadTs),
    async submit(given, values = {}) {
      const view = viewOf(given);
      const outcome = await world.dispatcher.send('interactive', viewSubmissionPayload(world, person, view, values));
      if (outcome.visibleError !== undefined) return { ...outcome, view };
      try {
        return { ...outcome, ...act(view, outcome.body) };
      } catch (error) {
        const code = error instanceof ApiError ? error.code : String(error);
        world.ledger.add({ kind: 'visible-error', name: 'view_submission', error: `bad response_action: ${code}` });
        return { ...outcome, visibleError: 'dispatch_failed', view };
      }
    },
    async closeView(given) {
      const view = viewOf(given);
      view.open = false;
      world.changed();
      if (view.view['notify_on_close'] !== true) return undefined;
      return world.dispatcher.send('interactive', viewClosedPayload(world, person, view, false));
    },
    openHome() {
      const channel = directMessage(world, person.id);
      return plainEvent(world, { type: 'app_home_opened', user: person.id, channel: channel.id, tab: 'home' });
    },
    openViews: () => openViews(world, person.id),
    reload() {
      for (const e of world.state.ephemerals) if (e.user === person.id) e.deleted = true;
      world.changed();
    },
  };
}
