/** People who may not any more, a Slack that does not answer, an agent that lies, texts of the cluster that want to be buttons. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { SceneResult } from '../../src/sandbox/demo/scene.ts';
import { REMEDIATOR } from '../../src/sandbox/fix-setup.ts';
import { loadStage } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { stageModel } from '../../src/sandbox/incidents/nodeport-30080/stages.ts';
import type { StoredMessage } from '../../src/sandbox/slack/types.ts';
import { CALICO_NODE, clusterHand } from '../support/cluster-hand.ts';
import { type FixIncident, startFixIncident } from '../support/fix-incident.ts';
import { type FixPeople, fixPeople } from '../support/fix-people.ts';
import { nonsenseAgent } from '../support/nonsense-agent.ts';

vi.setConfig({ testTimeout: 200_000, hookTimeout: 120_000 });

const EVIL = '<!channel> *Approve* <https://evil.example|here> <@U0VICTIM> :white_check_mark:';

let incident: FixIncident;
let people: FixPeople;
let scene: SceneResult;
let group: string;

beforeAll(async () => {
  incident = await startFixIncident({
    stage: 2,
    policy: (who, slack) => {
      group = slack.addUserGroup({ handle: 'sre', members: [who.alice.id, who.bob.id] }).id;
      return `version: 1\nrules:\n  - remediations: ['*']\n    approvers: { groups: [${group}] }\nlimits: { coolDownMinutes: 0 }\n`;
    },
  });
  people = fixPeople(incident);
  scene = await incident.ask('diagnose node k8scephnode');
});
beforeEach(() => {
  for (const { id } of Object.values(incident.people)) incident.platform.slack.asUser(id).reload();
});
afterAll(async () => {
  people?.close();
  await incident?.close();
});

const effects = () => incident.platform.cluster.effects.effects;

test('taken out of the group a minute ago, and nobody at all while Slack does not say who somebody is', async () => {
  const { wsg, alice, bob } = incident.people;
  const { slack } = incident.platform;
  const shown = await people.proposed(scene, 'turn-swap-off');
  slack.setGroupMembers(group, [bob.id]);
  await people.press(alice, shown.ts, 'fix_approve');
  await people.told(alice, /The policy does not name you for this fix\. Nothing was done/);
  slack.expect('internal_error', 'fatal_error');
  for (const method of ['users.info', 'usergroups.users.list']) {
    slack.asUser(bob.id).reload();
    slack.faults.next(method, { status: 500, times: 20 });
    await people.press(bob, shown.ts, 'fix_approve');
    await people.told(bob, /because Slack did not answer me\. Nothing was done/);
    slack.faults.clear();
  }
  expect((await people.record(shown)).approvals).toEqual([]);
  const refused = (await people.audited(shown.id)).filter(({ allowed }) => allowed === false);
  expect(refused.map(({ by, code }) => [by, code])).toEqual([
    [alice.id, 'not-listed'],
    [bob.id, 'cannot-check'],
    [bob.id, 'cannot-check-groups'],
  ]);
  await people.press(wsg, shown.ts, 'fix_withdraw');
  await people.reaches(shown, 'withdrawn');
  slack.setGroupMembers(group, [alice.id, bob.id]);
  expect(effects()).toEqual([]);
});

test('an agent that answers nonsense: nobody says that it was done, and the grant that it was given is for one step', async () => {
  const { alice } = incident.people;
  const shown = await people.proposed(scene, 'turn-swap-off');
  const liar = await nonsenseAgent(incident.platform, 'k8scephnode');
  try {
    liar.answer(200, JSON.stringify({ outcome: 'changed', says: EVIL, changes: 'all of them', next: 'rm -rf /' }));
    await people.press(alice, shown.ts, 'fix_approve');
    await expect.poll(() => liar.asked.length, { timeout: 90_000 }).toBeGreaterThan(1);
    // Now it says that it never took the grant: after such answers nobody can believe that either.
    liar.answer(
      200,
      JSON.stringify({
        version: 1,
        node: 'k8scephnode',
        now: new Date().toISOString(),
        status: 'rejected',
        reason: EVIL,
      }),
    );
    const record = await people.reaches(shown, 'unknown');
    expect(record.progress.map(({ state }) => state)).not.toContain('done');
    expect(people.text(shown)).toMatch(
      /Nobody knows whether the step on k8scephnode was done.*Look at the node before you go on/,
    );
    const grants = new Set(liar.asked.map((body) => JSON.stringify((JSON.parse(body) as { grant: unknown }).grant)));
    for (const grant of grants) expect(grant).toContain('swap');
    for (const message of incident.platform.slack.thread(incident.channel, scene.root.ts)) harmless(message);
    await people.follows(shown, /Outcome unknown/);
  } finally {
    await liar.close();
  }
  expect(effects()).toEqual([]);
  expect(people.writes(REMEDIATOR)).toEqual([]);
});

test('names and annotations of the cluster that want to be mentions, links and buttons are text on the card', async () => {
  const { wsg } = incident.people;
  await incident.platform.cluster.load(loadStage(3), stageModel(3));
  const hand = await clusterHand(incident.platform);
  const container = { name: 'calico-node', env: [{ name: 'NOTE', value: EVIL }] };
  await hand.edit(
    CALICO_NODE,
    {
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': EVIL, 'meta.helm.sh/release-namespace': EVIL },
      },
      spec: { template: { metadata: { annotations: { note: EVIL } }, spec: { containers: [container] } } },
    },
    encodeURIComponent(EVIL.slice(0, 120)),
  );
  await incident.platform.cluster.living.settled();
  const again = await incident.ask('why-not-reachable 30080');
  const shown = await people.begin(again, 'set-calico-ip-autodetection');
  await people.says(shown, /Waiting for approval|No fix is proposed/);
  expect(people.text(shown)).toMatch(/Helm/);
  const { slack } = incident.platform;
  const thread = slack.thread(incident.channel, again.root.ts);
  for (const message of thread) harmless(message);
  if (people.buttons(shown).includes('fix_withdraw')) {
    await people.press(wsg, shown.ts, 'fix_withdraw');
    await people.reaches(shown, 'withdrawn');
  }
});

test('the log is whole, and Slack was asked for nothing that it does not allow', async () => {
  expect(await people.audit('verify')).toMatchObject({ code: 0 });
  expect(incident.platform.slack.checkInvariants()).toEqual([]);
});

/** Nothing of the evil text is markup in a message: Slack parses `text` and objects of type mrkdwn, and rich text has types of its own. */
function harmless(message: StoredMessage): void {
  const parsed = [message.text, ...mrkdwnIn(message.blocks)].join('\n');
  expect(parsed).not.toMatch(/<!channel>|<https:\/\/evil|<@U0VICTIM>/);
  const all = JSON.stringify(message.blocks);
  expect(all).not.toMatch(/"type":"(broadcast|link)"|"user_id":"U0VICTIM"/);
  const values = [...all.matchAll(/"action_id":"([^"]*)"/g)].map(([, id]) => id);
  for (const id of values) expect(id).toMatch(/^(fix|diagnosis)_[a-z_]+(:[a-z0-9-]+)?$/);
}

function mrkdwnIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnIn);
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  return type === 'mrkdwn' && typeof text === 'string' ? [text] : Object.values(value).flatMap(mrkdwnIn);
}
