/** The worker's part of a fix, with a real bot, Redis and Slack workspace: planned, shown once, verified, undone, swept. */

import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFixProducer } from '../../src/adapters/queue/fix-queues.ts';
import { Lifetime } from '../../src/adapters/shutdown.ts';
import { createFixLocks } from '../../src/adapters/store/fix-locks.ts';
import { readWorkerConfig } from '../../src/config/worker.ts';
import { ApiObject, type ObjectState } from '../../src/core/api-object.ts';
import type { FixEvent } from '../../src/core/approval.ts';
import { digestOf } from '../../src/core/canonical-json.ts';
import type { FixRecord } from '../../src/core/fix.ts';
import type { FixPatch, FixSeed } from '../../src/core/fix-patch.ts';
import { refText } from '../../src/core/object-ref.ts';
import { stateOf } from '../../src/core/object-state.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { type Draft } from '../../src/core/remediation.ts';
import { signValue } from '../../src/core/signing.ts';
import { runDiagnosis } from '../../src/run/diagnose.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { type StageNumber, stageModel } from '../../src/sandbox/incidents/nodeport-30080/stages.ts';
import { startWorker } from '../../src/worker/app.ts';
import { SWEEP_TIMES, type SweepTimes } from '../../src/worker/fixes/sweep.ts';
import { type FixStage, startFixStage } from '../support/fix-stage.ts';
import { approvalOf, planOf, seedOf } from '../support/fixes.ts';
import { type Simulated, withSimulatedPorts } from '../support/simulated-evidence.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let stage: FixStage;
let channel: string;
let alice: string;
let now: Simulated;
let count = 0;
const workers: Lifetime[] = [];

beforeAll(async () => {
  stage = await startFixStage();
});
afterAll(async () => {
  await stage.close();
});
beforeEach(async () => {
  count += 1;
  stage.slack.faults.clear();
  await stage.redis.flush();
  alice = stage.slack.addUser({ name: `alice-${count}` }).id;
  channel = stage.slack.addChannel({ name: `fixes-${count}`, members: [alice] }).id;
  becomes(3);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
});

/** The cluster is in this stage of the incident from now on. */
function becomes(number: StageNumber): void {
  const rendered = renderCluster(stageModel(number));
  const objects = rendered.objects.map((object, i) => ({
    ...object,
    metadata: { resourceVersion: String(i + 1), ...object.metadata },
  }));
  now = { ...rendered, objects };
}

/** A worker whose waits between looks take no time. */
async function worker(sweep: Partial<SweepTimes> = {}): Promise<void> {
  const lifetime = new Lifetime(stage.log);
  workers.push(lifetime);
  const keys = dirname(stage.env['KUBEWHY_BOT_KEY'] ?? '');
  let skew = 0;
  await startWorker({
    config: readWorkerConfig({ ...stage.env, KUBEWHY_WORKER_KEY: join(keys, 'worker.key') }),
    log: stage.log,
    lifetime,
    diagnose: (job, { signal }) =>
      withSimulatedPorts(now, (ports) => runDiagnosis(job.question, ports, { id: job.id, signal })),
    usePorts: (use) => withSimulatedPorts(now, use),
    lockMs: 2000,
    stalledMs: 500,
    fixes: {
      waiting: {
        now: () => Date.now() + skew,
        sleep: async (ms) => {
          skew += ms;
          await sleep(1);
        },
      },
      sweepTimes: { ...SWEEP_TIMES, everyMs: 100, ...sweep },
    },
  });
}

const QUESTION = parseQuestion(['why-not-reachable', '30080']);
const CAUSE = { rule: 'calico-node-ip-mismatch', object: { kind: 'Node', name: 'k8smater1' } };

