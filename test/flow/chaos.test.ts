/** Everything goes wrong at random moments: each question still ends in exactly one report or one clear error. */
import { describe, expect, test } from 'vitest';
import { random } from '../../src/sandbox/cluster/simulate/random.ts';
import { LEAST_MANIFEST } from '../../src/sandbox/slack/method-table.ts';
import type { StoredMessage } from '../../src/sandbox/slack/types.ts';
import { type Misfortune, misfortunes, type Supervisor, supervise, wakeAgents } from '../support/chaos.ts';
import { type Incident, linesOf, startIncident } from '../support/incident.ts';

const LONG = (process.env['KUBEWHY_TEST_LONG'] ?? '') !== '';
/** Every second seed without the scope by which the worker sees what it has posted. */
const SEEDS = Array.from({ length: LONG ? 80 : 2 }, (_, i) => ({ seed: i + 1, history: i % 2 === 0 }));
const QUESTIONS = [
  'why-not-reachable 30080',
  'diagnose node k8scephnode',
  'diagnose calico',
  'why-not-reachable 30945',
];
const HISTORY = { ...LEAST_MANIFEST, scopes: [...LEAST_MANIFEST.scopes, 'channels:history'] };
/** A worker's lock must run out, Slack may hang for ten seconds, the queue waits between attempts. */
const PATIENCE_MS = 150_000;

interface Asked {
  readonly text: string;
  readonly person: string;
  readonly channel: string;
}

interface World {
  readonly incident: Incident;
  readonly bot: Supervisor;
  readonly worker: Supervisor;
}

/** Starts everything, and ends it after the work, however that ends. */
async function inWorld(history: boolean, work: (world: World) => Promise<void>): Promise<void> {
  const incident = await startIncident({ slack: history ? { manifest: HISTORY } : {} });
  const { bot, worker, env } = incident.platform;
  const world = { incident, bot: supervise('bot', bot, env), worker: supervise('worker', worker, env) };
  try {
    await work(world);
  } finally {
    wakeAgents(incident);
    await Promise.all([world.bot.stop(), world.worker.stop()]);
    await incident.close();
  }
}

/** Asks as a person does who sees that Slack has no answer: again. Each has a channel of their own. */
async function ask(incident: Incident, text: string, index: number): Promise<Asked> {
  const { slack } = incident.platform;
  const person = slack.addUser({ name: `person-${index}` }).id;
  const channel = slack.addChannel({ name: `channel-${index}`, members: [person] }).id;
  for (;;) {
    const { visibleError } = await slack.asUser(person).slash(channel, '/k8s', text);
    if (visibleError === undefined) return { text, person, channel };
    await slack.waitFor((w) => w.openSockets() > 0, PATIENCE_MS);
  }
}

interface Label {
  readonly id: string;
  readonly key: string;
}

/** What the bot noted on its own message: which diagnosis, and which of its messages. */
function labelOf(message: StoredMessage): Label | undefined {
  const payload = message.metadata?.['event_payload'] as Partial<Label> | undefined;
  return payload?.id === undefined || payload.key === undefined ? undefined : { id: payload.id, key: payload.key };
}

function own(incident: Incident, channel: string): StoredMessage[] {
  const { slack } = incident.platform;
  const roots = slack.messages(channel);
  return [...roots, ...roots.flatMap((root) => slack.thread(channel, root.ts))].filter((message) => message.own);
}

/** A private sentence that says what went wrong, in place of an answer. Where the answer is being worked on is none. */
function privateError(incident: Incident, { person }: Asked): string | undefined {
  return incident.platform.slack
    .ephemerals(person)
    .find(({ origin, text }) => origin !== 'slash-ack' && !text.includes('is being looked into already'))?.text;
}

/** Reports that are whole, and errors that were said in their thread. */
function endings(incident: Incident, asked: Asked): string[] {
  const messages = own(incident, asked.channel);
  const files = messages.flatMap((m) => m.files.map((file) => `report ${String(file['title'])}`));
  const errors = messages.filter((m) => labelOf(m)?.key === 'end').map((m) => `error ${m.text}`);
  const told = privateError(incident, asked);
  return [...new Set([...files, ...errors, ...(told === undefined ? [] : [`told ${told}`])])];
}

