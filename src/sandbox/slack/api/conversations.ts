/** conversations.*: what the bot may know of channels and read in them. */
import { ApiError, missingScope } from '../api-error.ts';
import type { Args } from '../args.ts';
import { botIsIn, directMessage, needScope, visibleChannel } from '../channels.ts';
import { isTs } from '../ids.ts';
import { channelMessages, findMessage, messageJson, repliesOf } from '../messages.ts';
import type { ChannelKind, Json, SlackChannel, StoredMessage } from '../types.ts';
import type { World } from '../world.ts';
import { type Method, page } from './method.ts';

function channelJson(world: World, c: SlackChannel): Json {
  const { teamId, otherTeamId } = world.identity;
  const shared = {
    is_shared: c.extShared,
    is_ext_shared: c.extShared,
    is_pending_ext_shared: c.pendingExtShared,
    is_org_shared: false,
  };
  if (c.kind === 'dm') {
    const other = c.members.find((m) => m !== world.identity.botUserId) ?? '';
    return {
      id: c.id,
      is_channel: false,
      is_group: false,
      is_im: true,
      is_mpim: false,
      is_private: false,
      user: other,
      ...shared,
    };
  }
  return {
    id: c.id,
    name: c.name,
    name_normalized: c.name,
    is_channel: c.kind === 'public',
    is_group: c.kind === 'private',
    is_im: false,
    is_mpim: c.kind === 'mpim',
    is_private: c.kind !== 'public',
    is_archived: c.archived,
    is_general: false,
    is_member: botIsIn(world, c),
    context_team_id: teamId,
    shared_team_ids: c.extShared ? [teamId, otherTeamId] : [teamId],
    connected_team_ids: c.extShared ? [otherTeamId] : [],
    ...shared,
  };
}

function readable(world: World, args: Args): SlackChannel {
  const channel = visibleChannel(world, args.need('channel'));
  needScope(world, channel.kind, 'history');
  if (!botIsIn(world, channel)) throw new ApiError('not_in_channel');
  return channel;
}

function within(args: Args, messages: StoredMessage[]): StoredMessage[] {
  const oldest = args.text('oldest') ?? '0';
  const latest = args.text('latest') ?? '99999999999';
  const inclusive = args.flag('inclusive');
  const [from, to] = [Number(oldest), Number(latest)];
  return messages.filter((m) => {
    const at = Number(m.ts);
    return inclusive ? at >= from && at <= to : at > from && at < to;
  });
}

const TYPES: Record<string, ChannelKind> = {
  public_channel: 'public',
  private_channel: 'private',
  im: 'dm',
  mpim: 'mpim',
};

const bare = (json: Json, keepMetadata: boolean): Json => {
  if (!keepMetadata) delete json['metadata'];
  return json;
};

export const CONVERSATIONS: Record<string, Method> = {
  'conversations.info'(world, args) {
    const channel = visibleChannel(world, args.need('channel'));
    needScope(world, channel.kind, 'read');
    const count = args.flag('include_num_members') ? { num_members: channel.members.length } : {};
    return { channel: { ...channelJson(world, channel), ...count } };
  },
  'conversations.members'(world, args) {
    const channel = visibleChannel(world, args.need('channel'));
    needScope(world, channel.kind, 'read');
    const { items, next } = page(args, channel.members, 100);
    return { members: items, response_metadata: { next_cursor: next } };
  },
  'conversations.list'(world, args) {
    const types = (args.text('types') ?? 'public_channel').split(',').map((t) => TYPES[t.trim()]);
    if (types.includes(undefined)) throw new ApiError('invalid_types');
    for (const kind of types) if (kind !== undefined) needScope(world, kind, 'read');
    const all = [...world.state.channels.values()].filter(
      (c) =>
        types.includes(c.kind) &&
        (c.kind === 'public' || botIsIn(world, c)) &&
        !(args.flag('exclude_archived') && c.archived),
    );
    const { items, next } = page(args, all, 100);
    return { channels: items.map((c) => channelJson(world, c)), response_metadata: { next_cursor: next } };
  },
  'conversations.open'(world, args) {
    const users = (args.text('users') ?? '').split(',').filter((u) => u !== '');
    const given = args.text('channel');
    if (given !== undefined && given !== '') return { channel: channelJson(world, visibleChannel(world, given)) };
    if (users.length === 0) throw new ApiError('users_list_not_supplied');
    const person = world.state.people.get(users[0] ?? '');
    if (users.length > 1 || !person) throw new ApiError(users.length > 1 ? 'too_many_users' : 'user_not_found');
    if (!world.manifest.scopes.includes('im:write')) throw missingScope('im:write', world.manifest.scopes);
    return { channel: channelJson(world, directMessage(world, person.id)) };
  },
  'conversations.history'(world, args) {
    const channel = readable(world, args);
    const roots = channelMessages(world, channel.id).filter(
      (m) => !m.deleted && (m.threadTs === undefined || m.threadTs === m.ts || m.broadcast),
    );
    const { items, next, more } = page(args, within(args, roots).reverse(), 100);
    return {
      messages: items.map((m) => bare(messageJson(world, m), args.flag('include_all_metadata'))),
      has_more: more,
      pin_count: 0,
      response_metadata: { next_cursor: next },
    };
  },
  'conversations.replies'(world, args) {
    const channel = readable(world, args);
    const ts = args.need('ts');
    const found = isTs(ts) ? findMessage(world, channel.id, ts) : undefined;
    if (!found) throw new ApiError('thread_not_found');
    const root = found.threadTs === undefined ? found : (findMessage(world, channel.id, found.threadTs) ?? found);
    const { items, next, more } = page(args, within(args, repliesOf(world, channel.id, root.ts)), 1000);
    const first = (args.text('cursor') ?? '') === '' ? [root] : [];
    return {
      messages: [...first, ...items].map((m) => bare(messageJson(world, m), args.flag('include_all_metadata'))),
      has_more: more,
      response_metadata: { next_cursor: next },
    };
  },
};
