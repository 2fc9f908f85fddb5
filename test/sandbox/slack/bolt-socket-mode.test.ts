/** The emulator against a real Bolt app over Socket Mode: the whole way from a command to a file in the thread. */
import { expect, test } from 'vitest';
import { scene, socketApp } from './support.ts';

const card = (state: string) => [
  { type: 'section' as const, text: { type: 'mrkdwn' as const, text: `*${state}*` } },
  {
    type: 'actions' as const,
    block_id: `b-${state}`,
    elements: [
      {
        type: 'button' as const,
        action_id: 'cancel',
        value: 'd-1',
        text: { type: 'plain_text' as const, text: 'Cancel' },
      },
    ],
  },
];

test('slash, ack, post, update, thread, click, ephemeral, file: nothing amiss', async () => {
  const { w, alice, channel } = await scene();
  const clicks: unknown[] = [];
  await socketApp(w, (app) => {
    app.command('/k8s', async ({ ack, command, client, respond }) => {
      await ack();
      const root = await client.chat.postMessage({
        channel: command.channel_id,
        text: 'Checking…',
        blocks: card('Checking'),
      });
      await client.chat.update({
        channel: command.channel_id,
        ts: root.ts ?? '',
        text: 'Found it.',
        blocks: card('Found'),
      });
      await client.chat.postMessage({ channel: command.channel_id, thread_ts: root.ts ?? '', text: 'Proof & more' });
      await client.filesUploadV2({
        channel_id: command.channel_id,
        thread_ts: root.ts ?? '',
        filename: 'evidence.txt',
        content: 'line 1\nline 2',
      });
      await respond({ text: 'Only for you', response_type: 'ephemeral' });
    });
    app.action('cancel', async ({ ack, body, client }) => {
      await ack();
      clicks.push(body);
      await client.chat.postEphemeral({ channel, user: body.user.id, text: 'You may not do this.' });
    });
  });

  const outcome = await w.asUser(alice).slash(channel, '/k8s', 'why-not-reachable 30080');
  expect(outcome.visibleError).toBeUndefined();
  expect(outcome.ackMs).toBeLessThan(1000);

  const root = await w.waitFor((x) => x.messages(channel)[0]);
  await w.waitFor((x) => x.ephemerals(alice).find((e) => e.text === 'Only for you'));
  expect(w.edits(channel, root.ts).map((f) => f.text)).toEqual(['Checking…', 'Found it.']);
  const replies = w.thread(channel, root.ts);
  expect(replies.map((m) => m.text)).toEqual(['Proof &amp; more', '']);
  expect(replies[1]?.files).toMatchObject([{ name: 'evidence.txt', size: 13 }]);
  expect(w.files()[0]?.content?.toString()).toBe('line 1\nline 2');

  const click = await w.asUser(alice).click(channel, root.ts, 'cancel');
  expect(click.visibleError).toBeUndefined();
  await w.waitFor((x) => x.ephemerals(alice).find((e) => e.text === 'You may not do this.'));
  expect(clicks).toMatchObject([
    {
      type: 'block_actions',
      user: { id: alice, name: 'alice', username: 'alice', team_id: w.teamId },
      api_app_id: w.appId,
      container: { type: 'message', message_ts: root.ts, channel_id: channel, is_ephemeral: false },
      channel: { id: channel, name: 'incidents' },
      message: { ts: root.ts, user: w.botUserId, bot_id: w.botId, reply_count: 2 },
      actions: [{ action_id: 'cancel', block_id: 'b-Found', type: 'button', value: 'd-1' }],
      is_enterprise_install: false,
      enterprise: null,
    },
  ]);
  expect(w.checkInvariants()).toEqual([]);
});
