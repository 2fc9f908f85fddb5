/** A busy minute: thirty questions of ten people, two workers on one Redis. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadStage } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type RunningProcess, startProcess } from '../../src/sandbox/processes.ts';
import type { StoredMessage } from '../../src/sandbox/slack/types.ts';
import { type Incident, startIncident } from '../support/incident.ts';

const PEOPLE = 10;
/** One question is everybody's; the others are each about a Pod that nobody else asks about. */
const EVERYBODY = 'why-not-reachable 30080';
const PATIENCE_MS = 170_000;

interface Asked {
  readonly person: string;
  readonly channel: string;
  readonly text: string;
}

let incident: Incident;
let second: RunningProcess;
const peaks = new Map<string, number>();
let ended = false;
let measuring: Promise<void>;
const asked: Asked[] = [];

beforeAll(async () => {
  incident = await startIncident({ env: { KUBEWHY_LIMIT_PER_CLUSTER: '1000' } });
  const { slack, env, worker } = incident.platform;
  second = await startProcess({ name: 'worker 2', args: ['worker'], env, ready: 'worker ready' });
  measuring = measure([worker, second]);
  const people = Array.from({ length: PEOPLE }, (_, i) => {
    const person = slack.addUser({ name: `person-${i}` }).id;
    return { person, channel: slack.addChannel({ name: `channel-${i}`, members: [person] }).id };
  });
  const pods = loadStage(1).objects.filter((object) => object.kind === 'Pod');
  const names = pods.map(({ metadata }) => `diagnose pod ${metadata.namespace}/${metadata.name}`);
  for (const round of [0, 1, 2]) {
    const outcomes = await Promise.all(
      people.map(async ({ person, channel }, i) => {
        const text = round === 0 ? EVERYBODY : (names[(round - 1) * PEOPLE + i] ?? '');
        asked.push({ person, channel, text });
        return slack.asUser(person).slash(channel, '/k8s', text);
      }),
    );
    for (const { visibleError } of outcomes) expect(visibleError).toBeUndefined();
  }
  await slack.waitFor(() => answers().length === asked.length, PATIENCE_MS);
  ended = true;
  await measuring;
}, 240_000);
afterAll(async () => {
  ended = true;
  await second?.stop();
  await incident?.close();
});

/** Reports that are whole, and people who were told where theirs will be. */
function answers(): string[] {
  const { slack } = incident.platform;
  const channels = [...new Set(asked.map(({ channel }) => channel))];
  const files = channels.flatMap((channel) =>
    roots(channel)
      .filter((root) => slack.thread(channel, root.ts).some((message) => message.files.length > 0))
      .map((root) => `report ${idOf(root)}`),
  );
  return [...files, ...joined()];
}

function joined(): string[] {
  const people = [...new Set(asked.map(({ person }) => person))];
  return people.flatMap((person) =>
    incident.platform.slack
      .ephemerals(person)
      .filter((message) => message.text.includes('is being looked into already'))
      .map((message) => `joined ${/dx-\w+/.exec(message.text)?.[0] ?? ''}`),
  );
}

function roots(channel: string): StoredMessage[] {
  return incident.platform.slack.messages(channel).filter((message) => message.own);
}

function label(message: StoredMessage): { id?: string; key?: string } {
  return (message.metadata?.['event_payload'] ?? {}) as { id?: string; key?: string };
}

function idOf(message: StoredMessage): string {
  return label(message).id ?? '';
}

/** Looks at resident memory whenever Slack hears something; the answers' own pace is the clock. */
async function measure(workers: readonly RunningProcess[]): Promise<void> {
  const { slack } = incident.platform;
  for (let seen = 0; !ended; seen = slack.ledger.length) {
    for (const { name, pid } of workers) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const megabytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
      peaks.set(name, Math.max(peaks.get(name) ?? 0, megabytes));
    }
    await slack.waitFor((w) => ended || w.ledger.length > seen + 20, 5000).catch(() => undefined);
  }
}

test('thirty questions end in thirty reports or joins, and each join names a report that came', () => {
  expect(asked).toHaveLength(PEOPLE * 3);
  const all = answers();
  expect(all).toHaveLength(asked.length);
  const reports = new Set(all.filter((a) => a.startsWith('report')).map((a) => a.slice('report '.length)));
  expect(reports.size).toBe(all.filter((a) => a.startsWith('report')).length);
  for (const join of joined()) expect(reports).toContain(join.slice('joined '.length));
});

test('both workers took part', () => {
  const { worker } = incident.platform;
  for (const { name, log } of [worker, second]) {
    const done = log.filter((line) => line.includes('report delivered'));
    expect(done.length, name).toBeGreaterThan(0);
  }
});

const ORDER = ['paths', 'cause', 'symptom', 'fix', 'ruled-out', 'also-found', 'not-seen'];

/** The place of a message: its section, the number of a cause, the page (`cause-2`, `fix.2`). */
function rank(key: string): number {
  const [section = '', page = '1'] = key.split('.');
  const [, cause] = /^cause-(\d+)$/.exec(section) ?? [];
  const at = ORDER.indexOf(cause === undefined ? section : 'cause');
  expect(at, `a section that nobody knows: ${key}`).toBeGreaterThanOrEqual(0);
  return at * 10_000 + Number(cause ?? 0) * 100 + Number(page);
}

test('in each thread the messages stand in the order of the report, each once', () => {
  for (const channel of new Set(asked.map((a) => a.channel))) {
    for (const root of roots(channel)) {
      const thread = incident.platform.slack.thread(channel, root.ts);
      const keys = thread.flatMap((message) => label(message).key ?? []);
      expect(keys.length).toBeGreaterThan(0);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys).toEqual(keys.toSorted((one, other) => rank(one) - rank(other)));
      expect(thread.findIndex((message) => message.files.length > 0)).toBe(thread.length - 1);
    }
  }
});

test('no 429, nothing refused, nobody shouted at', () => {
  const { slack } = incident.platform;
  expect(slack.ledger.filter((entry) => entry.status === 429 || entry.error === 'ratelimited')).toEqual([]);
  expect(slack.checkInvariants().filter((said) => !said.includes('acknowledged only after'))).toEqual([]);
  for (const entry of slack.ledger) if (entry.kind === 'ack') expect(entry.ackMs ?? 0).toBeLessThan(3000);
});

test('the memory of the workers stays bounded', () => {
  const figures = [...peaks].map(([name, megabytes]) => `${name}: ${megabytes.toFixed(0)} MB at most`);
  console.info(figures.join(', '));
  expect(
    [...peaks.values()].every((megabytes) => megabytes > 20 && megabytes < 512),
    figures.join(', '),
  ).toBe(true);
});
