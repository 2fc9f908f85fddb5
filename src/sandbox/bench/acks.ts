/** How soon Slack gets its acknowledgement while many people ask at once: the real bot, no worker. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figures, quantile, shown } from './figures.ts';
import { peakMemory } from './processes.ts';
import type { Rig } from './rig.ts';

const GROUP = 'Acknowledgement';
const PER_SECOND = 20;
const PEOPLE = 20;
const FIRST_PORT = 30_100;
const QUEUED_MS = 20_000;

/** Types questions at a steady pace, each about another port. No worker takes them: they stay in this rig's queue. */
export async function measureAcks(rig: Rig, seconds: number, figures: Figures): Promise<void> {
  const { slack } = rig;
  const people = Array.from({ length: PEOPLE }, (_, i) => slack.addUser({ name: `person-${i}` }));
  const channel = slack.addChannel({ name: 'load', members: people.map((person) => person.id) });
  const count = Math.round(seconds * PER_SECOND);
  const started = performance.now();
  const outcomes = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      await sleep(Math.max(0, started + (i * 1000) / PER_SECOND - performance.now()));
      const user = people[i % people.length]?.id ?? '';
      return slack.asUser(user).slash(channel.id, '/k8s', `why-not-reachable ${FIRST_PORT + i}`);
    }),
  );
  const took = outcomes.flatMap((outcome) => outcome.ackMs ?? []);
  const failed = outcomes.filter((outcome) => outcome.visibleError !== undefined).length;
  const queued = await queuedOf(rig, count);
  const note = `${count} questions of ${PEOPLE} people at ${PER_SECOND} a second; ${queued} queued, ${failed} failed; no worker ran`;
  figures.add(GROUP, 'p50', 'ms', quantile(took, 0.5), { note });
  const all = failed === 0 && queued === count;
  figures.add(GROUP, 'p99', 'ms', all ? quantile(took, 0.99) : undefined, {
    below: 100,
    note: all ? 'from sending the command to the acknowledgement' : `no figure: not every question was taken (${note})`,
  });
  figures.add(GROUP, 'slowest', 'ms', quantile(took, 1));
  figures.add(GROUP, 'bot, peak memory', 'bytes', await peakMemory(rig.bot.pid), {
    note: `after ${shown(count, 'count')} questions`,
  });
}

/** Counts the questions that reached the queue; the bot queues after it has acknowledged, so it waits for the last ones. */
async function queuedOf(rig: Rig, count: number): Promise<number> {
  const until = performance.now() + QUEUED_MS;
  let queued = await rig.queued();
  while (queued < count && performance.now() < until) {
    await sleep(20);
    queued = await rig.queued();
  }
  return queued;
}