/** A fix as the bot begins it, for the cause of the incident. */
async function begin(change: Partial<FixSeed> = {}): Promise<FixRecord> {
  const root = await stage.post(channel, [{ type: 'section', text: { type: 'mrkdwn', text: 'a report' } }]);
  const about = { question: QUESTION, ...CAUSE, remediation: 'set-calico-ip-autodetection', params: {} };
  const id = `fix-${String(count).padStart(7, '0')}${change.undoOf === undefined ? 'a' : 'b'}`;
  const place = { channel, rootTs: root };
  const requestedAt = new Date().toISOString();
  const made = await stage.fixes.bot.create(
    seedOf(id, { ...about, place, requestedBy: alice, requestedAt, ...change }),
  );
  if (made === undefined) throw new Error('there is one already');
  return made;
}

async function nudge(record: FixRecord): Promise<void> {
  const producer = createFixProducer(stage.redis.connect(), () => undefined);
  await producer.nudge(record);
  await producer.close();
}

const until = (id: string, state: FixRecord['state']): Promise<FixRecord> =>
  vi.waitFor(
    async () => {
      const record = await stage.record(id);
      expect(`${record.state} ${JSON.stringify(record.reason ?? '')}`).toMatch(new RegExp(`^${state} `));
      return record;
    },
    { timeout: 30_000, interval: 50 },
  );

async function move(
  role: 'bot' | 'remediator',
  record: FixRecord,
  event: FixEvent,
  patch: FixPatch,
): Promise<FixRecord> {
  const next = await stage.fixes[role].change(record, event, patch);
  if (next === undefined) throw new Error(`somebody else was first at ${event}`);
  return next;
}

/** How the DaemonSet stands in the cluster now. */
function stateNow(): ObjectState {
  const found = now.objects.find(
    (object) => object.kind === 'DaemonSet' && JSON.stringify(object).includes('"calico-node"'),
  );
  return stateOf(ApiObject.parse(found));
}

/** The parts of people and remediator: approved and carried out. */
async function carriedOut(record: FixRecord, after: ObjectState = stateNow()): Promise<FixRecord> {
  const draft = record.draft as Draft;
  const expiresAt = new Date(Date.now() + 900_000).toISOString();
  const plan = planOf({ fix: record.id, diagnosis: record.diagnosis, draft, expiresAt });
  const sealed = { plan, hash: digestOf(plan), signature: signValue(stage.keys.remediator, 'plan', plan) };
  const proposed = await move('remediator', record, 'propose', { plan: sealed });
  const approved = await move('bot', proposed, 'approve', { approvals: [approvalOf(plan, stage.keys.bot)] });
  const at = new Date().toISOString();
  const done = draft.steps.map((step, index) => ({
    index,
    state: 'done' as const,
    at,
    ...(step.type === 'api' ? { after } : {}),
  }));
  const begun = await move('remediator', approved, 'begin', { progress: [] });
  const applied = await move('remediator', begun, 'applied', { progress: done });
  await nudge(applied);
  return applied;
}

const cards = (id: string) => {
  const [root] = stage.slack.messages(channel);
  return stage.slack.thread(channel, root?.ts ?? '').filter((m) => JSON.stringify(m.blocks).includes(id));
};

