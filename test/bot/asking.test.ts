import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { finishedRoot, type Stage, startStage, wholeThread } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage;
let channel: string;
let people = 0;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  await stage.close();
});
/** Each test has a channel and a person of its own, so that neither limits nor messages of others matter. */
let person: string;
beforeEach(async () => {
  await stage.idle();
  people += 1;
  person = stage.slack.addUser({ name: `person-${people}` }).id;
  channel = stage.slack.addChannel({ name: `room-${people}`, members: [person] }).id;
  stage.fake.started.length = 0;
  await stage.redis.flush();
});
afterEach(() => {
  stage.fake.release();
});

const slash = (text: string, where = channel, who = person) => stage.slack.asUser(who).slash(where, '/k8s', text);
const told = (pattern: RegExp, who = person) =>
  stage.slack.waitFor((w) => w.ephemerals(who).find((e) => pattern.test(e.text)));
const started = (count: number) => stage.slack.waitFor(() => stage.fake.started.length >= count && stage.fake.started);

describe('what is said at once', () => {
  test.each([
    ['nothing', '', /why-not-reachable/],
    ['help', 'help', /\/k8s recent/],
    ['help for one command', 'help diagnos', /diagnose calico/],
    ['a typo', 'daignose node x', /I know no command "daignose"\. Did you mean `\/k8s diagnose node x`\?/],
    ['a bare port', '30080', /Did you mean `\/k8s why-not-reachable 30080`\?/],
    ['nonsense', 'xyzzyxyzzy', /I know no command "xyzzyxyzzy"\. `\/k8s help` lists them all/],
    ['a port out of range', 'why-not-reachable 70000', /70000.*(1 to 65535|65535)/],
    ['an unknown flag', 'diagnose node x --nodde y', /--nodde/],
    ['a cluster that nobody knows', 'diagnose calico --cluster prd', /I know no cluster "prd"\. Known: prod\./],
    ['show without an id', 'show', /Give its id/],
    ['10,000 characters', `why-not-reachable ${'a'.repeat(10_000)}`, /\d{4}/],
    ['markup in a name', 'diagnose node <!channel>', /^(?!.*<!channel>)/],
    ['a name that turns the direction of text', 'diagnose node a\u202eb', /characters that cannot be seen/],
  ])('%s', async (_, text, sentence) => {
    const outcome = await slash(text);
    expect(outcome.visibleError).toBeUndefined();
    const [first] = stage.slack.ephemerals(person);
    expect(first?.text ?? '').toMatch(sentence);
    expect(first?.text.length ?? 0).toBeLessThan(3000);
    expect(stage.fake.started).toEqual([]);
  });

  test('a question is acknowledged with what is looked into', async () => {
    await slash('why-not-reachable 30080');
    await told(/^Looking into NodePort 30080 …$/);
    await finishedRoot(stage.slack, channel);
  });
});

describe('one question, one diagnosis', () => {
  test('a command that Slack delivers twice is diagnosed once', async () => {
    stage.fake.hold();
    await slash('diagnose calico');
    await stage.slack.faults.redeliverLast();
    await started(1);
    stage.fake.release();
    const root = await finishedRoot(stage.slack, channel);
    await wholeThread(stage.slack, channel, root.ts);
    expect(stage.fake.started).toHaveLength(1);
    expect(stage.slack.messages(channel)).toHaveLength(1);
  });

  test('a second ask while the first runs joins it, and the asker is told where it is', async () => {
    stage.fake.hold();
    const bob = stage.slack.addUser({ name: `bob-${people}` }).id;
    stage.slack.join(channel, bob);
    await slash('why-not-reachable 30080');
    await started(1);
    await slash('why-not-reachable 30080', channel, bob);
    const answer = await told(/looked into already/, bob);
    expect(answer.text).toContain(stage.fake.started[0]?.id);
    expect(answer.text).toMatch(/archives\/C\w+\/p\d+/);
    stage.fake.release();
    await finishedRoot(stage.slack, channel);
    expect(stage.fake.started).toHaveLength(1);
  });

  test('after the first has ended, the same question is asked anew', async () => {
    await slash('why-not-reachable 30080');
    const root = await finishedRoot(stage.slack, channel);
    await wholeThread(stage.slack, channel, root.ts);
    await slash('why-not-reachable 30080');
    await started(2);
    expect(new Set(stage.fake.started.map((job) => job.id)).size).toBe(2);
    await stage.slack.waitFor((w) => w.messages(channel).length === 2);
  });
});

