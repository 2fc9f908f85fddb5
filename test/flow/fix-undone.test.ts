/** One fix from two approvals to its undo, through every process; then what each identity really did at the API server. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ApiObject } from '../../src/core/api-object.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { decisivePart } from '../../src/core/object-state.ts';
import { blockLines } from '../../src/sandbox/demo/block-text.ts';
import type { SceneResult } from '../../src/sandbox/demo/scene.ts';
import { fixIdentities, REMEDIATOR, WORKER } from '../../src/sandbox/fix-setup.ts';
import { CALICO_NODE, type ClusterHand, clusterHand } from '../support/cluster-hand.ts';
import { type FixIncident, startFixIncident } from '../support/fix-incident.ts';
import { type FixPeople, fixPeople, paused, type Shown } from '../support/fix-people.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let incident: FixIncident;
let people: FixPeople;
let hand: ClusterHand;
let scene: SceneResult;
let before: ApiObject;
let fix: Shown;
/** The record as it stood when it was approved, for whoever wants it approved again. */
let approved: Record<string, string>;

beforeAll(async () => {
  incident = await startFixIncident({
    stage: 3,
    env: { KUBEWHY_STEADY_SECONDS: '5' },
    policy: ({ alice, bob }) =>
      `version: 1\nrules:\n  - remediations: ['*']\n    approvals: 2\n    approvers: { users: [${alice.id}, ${bob.id}] }\n`,
  });
  people = fixPeople(incident);
  hand = await clusterHand(incident.platform);
  scene = await incident.ask('why-not-reachable 30080');
  before = await hand.get(CALICO_NODE);
});
afterAll(async () => {
  people?.close();
  await incident?.close();
});

const root = (): string => {
  const { slack } = incident.platform;
  const message = slack.messages(incident.channel).find(({ ts }) => ts === scene.root.ts);
  return message === undefined ? '' : blockLines(message, (id) => id).join('\n');
};
/** Of the containers of the DaemonSet's template. */
const envOf = (object: ApiObject): string => canonicalJson(JSON.parse(JSON.stringify(decisivePart(object))));

test('the guest, the one who asked and a stranger may not; two must, and the same one twice is one', async () => {
  const { wsg, gil, carol, alice, bob } = incident.people;
  fix = await people.proposed(scene, 'set-calico-ip-autodetection');
  expect(people.text(fix)).toMatch(/2 persons whom the policy names must approve\. The one who asked may not\./);
  for (const [who, sentence] of [
    [gil, /Only full members of this workspace/],
    [wsg, /You asked for this fix|The policy does not name you/],
    [carol, /The policy does not name you/],
  ] as const) {
    await people.press(who, fix.ts, 'fix_approve');
    await people.told(who, sentence);
  }
  expect((await people.record(fix)).approvals).toEqual([]);
  await people.press(alice, fix.ts, 'fix_approve');
  await people.told(alice, /Noted\. 1 more must approve/);
  await people.says(fix, new RegExp(`So far: @${alice.id}`));
  await people.press(alice, fix.ts, 'fix_approve');
  await people.told(alice, /You have approved this already\. 1 more must/);
  expect((await people.record(fix)).state).toBe('proposed');
  expect(people.writes(REMEDIATOR)).toEqual([]);
  approved = await paused(incident.platform.remediator, async () => {
    await people.press(bob, fix.ts, 'fix_approve');
    await people.told(bob, /You approved/);
    return await people.redis.hgetall(`kubewhy:fix:${fix.id}`);
  });
  const refused = (await people.audited(fix.id)).filter(({ allowed }) => allowed === false);
  expect(refused.map(({ by, code }) => [by, code])).toEqual([
    [gil.id, 'not-member'],
    [wsg.id, expect.stringMatching(/^(requester|not-listed)$/)],
    [carol.id, 'not-listed'],
    [alice.id, 'twice'],
  ]);
});

test('it is applied once, proven on every node and on both ports, and the root message turns to resolved', async () => {
  const record = await people.reaches(fix, 'verified');
  expect(record.approvals.map(({ claim }) => claim.by)).toEqual([incident.people.alice.id, incident.people.bob.id]);
  for (const node of ['k8smaster2', 'k8smater1']) {
    for (const port of [30080, 30945])
      expect(people.text(fix)).toMatch(new RegExp(`✓ ${node}: .*${port} is open through it`));
  }
  await vi.waitFor(() => expect(root()).toMatch(/Resolved[\s\S]*Fixed by set-calico-ip-autodetection/), 30_000);
  expect(people.writes(REMEDIATOR).filter((write) => write.includes('daemonsets'))).toEqual([
    'patch daemonsets/calico-node',
  ]);
  expect(JSON.stringify(await hand.get(CALICO_NODE))).toContain('can-reach=172.17.72.1');
});

test('while somebody else has a hand in the object, the undo is refused and names them', async () => {
  await hand.edit(
    CALICO_NODE,
    { metadata: { annotations: { 'example.com/note': 'tuned by hand' } } },
    'kubectl-annotate',
  );
  const refused = await people.beginFrom(incident.people.wsg, fix, 'fix_undo');
  await people.reaches(refused, 'refused');
  expect(people.text(refused)).toMatch(
    /DaemonSet kube-system\/calico-node was changed by kubectl-annotate at .*, since the fix; taking the fix back would overwrite that/,
  );
  expect(people.buttons(fix)).toEqual(['fix_undo']);
  await hand.edit(CALICO_NODE, { metadata: { annotations: { 'example.com/note': null } } }, 'kubectl-annotate');
});

