import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AgentError } from '../../src/core/errors.ts';
import type { StepAnswer } from '../../src/core/grant.ts';
import type { NodeStepResult } from '../../src/core/node-steps.ts';
import { stateOf } from '../../src/core/object-state.ts';
import type { ClusterReader } from '../../src/core/ports.ts';
import type { NodeStep, PlanStep, WaitStep } from '../../src/core/remediation.ts';
import { Superseded } from '../../src/run/apply.ts';
import { dryRunOf, type FixBench, node, POD, pod, startFixBench, WEB } from './support/fix-bench.ts';

let bench: FixBench;
beforeAll(async () => {
  bench = await startFixBench();
});
beforeEach(() => bench.reset());
afterAll(() => bench.stop());

const says = { text: 'says', data: {} };
const at = '2026-11-25T01:00:00.000Z';
const replicas = async () => ((await bench.read(WEB))['spec'] as { replicas: number }).replicas;
const annotate = (value: string) => ({ spec: { template: { metadata: { annotations: { note: value } } } } });
const patches = () => bench.writes().filter(({ method }) => method === 'PATCH');
/** What the plan of a step holds of its dry run. */
const tried = async (step: PlanStep) => {
  const outcome = await dryRunOf(bench, [step]);
  if (outcome.status !== 'ok') throw new Error(JSON.stringify(outcome));
  bench.api.requests.length = 0;
  return [...outcome.steps];
};

describe('the way of a plan', () => {
  test('each step is noted before and after, in order; what only a person can do is passed over', async () => {
    const steps: PlanStep[] = [
      await bench.patchStep(3),
      { type: 'manual', says },
      await bench.step({ verb: 'delete', target: POD }),
    ];
    const { outcome, told, progress } = await bench.apply(steps);
    expect(outcome).toEqual({ status: 'applied' });
    expect(told).toEqual(['before 0', '0 done', '1 skipped', 'before 2', '2 done']);
    expect(progress[0]?.after).toEqual(await bench.stateOf(WEB));
    expect(bench.writes()).toEqual([
      { method: 'PATCH', status: 200 },
      { method: 'DELETE', status: 200 },
    ]);
  });

  test('two steps on one object: the second wants what the first has left', async () => {
    const { outcome } = await bench.apply([await bench.patchStep(3), await bench.patchStep(4)]);
    expect(outcome).toEqual({ status: 'applied' });
    expect(await replicas()).toBe(4);
  });

  test('who is fenced out before a step sends nothing', async () => {
    const hooks = { before: () => Promise.reject(new Superseded('fix-abcdefg1')) };
    await expect(bench.apply([await bench.patchStep(3)], { hooks })).rejects.toThrow(Superseded);
    expect(bench.writes()).toEqual([]);
  });

  test('who is fenced out after a step goes no further', async () => {
    const steps = [await bench.patchStep(3), await bench.step({ verb: 'delete', target: POD })];
    const hooks = { after: () => Promise.reject(new Superseded('fix-abcdefg1')) };
    await expect(bench.apply(steps, { hooks })).rejects.toThrow(Superseded);
    expect(bench.writes()).toHaveLength(1);
  });
});

