/** Whoever can write to Redis, but holds no key: edited plans, flipped states, jobs out of nothing, old revisions. Nothing of it moves the cluster. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createKeyFiles } from '../../src/adapters/keys/create-key-files.ts';
import { loadKeys } from '../../src/adapters/keys/keys.ts';
import { signRecord, versionOf } from '../../src/adapters/store/signed-fix.ts';
import { digestOf } from '../../src/core/canonical-json.ts';
import type { FixRecord, StoredFix } from '../../src/core/fix.ts';
import { type Keys, signValue } from '../../src/core/signing.ts';
import type { SceneResult } from '../../src/sandbox/demo/scene.ts';
import { REMEDIATOR } from '../../src/sandbox/fix-setup.ts';
import { type FixIncident, startFixIncident } from '../support/fix-incident.ts';
import { type FixPeople, fixPeople, paused, type Shown } from '../support/fix-people.ts';

vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

const CALICO = 'set-calico-ip-autodetection';

let incident: FixIncident;
let people: FixPeople;
let scene: SceneResult;
let folder: string;
/** Keys of the attacker's own making: whoever reads Redis knows how ours look. */
let theirs: Keys;
let queue: Queue;

beforeAll(async () => {
  incident = await startFixIncident({ stage: 3, env: { KUBEWHY_STEADY_SECONDS: '3' } });
  people = fixPeople(incident);
  scene = await incident.ask('why-not-reachable 30080');
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-forged-'));
  const files = await createKeyFiles(join(folder, 'keys'));
  theirs = loadKeys({ role: 'bot', keyFile: files.bot, trustFile: files.trust });
  queue = new Queue('kubewhy-remediate-prod', { connection: people.redis, prefix: 'kubewhy-queue' });
});
afterAll(async () => {
  await queue?.close();
  people?.close();
  await incident?.close();
  await rm(folder, { recursive: true, force: true });
});

const key = ({ id }: Shown): string => `kubewhy:fix:${id}`;
const textOf = async (shown: Shown): Promise<string> => (await people.redis.hget(key(shown), 'text')) ?? '';
const storedOf = async (shown: Shown): Promise<StoredFix> => JSON.parse(await textOf(shown)) as StoredFix;

/** Writes a record as the store does, in its place and among the open ones, with the version that belongs to it. */
async function put(shown: Shown, stored: StoredFix): Promise<void> {
  await people.redis.hset(key(shown), { version: versionOf(stored.record), text: JSON.stringify(stored) });
  await people.redis.zadd('kubewhy:fixes-open:prod', Date.now(), shown.id);
}

/** Puts a job into the remediator's queue and waits until it was taken and is gone. */
async function nudge(shown: Shown, rev: number, task = 'apply'): Promise<void> {
  const data = { version: 1, fix: shown.id, cluster: 'prod', task, rev };
  const jobId = `${shown.id}-${rev}-${task}-forged`;
  await queue.add(task, data, { jobId, removeOnComplete: true, removeOnFail: true });
  await expect.poll(() => queue.getJob(jobId), { timeout: 60_000 }).toBeUndefined();
}

const patches = (): string[] => people.writes(REMEDIATOR).filter((write) => write.includes('daemonsets'));
const attacks = async (shown: Shown) => (await people.audited(shown.id)).filter(({ what }) => what === 'attack');

/** An approval by alice as it would have to look. */
function approvedBy(keys: Keys, record: FixRecord): FixRecord {
  const claim = {
    fix: record.id,
    planHash: record.plan?.hash ?? '',
    by: incident.people.alice.id,
    at: new Date().toISOString(),
  };
  const approvals = [{ claim, signature: signValue(keys, 'approval', claim) }];
  const rev = record.rev + 1;
  const step = { rev, at: claim.at, state: 'approved' as const, by: claim.by };
  return { ...record, rev, state: 'approved', approvals, history: [...record.history, step], updatedAt: claim.at };
}

