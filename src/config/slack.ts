/** Slack's tokens and addresses. A token in the wrong place is named as that. */
import { z } from 'zod';
import { field } from './fields.ts';

const KINDS: Readonly<Record<string, string>> = {
  'xoxb-': 'a bot token, which belongs in KUBEWHY_SLACK_BOT_TOKEN',
  'xapp-': 'an app-level token, which belongs in KUBEWHY_SLACK_APP_TOKEN',
  'xoxp-': "a person's token, which kubewhy never uses",
  'xoxe-': 'a rotating token, which is not supported: switch token rotation off',
};

/** Names a token of another kind than `own`, the prefix of the right one. */
function mixUp(own: string): (value: string) => string | undefined {
  return (value) => {
    const kind = Object.entries(KINDS).find(([prefix]) => value.startsWith(prefix));
    if (kind === undefined) return undefined;
    return kind[0] === own ? 'it has the right beginning, and looks cut off' : `this is ${kind[1]}`;
  };
}

export const BOT_TOKEN = field({
  name: 'KUBEWHY_SLACK_BOT_TOKEN',
  about: 'The bot token of the Slack app (OAuth & Permissions).',
  expected: 'a bot token that begins with xoxb-',
  schema: z.string().regex(/^xoxb-\S{5,}$/),
  secret: true,
  hint: mixUp('xoxb-'),
});

export const APP_TOKEN = field<string | undefined>({
  name: 'KUBEWHY_SLACK_APP_TOKEN',
  about: 'The app-level token with connections:write (Basic Information); needed in socket mode.',
  expected: 'an app-level token that begins with xapp-',
  schema: z.string().regex(/^xapp-\S{5,}$/),
  secret: true,
  optional: true,
  hint: mixUp('xapp-'),
});

export const SIGNING_SECRET = field<string | undefined>({
  name: 'KUBEWHY_SLACK_SIGNING_SECRET',
  about: 'The signing secret of the Slack app (Basic Information); needed in http mode.',
  expected: 'the signing secret: letters and digits, usually 32 of them, and not a token',
  schema: z.string().regex(/^[A-Za-z0-9]{16,128}$/),
  secret: true,
  optional: true,
  hint: mixUp(''),
});

export const SLACK_MODE = field({
  name: 'KUBEWHY_SLACK_MODE',
  about: 'How Slack reaches the bot: socket (nothing to open in the firewall) or http.',
  expected: 'socket or http',
  schema: z.enum(['socket', 'http']),
  fallback: 'socket',
});

export const SLACK_API_URL = field({
  name: 'KUBEWHY_SLACK_API_URL',
  about: 'The Web API; another address only for tests and the sandbox.',
  expected: 'an http(s) address that ends in /api/',
  schema: z.string().regex(/^https?:\/\/\S+\/api\/$/),
  fallback: 'https://slack.com/api/',
});
