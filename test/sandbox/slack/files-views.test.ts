/** File uploads in three steps, and modals and home tabs with their triggers, hashes and forms. */
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../../src/sandbox/slack/clock.ts';
import { refusal, refusalData, type Scene, scene, socketApp } from './support.ts';

const modal = (title = 'Deny', more: object = {}) => ({
  type: 'modal' as const,
  callback_id: 'deny',
  private_metadata: 'apr-1',
  title: { type: 'plain_text' as const, text: title },
  submit: { type: 'plain_text' as const, text: 'Send' },
  blocks: [
    {
      type: 'input' as const,
      block_id: 'why',
      label: { type: 'plain_text' as const, text: 'Why?' },
      element: { type: 'plain_text_input' as const, action_id: 'reason' },
    },
  ],
  ...more,
});

describe('files', () => {
  const begin = (s: Scene, length = 3) => s.web.files.getUploadURLExternal({ filename: 'a.txt', length });
  const complete = (s: Scene, id: string, more: object = {}) =>
    s.web.apiCall('files.completeUploadExternal', { files: [{ id, title: 'A' }], channel_id: s.channel, ...more });

  test('three steps; the address serves once, completing serves once', async () => {
    const s = await scene();
    const { upload_url: url = '', file_id: id = '' } = await begin(s);
    expect(await refusal(complete(s, id))).toBe('file_not_found');
    expect((await fetch(url, { method: 'POST', body: 'four' })).status).toBe(400);
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(200);
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(404);
    expect(await complete(s, id)).toMatchObject({ ok: true, files: [{ id, title: 'A', size: 3 }] });
    expect(await refusal(complete(s, id))).toBe('file_not_found');
    expect(s.w.messages(s.channel)).toMatchObject([{ files: [{ id }] }]);
    const file = s.w.messages(s.channel)[0]?.files[0] as { url_private: string };
    expect((await fetch(file.url_private)).status).toBe(403);
    const read = await fetch(file.url_private, { headers: { authorization: `Bearer ${s.w.botToken}` } });
    expect(await read.text()).toBe('abc');
  });

  test('nothing is used up when the channel or thread is wrong', async () => {
    const s = await scene();
    const { upload_url: url = '', file_id: id = '' } = await begin(s);
    await fetch(url, { method: 'POST', body: 'abc' });
    expect(await refusal(complete(s, id, { channel_id: 'C0' }))).toBe('channel_not_found');
    expect(await refusal(complete(s, id, { thread_ts: '1700000000.000001' }))).toBe('thread_not_found');
    expect(await complete(s, id)).toMatchObject({ ok: true });
    expect(await refusal(complete(s, 'F0'))).toBe('file_not_found');
  });

  test('no name or no length is refused', async () => {
    const s = await scene();
    expect(await refusal(s.web.apiCall('files.getUploadURLExternal', { filename: 'a.txt' }))).toBe('invalid_arguments');
    expect(await refusal(begin(s, 0))).toBe('invalid_arguments');
  });
});

