/** Every kind of person and channel that Slack can name, forged button values, floods of odd text, and errors that quote secrets. */
import { describe, expect, test } from 'vitest';
import { createLog } from '../../src/adapters/log.ts';
import type { Outcome, SlackClient } from '../../src/adapters/slack/client.ts';
import { authorize } from '../../src/bot/authorize.ts';
import { buttonOf } from '../../src/bot/buttons/index.ts';
import { planOf } from '../../src/bot/commands/index.ts';
import { Directory } from '../../src/bot/directory.ts';
import { trouble } from '../../src/bot/handle.ts';
import type { Request } from '../../src/bot/request.ts';

const logs: string[] = [];
const log = createLog('test', 'debug', { write: (line) => void logs.push(line) });
const member = { id: 'U1', team_id: 'T1' };
const open = { id: 'C1', is_member: true };

/** A Slack that answers two methods with what the test says; a text is a refusal. */
function slackOf(user: object | string, channel: object | string): SlackClient {
  const outcome = (key: string, value: object | string): Outcome =>
    typeof value === 'string'
      ? { status: 'refused', error: value }
      : { status: 'ok', data: { ok: true, [key]: value } };
  return {
    call: (method) => Promise.resolve(method === 'users.info' ? outcome('user', user) : outcome('channel', channel)),
  };
}

async function decided(
  user: object | string,
  channel: object | string = open,
  more: Partial<Request> = {},
): Promise<string> {
  const request: Request = {
    key: 'k',
    userId: 'U1',
    teamId: 'T1',
    channelId: 'C1',
    channelKind: 'unknown',
    reply: () => Promise.resolve(),
    ...more,
  };
  const decision = await authorize(request, new Directory(slackOf(user, channel), log), {
    teamId: 'T1',
    people: 'members',
  });
  return 'place' in decision ? `place ${decision.place}` : decision.refusal;
}

describe('people', () => {
  test.each([
    ['a member', member, 'place C1'],
    ['a guest', { ...member, is_restricted: true }, 'notMember'],
    ['a single-channel guest', { ...member, is_restricted: true, is_ultra_restricted: true }, 'notMember'],
    ['a stranger', { ...member, is_stranger: true }, 'notMember'],
    ['somebody of another workspace', { ...member, team_id: 'T2' }, 'notMember'],
    ['somebody without a workspace', { id: 'U1' }, 'notMember'],
    ['somebody who has left', { ...member, deleted: true }, 'notMember'],
    ['a bot', { ...member, is_bot: true }, 'notMember'],
    ['Slackbot, which says what others set up', { ...member, id: 'USLACKBOT' }, 'notMember'],
    ['nobody', 'user_not_found', 'notMember'],
    ['somebody unseen', 'user_not_visible', 'notMember'],
    ['anybody while the token is bad', 'invalid_auth', 'cannotCheck'],
    ['an answer of another form', { id: 7, is_bot: 'no' }, 'cannotCheck'],
  ] as const)('%s', async (_, user, expected) => expect(await decided(user)).toBe(expected));

  test('a payload of another workspace is refused before Slack is asked', async () => {
    expect(await decided(member, open, { teamId: 'T2' })).toBe('notMember');
    expect(await decided(member, open, { teamId: '' })).toBe('notMember');
  });
});

describe('channels', () => {
  test.each([
    ['shared with another company', { ...open, is_ext_shared: true }, 'externalChannel'],
    ['about to be shared', { ...open, is_pending_ext_shared: true }, 'externalChannel'],
    ['a direct message that is shared', { ...open, is_im: true, is_ext_shared: true }, 'externalChannel'],
    ['without the bot', { id: 'C1' }, 'notInChannel'],
    ['archived', { ...open, is_archived: true }, 'archived'],
    ['a group message without the bot', { id: 'G1', is_mpim: true }, 'groupMessage'],
    ['unknown', 'channel_not_found', 'notInChannel'],
    ['of another form', { id: 1 }, 'cannotCheck'],
  ] as const)('%s', async (_, channel, expected) => expect(await decided(member, channel)).toBe(expected));
});

test.each(['', 'constructor', '__proto__', 'diagnosis_apply', 'diagnosis_again\u0000', 'DIAGNOSIS_AGAIN'])(
  'no button is called %j',
  (action) => expect(buttonOf(action)).toBeUndefined(),
);

describe('what people type', () => {
  const settings = {
    command: '/k8s',
    clusters: ['prod', 'stage'],
    language: 'en',
    perPerson: 1,
    perCluster: 1,
  } as const;
  const said = (text: string): string => {
    try {
      return planOf(text, { settings, language: 'en', botUserId: 'U0BOT' }).ack ?? '';
    } catch (error) {
      return trouble(error, 'en', { log });
    }
  };
  const EVIL = [
    '<!channel>',
    '<@U0BOSS>',
    '<https://evil.example|x>',
    '`x` *b* <!here>',
    '\u202Eexe',
    'a\u200Bb',
    '🙂'.repeat(4000),
    'x'.repeat(40_000),
    `${'&lt;!channel&gt; '.repeat(500)}`,
    '-'.repeat(9000),
    'a/'.repeat(5000),
    '\u0000',
    'constructor',
    '__proto__ x',
    '@channel',
  ];
  test.each(EVIL.map((text) => [text.slice(0, 30), text] as const))(
    '%j: answered soon, short, and without markup of theirs',
    (_, text) => {
      logs.length = 0;
      for (const line of [
        text,
        `diagnose ${text}`,
        `why-not-reachable ${text}`,
        `diagnose node ${text}`,
        `show ${text}`,
        `help ${text}`,
        `diagnose calico --cluster ${text}`,
        `why-not-reachable 80 from ${text} at ${text}`,
        `diagnose calico ${text}`,
      ]) {
        const started = performance.now();
        const answer = said(line);
        expect(performance.now() - started, line.slice(0, 60)).toBeLessThan(500);
        expect(answer.length, line.slice(0, 60)).toBeLessThan(3000);
        expect(answer.replaceAll('<@U0BOT>', ''), line.slice(0, 60)).not.toMatch(/[<>]|@(?:channel|here)\b/);
      }
      // None of it is a fault of ours.
      expect(logs).toEqual([]);
    },
  );
});

test('an error in the log quotes no secret and no megabyte', () => {
  logs.length = 0;
  const huge = 'x'.repeat(1_000_000);
  log.error(
    {
      err: new Error(
        `exec plugin said: token=hunter2secretXYZ "password":"hunter2secretXYZ" -----BEGIN PRIVATE KEY-----\nhunter2secretXYZ ${huge}`,
      ),
    },
    'failed',
  );
  const [line = ''] = logs;
  expect(JSON.parse(line)).toMatchObject({ msg: 'failed' });
  expect(line).not.toContain('hunter2secretXYZ');
  expect(line.length).toBeLessThan(40_000);
});
