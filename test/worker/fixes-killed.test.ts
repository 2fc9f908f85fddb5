/** Workers killed with -9 in the middle of a fix: another one goes on, nothing stands in the thread twice. */
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { digestOf } from '../../src/core/canonical-json.ts';
import type { FixRecord } from '../../src/core/fix.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { signValue } from '../../src/core/signing.ts';
import { LEAST_MANIFEST } from '../../src/sandbox/slack/method-table.ts';
import { calicoStep, draftOf } from '../support/drafts.ts';
import { type FixStage, startFixStage } from '../support/fix-stage.ts';
import { approvalOf, planOf, seedOf } from '../support/fixes.ts';
import { startProcess, type TestProcess } from '../support/process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const scopes = [...LEAST_MANIFEST.scopes, 'channels:history'];
let stage: FixStage;
let channel: string;
const workers: TestProcess[] = [];

beforeEach(async () => {
  stage = await startFixStage({ manifest: { ...LEAST_MANIFEST, scopes } });
  const alice = stage.slack.addUser({ name: 'alice-k' }).id;
  channel = stage.slack.addChannel({ name: 'fixes-k', members: [alice] }).id;
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  await stage.close();
});

async function worker(env: Record<string, string> = {}): Promise<TestProcess> {
  const keys = dirname(stage.env['KUBEWHY_BOT_KEY'] ?? '');
  const own = { ...stage.env, KUBEWHY_WORKER_KEY: join(keys, 'worker.key'), ...env };
  const started = startProcess('test/support/fix-worker-process.ts', [], own);
  workers.push(started);
  await started.said('worker ready');
  return started;
}

async function begin(): Promise<FixRecord> {
  const rootTs = await stage.post(channel, [{ type: 'section', text: { type: 'mrkdwn', text: 'a report' } }]);
  const made = await stage.fixes.bot.create(
    seedOf('fix-killed1', {
      question: parseQuestion(['why-not-reachable', '30080']),
      rule: 'calico-node-ip-mismatch',
      object: { kind: 'Node', name: 'k8smater1' },
      remediation: 'set-calico-ip-autodetection',
      params: {},
      place: { channel, rootTs },
      requestedAt: new Date().toISOString(),
    }),
  );
  if (made === undefined) throw new Error('there is one already');
  return made;
}

const thread = (record: FixRecord) => stage.slack.thread(channel, record.place.rootTs ?? '');

test.each(['chat.postMessage', 'chat.update'])(
  'in its first call of %s: one card, and the plan goes on',
  async (method) => {
    const first = await worker();
    const record = await begin();
    const called = (): boolean =>
      stage.slack.ledger.some((e) => e.kind === 'request' && e.name === method && isWorkers(e));
    await stage.slack.waitFor(called, 30_000);
    await first.kill();
    await worker();
    await vi.waitFor(async () => expect((await stage.record(record.id)).state).toBe('drafted'), { timeout: 40_000 });
    await stage.slack.waitFor(() => thread(record).some((m) => m.text.includes('dry run')), 40_000);
    expect(thread(record)).toHaveLength(1);
  },
);

test('between two looks: the next worker goes on with the same deadline, and ends it', async () => {
  const first = await worker({ TEST_STAGE: '4' });
  const begun = await begin();
  // Planned by the test: a worker in stage 4 finds nothing to fix.
  const draft = draftOf({ steps: [calicoStep()], expect: { ...draftOf().expect, seconds: 600, steadySeconds: 6 } });
  const planned = await stage.fixes.worker.change(begun, 'draft', { draft });
  if (planned === undefined) throw new Error('the worker was faster');
  const plan = planOf({
    fix: begun.id,
    diagnosis: begun.diagnosis,
    draft,
    expiresAt: new Date(Date.now() + 900_000).toISOString(),
  });
  const sealed = { plan, hash: digestOf(plan), signature: signValue(stage.keys.remediator, 'plan', plan) };
  let record = planned;
  for (const [role, event, patch] of [
    ['remediator', 'propose', { plan: sealed }],
    ['bot', 'approve', { approvals: [approvalOf(plan, stage.keys.bot)] }],
    ['remediator', 'begin', {}],
    ['remediator', 'applied', { progress: [{ index: 0, state: 'done', at: new Date().toISOString() }] }],
  ] as const) {
    const next = await stage.fixes[role].change(record, event, patch as never);
    if (next === undefined) throw new Error(`somebody was faster at ${event}`);
    record = next;
  }
  const looked = await vi.waitFor(
    async () => {
      const { verification } = await stage.record(begun.id);
      expect(verification?.looks).toBeGreaterThan(0);
      return verification;
    },
    { timeout: 40_000, interval: 20 },
  );
  await first.kill();
  expect((await stage.record(begun.id)).state).toBe('verifying');
  await worker({ TEST_STAGE: '4' });
  const ended = await vi.waitFor(
    async () => {
      const now = await stage.record(begun.id);
      expect(now.state).toBe('verified');
      return now;
    },
    { timeout: 60_000, interval: 50 },
  );
  expect(ended.verification?.startedAt).toBe(looked?.startedAt);
  expect(ended.verification?.looks).toBeGreaterThan(looked?.looks ?? 0);
  await stage.slack.waitFor(() => thread(ended).some((m) => m.text.includes('Verified')), 40_000);
  const texts = thread(ended).map((m) => m.text);
  expect(new Set(texts).size).toBe(texts.length);
});

/** The report under which the fix stands was posted by the test. */
function isWorkers(entry: object): boolean {
  return !JSON.stringify(entry).includes('a report');
}
