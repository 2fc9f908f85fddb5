/** Several remediators and fixes at the same time: one change at a time, and who was paused beyond its lock does no harm afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { loadTrust } from '../../src/adapters/keys/keys.ts';
import { createLog } from '../../src/adapters/log.ts';
import { readAudit } from '../../src/adapters/store/audit.ts';
import type { FixState } from '../../src/core/approval.ts';
import { type RunningProcess, startProcess } from '../../src/sandbox/processes.ts';
import { type Keepers, keepAll, stopAll } from '../support/fix-chaos.ts';
import { type FixIncident, startFixIncident } from '../support/fix-incident.ts';
import { auditFaults, before, deeds } from '../support/fix-judge.ts';
import { begin, see, type Thread } from '../support/fix-person.ts';
import { type FixWatch, watchFixes } from '../support/fix-watch.ts';

const LONG = (process.env['KUBEWHY_TEST_LONG'] ?? '') !== '';
const NODE = 'k8scephnode';
const NODE_QUESTION = `diagnose node ${NODE}`;
const PATIENCE_MS = 120_000;

async function inWorld(stage: 2 | 3, work: (incident: FixIncident, watch: FixWatch) => Promise<void>): Promise<void> {
  const incident = await startFixIncident({ stage });
  const watch = watchFixes(incident.platform);
  try {
    await work(incident, watch);
  } finally {
    await watch.stop();
    await incident.close();
  }
}

async function askThread(incident: FixIncident, watch: FixWatch, question: string): Promise<Thread> {
  const { platform, channel, people } = incident;
  const { root } = await incident.ask(question);
  const who = { asker: people.wsg, approver: people.alice };
  return { slack: platform.slack, channel, rootTs: root.ts, watch, ...who, deadlineMs: PATIENCE_MS };
}

/** Waits for a moment that the expression names, or for one of these states. */
async function until(watch: FixWatch, what: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!what()) {
    if (performance.now() > end)
      throw new Error(`waited in vain; the last moments: ${watch.moments.slice(-8).join(', ')}`);
    await sleep(1);
  }
}

const PAST: readonly FixState[] = ['verifying', 'verified', 'not-verified', 'failed', 'unknown', 'void'];
const past = (watch: FixWatch, id: string): boolean => PAST.includes(watch.records.get(id)?.state ?? 'planning');

const CASES = [
  { stage: 2, question: NODE_QUESTION, remediation: 'turn-swap-off', at: /rev 6 of .* applying/ },
  {
    stage: 3,
    question: 'why-not-reachable 30080',
    remediation: 'set-calico-ip-autodetection',
    at: /rev 6 of .* applying/,
  },
  { stage: 3, question: 'why-not-reachable 30080', remediation: 'set-calico-ip-autodetection', at: /^PATCH .* comes/ },
  { stage: 2, question: NODE_QUESTION, remediation: 'turn-swap-off', at: /rev 5 of .* applying/ },
  { stage: 2, question: NODE_QUESTION, remediation: 'turn-swap-off', at: /^effect / },
] as const;

/** A busy machine may show a later revision only: then the remediator was never paused, and the case is played again. */
const MOST_ROUNDS = 3;

describe.concurrent('a remediator that stood still beyond its lock', { timeout: 4 * PATIENCE_MS }, () => {
  test.each(LONG ? CASES : CASES.slice(0, 1))(
    '$remediation, paused at $at',
    async ({ stage, question, remediation, at }) => {
      let paused = false;
      const play = async (incident: FixIncident, watch: FixWatch): Promise<void> => {
        const { platform } = incident;
        const slow = platform.remediator;
        if (slow === undefined) throw new Error('there is no remediator');
        const thread = await askThread(incident, watch, question);
        const was = before(platform);
        let second: Promise<RunningProcess> | undefined;
        const off = watch.on(() => {
          if (second !== undefined || !at.test(watch.moments.at(-1) ?? '')) return;
          slow.kill('SIGSTOP');
          paused = true;
          second = startProcess(slow.spec);
        });
        try {
          const id = await begin(thread, 'fix_propose', remediation);
          const ended = see(thread, id);
          ended.catch(() => undefined);
          await until(watch, () => past(watch, id));
          if (!paused) return;
          const done = deeds(platform, was);
          const { rev, progress } = watch.records.get(id) ?? {};
          slow.kill('SIGCONT');
          // It must have had the time to do what it was about to do: its own log says that it saw that the fix is another's.
          await until(watch, () => slow.log.some((line) => line.includes('carried out by another process')));
          expect(deeds(platform, was), watch.moments.join('\n')).toEqual(done);
          expect([...done.writes, ...done.effects], watch.moments.join('\n')).toHaveLength(1);
          expect(watch.records.get(id)?.progress).toEqual(progress);
          expect(watch.records.get(id)?.rev ?? 0).toBeGreaterThanOrEqual(rev ?? 0);
          expect(await auditFaults(platform, watch.redis)).toEqual([]);
        } finally {
          off();
          slow.kill('SIGCONT');
          await (await second)?.stop();
        }
      };
      for (let round = 0; round < MOST_ROUNDS && !paused; round += 1) await inWorld(stage, play);
      expect(paused, 'the remediator was paused at the moment that was asked for').toBe(true);
    },
  );
});

/** The times in which fixes were carried out, by the audit log: from `begin` to the remediator's result. */
async function carriedOut(incident: FixIncident, watch: FixWatch): Promise<string[]> {
  const verifier = loadTrust(incident.platform.env['KUBEWHY_TRUST'] ?? '');
  const log = createLog('test', 'error', { write: () => undefined });
  const entries = await readAudit(watch.redis, verifier, log).read({ limit: 1000 });
  return entries.flatMap(({ entry: { event, role } }) => {
    if (role !== 'remediator') return [];
    if (event.action === 'begin') return [`${event.fix ?? ''} begins`];
    return event.what === 'result' ? [`${event.fix ?? ''} ends`] : [];
  });
}

describe('two fixes approved at the same time, by two workers and two remediators', {
  timeout: 3 * PATIENCE_MS,
}, () => {
  test.each(LONG ? [1, 2, 3] : [2])('one is carried out, the other is planned anew (%i)', async (round) => {
    await inWorld(2, async (incident, watch) => {
      const { platform } = incident;
      const keepers: Keepers = await keepAll(platform, NODE, 2);
      try {
        const threads = [
          await askThread(incident, watch, NODE_QUESTION),
          await askThread(incident, watch, 'why-not-reachable 30080'),
        ] as const;
        const swap = await begin(threads[0], 'fix_propose', 'turn-swap-off');
        const calico = await begin(threads[1], 'fix_propose', 'set-calico-ip-autodetection');
        for (const seen of [see(threads[0], swap), see(threads[1], calico)]) seen.catch(() => undefined);
        if (round > 1) {
          await until(watch, () => [swap, calico].some((id) => watch.records.get(id)?.state === 'applying'));
          await Promise.all(keepers.remediator.slice(0, round - 1).map((keeper) => keeper.kill(0)));
        }
        await until(watch, () => past(watch, swap) && past(watch, calico));
        const order = await carriedOut(incident, watch);
        const [first] = order[0]?.split(' ') ?? [];
        const second = first === swap ? calico : swap;
        // The second plan was made before the first change, on the same nodes: it is not carried out, and a new one is offered.
        expect(order).toEqual([`${first} begins`, `${first} ends`, `${second} ends`]);
        expect(watch.records.get(second)).toMatchObject({ state: 'void', reason: { code: 'fix.overtaken' } });
      } finally {
        await stopAll(keepers);
      }
    });
  });
});
