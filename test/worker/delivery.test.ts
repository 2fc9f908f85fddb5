import { afterEach, describe, expect, test, vi } from 'vitest';
import { ClusterError, UserError } from '../../src/core/errors.ts';
import { LEAST_MANIFEST } from '../../src/sandbox/slack/method-table.ts';
import { finishedRoot, type Stage, type StageOptions, startStage, wholeThread } from '../support/stage.ts';

const WITH_HISTORY = {
  manifest: { ...LEAST_MANIFEST, scopes: [...LEAST_MANIFEST.scopes, 'channels:history'] },
};

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

async function begin(options: StageOptions = {}): Promise<Stage> {
  stage = await startStage(options);
  return stage;
}
const ask = (s: Stage, text = 'diagnose calico') => s.slack.asUser(s.alice.id).slash(s.channel, '/k8s', text);
const texts = (s: Stage, rootTs: string) => s.slack.thread(s.channel, rootTs).map((m) => m.text);

/** Every message of a thread, told apart by what it says, stands there once. */
function noneTwice(list: readonly string[]): void {
  expect(list.filter((text, i) => list.indexOf(text) !== i)).toEqual([]);
}

describe('a message that Slack stores and then answers with a 500', () => {
  test('stands there once, where the history scope is granted', async () => {
    const s = await begin({ slack: WITH_HISTORY });
    s.fake.hold();
    await ask(s);
    await s.slack.waitFor(() => s.fake.started.length === 1);
    const [root] = s.slack.messages(s.channel);
    s.slack.faults.next('chat.postMessage', { storeThenFail: true, times: 1 });
    s.fake.release();
    await wholeThread(s.slack, s.channel, root?.ts ?? '');
    noneTwice(texts(s, root?.ts ?? ''));
    expect(s.logs.join('')).toContain('"seen":"found"');
  });

  test('the root message too', async () => {
    const s = await begin({ slack: WITH_HISTORY });
    s.slack.faults.next('chat.postMessage', { storeThenFail: true, times: 1 });
    await ask(s);
    const root = await finishedRoot(s.slack, s.channel);
    await wholeThread(s.slack, s.channel, root.ts);
    expect(s.slack.messages(s.channel)).toHaveLength(1);
  });

  test('without the scope it is sent once more, and says that it may stand there twice', async () => {
    const s = await begin();
    s.slack.expect('missing_scope');
    s.fake.hold();
    await ask(s);
    await s.slack.waitFor(() => s.fake.started.length === 1);
    const [root] = s.slack.messages(s.channel);
    s.slack.faults.next('chat.postMessage', { storeThenFail: true, times: 1 });
    s.fake.release();
    const thread = await wholeThread(s.slack, s.channel, root?.ts ?? '');
    const marked = thread.filter((m) => JSON.stringify(m.blocks).includes('may stand here twice'));
    expect(marked).toHaveLength(1);
    const own = thread.filter((m) => m.files.length === 0);
    expect(own.length - new Set(own.map((m) => m.text)).size).toBe(1);
  });
});

describe('other faults of Slack', () => {
  test('a 429 is waited for, and nothing is lost or posted twice', async () => {
    const s = await begin();
    s.slack.expect('ratelimited');
    s.slack.faults.next('chat.postMessage', { status: 429, retryAfter: 1, times: 2 });
    const before = Date.now();
    await ask(s);
    const root = await finishedRoot(s.slack, s.channel);
    await wholeThread(s.slack, s.channel, root.ts);
    expect(Date.now() - before).toBeGreaterThan(1900);
    noneTwice(texts(s, root.ts));
    expect(s.slack.messages(s.channel)).toHaveLength(1);
  });

  test('the verdict survives a chat.update that fails twice', async () => {
    const s = await begin();
    s.fake.hold();
    await ask(s);
    await s.slack.waitFor(() => s.fake.started.length === 1);
    // Let the first progress edits pass before the faults are set.
    await s.slack.waitFor((w) => w.edits(s.channel, w.messages(s.channel)[0]?.ts ?? '').length > 1);
    s.slack.faults.next('chat.update', { status: 500, times: 2 });
    s.fake.release();
    const root = await finishedRoot(s.slack, s.channel);
    expect(root.text).toContain('Inconclusive');
  });

  test('blocks that Slack refuses are sent as plain text, and the log says so', async () => {
    const s = await begin();
    s.slack.expect('invalid_blocks');
    s.fake.hold();
    await ask(s);
    await s.slack.waitFor(() => s.fake.started.length === 1);
    const [root] = s.slack.messages(s.channel);
    s.slack.faults.next('chat.postMessage', { error: 'invalid_blocks' });
    s.fake.release();
    const [first] = await wholeThread(s.slack, s.channel, root?.ts ?? '');
    expect(first?.blocks).toEqual([]);
    expect(first?.text.length).toBeGreaterThan(10);
    expect(s.logs.join('')).toContain('slack refuses the blocks');
  });

  test('a file whose sharing ended in a 500 is shared once', async () => {
    const s = await begin();
    s.slack.expect('file_not_found');
    s.slack.faults.next('files.completeUploadExternal', { storeThenFail: true });
    await ask(s);
    const root = await finishedRoot(s.slack, s.channel);
    await wholeThread(s.slack, s.channel, root.ts);
    await s.idle();
    expect(s.slack.files()).toHaveLength(1);
    expect(s.slack.thread(s.channel, root.ts).filter((m) => m.files.length > 0)).toHaveLength(1);
  });

  test('without files:write the report stands without its file', async () => {
    const scopes = LEAST_MANIFEST.scopes.filter((scope) => scope !== 'files:write');
    const s = await begin({ slack: { manifest: { ...LEAST_MANIFEST, scopes } } });
    s.slack.expect('missing_scope');
    await ask(s);
    const root = await finishedRoot(s.slack, s.channel);
    await s.idle();
    expect(texts(s, root.ts).length).toBeGreaterThan(1);
    expect(s.logs.join('')).toContain('evidence file not shared');
  });

  test('a channel that was archived meanwhile: the asker is told in their direct message', async () => {
    const s = await begin();
    s.slack.expect('is_archived', 'is_inactive');
    s.fake.hold();
    await ask(s);
    await s.slack.waitFor(() => s.fake.started.length === 1);
    s.slack.archive(s.channel);
    s.fake.release();
    const own = s.slack.asUser(s.alice.id).directMessage('help').channel;
    await s.slack.waitFor(
      (w) => w.messages(own).find((m) => m.own && m.text.includes('I could not answer in')),
      15_000,
    );
  });
});