describe('a plan that waits for approval', () => {
  let shown: Shown;
  let honest: StoredFix;
  beforeAll(async () => {
    shown = await people.proposed(scene, CALICO);
    honest = await storedOf(shown);
  });

  test('another method written into it, hash and version made to fit: the click is refused, and it is in the log', async () => {
    const { alice } = incident.people;
    const record = JSON.parse(
      JSON.stringify(honest.record).replaceAll('can-reach=172.17.72.1', 'can-reach=10.0.0.1'),
    ) as FixRecord;
    if (record.plan === undefined) throw new Error('no plan');
    const edited = { ...record, plan: { ...record.plan, hash: digestOf(record.plan.plan) } };
    await put(shown, { ...honest, record: edited });
    await people.press(alice, shown.ts, 'fix_approve');
    await people.told(
      alice,
      /What this button stands for was not written by kubewhy\. Nothing was done, and it is in the audit log/,
    );
    expect(await attacks(shown)).toMatchObject([
      { by: alice.id, code: 'forged-record', allowed: false, action: 'fix_approve' },
    ]);
    await put(shown, honest);
  });

  test.each([
    ['with the signature that stood there', (record: FixRecord): StoredFix => ({ ...honest, record })],
    ['signed by a key of their own', (record: FixRecord): StoredFix => signRecord(record, theirs)],
    [
      "in the name of the remediator, who signed the plan's record",
      (record: FixRecord): StoredFix => ({ ...honest, record, role: 'remediator' }),
    ],
  ])('flipped to approved, %s: the remediator takes it for forged', async (_, forge) => {
    const before = (await attacks(shown)).length;
    const flipped = approvedBy(theirs, honest.record);
    await put(shown, forge(flipped));
    await nudge(shown, flipped.rev);
    await expect.poll(async () => (await attacks(shown)).length, { timeout: 60_000 }).toBeGreaterThan(before);
    expect((await attacks(shown)).at(-1)).toMatchObject({ code: expect.stringMatching(/^forged/) });
    expect(patches()).toEqual([]);
    await put(shown, honest);
  });

  test('jobs for it in the queue: whatever they say, an unapproved fix stays as it is', async () => {
    await nudge(shown, honest.record.rev);
    await nudge(shown, 999);
    await nudge(shown, honest.record.rev, 'dry-run');
    await nudge(shown, honest.record.rev, 'verify');
    expect(await storedOf(shown)).toEqual(honest);
    expect(patches()).toEqual([]);
  });

  test('even with the bot in their hands, nobody is approver whom the policy does not name', async () => {
    const { carol } = incident.people;
    const record = await people.record(shown);
    const claim = { fix: record.id, planHash: record.plan?.hash ?? '', by: carol.id, at: new Date().toISOString() };
    const approvals = [{ claim, signature: signValue(people.keys.bot, 'approval', claim) }];
    const changed = await people.fixes.bot.change(record, 'approve', { approvals }, carol.id);
    await nudge(shown, changed?.rev ?? 0);
    const after = await people.reaches(shown, 'void');
    expect(after.reason?.code).toBe('fix.not-approved');
    expect(people.text(shown)).toMatch(
      new RegExp(`The approvals do not hold any more: 0 of 1 hold \\(${carol.id} not-allowed\\)`),
    );
    expect(patches()).toEqual([]);
  });
});

describe('an approved one', () => {
  let shown: Shown;
  let approved: StoredFix;

  test('two approvers in the same instant, an envelope twice and an old job: it is applied once', async () => {
    const { alice, bob } = incident.people;
    shown = await people.proposed(scene, CALICO);
    for (const who of [alice, bob]) incident.platform.slack.asUser(who.id).reload();
    approved = await paused(incident.platform.remediator, async () => {
      await Promise.all([alice, bob].map((who) => people.press(who, shown.ts, 'fix_approve')));
      const { slack } = incident.platform;
      await Promise.all([alice, bob].map((who) => people.told(who, /You approved|already approved/)));
      await slack.faults.redeliverLast();
      const record = await people.record(shown);
      expect(record.approvals).toHaveLength(1);
      expect(record.history.filter(({ state }) => state === 'approved')).toHaveLength(1);
      return await storedOf(shown);
    });
    await nudge(shown, approved.record.rev);
    await people.reaches(shown, 'verified');
    expect(patches()).toHaveLength(1);
  });

  test('its approved revision, put back after it was verified, writes nothing a second time', async () => {
    await put(shown, approved);
    await nudge(shown, approved.record.rev);
    const { state } = await vi.waitUntil(
      async () => {
        const record = await people.record(shown);
        return ['verified', 'void', 'failed', 'not-verified', 'unknown'].includes(record.state) ? record : undefined;
      },
      { timeout: 120_000, interval: 200 },
    );
    expect(['verified', 'void']).toContain(state);
    expect(patches()).toHaveLength(1);
  });

  test('the log is whole, and has an entry for each attack', async () => {
    expect(await people.audit('verify')).toMatchObject({ code: 0 });
    expect(incident.platform.slack.checkInvariants()).toEqual([]);
  });
});
