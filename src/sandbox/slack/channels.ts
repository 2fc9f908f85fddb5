/** Finding channels as Slack does, and what the bot may do in them. */
import { ApiError, missingScope } from './api-error.ts';
import { channelScope } from './method-table.ts';
import type { ChannelKind, SlackChannel } from './types.ts';
import type { World } from './world.ts';

/** Whether the bot is a member. */
export function botIsIn(world: World, channel: SlackChannel): boolean {
  return channel.members.includes(world.identity.botUserId);
}

function openDirectMessage(world: World, userId: string): SlackChannel | undefined {
  return [...world.state.channels.values()].find(
    (c) => c.kind === 'dm' && c.members.includes(userId) && botIsIn(world, c),
  );
}

/** The direct message channel between the bot and a person, opened when there is none yet. */
export function directMessage(world: World, userId: string): SlackChannel {
  const members = [userId, world.identity.botUserId];
  return openDirectMessage(world, userId) ?? makeChannel(world, { name: '', kind: 'dm', members });
}

/** Adds a channel with exactly these members. */
export function makeChannel(
  world: World,
  c: {
    name: string;
    kind: ChannelKind;
    members: string[];
    extShared?: boolean;
    pendingExtShared?: boolean;
    archived?: boolean;
  },
): SlackChannel {
  const channel: SlackChannel = {
    id: world.ids.id(c.kind === 'dm' ? 'D' : 'C'),
    name: c.name,
    kind: c.kind,
    members: [...new Set(c.members)],
    extShared: c.extShared ?? false,
    pendingExtShared: c.pendingExtShared ?? false,
    archived: c.archived ?? false,
  };
  world.state.channels.set(channel.id, channel);
  world.state.messages.set(channel.id, []);
  world.changed();
  return channel;
}

function byName(world: World, given: string): SlackChannel | undefined {
  const name = given.startsWith('#') ? given.slice(1) : given;
  return [...world.state.channels.values()].find((c) => c.name !== '' && c.name === name);
}

/** A channel by id, `#name`, name, or a person's id (their direct message). Undefined when there is none. */
function findChannel(world: World, given: string): SlackChannel | undefined {
  const byId = world.state.channels.get(given);
  if (byId) return byId;
  const person = world.state.people.get(given);
  if (person) return person.kind === 'stranger' ? undefined : directMessage(world, given);
  return byName(world, given);
}

/** The id that rate limits count under, whichever way a call names the channel. Opens nothing. */
export function channelKey(world: World, given: string | undefined): string | undefined {
  if (given === undefined || world.state.channels.has(given)) return given;
  return (openDirectMessage(world, given) ?? byName(world, given))?.id ?? given;
}

/** A channel the bot can see: public, or one it is in. Throws `channel_not_found`. */
export function visibleChannel(world: World, given: string): SlackChannel {
  const channel = findChannel(world, given);
  if (!channel || (channel.kind !== 'public' && !botIsIn(world, channel))) throw new ApiError('channel_not_found');
  return channel;
}

/** A channel the bot may write in. Throws `channel_not_found`, `not_in_channel` or `is_archived`. */
export function writableChannel(world: World, given: string): SlackChannel {
  const channel = visibleChannel(world, given);
  if (channel.archived) throw new ApiError('is_archived');
  if (!botIsIn(world, channel) && !world.manifest.scopes.includes('chat:write.public'))
    throw new ApiError('not_in_channel');
  return channel;
}

/** Throws `missing_scope` unless the token may read about (or in) this kind of channel. */
export function needScope(world: World, kind: ChannelKind, verb: 'read' | 'history'): void {
  const scope = channelScope(kind, verb);
  if (!world.manifest.scopes.includes(scope)) throw missingScope(scope, world.manifest.scopes);
}

/** The name a payload shows: `directmessage` in direct messages, `privategroup` in private channels. */
export function payloadName(channel: SlackChannel): string {
  if (channel.kind === 'dm') return 'directmessage';
  return channel.kind === 'private' ? 'privategroup' : channel.name;
}