describe('preconditions', () => {
  test('changed since, and nothing done yet: void, and by whom', async () => {
    const step = await bench.patchStep(3);
    await bench.edit(WEB, annotate('mine'));
    const { outcome, told } = await bench.apply([step]);
    expect(outcome).toMatchObject({
      status: 'void',
      reason: { code: 'fix.object-changed-by', data: { by: 'kubectl-edit' } },
    });
    expect(told).toEqual(['before 0', '0 refused']);
    expect(bench.writes()).toEqual([]);
  });

  test('changed since, after a step was done: failed, and what was done stays said', async () => {
    const steps = [await bench.step({ verb: 'delete', target: POD }), await bench.patchStep(3)];
    await bench.edit(WEB, annotate('mine'));
    const { outcome, told } = await bench.apply(steps);
    expect(outcome).toMatchObject({ status: 'failed', reason: { code: 'fix.object-changed-by' } });
    expect(told).toEqual(['before 0', '0 done', 'before 1', '1 refused']);
  });

  test('gone: void', async () => {
    const step = await bench.step({ verb: 'delete', target: POD });
    bench.api.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1' });
    expect((await bench.apply([step])).outcome).toMatchObject({ status: 'void', reason: { code: 'fix.object-gone' } });
  });

  /** Reads, and before the answer is used somebody else writes. */
  const raced = (times: number, body: (n: number) => unknown): ClusterReader => {
    let n = 0;
    return {
      clusterName: 'raced',
      read: async (request, signal) => {
        const object = await bench.kube.read(request, signal);
        n += 1;
        if (n <= times) await bench.edit(WEB, body(n));
        return object;
      },
    };
  };

  test('another version with the same decisive part (409): tried again with the fresh one', async () => {
    const step = await bench.patchStep(3);
    const reader = raced(2, (n) => ({ metadata: { annotations: { 'deployment.kubernetes.io/revision': String(n) } } }));
    expect((await bench.apply([step], { ports: { reader } })).outcome).toEqual({ status: 'applied' });
    expect(await replicas()).toBe(3);
  });

  test('another version each time: given up after a few attempts, nothing written', async () => {
    const step = await bench.patchStep(3);
    const reader = raced(99, (n) => ({
      metadata: { annotations: { 'deployment.kubernetes.io/revision': String(n) } },
    }));
    const { outcome } = await bench.apply([step], { ports: { reader } });
    expect(outcome).toMatchObject({ status: 'failed', reason: { code: 'fix.write-contended', data: { attempts: 6 } } });
    expect(await replicas()).toBe(2);
  });

  test('a change of its meaning between the look and the write (409): stopped', async () => {
    const step = await bench.patchStep(3);
    const { outcome } = await bench.apply([step], { ports: { reader: raced(1, () => annotate('mine')) } });
    expect(outcome).toMatchObject({ status: 'void', reason: { code: 'fix.object-changed-by' } });
    expect(await replicas()).toBe(2);
  });
});

describe('what the server refuses', () => {
  test.each([
    ['422', -1, undefined, 'spec.replicas'],
    ['403 of a webhook', 3, { status: 403, message: 'admission webhook "quota" denied it' }, 'denied it'],
    ['500 of a webhook, each time', 3, { status: 500, message: 'failed calling webhook "quota"' }, 'failed calling'],
  ] as const)('%s: failed, with its words, and nothing written', async (_name, count, refusal, why) => {
    const step = await bench.patchStep(count);
    bench.refuse(refusal);
    const { outcome, told } = await bench.apply([step], { dryRun: [{ index: 0, diff: [], warnings: [] }] });
    expect(outcome).toMatchObject({
      status: 'failed',
      reason: { code: 'fix.write-refused', data: { why: expect.stringContaining(why) } },
    });
    expect(told).toEqual(['before 0', '0 failed']);
    expect(await replicas()).toBe(2);
  });
});