describe('modals', () => {
  /** An app that keeps the trigger of each command. */
  async function withTrigger(options = {}): Promise<Scene & { trigger(): Promise<string> }> {
    const s = await scene(options);
    const seen: string[] = [];
    await socketApp(s.w, (app) => {
      app.command('/k8s', async ({ ack, command }) => {
        seen.push(command.trigger_id);
        await ack();
      });
    });
    const trigger = async (): Promise<string> => {
      await s.w.asUser(s.alice).slash(s.channel, '/k8s', 'help');
      return seen.at(-1) ?? '';
    };
    return { ...s, trigger };
  }

  test('a trigger serves once, within three seconds', async () => {
    const clock = manualClock(Date.now());
    const s = await withTrigger({ clock });
    const open = (trigger_id: string, view: object = modal()) =>
      s.web.views.open({ trigger_id, view: view as ReturnType<typeof modal> });
    const first = await s.trigger();
    expect(first).toMatch(/^\d+\.\d+\.[0-9a-f]{32}$/);
    const opened = await open(first);
    expect(opened.view).toMatchObject({
      callback_id: 'deny',
      private_metadata: 'apr-1',
      previous_view_id: null,
      state: { values: {} },
    });
    expect(await refusal(open(first))).toBe('exchanged_trigger_id');
    const late = await s.trigger();
    clock.advance(3001);
    expect(await refusal(open(late))).toBe('expired_trigger_id');
    expect(await refusal(open('1.2.3'))).toBe('invalid_trigger_id');
    expect(await refusalData(open(await s.trigger(), modal('x'.repeat(25))))).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]'] },
    });
  });

  test('three on top of each other, not four; updates by id, external id and hash', async () => {
    const s = await withTrigger();
    const view = modal('One', { external_id: 'x-1' });
    const root = (await s.web.views.open({ trigger_id: await s.trigger(), view })).view;
    expect(await refusal(s.web.views.push({ trigger_id: await s.trigger(), view }))).toBe('duplicate_external_id');
    const second = (await s.web.views.push({ trigger_id: await s.trigger(), view: modal('Two') })).view;
    expect(second).toMatchObject({ root_view_id: root?.id, previous_view_id: root?.id });
    await s.web.views.push({ trigger_id: await s.trigger(), view: modal('Three') });
    expect(await refusal(s.web.views.push({ trigger_id: await s.trigger(), view: modal('Four') }))).toBe(
      'push_limit_reached',
    );
    const updated = await s.web.views.update({ view_id: root?.id ?? '', hash: root?.hash ?? '', view: modal('Uno') });
    expect(updated.view?.title).toMatchObject({ text: 'Uno' });
    expect(
      await refusal(s.web.views.update({ view_id: root?.id ?? '', hash: root?.hash ?? '', view: modal('Ein') })),
    ).toBe('hash_conflict');
    expect(await refusal(s.web.views.update({ external_id: 'x-1', view: modal('Ein') }))).toBe('not_found');
    expect(s.w.asUser(s.alice).openViews()).toHaveLength(3);
  });

  test('a form: errors stay in it, then it closes; empty inputs are null', async () => {
    const s = await scene();
    const seen: unknown[] = [];
    await socketApp(s.w, (app) => {
      app.command('/k8s', async ({ ack, command, client }) => {
        await client.views.open({ trigger_id: command.trigger_id, view: modal() });
        await ack();
      });
      app.view('deny', async ({ ack, view }) => {
        seen.push(view.state.values);
        const reason = view.state.values['why']?.['reason']?.value;
        if (reason) await ack();
        else await ack({ response_action: 'errors', errors: { why: 'Say why.' } });
      });
    });
    const alice = s.w.asUser(s.alice);
    await alice.slash(s.channel, '/k8s', '');
    const open = alice.openViews()[0];
    if (!open) throw new Error('no view is open');
    expect((await alice.submit(open)).errors).toEqual({ why: 'Say why.' });
    expect(alice.openViews()).toHaveLength(1);
    const done = await alice.submit(open, { why: { reason: 'not at night' } });
    expect(done.errors).toBeUndefined();
    expect(alice.openViews()).toEqual([]);
    expect(seen).toEqual([
      { why: { reason: { type: 'plain_text_input', value: null } } },
      { why: { reason: { type: 'plain_text_input', value: 'not at night' } } },
    ]);
    await expect(alice.submit(open)).rejects.toThrow('no such view open');
  });
});

