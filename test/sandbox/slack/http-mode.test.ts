/** HTTP mode with Bolt's own HTTPReceiver: signatures, deadlines, answers in the acknowledgement, retries of events. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ProbeKind } from '../../../src/sandbox/slack/http-mode.ts';
import { signature } from '../../../src/sandbox/slack/http-mode.ts';
import { atEnd, httpApp, scene } from './support.ts';

test('a signature is the one of Slack’s own example', () => {
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
  expect(signature('8f742231b10e8888abcd99yyyzzz85a5', 1_531_420_618, body)).toBe(
    'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  );
});

test('slash, answer in the acknowledgement, click, form, event', async () => {
  const heard: string[] = [];
  const { w, alice, channel } = await httpApp({}, (app) => {
    app.command('/k8s', async ({ ack, command, client }) => {
      if (command.text === 'form') {
        const view = {
          type: 'modal' as const,
          callback_id: 'f',
          title: { type: 'plain_text' as const, text: 'F' },
          blocks: [{ type: 'divider' as const }],
        };
        await client.views.open({ trigger_id: command.trigger_id, view });
        await ack();
      } else await ack(command.text === 'loud' ? { response_type: 'in_channel', text: 'for all' } : 'for you');
    });
    app.action('go', async ({ ack, client, body }) => {
      await ack();
      await client.chat.postEphemeral({ channel: body.channel?.id ?? '', user: body.user.id, text: 'pressed' });
    });
    app.view('f', async ({ ack }) => ack());
    app.event('app_mention', ({ event }) => {
      heard.push(event.text);
      return Promise.resolve();
    });
  });
  const her = w.asUser(alice);
  expect(await her.slash(channel, '/k8s', 'quiet')).toMatchObject({ body: 'for you' });
  expect(w.ephemerals(alice)).toMatchObject([{ text: 'for you', origin: 'slash-ack' }]);
  await her.slash(channel, '/k8s', 'loud');
  expect(w.messages(channel).map((m) => [m.own, m.text])).toEqual([
    [false, '/k8s loud'],
    [true, 'for all'],
  ]);
  await her.slash(channel, '/k8s', 'form');
  await her.submit(her.openViews()[0]?.id ?? '');
  expect(her.openViews()).toEqual([]);
  her.mention(channel, 'help');
  await w.waitFor((x) => x.ledger.find((e) => e.kind === 'ack' && e.name === 'app_mention'));
  expect(heard).toEqual([`<@${w.botUserId}> help`]);
  expect(w.checkInvariants()).toEqual([]);
});

test('a command that nobody acknowledges: operation_timeout for the person', async () => {
  const { w, alice, channel } = await httpApp({ ackDeadlineMs: 200 }, (app) => {
    app.command('/k8s', () => Promise.resolve());
  });
  expect(await w.asUser(alice).slash(channel, '/k8s', 'x')).toEqual({ visibleError: 'operation_timeout' });
});

describe('requests that are not Slack’s', () => {
  test.each([
    ['stale', 401],
    ['unsigned', 401],
    ['wrong-secret', 401],
    ['tampered', 401],
    ['wrong-content-type', 400],
    ['oversized', 413],
    ['ssl-check', 200],
    ['url-verification', 200],
  ] as [ProbeKind, number][])('%s is answered with %d and reaches no listener', async (kind, status) => {
    const heard: string[] = [];
    const { w } = await httpApp({}, (app) => {
      app.command('/k8s', async ({ ack, command }) => {
        heard.push(command.text);
        await ack();
      });
    });
    const answer = await w.faults.probe(kind);
    expect(answer.status).toBe(status);
    if (kind === 'url-verification') expect(answer.body).toContain('c-1');
    expect(heard).toEqual([]);
  });

  test('a replayed request within five minutes is accepted by Bolt: the app must notice it itself', async () => {
    const heard: string[] = [];
    const { w, alice, channel } = await httpApp({}, (app) => {
      app.command('/k8s', async ({ ack, command }) => {
        heard.push(command.text);
        await ack();
      });
    });
    await w.asUser(alice).slash(channel, '/k8s', 'once');
    expect((await w.faults.probe('replayed')).status).toBe(200);
    expect(heard).toEqual(['once', 'once']);
  });
});

describe('raw requests', () => {
  interface Got {
    headers: Record<string, string | string[] | undefined>;
    body: string;
  }

  /** A server in the app's place that answers with the given statuses in turn, and a workspace that sends to it. */
  async function raw(answers: { status: number; headers?: Record<string, string> }[]) {
    const got: Got[] = [];
    const server = createServer((req, res) => {
      let body = '';
      req.on('data', (part: Buffer) => {
        body += part.toString();
      });
      req.on('end', () => {
        const answer = answers[got.length] ?? { status: 200 };
        got.push({ headers: req.headers, body });
        res.writeHead(answer.status, answer.headers);
        res.end();
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    atEnd(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    return {
      ...(await scene({ requestUrl: `http://127.0.0.1:${port}/slack/events`, eventRetryDelaysMs: [0, 0, 0] })),
      got,
    };
  }

  test('the content types are exact, and the bodies those of each kind', async () => {
    const { w, alice, channel, got, web } = await raw([]);
    await w.asUser(alice).slash(channel, '/k8s', 'why 30080');
    const blocks = [
      {
        type: 'actions' as const,
        elements: [{ type: 'button' as const, action_id: 'go', text: { type: 'plain_text' as const, text: 'Go' } }],
      },
    ];
    const ts = (await web.chat.postMessage({ channel, text: 'card', blocks })).ts ?? '';
    await w.asUser(alice).click(channel, ts, 'go');
    w.asUser(alice).mention(channel, 'help');
    await w.waitFor((x) => x.ledger.find((e) => e.kind === 'ack' && e.name === 'app_mention'));
    expect(got.map((g) => g.headers['content-type'])).toEqual([
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded',
      'application/json',
    ]);
    const [slash, click, event] = got;
    const fields = new URLSearchParams(slash?.body);
    expect([fields.get('command'), fields.get('text'), fields.get('is_enterprise_install')]).toEqual([
      '/k8s',
      'why 30080',
      'false',
    ]);
    expect(fields.get('response_url')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/commands\//);
    expect(JSON.parse(new URLSearchParams(click?.body).get('payload') ?? '')).toMatchObject({
      type: 'block_actions',
      actions: [{ action_id: 'go' }],
    });
    expect(JSON.parse(event?.body ?? '')).toMatchObject({
      type: 'event_callback',
      team_id: w.teamId,
      context_team_id: w.teamId,
      api_app_id: w.appId,
      event: { type: 'app_mention', user: alice, channel },
      authorizations: [
        { team_id: w.teamId, user_id: w.botUserId, is_bot: true, is_enterprise_install: false, enterprise_id: null },
      ],
      is_ext_shared_channel: false,
    });
    for (const g of got) {
      const stamp = Number(g.headers['x-slack-request-timestamp']);
      expect(g.headers['x-slack-signature']).toBe(signature(w.signingSecret, stamp, g.body));
    }
  });

  test('an event is sent up to three times more, with number, reason and the same id', async () => {
    const { w, alice, channel, got } = await raw([{ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 }]);
    w.asUser(alice).mention(channel, 'help');
    await w.waitFor((x) => x.ledger.filter((e) => e.kind === 'ack').length === 4);
    expect(got.map((g) => [g.headers['x-slack-retry-num'], g.headers['x-slack-retry-reason']])).toEqual([
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
      ['3', 'http_error'],
    ]);
    expect(new Set(got.map((g) => (JSON.parse(g.body) as { event_id: string }).event_id)).size).toBe(1);
  });

  test('x-slack-no-retry ends it; a command is never retried', async () => {
    const { w, alice, channel, got } = await raw([
      { status: 500, headers: { 'x-slack-no-retry': '1' } },
      { status: 500 },
    ]);
    w.asUser(alice).mention(channel, 'help');
    await w.waitFor((x) => x.ledger.find((e) => e.kind === 'ack'));
    expect(await w.asUser(alice).slash(channel, '/k8s', 'x')).toEqual({ visibleError: 'dispatch_failed' });
    expect(got).toHaveLength(2);
  });
});