describe('answers that were lost', () => {
  test('cut before it was carried out: seen, and sent again', async () => {
    const step = await bench.patchStep(3);
    bench.api.faults.set({ verb: 'patch' }, { reset: true, times: 1 });
    expect((await bench.apply([step])).outcome).toEqual({ status: 'applied' });
    expect(patches().map(({ status }) => status)).toEqual([0, 200]);
  });

  test('cut after it was carried out: seen, and not sent again', async () => {
    const step = await bench.patchStep(3);
    const dryRun = await tried(step);
    bench.api.faults.set({ verb: 'patch' }, { truncateBody: true, times: 1 });
    const { outcome, progress } = await bench.apply([step], { dryRun });
    expect(outcome).toEqual({ status: 'applied' });
    expect(patches()).toHaveLength(1);
    expect(progress[0]).toMatchObject({ state: 'done', after: await bench.stateOf(WEB) });
  });

  test('carried out and changed by another before it is seen: unknown, with the evidence', async () => {
    const step = await bench.patchStep(3);
    const dryRun = await tried(step);
    bench.api.faults.set({ verb: 'patch' }, { truncateBody: true, times: 1 });
    let reads = 0;
    const reader: ClusterReader = {
      clusterName: 'late',
      read: async (request, signal) => {
        reads += 1;
        if (reads === 2) await bench.edit(WEB, annotate('mine'));
        return await bench.kube.read(request, signal);
      },
    };
    const { outcome, told } = await bench.apply([step], { dryRun, ports: { reader } });
    expect(outcome).toMatchObject({
      status: 'unknown',
      reason: { code: 'fix.outcome-unknown', data: { object: 'Deployment shop/web' } },
    });
    expect(told).toEqual(['before 0', '0 unknown']);
  });

  test('nobody answers before anything was sent: void; after it was sent: unknown', async () => {
    const step = await bench.patchStep(3);
    bench.api.faults.set({ path: /deployments/ }, { reset: true });
    expect((await bench.apply([step])).outcome).toMatchObject({ status: 'void', reason: { code: 'fix.api-away' } });
    bench.api.faults.clear();
    bench.api.faults.set({ verb: 'get', path: /deployments/ }, { reset: true });
    const reader: ClusterReader = { clusterName: 'once', read: onceThenAway() };
    bench.api.faults.set({ verb: 'patch' }, { reset: true });
    expect((await bench.apply([step], { ports: { reader } })).outcome).toMatchObject({ status: 'unknown' });
  });

  function onceThenAway(): ClusterReader['read'] {
    const kept = bench.api.objects;
    let first = true;
    return async (request, signal) => {
      if (!first) return await bench.kube.read(request, signal);
      first = false;
      const found = kept.collection('apps', 'Deployment').get('shop', 'web');
      return await Promise.resolve({ ...found, apiVersion: 'apps/v1' });
    };
  }
});