test('the undo takes the same road and puts back exactly what was there', async () => {
  const { wsg, alice, bob } = incident.people;
  const frame = people.card(fix).frames.length - 1;
  const undo = await people.beginFrom(wsg, fix, 'fix_undo');
  await people.reaches(undo, 'proposed');
  expect(people.text(undo)).toMatch(/Put back what was there: IP_AUTODETECTION_METHOD \(not set\)/);
  expect(people.text(undo)).toMatch(/The same nodes as the fix: k8smaster2, k8smater1\. What the fix restarted there/);
  // What was true before the fix is not said of the way back.
  expect(people.text(undo)).not.toMatch(/changes from 10\.0\.0\.66 to|is not ready now/);
  expect(people.text(undo)).toMatch(/What was wrong before the fix will be wrong again/);
  for (const who of [alice, bob]) {
    incident.platform.slack.asUser(who.id).reload();
    await people.press(who, undo.ts, 'fix_approve');
    await people.told(who, /Noted|You approved/);
  }
  await people.reaches(undo, 'verified');
  expect(envOf(await hand.get(CALICO_NODE))).toBe(envOf(before));
  await people.reaches(fix, 'undone');
  expect(people.text(fix)).toContain(`taken back by ${undo.id}`);
  expect(people.buttons(fix)).toEqual([]);
  await vi.waitFor(() => expect(root()).not.toMatch(/Resolved/), 30_000);
  expect(root()).toMatch(/Cause found/);
  await incident.platform.slack.asUser(wsg.id).clickStale(incident.channel, fix.ts, 'fix_undo', frame);
  await people.told(wsg, new RegExp(`${fix.id} was done and is undone`));
});

test('its approved revision, put back after the undo: one approval changes the object once', async () => {
  const patches = () => people.writes(REMEDIATOR).filter((write) => write.includes('daemonsets'));
  const { length } = patches();
  await people.redis.hset(`kubewhy:fix:${fix.id}`, approved);
  await people.redis.zadd('kubewhy:fixes-open:prod', Date.now(), fix.id);
  await expect.poll(async () => (await people.record(fix)).state, { timeout: 90_000 }).toBe('void');
  expect((await people.record(fix)).reason?.code).toBe('fix.overtaken');
  expect(patches()).toHaveLength(length);
  expect(envOf(await hand.get(CALICO_NODE))).toBe(envOf(before));
});

test('every right that was used is one that is declared, none was refused, and bot and worker wrote nothing', async () => {
  const { requests } = incident.platform.cluster.api;
  const declared = (await fixIdentities())[REMEDIATOR]?.allow ?? [];
  const uses = requests.filter(({ user }) => user === REMEDIATOR).flatMap(({ rights }) => rights);
  expect(uses.length).toBeGreaterThan(5);
  for (const { verb, group, resource, name } of uses.filter((one) => one.resource !== '')) {
    const fits = declared.some(
      (rule) =>
        rule.verbs.includes(verb) &&
        rule.apiGroups?.includes(group) === true &&
        rule.resources?.includes(resource) === true &&
        (rule.resourceNames === undefined || rule.resourceNames.includes(name)),
    );
    expect(fits, `${verb} ${resource}.${group} ${name}`).toBe(true);
  }
  const refused = requests.filter(({ user, status }) => [REMEDIATOR, WORKER].includes(user) && status === 403);
  expect(refused.map(({ user, method, path }) => `${user} ${method} ${path}`)).toEqual([]);
  const writers = new Set(requests.filter(({ verb }) => !READS.has(verb)).map(({ user }) => user));
  expect([...writers].filter((user) => user.startsWith('kubewhy'))).toEqual([REMEDIATOR]);
});

const READS = new Set(['get', 'list', 'watch']);

test('the log is whole up to the head that the thread quotes; a log that is cut off is noticed by that head alone', async () => {
  const quoted = /audit (\d+:[0-9a-f]{16})/.exec(people.text(fix))?.[1] ?? '';
  expect(await people.audit('verify', '--head', quoted)).toMatchObject({ code: 0 });
  const key = 'kubewhy:audit';
  const whole = await people.redis.lrange(key, 0, -1);
  const seq = Number(quoted.split(':')[0]);
  await people.redis.ltrim(key, 0, seq - 2);
  expect(await people.audit('verify')).toMatchObject({ code: 0 });
  const cut = await people.audit('verify', '--head', quoted);
  expect(cut).toMatchObject({ code: 1, out: expect.stringMatching(new RegExp(`\\b${seq}\\b`)) });
  await people.redis.rpush(key, ...whole.slice(seq - 1));
  const third = (await people.redis.lindex(key, 2)) ?? '';
  await people.redis.lset(
    key,
    2,
    third.replace('"allowed":false', '"allowed":true').replace('"remediator"', '"worker"'),
  );
  const changed = await people.audit('verify');
  expect(changed).toMatchObject({ code: 1, out: expect.stringMatching(/\b3\b/) });
  await people.redis.lset(key, 2, third);
  expect(await people.audit('verify')).toMatchObject({ code: 0 });
  expect(incident.platform.slack.checkInvariants()).toEqual([]);
});
