/** Events API payloads: built only for what the manifest subscribes to, its scopes allow, and channels the bot is in. */
import { botIsIn } from './channels.ts';
import type { Json, SlackChannel } from './types.ts';
import type { World } from './world.ts';

const MESSAGE_EVENTS = {
  public: ['message.channels', 'channels:history', 'channel'],
  private: ['message.groups', 'groups:history', 'group'],
  dm: ['message.im', 'im:history', 'im'],
  mpim: ['message.mpim', 'mpim:history', 'mpim'],
} as const;

/** The outer `event_callback`. `extShared` says whether the channel is shared with another company. */
function eventCallback(world: World, event: Json, extShared: boolean): Json {
  const { appId, botUserId, teamId } = world.identity;
  return {
    token: world.credentials.verificationToken,
    team_id: teamId,
    context_team_id: teamId,
    context_enterprise_id: null,
    api_app_id: appId,
    event,
    type: 'event_callback',
    event_id: world.ids.id('Ev'),
    event_time: Math.floor(world.clock.now() / 1000),
    authorizations: [
      { enterprise_id: null, team_id: teamId, user_id: botUserId, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: extShared,
    event_context: `4-${world.ids.token(24)}`,
  };
}

function granted(world: World, event: string, scope: string | undefined): boolean {
  return world.manifest.events.includes(event) && (scope === undefined || world.manifest.scopes.includes(scope));
}

/** Tells the app of a message, a change or a deletion in a channel it is in and subscribed to. Its own messages too. */
export function messageEvent(world: World, channel: SlackChannel, message: Json): void {
  const [event, scope, channelType] = MESSAGE_EVENTS[channel.kind];
  if (!botIsIn(world, channel) || !granted(world, event, scope)) return;
  const inner = { ...message, channel: channel.id, event_ts: message['ts'], channel_type: channelType };
  world.dispatcher.event(eventCallback(world, inner, channel.extShared));
}

/** Tells the app that it was mentioned. Not fired in direct messages, nor where the bot is not a member. */
export function mentionEvent(world: World, channel: SlackChannel, message: Json): boolean {
  if (channel.kind === 'dm' || !botIsIn(world, channel) || !granted(world, 'app_mention', 'app_mentions:read'))
    return false;
  const { user, text, ts, thread_ts: threadTs, team } = message as Record<string, string | undefined>;
  const inner: Json = {
    type: 'app_mention',
    user,
    text,
    ts,
    team,
    ...(message['blocks'] === undefined ? {} : { blocks: message['blocks'] }),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    channel: channel.id,
    event_ts: ts,
  };
  world.dispatcher.event(eventCallback(world, inner, channel.extShared));
  return true;
}

/** Tells the app of anything else it subscribed to, such as `app_home_opened`. Returns whether it was sent. */
export function plainEvent(world: World, event: Json, scope?: string): boolean {
  if (!granted(world, String(event['type']), scope)) return false;
  world.dispatcher.event(eventCallback(world, { ...event, event_ts: world.ids.ts() }, false));
  return true;
}
