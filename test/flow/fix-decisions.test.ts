/** What people decide about a fix, through bot, worker and remediator as processes: what each word on the card does in the cluster, and does not. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { digestOf } from '../../src/core/canonical-json.ts';
import type { Plan } from '../../src/core/fix.ts';
import { signValue } from '../../src/core/signing.ts';
import type { SceneResult } from '../../src/sandbox/demo/scene.ts';
import { REMEDIATOR, simplePolicy, WORKER } from '../../src/sandbox/fix-setup.ts';
import { type FixIncident, startFixIncident } from '../support/fix-incident.ts';
import { type FixPeople, fixPeople, paused, type Shown } from '../support/fix-people.ts';

vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

const LONG = process.env['KUBEWHY_TEST_LONG'] === '1';
const CALICO = 'set-calico-ip-autodetection';

let incident: FixIncident;
let people: FixPeople;
let scene: SceneResult;
let policy: string;

beforeAll(async () => {
  // Stage 3 has the two nodes that matter and no dead one.
  incident = await startFixIncident({ stage: 3 });
  people = fixPeople(incident);
  policy = simplePolicy([incident.people.alice.id, incident.people.bob.id]);
  scene = await incident.ask('why-not-reachable 30080');
});
afterEach(() => incident.platform.setPolicy(policy));
afterAll(async () => {
  people?.close();
  await incident?.close();
});

/** Nothing has been written by anybody but the simulated cluster itself. */
function untouched(): void {
  for (const user of [REMEDIATOR, WORKER]) expect(people.writes(user), user).toEqual([]);
  expect(incident.platform.cluster.effects.effects).toEqual([]);
}

const states = async (shown: Shown) => (await people.record(shown)).history.map(({ state }) => state);

