/** What each Web API method asks of a caller: rate tier, scopes, token, arguments. Copied from the facts of slack.md §1.3. */
import type { Tier } from './rate-limit.ts';

export interface MethodFacts {
  tier: Tier;
  /** Any one of these suffices at the door; methods about a channel then ask for the scope of its kind. */
  scopes: readonly string[];
  token: 'bot' | 'app' | 'none';
  /** Whether a JSON body is read; without it JSON arguments are not seen, as with the real method. */
  json: boolean;
  /** Whether GET is answered too. */
  get: boolean;
  required: readonly string[];
}

const READ = ['channels:read', 'groups:read', 'im:read', 'mpim:read'] as const;
const HISTORY = ['channels:history', 'groups:history', 'im:history', 'mpim:history'] as const;
const MANAGE = ['channels:manage', 'groups:write', 'im:write', 'mpim:write'] as const;

const read = (tier: Tier, scopes: readonly string[], required: readonly string[] = []): MethodFacts => ({
  tier,
  scopes,
  token: 'bot',
  json: false,
  get: true,
  required,
});
const write = (tier: Tier, scopes: readonly string[], required: readonly string[] = []): MethodFacts => ({
  tier,
  scopes,
  token: 'bot',
  json: true,
  get: false,
  required,
});

export const METHODS: Readonly<Record<string, MethodFacts>> = {
  'api.test': { tier: 4, scopes: [], token: 'none', json: true, get: true, required: [] },
  'apps.connections.open': {
    tier: 3,
    scopes: ['connections:write'],
    token: 'app',
    json: false,
    get: false,
    required: [],
  },
  'assistant.threads.setStatus': write('special', ['chat:write'], ['channel_id', 'thread_ts']),
  'auth.test': { ...read('special', []), json: true },
  'blocks.validate': { tier: 3, scopes: [], token: 'none', json: true, get: false, required: [] },
  'bots.info': read(3, ['users:read']),
  'chat.appendStream': write(4, ['chat:write'], ['channel', 'ts']),
  'chat.delete': write(3, ['chat:write'], ['channel', 'ts']),
  'chat.getPermalink': read('special', [], ['channel', 'message_ts']),
  'chat.postEphemeral': write(4, ['chat:write'], ['channel', 'user']),
  'chat.postMessage': write('post', ['chat:write'], ['channel']),
  'chat.startStream': write(2, ['chat:write'], ['channel', 'thread_ts']),
  'chat.stopStream': write(2, ['chat:write'], ['channel', 'ts']),
  'chat.update': write(3, ['chat:write'], ['channel', 'ts']),
  'conversations.history': { ...read(3, HISTORY, ['channel']), json: true },
  'conversations.info': read(3, READ, ['channel']),
  'conversations.list': read(2, READ),
  'conversations.members': read(4, READ, ['channel']),
  'conversations.open': write(3, MANAGE),
  'conversations.replies': read(3, HISTORY, ['channel', 'ts']),
  'files.completeUploadExternal': write(4, ['files:write'], ['files']),
  'files.delete': write(3, ['files:write'], ['file']),
  'files.getUploadURLExternal': read(4, ['files:write'], ['filename', 'length']),
  'files.info': read(4, ['files:read'], ['file']),
  'reactions.add': write(3, ['reactions:write'], ['channel', 'name', 'timestamp']),
  'team.info': read(3, ['team:read']),
  'usergroups.list': read(2, ['usergroups:read']),
  'usergroups.users.list': read(2, ['usergroups:read'], ['usergroup']),
  'users.info': read(4, ['users:read'], ['user']),
  'users.list': read(2, ['users:read']),
  'users.lookupByEmail': read(3, ['users:read.email'], ['email']),
  'views.open': write(4, [], ['view']),
  'views.publish': write(4, [], ['user_id', 'view']),
  'views.push': write(4, [], ['view']),
  'views.update': write(4, [], ['view']),
};

/** The scope that a kind of channel asks for, such as `groups:read` for a private one. */
export function channelScope(kind: 'public' | 'private' | 'dm' | 'mpim', verb: 'read' | 'history'): string {
  const family = { public: 'channels', private: 'groups', dm: 'im', mpim: 'mpim' }[kind];
  return `${family}:${verb}`;
}

/** The least scopes, commands and events of facts/slack.md §4.4. */
export const LEAST_MANIFEST = {
  scopes: [
    'commands',
    'chat:write',
    'app_mentions:read',
    'im:history',
    'users:read',
    'usergroups:read',
    'channels:read',
    'groups:read',
    'files:write',
  ],
  appScopes: ['connections:write'],
  commands: [{ command: '/k8s', shouldEscape: true }],
  events: ['app_mention', 'message.im', 'app_home_opened'],
};