function ended(incident: Incident, asked: Asked): boolean {
  if (privateError(incident, asked) !== undefined) return true;
  const roots = incident.platform.slack.messages(asked.channel).filter((message) => message.own);
  return (
    roots.some((root) => JSON.stringify(root.blocks).includes('diagnosis_again')) && endings(incident, asked).length > 0
  );
}

/** Lets what is to go wrong go wrong, each a few of Slack's calls after the one before. */
async function unleash(incident: Incident, list: readonly Misfortune[], gaps: readonly number[]): Promise<void> {
  const { slack } = incident.platform;
  for (const [i, misfortune] of list.entries()) {
    const until = slack.ledger.length + (gaps[i] ?? 0);
    await slack.waitFor((w) => w.ledger.length >= until, 4000).catch(() => undefined);
    await misfortune.happen();
  }
}

function judge(incident: Incident, asked: Asked, history: boolean): void {
  const about = `${asked.text}:\n${own(incident, asked.channel)
    .map((m) => `${JSON.stringify(labelOf(m) ?? {})} ${linesOf(m).slice(0, 3).join(' / ')}`)
    .join('\n')}`;
  expect(endings(incident, asked), about).toEqual([expect.any(String)]);
  const messages = own(incident, asked.channel).filter((message) => labelOf(message) !== undefined);
  const ids = new Set(messages.map((message) => labelOf(message)?.id));
  expect(ids.size, about).toBeLessThanOrEqual(1);
  const seen = new Set<string>();
  for (const message of messages) {
    const key = labelOf(message)?.key ?? '';
    if (seen.has(key)) {
      expect(history, `posted twice: ${key}\n${about}`).toBe(false);
      expect(JSON.stringify(message.blocks), `a double that does not say so: ${key}`).toContain('may stand here twice');
    }
    seen.add(key);
  }
  // Whatever could not be seen: a broken way is never called whole, and no other cause is named.
  const said = own(incident, asked.channel).flatMap(linesOf).join('\n');
  if (asked.text.includes('30080')) expect(said).not.toMatch(/No fault found/);
  if (/^Cause: /m.test(said))
    expect(said).toMatch(/^Cause: (Calico on k8smater1 took 10\.0\.0\.66|Swap is on at k8scephnode)/m);
}

/** Waits until each question has ended; tells the story where one does not. */
async function allEnd(incident: Incident, all: readonly Asked[], story: string): Promise<void> {
  const open = (): string[] => all.filter((asked) => !ended(incident, asked)).map(({ text }) => text);
  await incident.platform.slack
    .waitFor(() => open().length === 0, PATIENCE_MS)
    .catch((error: unknown) => {
      throw new Error(`Without an end: ${open().join(', ')}\n${story}`, { cause: error });
    });
}

// Most of the time is waiting for locks to run out: a few at once take no longer than one.
describe.concurrent('each question ends once', { timeout: 2 * PATIENCE_MS }, () => {
  test.each(SEEDS)('seed $seed, history scope: $history', async ({ seed, history }) => {
    await inWorld(history, async (world) => {
      const { incident } = world;
      const chance = random(seed);
      const list = misfortunes(chance, LONG ? chance.int(3, 10) : 5, incident, world);
      const gaps = list.map(() => chance.int(0, 12));
      const questions = chance.some(QUESTIONS, LONG ? chance.int(1, 4) : 2);
      const story = `seed ${seed}: ${questions.join(', ')}\n${list.map(({ what }, i) => `+${gaps[i]} ${what}`).join('\n')}`;
      const asking = Promise.all(questions.map((text, i) => ask(incident, text, i)));
      await unleash(incident, list, gaps);
      const all = await asking;
      await allEnd(incident, all, story);
      try {
        for (const asked of all) judge(incident, asked, history);
      } catch (error) {
        if (error instanceof Error) error.message = `${error.message}\n${story}`;
        throw error;
      }
    });
  });

  test('a bot killed with -9 after it acknowledged and before it queued: another one takes the question up', async () => {
    await inWorld(false, async ({ incident, bot }) => {
      const { slack } = incident.platform;
      slack.faults.next('users.info', { hang: true });
      const asked = await ask(incident, 'diagnose calico', 0);
      await slack.waitFor((w) => w.ledger.some((entry) => entry.kind === 'request' && entry.name === 'users.info'));
      await bot.kill();
      await allEnd(incident, [asked], 'killed between acknowledgement and queue');
      judge(incident, asked, false);
      expect(own(incident, asked.channel).some((message) => message.files.length > 0)).toBe(true);
    });
  });
});