describe('buttons', () => {
  test('Cancel stops a running diagnosis, says who did, and leaves no report', async () => {
    stage.fake.hold();
    await slash('diagnose calico');
    await started(1);
    const [root] = stage.slack.messages(channel);
    await stage.slack.asUser(person).click(channel, root?.ts ?? '', 'diagnosis_cancel');
    const ended = await finishedRoot(stage.slack, channel);
    expect(ended.text).toMatch(/Cancelled/);
    const reply = await stage.slack.waitFor((w) => w.thread(channel, ended.ts)[0]);
    expect(reply.text).toContain(`<@${person}>`);
    expect(stage.slack.thread(channel, ended.ts)).toHaveLength(1);
  });

  test('Cancel on a diagnosis that has ended says so', async () => {
    stage.fake.hold();
    await slash('diagnose calico');
    await started(1);
    const [root] = stage.slack.messages(channel);
    stage.fake.release();
    await wholeThread(stage.slack, channel, root?.ts ?? '');
    await stage.slack.asUser(person).clickStale(channel, root?.ts ?? '', 'diagnosis_cancel');
    await told(/has ended already/);
  });

  test('Run again asks the same question anew', async () => {
    await slash('diagnose calico');
    const root = await finishedRoot(stage.slack, channel);
    await wholeThread(stage.slack, channel, root.ts);
    await stage.slack.asUser(person).click(channel, root.ts, 'diagnosis_again');
    const [first, second] = await started(2);
    expect(second?.question).toEqual(first?.question);
    expect(second?.askedBy).toBe(person);
  });

  test('a name in two namespaces is offered as buttons, and the chosen one is diagnosed', async () => {
    stage.fake.fail(
      new UserError('name-ambiguous', 'Service web is in 2 namespaces. Say which one: a/web, b/web.', {
        name: 'web',
        count: 2,
        candidates: 'a/web, b/web',
      }),
    );
    await slash('why-not-reachable web');
    const root = await finishedRoot(stage.slack, channel);
    const reply = await stage.slack.waitFor((w) => w.thread(channel, root.ts)[0]);
    const buttons = (reply.blocks.at(-1)?.['elements'] ?? []) as {
      action_id: string;
      text: { text: string };
      value: string;
    }[];
    expect(buttons.map((button) => button.text.text)).toEqual(['a/web', 'b/web']);
    expect(buttons.every((button) => /^q-[0-9a-f]{24}$/.test(button.value))).toBe(true);
    await stage.slack.asUser(person).click(channel, reply.ts, buttons[1]?.action_id ?? '');
    const [, second] = await started(2);
    expect(second?.question.target).toEqual({ kind: 'Service', namespace: 'b', name: 'web' });
  });

  test('a button whose question is not kept any more says so', async () => {
    await slash('diagnose calico');
    const root = await finishedRoot(stage.slack, channel);
    await wholeThread(stage.slack, channel, root.ts);
    await stage.redis.flush();
    await stage.slack.asUser(person).click(channel, root.ts, 'diagnosis_again');
    await told(/too old/);
  });
});

describe('other doors', () => {
  test('a mention in a thread is answered in that thread', async () => {
    const first = stage.slack.asUser(person).say(channel, 'Jenkins is down');
    stage.slack.asUser(person).mention(channel, 'why-not-reachable 30080', first.ts);
    const thread = await stage.slack.waitFor((w) => {
      const replies = w.thread(channel, first.ts);
      return replies.some((m) => m.files.length > 0) && replies;
    });
    expect(thread.filter((m) => m.own).length).toBeGreaterThan(3);
    expect(stage.slack.messages(channel)).toHaveLength(1);
  });

  test('a mention that makes no sense is answered privately', async () => {
    stage.slack.asUser(person).mention(channel, 'diagnoze calico');
    await told(/Did you mean `\/k8s diagnose calico`/);
  });

  test('a direct message is a question too, and its mistakes are answered there', async () => {
    const sent = stage.slack.asUser(person).directMessage('diagnose calico');
    await finishedRoot(stage.slack, sent.channel);
    stage.slack.asUser(person).directMessage('diagnoze calico');
    await stage.slack.waitFor((w) => w.messages(sent.channel).some((m) => m.own && m.text.includes('Did you mean')));
  });

  test('a command in the direct message of two people is answered in the own one', async () => {
    const bob = stage.slack.addUser({ name: `bob-${people}` }).id;
    const theirs = stage.slack.addChannel({ name: '', kind: 'dm', members: [person, bob], botIsMember: false }).id;
    await slash('diagnose calico', theirs);
    const [job] = await started(1);
    expect(job?.place).toEqual({ channel: person });
    const own = stage.slack.asUser(person).directMessage('help').channel;
    await finishedRoot(stage.slack, own);
    expect(stage.slack.messages(theirs)).toEqual([]);
  });

  test('private answers are in the language of the person, the channel keeps its own', async () => {
    const wei = stage.slack.addUser({ name: `wei-${people}`, locale: 'zh-CN' }).id;
    stage.slack.join(channel, wei);
    await slash('recent', channel, wei);
    await told(/还没有任何诊断/, wei);
    await slash('diagnose calico', channel, wei);
    const root = await finishedRoot(stage.slack, channel);
    expect(root.text).toContain('Inconclusive');
  });
});

describe('what was diagnosed before', () => {
  test('recent lists it, show brings the report back to one person', async () => {
    await slash('recent');
    await told(/Nothing was diagnosed yet/);
    await slash('why-not-reachable ci/jenkins-svc');
    const root = await finishedRoot(stage.slack, channel);
    await wholeThread(stage.slack, channel, root.ts);
    const id = stage.fake.started[0]?.id ?? '';
    // The entry is written after the last message of the thread.
    await expect
      .poll(
        async () => {
          stage.slack.asUser(person).reload();
          await slash('recent');
          return (await told(/latest diagnoses/)).text;
        },
        { timeout: 25_000 },
      )
      .toMatch(new RegExp(`${id} · why-not-reachable ci/jenkins-svc · prod · \\*inconclusive\\*.*archives`));
    const before = stage.slack.messages(channel).length;
    await slash(`show ${id}`);
    await told(/whole report|Not seen|pod network/i);
    expect(stage.slack.messages(channel)).toHaveLength(before);
  });

  test('what was asked in a direct message is listed for its asker only', async () => {
    const sent = stage.slack.asUser(person).directMessage('diagnose calico');
    await finishedRoot(stage.slack, sent.channel);
    await stage.idle();
    const bob = stage.slack.addUser({ name: `bob-${people}` }).id;
    stage.slack.join(channel, bob);
    await slash('recent');
    await told(/diagnose calico/);
    await slash('recent', channel, bob);
    await told(/Nothing was diagnosed yet/, bob);
  });

  test('an id that nobody knows', async () => {
    await slash('show dx-zzzzzzz');
    await told(/There is no diagnosis dx-zzzzzzz/);
  });
});