describe('questions that end without a report', () => {
  test.each([
    [
      'a mistake of the asker',
      new UserError('no-such-code', 'There is no Service x in any namespace.'),
      /There is no Service x/,
    ],
    [
      'a cluster that cannot be reached',
      new ClusterError('unreachable', 'connect ECONNREFUSED 10.0.0.1:6443'),
      /API server of prod cannot be reached: connect ECONNREFUSED/,
    ],
    [
      'credentials that are refused',
      new ClusterError('unauthorised', 'the token has expired', 401),
      /refuses the worker's credentials: the token has expired/,
    ],
  ])('%s ends at once, with an answer in the thread', async (_, error, sentence) => {
    const s = await begin();
    s.fake.fail(error);
    await ask(s);
    const root = await finishedRoot(s.slack, s.channel);
    const [reply] = await s.slack.waitFor(
      (w) => w.thread(s.channel, root.ts).length > 0 && w.thread(s.channel, root.ts),
    );
    expect(root.text).toMatch(sentence);
    expect(reply?.text).toMatch(sentence);
    await s.idle();
    expect(s.fake.started).toHaveLength(1);
    expect(s.slack.checkInvariants()).toEqual([]);
  });

  test('a fault of ours is tried again; the second try brings the report', async () => {
    const s = await begin();
    s.fake.fail(new Error('a bug that shows itself once'));
    await ask(s);
    const root = await finishedRoot(s.slack, s.channel);
    expect(root.text).toContain('Inconclusive');
    expect(s.fake.started.map((job) => job.id)).toEqual([s.fake.started[0]?.id, s.fake.started[0]?.id]);
    expect(s.slack.messages(s.channel)).toHaveLength(1);
  });

  test('a diagnosis that hangs is ended, and the answer has an id for the log', async () => {
    const s = await begin({ mostMs: 300 });
    s.fake.hold();
    await ask(s);
    const root = await finishedRoot(s.slack, s.channel);
    const errorId = /err-[0-9a-f]{8}/.exec(root.text)?.[0] ?? 'none';
    expect(s.logs.join('')).toContain(errorId);
    expect(s.fake.started).toHaveLength(1);
  });

  test('a job that does not fit its schema is given up and does not stop the next', async () => {
    const s = await begin();
    const { Queue } = await import('bullmq');
    const queue = new Queue('kubewhy-diagnose-prod', { connection: s.redis.connect(), prefix: 'kubewhy-queue' });
    await queue.add('diagnose', { version: 99, nonsense: true });
    await ask(s);
    await finishedRoot(s.slack, s.channel);
    await s.idle();
    expect(await queue.getFailedCount()).toBe(1);
    await queue.close();
  });
});

test('progress is shown while it runs, and the root message keeps the steps', async () => {
  const s = await begin();
  s.fake.hold();
  await ask(s);
  await s.slack.waitFor((w) => JSON.stringify(w.messages(s.channel)[0]?.blocks ?? '').includes('… service'));
  s.fake.release();
  const root = await finishedRoot(s.slack, s.channel);
  expect(JSON.stringify(root.blocks)).toContain('✗ agents 1/2');
});

test('a worker that is told to end hands its diagnosis to another, which posts the report once', async () => {
  const s = await begin({ worker: false, env: { KUBEWHY_GRACE_SECONDS: '0' } });
  const first = await s.startWorker();
  s.fake.hold();
  await ask(s);
  await s.slack.waitFor(() => s.fake.started.length === 1);
  await s.startWorker();
  await first.close();
  s.fake.release();
  const root = await finishedRoot(s.slack, s.channel, 25_000);
  await wholeThread(s.slack, s.channel, root.ts);
  expect(s.slack.messages(s.channel)).toHaveLength(1);
  noneTwice(texts(s, root.ts));
});

test('a root message that somebody deleted is posted anew with the verdict', async () => {
  const s = await begin();
  s.slack.expect('message_not_found');
  s.fake.hold();
  await ask(s);
  await s.slack.waitFor(() => s.fake.started.length === 1);
  s.slack.faults.next('chat.update', { error: 'message_not_found', times: 20 });
  s.fake.release();
  await s.slack.waitFor((w) => w.messages(s.channel).length === 2);
  const root = await finishedRoot(s.slack, s.channel);
  await wholeThread(s.slack, s.channel, root.ts);
});
