/** Everything that a channel reads in Chinese; and the other two ways in: a mention in a thread, a direct message. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoredMessage } from '../../src/sandbox/slack/types.ts';
import { type Incident, linesOf, sectionsOf, startIncident } from '../support/incident.ts';

const PATIENCE_MS = 60_000;

let incident: Incident;
beforeAll(async () => {
  incident = await startIncident({ language: 'zh-cn', locale: 'zh-CN' });
}, 60_000);
afterAll(() => incident?.close());

/** Every text of a message that is prose: what is set as code is a command or quoted, and stays as it is. */
function prose(message: StoredMessage): string[] {
  const out: string[] = [message.text];
  const visit = (value: unknown, code: boolean): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, code);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
    const { type, style, ...rest } = value as { type?: unknown; style?: { code?: boolean } };
    const quoted = code || type === 'rich_text_preformatted' || style?.code === true;
    for (const [key, item] of Object.entries(rest)) {
      if (typeof item !== 'string') visit(item, quoted);
      else if ((key === 'text' || key === 'fallback') && !quoted) out.push(item);
    }
  };
  visit(message.blocks, false);
  return out.map((text) => text.replaceAll(/`[^`]*`/g, '`'));
}

/** Runs of three English words and more, each in lower case but for its first letter. */
function englishRuns(text: string): string[] {
  return text.match(/(?<![\w./:=-])[A-Za-z][a-z']+(?: [A-Za-z]?[a-z']+){2,}(?![\w./:=-])/g) ?? [];
}

function evidenceOf(thread: readonly StoredMessage[]): string {
  const id = thread.flatMap((message) => message.files).map((file) => file['id'])[0];
  const content = incident.platform.slack.files().find((file) => file.id === id)?.content;
  if (content === undefined) throw new Error('The thread has no evidence file.');
  return content.toString('utf8');
}

test.each([
  [
    'why-not-reachable 30080',
    ['已找到根因', '10.0.0.66', '172.17.73.66', '已排除', '另外发现', '以下做法无效', '未能看到'],
  ],
  ['diagnose node k8smater1', ['10.0.0.66']],
])(
  'the thread of "%s" is Chinese, save for quoted evidence and commands',
  { timeout: 90_000 },
  async (question, words) => {
    const { root, thread } = await incident.ask(question);
    const said = [root, ...thread].flatMap(linesOf).join('\n');
    for (const word of words) expect(said).toContain(word);
    const evidence = evidenceOf(thread);
    const own = [root, ...thread]
      .flatMap(prose)
      .flatMap(englishRuns)
      .filter((run) => !evidence.includes(run));
    expect([...new Set(own)]).toEqual([]);
  },
);

test('the check would see an English sentence', () => {
  expect(englishRuns('k8smaster2 上 Calico took the wrong address。')).toEqual(['Calico took the wrong address']);
  expect(englishRuns('Calico 3.9.5 支持 IP_AUTODETECTION_METHOD，Pod 为 Ready。')).toEqual([]);
});

test('a mention in a thread is answered in that thread, in the language of the channel', {
  timeout: 90_000,
}, async () => {
  const { platform, person, channel } = incident;
  const { slack } = platform;
  const opener = slack.asUser(person.id).say(channel, '30080 打不开了，谁看一下？');
  slack.asUser(person.id).mention(channel, 'why-not-reachable 30080', opener.ts);
  const thread = await slack.waitFor((w) => {
    const own = w.thread(channel, opener.ts).filter((message) => message.own);
    return own.some((message) => message.files.length > 0) && own;
  }, PATIENCE_MS);
  expect(linesOf(thread[0] ?? raise('no root message')).join('\n')).toMatch(/已找到根因[\s\S]*10\.0\.0\.66/);
  expect([...sectionsOf(thread).keys()].join()).toContain('根因');
});

test('a direct message is answered there', { timeout: 90_000 }, async () => {
  const { platform, person } = incident;
  const { slack } = platform;
  const sent = slack.asUser(person.id).directMessage('diagnose calico');
  const root = await slack.waitFor(
    (w) => w.messages(sent.channel).find((m) => m.own && JSON.stringify(m.blocks).includes('diagnosis_again')),
    PATIENCE_MS,
  );
  expect(linesOf(root).join('\n')).toMatch(/k8smater1 上的 Calico 选用了 10\.0\.0\.66/);
  await slack.waitFor((w) => w.thread(sent.channel, root.ts).some((m) => m.files.length > 0), PATIENCE_MS);
});

test('a private answer follows the language of the person, and nothing of this floods Slack', async () => {
  const { platform, channel } = incident;
  const { slack } = platform;
  const anna = slack.addUser({ name: 'anna', locale: 'en-US' });
  slack.join(channel, anna.id);
  // The first request teaches the bot her language.
  slack.asUser(anna.id).directMessage('help');
  const own = slack.asUser(anna.id).directMessage('diagnoze calico').channel;
  await slack.waitFor((w) => w.messages(own).find((m) => m.own && m.text.includes('Did you mean')), PATIENCE_MS);
  expect(slack.ledger.filter((entry) => entry.status === 429)).toEqual([]);
  expect(slack.checkInvariants()).toEqual([]);
});

function raise(message: string): never {
  throw new Error(message);
}