describe('the plan', () => {
  test('is made from fresh evidence, with what was seen before, and stands on one card in the thread', async () => {
    await worker();
    const { id } = await begin();
    await nudge(await stage.record(id));
    const drafted = await until(id, 'drafted');
    expect(drafted.draft?.steps[0]).toMatchObject({ type: 'api', target: { name: 'calico-node' } });
    expect(drafted.draft?.expect.before?.questions[0]).toMatchObject({
      verdict: 'cause-found',
      ours: true,
      symptom: { rule: 'node-port-unreachable' },
    });
    await stage.slack.waitFor(() => cards(id).some((m) => m.text.includes('dry run')));
    expect(cards(id)).toHaveLength(1);
    const events = await stage.audited();
    expect(events).toContainEqual(
      expect.objectContaining({ fix: id, by: 'worker', action: 'draft', state: 'drafted' }),
    );
  });

  test('that was only asked for is shown, and ends there', async () => {
    await worker();
    const { id } = await begin({ mode: 'show', showWhy: 'asked' });
    await nudge(await stage.record(id));
    await until(id, 'shown');
    await stage.slack.waitFor(() =>
      cards(id).some((m) => JSON.stringify(m.blocks).includes('IP_AUTODETECTION_METHOD')),
    );
  });

  test('is refused where the cause is gone meanwhile', async () => {
    becomes(4);
    await worker();
    const { id } = await begin();
    await nudge(await stage.record(id));
    expect((await until(id, 'refused')).reason?.code).toBe('fix.gone');
    await stage.slack.waitFor(() => cards(id).some((m) => JSON.stringify(m.blocks).includes('no longer found')));
  });

  test.each([
    ['no remediation of that name', { remediation: 'reboot-everything' }, 'fix.no-such-remediation'],
    ['a remediation of other rules', { remediation: 'turn-swap-off' }, 'fix.no-such-remediation'],
  ])('is refused for %s', async (_, change, code) => {
    await worker();
    const { id } = await begin(change);
    await nudge(await stage.record(id));
    expect((await until(id, 'refused')).reason?.code).toBe(code);
  });

  test('a forged record is left alone, and goes to the audit log', async () => {
    await worker();
    const { id } = await begin();
    const redis = stage.redis.connect();
    const text = (await redis.hget(`kubewhy:fix:${id}`, 'text')) ?? '';
    await redis.hset(`kubewhy:fix:${id}`, 'text', text.replaceAll('k8smater1', 'k8smaster2'));
    const producer = createFixProducer(redis, () => undefined);
    await producer.nudge({ id, cluster: 'prod', rev: 1, state: 'planning' });
    await producer.close();
    await vi.waitFor(async () => {
      expect(await stage.audited()).toContainEqual(
        expect.objectContaining({ what: 'attack', fix: id, code: 'forged' }),
      );
    });
    expect(cards(id)).toEqual([]);
  });
});

describe('what became of it', () => {
  test('verified: the card, a message, the root message; then taken back: undone, and the root as it was', async () => {
    await worker();
    await stage.slack.asUser(alice).slash(channel, '/k8s', 'why-not-reachable 30080');
    const root = await stage.slack.waitFor((w) =>
      w.messages(channel).find((m) => JSON.stringify(m.blocks).includes('diagnosis_again')),
    );
    const buttons = await stage.slack.waitFor((w) =>
      w.thread(channel, root.ts).find((m) => JSON.stringify(m.blocks).includes('fix_propose')),
    );
    expect(JSON.stringify(buttons.blocks)).toMatch(/"value":"of-[a-z0-9]{10,20}"/);
    const dx = /dx-[a-z0-9]+/.exec(JSON.stringify(root.blocks))?.[0] ?? '';
    const { id } = await begin({ diagnosis: dx, place: { channel, rootTs: root.ts } });
    await nudge(await stage.record(id));
    const drafted = await until(id, 'drafted');
    becomes(4);
    await carriedOut(drafted);
    const verified = await until(id, 'verified');
    expect(verified.audit?.seq).toBeGreaterThan(0);
    const isResolved = () =>
      stage.slack.messages(channel).some((m) => m.ts === root.ts && m.text.startsWith('Resolved'));
    await stage.slack.waitFor(isResolved);
    const thread = stage.slack.thread(channel, root.ts).filter((m) => JSON.stringify(m.blocks).includes(id));
    expect(new Set(thread.map((m) => m.text)).size).toBe(thread.length);

    const undo = await begin({ mode: 'undo', undoOf: id, diagnosis: dx, place: { channel, rootTs: root.ts } });
    await nudge(undo);
    const back = await until(undo.id, 'drafted');
    expect(back.draft?.undo).toEqual([]);
    becomes(3);
    await carriedOut(back);
    await until(undo.id, 'verified');
    expect((await until(id, 'undone')).undoneBy).toBe(undo.id);
    await stage.slack.waitFor(() => !isResolved());
  });

  test('an undo is refused where somebody changed the object since', async () => {
    await worker();
    const { id } = await begin();
    await nudge(await stage.record(id));
    const drafted = await until(id, 'drafted');
    becomes(4);
    await carriedOut(drafted, { uid: stateNow().uid, digest: '1'.repeat(64) });
    await until(id, 'verified');
    const undo = await begin({ mode: 'undo', undoOf: id });
    await nudge(undo);
    expect((await until(undo.id, 'refused')).reason?.code).toMatch(/^fix\.undo-changed/);
  });

  test('not verified: with what is still wrong', async () => {
    await worker();
    const { id } = await begin();
    await nudge(await stage.record(id));
    await carriedOut(await until(id, 'drafted'));
    const record = await until(id, 'not-verified');
    expect(record.reason?.code).toBe('fix.still-wrong');
    // Nothing else is tried on the same object for the time that the plan names.
    const object = refText(record.plan?.plan.draft.object ?? record.object);
    expect(await createFixLocks(stage.redis.connect()).coolingUntil(record.cluster, object)).toBeGreaterThan(
      Date.now(),
    );
    await stage.slack.waitFor(() => cards(id).some((m) => JSON.stringify(m.blocks).includes('is still found')));
  });
});