test('a form can change, grow a second one and be cleared; buttons in it work; closing is told where asked', async () => {
  const s = await scene();
  const heard: unknown[] = [];
  const button = {
    type: 'actions' as const,
    block_id: 'b',
    elements: [
      { type: 'button' as const, action_id: 'more', value: 'm', text: { type: 'plain_text' as const, text: 'More' } },
    ],
  };
  const first = modal('First', { notify_on_close: true });
  await socketApp(s.w, (app) => {
    app.command('/k8s', async ({ ack, command, client }) => {
      await client.views.open({
        trigger_id: command.trigger_id,
        view: { ...first, blocks: [...first.blocks, button] },
      });
      await ack();
    });
    app.action('more', async ({ ack, body, action }) => {
      await ack();
      heard.push(['click', 'container' in body ? body.container['type'] : '', action.type]);
    });
    app.view('deny', async ({ ack, view }) => {
      const title = view.title.text;
      if (title === 'First') await ack({ response_action: 'update', view: modal('Second') });
      else if (title === 'Second') await ack({ response_action: 'push', view: modal('Third') });
      else await ack({ response_action: 'clear' });
    });
    app.view({ callback_id: 'deny', type: 'view_closed' }, async ({ ack, view }) => {
      await ack();
      heard.push(['closed', view.id]);
    });
  });
  const alice = s.w.asUser(s.alice);
  const titles = () => alice.openViews().map((v) => (v.view['title'] as { text: string }).text);
  const top = (): string => alice.openViews().at(-1)?.id ?? '';
  await alice.slash(s.channel, '/k8s', '');
  await alice.clickInView(top(), 'more');
  await alice.submit(top());
  expect(titles()).toEqual(['Second']);
  await alice.submit(top());
  expect(titles()).toEqual(['Second', 'Third']);
  await alice.submit(top());
  expect(titles()).toEqual([]);
  await alice.slash(s.channel, '/k8s', '');
  const id = top();
  await alice.closeView(id);
  expect(titles()).toEqual([]);
  expect(heard).toEqual([
    ['click', 'view', 'button'],
    ['closed', id],
  ]);
  expect(s.w.checkInvariants()).toEqual([]);
});

test('what was chosen in menus is in the state of a message', async () => {
  const s = await scene();
  const seen: unknown[] = [];
  await socketApp(s.w, (app) => {
    app.action('pick', async ({ ack, body, action }) => {
      await ack();
      seen.push('state' in body ? body.state : undefined, action);
    });
  });
  const option = (value: string) => ({ text: { type: 'plain_text' as const, text: value }, value });
  const options = [option('prod'), option('test')];
  const blocks = [
    {
      type: 'actions' as const,
      block_id: 'b',
      elements: [
        { type: 'static_select' as const, action_id: 'pick', options, initial_option: options[1] ?? option('test') },
      ],
    },
  ];
  const ts = (await s.web.chat.postMessage({ channel: s.channel, text: 'Which?', blocks })).ts ?? '';
  await s.w.asUser(s.alice).click(s.channel, ts, 'pick', 'prod');
  expect(seen[1]).toMatchObject({ type: 'static_select', block_id: 'b', selected_option: { value: 'prod' } });
  expect(seen[0]).toMatchObject({
    values: { b: { pick: { type: 'static_select', selected_option: { value: 'prod' } } } },
  });
});

test('a home tab: opened, published, and refused with a stale hash', async () => {
  const s = await scene();
  const home = (text: string) => ({
    type: 'home' as const,
    blocks: [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text } }],
  });
  await socketApp(s.w, (app) => {
    app.event('app_home_opened', async ({ event, client }) => {
      await client.views.publish({ user_id: event.user, view: home('hello') });
    });
  });
  expect(s.w.asUser(s.alice).openHome()).toBe(true);
  const shown = await s.w.waitFor((w) => w.home(s.alice));
  const { hash } = shown;
  await s.web.views.publish({ user_id: s.alice, view: home('two'), hash });
  expect(await refusal(s.web.views.publish({ user_id: s.alice, view: home('three'), hash }))).toBe('hash_conflict');
  expect(await refusal(s.web.views.publish({ user_id: s.alice, view: modal() as never }))).toBe('invalid_arguments');
});