describe('taking up what a killed process has left', () => {
  const running = (index = 0) => [{ index, at, state: 'running' as const }];

  test('begun and not carried out: done now', async () => {
    const step = await bench.patchStep(3);
    const dryRun = await tried(step);
    expect((await bench.apply([step], { dryRun, progress: running() })).outcome).toEqual({ status: 'applied' });
    expect(patches()).toHaveLength(1);
  });

  test('begun and carried out: nothing is sent', async () => {
    const step = await bench.patchStep(3);
    const dryRun = await tried(step);
    await bench.apply([step], { dryRun });
    bench.api.requests.length = 0;
    const { outcome, progress } = await bench.apply([step], { dryRun, progress: running() });
    expect(outcome).toEqual({ status: 'applied' });
    expect(progress[0]).toMatchObject({ state: 'done', after: await bench.stateOf(WEB) });
    expect(bench.writes()).toEqual([]);
  });

  test('carried out, and the record of it lost with the store: known by its field manager, nothing is sent', async () => {
    const step = await bench.patchStep(3);
    const dryRun = await tried(step);
    await bench.apply([step], { dryRun });
    bench.api.requests.length = 0;
    expect((await bench.apply([step], { dryRun })).outcome).toEqual({ status: 'applied' });
    expect(bench.writes()).toEqual([]);
  });

  test.each([
    ['forgotten', []],
    ['begun, as an older record says', running()],
  ])('done before, as the audit log says, and taken back since: not done twice, %s', async (_, progress) => {
    const step = await bench.patchStep(3);
    const dryRun = await tried(step);
    const doneBefore = new Set([0]);
    const { outcome } = await bench.apply([step], { dryRun, progress, doneBefore });
    expect(outcome).toMatchObject({ status: 'void', reason: { code: 'fix.done-before' } });
    expect(bench.writes()).toEqual([]);
    // Where it still stands, there is nothing to do and nothing to refuse.
    await bench.apply([step], { dryRun });
    expect((await bench.apply([step], { dryRun, progress, doneBefore })).outcome).toEqual({ status: 'applied' });
    expect(patches()).toHaveLength(1);
  });

  test('a removal that was carried out, and the record of it lost: its writer is named for nothing, and it is found so', async () => {
    const paused = (value: true | null) =>
      bench.step({ verb: 'patch', patch: 'merge', target: WEB, body: { spec: { paused: value } } });
    await bench.apply([await paused(true)]);
    const step = await paused(null);
    const dryRun = await tried(step);
    // The second after, since managers are named by whole seconds.
    const createdAt = new Date(Date.now() + 1000).toISOString();
    await bench.apply([step], { dryRun, createdAt });
    bench.api.requests.length = 0;
    const { outcome, progress } = await bench.apply([step], { dryRun, createdAt });
    expect(outcome).toEqual({ status: 'applied' });
    expect(progress[0]).toMatchObject({ state: 'already', after: await bench.stateOf(WEB) });
    expect(bench.writes()).toEqual([]);
  });

  test('carried out by somebody else: that is no step of ours', async () => {
    const step = await bench.patchStep(3);
    const dryRun = await tried(step);
    await bench.edit(WEB, { spec: { replicas: 3 } });
    expect((await bench.apply([step], { dryRun })).outcome).toMatchObject({ status: 'void' });
  });

  test('begun, and the object is neither as before nor as planned: unknown, nothing is sent', async () => {
    const step = await bench.patchStep(3);
    const dryRun = await tried(step);
    await bench.edit(WEB, annotate('mine'));
    expect((await bench.apply([step], { dryRun, progress: running() })).outcome).toMatchObject({ status: 'unknown' });
    expect(bench.writes()).toEqual([]);
  });

  test('a delete that was carried out: nothing is sent, also where a new one has its name', async () => {
    const step = await bench.step({ verb: 'delete', target: POD });
    bench.api.objects.put(pod('web-1', 'uid-pod-2'));
    expect((await bench.apply([step], { progress: running() })).outcome).toEqual({ status: 'applied' });
    expect(bench.writes()).toEqual([]);
  });

  test('steps that are done are passed over', async () => {
    const steps = [await bench.patchStep(3), await bench.step({ verb: 'delete', target: POD })];
    const progress = [{ index: 0, at, state: 'done' as const }, ...running(1)];
    const { outcome, told } = await bench.apply(steps, { progress });
    expect(outcome).toEqual({ status: 'applied' });
    expect(told).toEqual(['before 1', '1 done']);
  });

  test('a step that had failed stays failed, with its words', async () => {
    const progress = [{ index: 0, at, state: 'failed' as const, note: 'quota' }];
    const { outcome } = await bench.apply([await bench.patchStep(3)], { progress });
    expect(outcome).toMatchObject({ status: 'failed', reason: { code: 'fix.write-refused', data: { why: 'quota' } } });
    expect(bench.writes()).toEqual([]);
  });
});