describe('stopped by people', () => {
  test('denied with a reason: it stands on the card and in the thread for everybody, and nothing was touched', async () => {
    const { bob } = incident.people;
    const shown = await people.proposed(scene, CALICO);
    await people.press(bob, shown.ts, 'fix_deny');
    const { slack } = incident.platform;
    const view = await slack.waitFor(() => slack.asUser(bob.id).openViews()[0]);
    await slack.asUser(bob.id).submit(view, { reason: { text: 'The storage team is moving <!channel> NICs.' } });
    await people.told(bob, /is denied/);
    const record = await people.reaches(shown, 'denied');
    expect(record.denial).toMatchObject({ by: bob.id });
    expect(people.text(shown)).toMatch(new RegExp(`Denied by @${bob.id}.*Nothing was changed`));
    // Everybody reads it, and nobody is called by it.
    expect(people.text(shown)).toMatch(/The storage team is moving <\u2060!channel> NICs\./);
    expect(people.buttons(shown)).toEqual([]);
    await people.follows(shown, /Denied/);
    untouched();
  });

  test('withdrawn by the one who asked; the old card cannot be pressed any more', async () => {
    const { wsg, alice } = incident.people;
    const shown = await people.proposed(scene, CALICO);
    const frame = people.card(shown).frames.length - 1;
    await people.press(wsg, shown.ts, 'fix_withdraw');
    await people.reaches(shown, 'withdrawn');
    expect(people.text(shown)).toMatch(new RegExp(`Withdrawn by @${wsg.id}`));
    await incident.platform.slack.asUser(alice.id).clickStale(incident.channel, shown.ts, 'fix_approve', frame);
    await people.told(alice, new RegExp(`${shown.id} is already withdrawn by <@${wsg.id}>`));
    expect(await states(shown)).toEqual(['planning', 'drafted', 'proposed', 'withdrawn']);
    untouched();
  });

  test('a plan to look at, where no rule fits: the card says how to change that, and the remediator never hears of it', async () => {
    await incident.platform.setPolicy(policy.replace("'*'", 'delete-pod'));
    const asked = incident.platform.cluster.api.requests.filter(({ user }) => user === REMEDIATOR).length;
    const shown = await people.begin(scene, CALICO);
    await people.reaches(shown, 'shown');
    expect(people.text(shown)).toMatch(
      /Nobody may approve set-calico-ip-autodetection here: no rule of the policy fits\./,
    );
    expect(people.text(shown)).toMatch(
      /To change that, write a policy file \(deploy\/policy\.example\.yaml.*KUBEWHY_POLICY/,
    );
    expect(people.text(shown)).toMatch(/What is changed[\s\S]*What it touches[\s\S]*How it is undone/);
    expect(people.buttons(shown)).toEqual([]);
    expect(await states(shown)).toEqual(['planning', 'shown']);
    expect(await people.redis.keys('kubewhy-queue:kubewhy-remediate-prod:fix-*')).toEqual([]);
    expect(incident.platform.cluster.api.requests.filter(({ user }) => user === REMEDIATOR)).toHaveLength(asked);
    untouched();
  });
});

describe('run out of time', () => {
  /** The test plays the remediator, with its key: the least expiry of a policy is a minute. */
  async function proposedFor(seconds: number): Promise<Shown> {
    const { remediator } = incident.platform;
    return await paused(remediator, async () => {
      const shown = await people.begin(scene, CALICO);
      await people.reaches(shown, 'drafted');
      const record = await people.record(shown);
      if (record.draft === undefined) throw new Error('drafted without a draft');
      const plan: Plan = {
        version: 1,
        fix: record.id,
        cluster: record.cluster,
        diagnosis: record.diagnosis,
        draft: record.draft,
        dryRun: [],
        approvals: 1,
        requesterMayApprove: false,
        createdAt: new Date(Date.now() - 1000).toISOString(),
        expiresAt: new Date(Date.now() + seconds * 1000).toISOString(),
      };
      const sealed = { plan, hash: digestOf(plan), signature: signValue(people.keys.remediator, 'plan', plan) };
      if ((await people.fixes.remediator.change(record, 'propose', { plan: sealed })) === undefined)
        throw new Error('somebody else was first');
      await people.says(shown, /Waiting for approval/);
      return shown;
    });
  }

  test('expired: the worker closes it, the old card says so, and a new plan can be asked for from the card', async () => {
    const { wsg, alice } = incident.people;
    const shown = await proposedFor(4);
    const frame = people.card(shown).frames.length - 1;
    await people.reaches(shown, 'expired');
    expect(people.text(shown)).toMatch(/Nobody decided before .*Propose again for a new plan/);
    await incident.platform.slack.asUser(alice.id).clickStale(incident.channel, shown.ts, 'fix_approve', frame);
    await people.told(alice, new RegExp(`${shown.id} has expired`));
    expect(people.buttons(shown)).toEqual(['fix_propose']);
    const again = await people.beginFrom(wsg, shown, 'fix_propose');
    await people.reaches(again, 'proposed');
    await people.press(wsg, again.ts, 'fix_withdraw');
    await people.reaches(again, 'withdrawn');
    untouched();
  });

  test('after the minute that the policy says', async ({ skip }) => {
    skip(!LONG, 'a plan that expires after a real minute is waited for in npm run test:long');
    await incident.platform.setPolicy(`${policy}limits: { expiryMinutes: 1 }\n`);
    const shown = await people.proposed(scene, CALICO);
    await people.reaches(shown, 'expired');
    untouched();
  });
});

describe('between the approval and the first write', () => {
  test('a policy file that breaks, then a freeze: nothing is run, and the card says why', async () => {
    const { platform } = incident;
    const { remediator } = platform;
    const { alice } = incident.people;
    const shown = await people.proposed(scene, CALICO);
    const problems = (remediator?.log ?? []).filter((line) => line.includes('policy cannot be used')).length;
    await paused(remediator, async () => {
      await people.press(alice, shown.ts, 'fix_approve');
      await people.told(alice, new RegExp(`You approved ${shown.id}`));
      await platform.setPolicy('version: 1\nrules: []\n');
    });
    // It has looked, and waits: the file may be mended before the plan expires.
    await expect
      .poll(() => remediator?.log.filter((line) => line.includes('policy cannot be used')).length, { timeout: 60_000 })
      .toBeGreaterThan(problems);
    expect((await people.record(shown)).state).toBe('approved');
    untouched();
    await platform.setPolicy(
      `${policy}freezes:\n  - { from: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z", reason: "the year's end" }\n`,
    );
    const record = await people.reaches(shown, 'void');
    expect(record.reason?.code).toBe('fix.frozen');
    expect(people.text(shown)).toMatch(/Nothing is applied in prod until 2099.*the year.s end/);
    expect(people.buttons(shown)).toEqual(['fix_propose']);
    await people.follows(shown, /Void/);
    untouched();
  });
});

test('stage 1: refused with the reason, since nobody can know what the method would choose on a node without an agent', async () => {
  const first = await startFixIncident({ stage: 1 });
  const watched = fixPeople(first);
  try {
    const shown = await watched.begin(await first.ask('why-not-reachable 30080'), CALICO);
    await watched.reaches(shown, 'refused');
    expect(watched.text(shown)).toMatch(
      /No agent answers on k8scephnode, and Calico 3\.9\.5 does not publish a node’s NICs, so nobody can know what can-reach=172\.17\.72\.1 would choose there/,
    );
    expect(watched.buttons(shown)).toEqual([]);
    expect(watched.writes(REMEDIATOR)).toEqual([]);
    expect(first.platform.cluster.api.requests.filter(({ user }) => user === REMEDIATOR)).toEqual([]);
    expect(first.platform.slack.checkInvariants()).toEqual([]);
  } finally {
    watched.close();
    await first.close();
  }
});

test('everything above is in a log that is whole, and Slack was asked for nothing that it does not allow', async () => {
  expect(await people.audit('verify')).toMatchObject({ code: 0 });
  expect(incident.platform.slack.checkInvariants()).toEqual([]);
});
