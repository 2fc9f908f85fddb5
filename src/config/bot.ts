/** The bot's settings. It is given no cluster credentials, so none are read here. */
import { z } from 'zod';
import { COMMON_FIELDS, clusterName, healthPort } from './common.ts';
import { ConfigError, type Environment, field, listOf, readFields, type Values, wholeNumber } from './fields.ts';
import { BOT_FIX_FIELDS, checkFixFields } from './fix.ts';
import { REDIS_FIELDS } from './redis.ts';
import { APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SLACK_API_URL, SLACK_MODE } from './slack.ts';

export const BOT_FIELDS = {
  mode: SLACK_MODE,
  botToken: BOT_TOKEN,
  appToken: APP_TOKEN,
  signingSecret: SIGNING_SECRET,
  apiUrl: SLACK_API_URL,
  ...REDIS_FIELDS,
  clusters: field({
    name: 'KUBEWHY_CLUSTER',
    about: 'The cluster that questions are about; the bot takes several with commas, the first is the default.',
    expected: 'a name of letters, digits and . _ - @ /',
    schema: listOf(clusterName),
    fallback: 'kubernetes',
  }),
  command: field({
    name: 'KUBEWHY_COMMAND',
    about: 'The slash command, as in the Slack app.',
    expected: 'a slash and up to 31 letters, digits, - or _',
    schema: z.string().regex(/^\/[a-z0-9_-]{1,31}$/),
    fallback: '/k8s',
  }),
  people: field({
    name: 'KUBEWHY_PEOPLE',
    about: 'Who may ask: members (full members of the own workspace) or user ids with commas.',
    expected: 'members, or Slack user ids such as U012ABCDEF with commas between them',
    schema: z.union([z.literal('members'), listOf(z.string().regex(/^[UW][A-Z0-9]{4,20}$/))]),
    fallback: 'members',
  }),
  perPerson: field({
    name: 'KUBEWHY_LIMIT_PER_PERSON',
    about: 'Questions that one person may ask in ten minutes.',
    expected: 'a whole number from 1 to 10000',
    schema: wholeNumber(1, 10_000),
    fallback: '20',
  }),
  perCluster: field({
    name: 'KUBEWHY_LIMIT_PER_CLUSTER',
    about: 'Questions about one cluster in ten minutes, from everybody together.',
    expected: 'a whole number from 1 to 100000',
    schema: wholeNumber(1, 100_000),
    fallback: '200',
  }),
  httpHost: field({
    name: 'KUBEWHY_HTTP_HOST',
    about: 'In http mode: the address on which Slack is answered.',
    expected: 'an address of this machine',
    schema: z.string().max(253),
    fallback: '0.0.0.0',
  }),
  httpPort: field({
    name: 'KUBEWHY_HTTP_PORT',
    about: 'In http mode: the port on which Slack is answered, path /slack/events.',
    expected: 'a port from 0 to 65535',
    schema: wholeNumber(0, 65_535),
    fallback: '3000',
  }),
  ...BOT_FIX_FIELDS,
  ...COMMON_FIELDS,
  healthPort: healthPort('KUBEWHY_HEALTH_PORT'),
};

export type BotConfig = Values<typeof BOT_FIELDS>;

/**
 * Reads the bot's settings.
 * @throws ConfigError with one sentence a variable.
 */
export function readBotConfig(env: Environment): BotConfig {
  const config = readFields(env, BOT_FIELDS);
  if (config.mode === 'socket' && config.appToken === undefined) {
    throw new ConfigError([`${APP_TOKEN.name} is missing; socket mode needs ${APP_TOKEN.expected}.`]);
  }
  if (config.mode === 'http' && config.signingSecret === undefined) {
    throw new ConfigError([`${SIGNING_SECRET.name} is missing; http mode needs ${SIGNING_SECRET.expected}.`]);
  }
  checkFixFields(config, BOT_FIX_FIELDS.keyFile.name);
  return config;
}