describe('a step on a node', () => {
  const step: NodeStep = {
    type: 'node',
    node: 'node-a',
    action: { step: 'swap-device', params: { device: '/dev/sda3', state: 'off' } },
    says,
  };
  const change = { what: 'swap of /dev/sda3', before: 'on', after: 'off' };
  const result = (outcome: NodeStepResult['outcome'], changes = [change]): NodeStepResult => ({
    outcome,
    says: 'So it is.',
    changes,
  });
  const answer = (status: StepAnswer['status'], more: Partial<StepAnswer> = {}): StepAnswer => ({
    version: 1,
    node: 'node-a',
    now: at,
    status,
    ...more,
  });
  const silent = (sent: boolean) => () => {
    throw new AgentError('the agent of node-a does not answer', undefined, sent);
  };

  test.each([
    ['changed', { status: 'applied' }, '0 done'],
    ['already', { status: 'applied' }, '0 already'],
    [
      'refused',
      { status: 'void', reason: { code: 'fix.node-refused', data: { node: 'node-a', why: 'So it is' } } },
      '0 refused',
    ],
    ['failed', { status: 'failed', reason: { code: 'fix.node-failed' } }, '0 failed'],
  ] as const)('%s', async (outcome, expected, told) => {
    bench.script(() => answer('done', { result: result(outcome) }));
    const applied = await bench.apply([step]);
    expect(applied.outcome).toMatchObject(expected);
    expect(applied.told).toEqual(['before 0', told]);
    expect(applied.progress[0]?.result).toEqual(result(outcome));
  });

  test('the grant is for this node, step, fix and plan, lives a minute and is signed', async () => {
    bench.script(() => answer('done', { result: result('changed') }));
    await bench.apply([step]);
    const [sent] = bench.grants;
    expect(sent?.grant).toMatchObject({
      version: 1,
      node: 'node-a',
      action: step.action,
      fix: 'fix-abcdefg1',
      approvedBy: ['U0BOB'],
    });
    expect(Date.parse(sent?.grant.notAfter ?? '') - Date.parse(sent?.grant.notBefore ?? '')).toBe(60_000);
    expect(sent?.signature).toMatch(/^grant:\d+$/);
  });

  test('a lost answer is asked for again with the same grant, and the agent says what became of it', async () => {
    bench.script((_grant, attempt) => (attempt < 3 ? silent(true)() : answer('used', { result: result('changed') })));
    expect((await bench.apply([step])).outcome).toEqual({ status: 'applied' });
    expect(new Set(bench.grants.map(({ grant }) => grant.id)).size).toBe(1);
    expect(bench.grants).toHaveLength(3);
  });

  test('a process that takes it up again has the same grant; another step of the plan another', async () => {
    bench.script(() => answer('done', { result: result('changed') }));
    await bench.apply([step, step]);
    await bench.apply([step], { progress: [{ index: 0, at, state: 'running' }] });
    const ids = bench.grants.map(({ grant }) => grant.id);
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test.each([
    ['never there', silent(false), [], { status: 'void', reason: { code: 'fix.node-away' } }],
    ['there, and silent for good', silent(true), [], { status: 'unknown', reason: { code: 'fix.node-unknown' } }],
    [
      'never there after a process was killed',
      silent(false),
      [{ index: 0, at, state: 'running' }],
      { status: 'unknown' },
    ],
    ['died in the middle of it', () => answer('used'), [], { status: 'unknown', reason: { code: 'fix.node-unknown' } }],
    [
      'refuses the grant',
      () => answer('rejected', { reason: 'too late' }),
      [],
      { status: 'void', reason: { code: 'fix.node-refused' } },
    ],
  ] as const)('an agent that is %s', async (_name, script, progress, expected) => {
    bench.script(script);
    expect((await bench.apply([step], { progress: [...progress] })).outcome).toMatchObject(expected);
  });

  test('agents that are switched off: void', async () => {
    const stepper = { enabled: false, step: () => Promise.reject(new AgentError('off')) };
    expect((await bench.apply([step], { ports: { stepper } })).outcome).toMatchObject({
      status: 'void',
      reason: { code: 'fix.agents-off' },
    });
  });
});

describe('waiting', () => {
  const wait = (until: WaitStep['until'], seconds = 1): WaitStep => ({ type: 'wait', until, seconds, says });
  const replaced: WaitStep['until'] = {
    kind: 'pod-replaced',
    namespace: 'shop',
    selector: 'app=web',
    node: 'node-a',
    uid: 'uid-pod-1',
  };
  const rolled: WaitStep['until'] = { kind: 'rolled-out', target: WEB, except: [] };
  const ready: WaitStep['until'] = { kind: 'node-ready', node: 'node-a' };
  function gone(): void {
    bench.api.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1' });
  }
  const status = (fields: object) => {
    const live = bench.api.objects.collection('apps', 'Deployment').get('shop', 'web');
    if (live !== undefined) bench.api.objects.put({ ...live, status: fields });
  };
  const whole = { observedGeneration: 9, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

  test.each<[string, WaitStep['until'], () => unknown]>([
    ['a new Pod that is Ready', replaced, () => [gone(), bench.api.objects.put(pod('web-2', 'uid-pod-2'))]],
    ['a rollout', rolled, () => status(whole)],
    ['a node', ready, () => bench.api.objects.put(node('True'))],
  ])('%s: goes on as soon as it is there', async (_name, until, happens) => {
    bench.api.objects.put(node('False'));
    const applying = bench.apply([wait(until, 30), { type: 'manual', says }]);
    await vi.waitFor(() => expect(bench.api.requests.length).toBeGreaterThan(1));
    happens();
    expect(await applying).toMatchObject({ outcome: { status: 'applied' }, told: ['before 0', '0 done', '1 skipped'] });
  });

  test.each<[string, WaitStep['until'], () => unknown, string, string]>([
    ['the old Pod', replaced, () => undefined, 'fix.wait-pod', 'the old Pod web-1 is still there'],
    [
      'a Pod that is not Ready',
      replaced,
      () => bench.api.objects.put(pod('web-2', 'uid-pod-2', 'False')),
      'fix.wait-pod',
      'Pod web-2 is Running and not Ready',
    ],
    ['no Pod at all', replaced, gone, 'fix.wait-pod', 'there is no Pod yet'],
    [
      'a controller that is behind',
      rolled,
      () => status({ ...whole, updatedReplicas: 1 }),
      'fix.wait-rollout',
      '1 of 2 Pods are updated',
    ],
    ['old Pods', rolled, () => status({ ...whole, replicas: 3 }), 'fix.wait-rollout', '1 old Pods are still there'],
    [
      'Pods that are not available',
      rolled,
      () => status({ ...whole, availableReplicas: 0 }),
      'fix.wait-rollout',
      '0 of 2 Pods are available',
    ],
    ['a node', ready, () => bench.api.objects.put(node('False')), 'fix.wait-node', 'Ready is False (KubeletNotReady)'],
  ])('%s when the time is over: failed, and what is missing', async (_name, until, is, code, seen) => {
    is();
    const progress = [{ index: 0, at: new Date(Date.now() - 2000).toISOString(), state: 'running' as const }];
    const { outcome } = await bench.apply([wait(until)], { progress });
    expect(outcome).toMatchObject({ status: 'failed', reason: { code, data: { seen } } });
  });

  test('nodes whose kubelet is dead are not waited for', async () => {
    const target = { ...WEB, resource: 'daemonsets', kind: 'DaemonSet', name: 'agent' };
    const counts = { observedGeneration: 1, desiredNumberScheduled: 3, updatedNumberScheduled: 2, numberAvailable: 2 };
    const metadata = { name: 'agent', namespace: 'shop', uid: 'uid-ds', generation: 1 };
    bench.api.objects.put({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: {}, status: counts });
    const until = (except: string[]): WaitStep['until'] => ({ kind: 'rolled-out', target, except });
    expect((await bench.apply([wait(until(['node-c']))])).outcome).toEqual({ status: 'applied' });
    expect((await bench.apply([wait(until([]))])).outcome).toMatchObject({
      reason: { data: { seen: '2 of 3 Pods are updated' } },
    });
  });
});

test('what a step leaves is the state that the next plan starts from', async () => {
  const { progress } = await bench.apply([await bench.patchStep(3)]);
  expect(progress[0]?.after).toEqual(stateOf(await bench.read(WEB)));
});
