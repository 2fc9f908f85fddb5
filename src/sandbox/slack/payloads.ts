/** The payloads of commands, clicks and forms, field by field as facts/slack.md §6.3 shows them. */

import { payloadName } from './channels.ts';
import { messageJson } from './messages.ts';
import { newResponseUrl } from './response-url.ts';
import type { Json, SlackChannel, SlackPerson, StoredEphemeral, StoredMessage, StoredView } from './types.ts';
import { chosen, newTrigger, stateValues, viewJson } from './views.ts';
import type { World } from './world.ts';

function userJson(p: SlackPerson): Json {
  return { id: p.id, username: p.name, name: p.name, team_id: p.teamId };
}

function shared(world: World, person: SlackPerson): Json {
  const { appId, teamDomain, teamId } = world.identity;
  return {
    user: userJson(person),
    api_app_id: appId,
    token: world.credentials.verificationToken,
    team: { id: teamId, domain: teamDomain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** A slash command. All values are text, as a form carries them. */
export function slashPayload(
  world: World,
  person: SlackPerson,
  channel: SlackChannel,
  command: string,
  text: string,
): Json {
  const { appId, teamDomain, teamId } = world.identity;
  return {
    token: world.credentials.verificationToken,
    team_id: teamId,
    team_domain: teamDomain,
    channel_id: channel.id,
    channel_name: payloadName(channel),
    user_id: person.id,
    user_name: person.name,
    command,
    text,
    api_app_id: appId,
    is_enterprise_install: 'false',
    response_url: newResponseUrl(world, { kind: 'slash', userId: person.id, channelId: channel.id }),
    trigger_id: newTrigger(world, person.id),
  };
}

/** The entry of `actions` for one element; `value` is what the person chose where it is not a button. */
export function actionJson(world: World, element: Json, blockId: string, value: unknown): Json {
  const type = String(element['type']);
  const head: Json = { type, action_id: element['action_id'], block_id: blockId };
  const tail = { action_ts: world.ids.ts() };
  if (type === 'button') {
    const { text, style, url, confirm } = element;
    return {
      ...head,
      text,
      ...(element['value'] === undefined ? {} : { value: element['value'] }),
      ...(style === undefined ? {} : { style }),
      ...(url === undefined ? {} : { url }),
      ...(confirm === undefined ? {} : { confirm }),
      ...tail,
    };
  }
  if (type === 'feedback_buttons' || type === 'icon_button')
    return { ...head, value: value ?? element['value'] ?? null, ...tail };
  return { ...head, ...chosen(element, value), ...tail };
}

export interface ActionSource {
  channel: SlackChannel;
  message?: StoredMessage;
  ephemeral?: StoredEphemeral;
}

/** The choice just made, as the state of its surface shows it. */
function justChosen(action: Json, value: unknown): Record<string, Record<string, unknown>> {
  return value === undefined ? {} : { [String(action['block_id'])]: { [String(action['action_id'])]: value } };
}

/** `block_actions` from a message or an ephemeral. `blocks` are those that the person's client shows, old or new. */
export function messageActionPayload(
  world: World,
  person: SlackPerson,
  source: ActionSource,
  blocks: readonly Json[],
  action: Json,
  value: unknown,
): Json {
  const { channel, message, ephemeral } = source;
  const ts = message?.ts ?? ephemeral?.ts ?? '';
  const threadTs = message?.threadTs ?? ephemeral?.threadTs;
  return {
    type: 'block_actions',
    ...shared(world, person),
    container: {
      type: 'message',
      message_ts: ts,
      channel_id: channel.id,
      is_ephemeral: ephemeral !== undefined,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    },
    trigger_id: newTrigger(world, person.id),
    channel: { id: channel.id, name: payloadName(channel) },
    ...(message === undefined ? {} : { message: { ...messageJson(world, message), blocks } }),
    state: { values: stateValues(blocks, justChosen(action, value)) },
    response_url: newResponseUrl(world, {
      kind: 'action',
      userId: person.id,
      channelId: channel.id,
      source: { ts, ephemeral: ephemeral !== undefined, ...(threadTs === undefined ? {} : { threadTs }) },
    }),
    actions: [action],
  };
}

/** `block_actions` from a modal or a home tab: no channel, no response address. */
export function viewActionPayload(
  world: World,
  person: SlackPerson,
  view: StoredView,
  action: Json,
  value: unknown,
): Json {
  return {
    type: 'block_actions',
    ...shared(world, person),
    container: { type: 'view', view_id: view.id },
    trigger_id: newTrigger(world, person.id),
    view: viewJson(world, view, justChosen(action, value)),
    actions: [action],
  };
}

/** `view_submission` with every input of the form, null where nothing was entered. */
export function viewSubmissionPayload(
  world: World,
  person: SlackPerson,
  view: StoredView,
  values: Record<string, Record<string, unknown>>,
): Json {
  return {
    type: 'view_submission',
    ...shared(world, person),
    trigger_id: newTrigger(world, person.id),
    view: viewJson(world, view, values),
    response_urls: [],
  };
}

/** `view_closed`: no trigger, and whether all views were cleared. */
export function viewClosedPayload(world: World, person: SlackPerson, view: StoredView, isCleared: boolean): Json {
  return { type: 'view_closed', ...shared(world, person), view: viewJson(world, view), is_cleared: isCleared };
}