describe('the sweeper', () => {
  test('takes up what was never queued', async () => {
    await worker({ stillMs: 0 });
    const { id } = await begin();
    await until(id, 'drafted');
  });

  test('ends what no remediator takes up, with the reason', async () => {
    await worker({ stillMs: 0, planningMs: 3000 });
    const { id } = await begin();
    const record = await until(id, 'expired');
    expect(record.reason?.code).toBe('fix.no-remediator');
    await stage.slack.waitFor(() => cards(id).some((m) => JSON.stringify(m.blocks).includes('kubewhy remediator')));
  });

  test('ends a proposal that nobody decided about in time', async () => {
    await worker();
    const { record } = await stage.proposed(channel, alice, {
      plan: { expiresAt: new Date(Date.now() + 500).toISOString() },
    });
    expect((await until(record.id, 'expired')).reason?.code).toBe('fix.too-late');
  });
});

describe('a Redis that was set back', () => {
  /** Puts both back as they were: the record, and what the thread is known to show. */
  async function keep(id: string): Promise<() => Promise<void>> {
    const redis = stage.redis.connect();
    const [record, delivery] = await Promise.all([
      redis.hgetall(`kubewhy:fix:${id}`),
      redis.get(`kubewhy:delivery:${id}`),
    ]);
    return async () => {
      await redis.hset(`kubewhy:fix:${id}`, record);
      await redis.set(`kubewhy:delivery:${id}`, delivery ?? '');
    };
  }
  const says = (id: string, word: string): boolean => cards(id).some((m) => m.text.includes(word));

  test('behind a decision: the card asks for it again, and what follows is shown although it was shown before', async () => {
    await worker();
    const { record } = await stage.proposed(channel, alice);
    const { id } = record;
    await nudge(record);
    await vi.waitFor(async () => {
      const shown = await stage.redis.connect().get(`kubewhy:delivery:${id}`);
      expect(shown).toContain(`"shown":${record.rev}`);
    });
    const setBack = await keep(id);
    const { plan } = record;
    if (plan === undefined) throw new Error('no plan');
    const approved = await move('bot', record, 'approve', { approvals: [approvalOf(plan.plan, stage.keys.bot)] });
    await nudge(approved);
    await stage.slack.waitFor(() => says(id, 'Approved'), 30_000);
    await setBack();
    await stage.redis.restart();
    await stage.slack.waitFor(() => !says(id, 'Approved'), 30_000);
    const denial = { by: alice, at: new Date().toISOString(), reason: 'no' };
    // The same revision as the approval had: another version of it all the same.
    await nudge(await move('bot', record, 'deny', { denial }));
    await stage.slack.waitFor(() => says(id, 'Denied'), 30_000);
  });
});

describe('two workers', () => {
  test('at the same nudges: one card, each message once', async () => {
    await Promise.all([worker({ stillMs: 0 }), worker({ stillMs: 0 })]);
    const { id } = await begin();
    await nudge(await stage.record(id));
    await until(id, 'drafted');
    await stage.slack.waitFor(() => cards(id).some((m) => m.text.includes('dry run')));
    expect(cards(id)).toHaveLength(1);
  });
});
