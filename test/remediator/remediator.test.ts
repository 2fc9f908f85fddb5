import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { digestOf } from '../../src/core/canonical-json.ts';
import type { StepAnswer } from '../../src/core/grant.ts';
import type { NodeStep, PlanStep, WaitStep } from '../../src/core/remediation.ts';
import { node, WEB } from '../run/support/fix-bench.ts';
import { startProcess } from '../support/process.ts';
import { type RemediatorBench, RULES, startRemediatorBench } from './support.ts';

let room: RemediatorBench;
beforeAll(async () => {
  room = await startRemediatorBench();
  await room.start();
});
beforeEach(async () => {
  room.bench.reset();
  await room.forget();
  await room.policy(RULES);
});
afterAll(() => room.stop());

const says = { text: 'says', data: {} };
const scale = async (replicas: number, target = WEB): Promise<PlanStep> =>
  await room.bench.step({
    verb: 'patch',
    patch: 'merge',
    target,
    subresource: 'scale',
    body: { spec: { replicas } },
  });
const replicas = async () => ((await room.bench.read(WEB))['spec'] as { replicas: number }).replicas;
const nodeReady: WaitStep = { type: 'wait', until: { kind: 'node-ready', node: 'node-a' }, seconds: 30, says };
/** Another Deployment, as it is. */
const API = { ...WEB, name: 'api' };
const putApi = async () => {
  const { metadata, ...rest } = await room.bench.read(WEB);
  room.bench.api.objects.put({
    ...rest,
    metadata: { name: 'api', namespace: 'shop', uid: 'uid-api', labels: metadata.labels ?? {} },
  });
};
const proposed = async (step: PlanStep | readonly PlanStep[], more: Parameters<RemediatorBench['draft']>[1] = {}) => {
  const id = await room.draft(Array.isArray(step) ? (step as PlanStep[]) : [step as PlanStep], more);
  await room.until(id, 'proposed');
  return id;
};

describe('the whole road', () => {
  test('a draft is tried and sealed; approved it is applied; every step is told and audited', async () => {
    const id = await room.draft([await scale(4)]);
    const { plan, audit } = await room.until(id, 'proposed');
    expect(plan?.plan).toMatchObject({ fix: id, cluster: 'prod', approvals: 1, requesterMayApprove: false });
    expect(plan?.plan.dryRun[0]?.diff).toEqual([{ path: 'spec.replicas', before: '2', after: '4' }]);
    expect(plan?.hash).toBe(digestOf(plan?.plan));
    expect(audit?.seq).toBeGreaterThan(0);
    expect(await replicas()).toBe(2);
    await room.approve(id);
    const done = await room.until(id, 'verifying', 'void', 'failed', 'unknown');
    expect(done).toMatchObject({ state: 'verifying', progress: [{ index: 0, state: 'done' }] });
    expect(done.progress[0]?.after).toEqual(await room.bench.stateOf(WEB));
    expect(done.history.map(({ state }) => state)).toEqual([
      'planning',
      'drafted',
      'proposed',
      'approved',
      'applying',
      'applying',
      'applying',
      'verifying',
    ]);
    expect(await replicas()).toBe(4);
    const events = await room.audited(id);
    expect(events.map(({ what, action, code }) => [what, action, code])).toEqual([
      ['transition', 'propose', undefined],
      ['transition', 'begin', undefined],
      ['step', 'step 1 of 1: api', 'running'],
      ['step', 'step 1 of 1: api', 'done'],
      ['result', 'applied', undefined],
    ]);
    expect(events.at(-1)).toMatchObject({ planHash: plan?.hash, by: 'remediator', state: 'verifying' });
    expect(done.audit?.seq).toBeGreaterThan(audit?.seq ?? 0);
    expect(await room.auditFaults()).toEqual([]);
  });

  test('nudges that were lost are made up for by the sweeper', async () => {
    const id = await room.draft([await scale(4)], { nudge: false });
    await room.until(id, 'proposed');
    await room.approve(id, undefined, false);
    expect((await room.until(id, 'verifying', 'void')).state).toBe('verifying');
  });

  test('what the server refuses on the way: failed, then the object rests, and an undo need not wait', async () => {
    const id = await proposed(await scale(4));
    room.bench.refuse({ status: 403, message: 'admission webhook "quota" denied it' });
    await room.approve(id);
    const failed = await room.until(id, 'failed', 'verifying');
    expect(failed.reason).toMatchObject({ code: 'fix.write-refused', data: { why: expect.stringContaining('quota') } });
    room.bench.refuse(undefined);
    const next = await proposed(await scale(4));
    await room.approve(next);
    expect((await room.until(next, 'void', 'verifying')).reason?.code).toBe('fix.cooling-down');
    const undo = await proposed(await scale(4), { seed: { mode: 'undo', undoOf: id } });
    await room.approve(undo);
    expect((await room.until(undo, 'void', 'verifying')).state).toBe('verifying');
  });
});

describe('no plan is proposed', () => {
  const reason = async (steps: readonly PlanStep[], more = {}) => {
    const id = await room.draft(steps, more);
    const record = await room.until(id, 'refused', 'proposed');
    expect((await room.audited(id)).at(-1)).toMatchObject({ action: 'refuse', code: record.reason?.code });
    return record.reason;
  };

  test('without a rule', async () => {
    await room.policy(RULES.replace("'*'", 'restart-kubelet'));
    expect(await reason([await scale(4)])).toMatchObject({
      code: 'fix.no-policy',
      data: { remediation: 'scale-workload', cluster: 'prod' },
    });
  });

  test('while the policy is broken', async () => {
    await room.policy('version: 1\nrules: []\n');
    expect((await reason([await scale(4)]))?.code).toBe('fix.policy-broken');
  });

  test('for more nodes than allowed', async () => {
    await room.policy(`${RULES}limits: {nodes: 1}\n`);
    const nodes = ['node-a', 'node-b'];
    expect(await reason([await scale(4)], { draft: { nodes } })).toMatchObject({
      code: 'fix.too-many-nodes',
      data: { nodes: 2, limit: 1 },
    });
  });

  test('for a write that is not of its remediation', async () => {
    const step = await room.bench.step({ verb: 'delete', target: WEB });
    expect(await reason([step])).toMatchObject({
      code: 'fix.beyond-rights',
      data: { right: 'delete deployments.apps "web" in namespace shop' },
    });
  });

  test('for a step on a node that is not of its remediation', async () => {
    const step: NodeStep = {
      type: 'node',
      node: 'node-a',
      action: { step: 'kubelet', params: { state: 'restarted' } },
      says,
    };
    expect(await reason([step], { seed: { remediation: 'keep-swap-off' } })).toMatchObject({
      code: 'fix.beyond-rights',
      data: { right: 'do kubelet on node-a', remediation: 'keep-swap-off' },
    });
  });

  test('for another object than the one that policy and lock go by', async () => {
    await putApi();
    const object = { kind: 'Deployment', namespace: 'shop', name: 'api' };
    expect(await reason([await scale(4)], { draft: { object } })).toMatchObject({
      code: 'fix.beyond-rights',
      data: { right: 'patch deployments.apps/scale "web" in namespace shop for Deployment/shop/api' },
    });
  });

  test('for nodes where no agents are asked', async () => {
    const action = { step: 'swap-device' as const, params: { device: '/dev/sda3', state: 'off' } };
    const step: NodeStep = { type: 'node', node: 'node-a', action, says };
    expect((await reason([step], { seed: { remediation: 'turn-swap-off' } }))?.code).toBe('fix.agents-off');
  });

  test('for what the server refuses', async () => {
    expect((await reason([await scale(-1)]))?.code).toBe('fix.dry-run-refused');
  });

  test('a freeze is told with the proposal', async () => {
    await room.policy(
      `${RULES}freezes:\n  - {from: '2020-01-01T00:00:00Z', until: '2090-01-01T00:00:00Z', reason: holidays}\n`,
    );
    const id = await proposed(await scale(4));
    expect((await room.load(id)).reason).toMatchObject({ code: 'fix.freeze-note', data: { why: 'holidays' } });
  });
});

describe('nothing is begun', () => {
  const voided = async (id: string) => {
    const record = await room.until(id, 'void', 'verifying', 'failed');
    expect(record.progress).toEqual([]);
    expect(room.bench.writes()).toEqual([]);
    return record.reason;
  };

  test('where the approval is for another plan; and it is an attack', async () => {
    const id = await proposed(await scale(4));
    await room.approve(id, (approval) => ({ ...approval, claim: { ...approval.claim, planHash: 'f'.repeat(64) } }));
    expect((await voided(id))?.code).toBe('fix.not-approved');
    expect((await room.audited(id)).map(({ what }) => what)).toContain('attack');
  });

  test('where the one who approved was taken out of the policy', async () => {
    const id = await proposed(await scale(4));
    await room.policy(RULES.replace('U0BOB0001', 'U0EVE0001'));
    await room.approve(id);
    expect(await voided(id)).toMatchObject({
      code: 'fix.not-approved',
      data: { why: expect.stringContaining('not-allowed') },
    });
  });

  test('in a freeze that came since', async () => {
    const id = await proposed(await scale(4));
    await room.policy(
      `${RULES}freezes:\n  - {from: '2020-01-01T00:00:00Z', until: '2090-01-01T00:00:00Z', reason: holidays}\n`,
    );
    await room.approve(id);
    expect(await voided(id)).toMatchObject({
      code: 'fix.frozen',
      data: { until: '2090-01-01T00:00:00Z', why: 'holidays' },
    });
  });

  test('where the object was changed since', async () => {
    const id = await proposed(await scale(4));
    await room.bench.edit(WEB, { spec: { template: { metadata: { annotations: { note: 'mine' } } } } });
    await room.approve(id);
    const record = await room.until(id, 'void', 'verifying');
    expect(record).toMatchObject({
      state: 'void',
      reason: { code: 'fix.object-changed-by', data: { by: 'kubectl-edit' } },
    });
    expect(room.bench.writes()).toEqual([]);
  });

  test('where the plan was edited in Redis: the record is refused as a whole, and that is an attack', async () => {
    const id = await proposed(await scale(4));
    await room.edit(id, (text) => text.replaceAll('"replicas":4', '"replicas":0'));
    await vi.waitFor(() => expect(room.load(id)).rejects.toThrow('is refused'));
    const { createFixProducer } = await import('../../src/adapters/queue/fix-queues.ts');
    const { Redis } = await import('ioredis');
    const redis = new Redis(String(room.env['REDIS_URL']).replace('unix://', ''), { maxRetriesPerRequest: null });
    const producer = createFixProducer(redis, () => undefined);
    await producer.nudge({ id, cluster: 'prod', rev: 9, state: 'approved' });
    await vi.waitFor(
      async () => expect((await room.audited(id)).at(-1)).toMatchObject({ what: 'attack', code: 'forged-record' }),
      5000,
    );
    expect(room.bench.writes()).toEqual([]);
    await producer.close();
    redis.disconnect();
  });
});

describe('one change at a time', () => {
  test('a second fix waits for the first one in the same cluster', async () => {
    room.bench.api.objects.put(node('False'));
    const first = await proposed([await scale(4), nodeReady]);
    const second = await proposed(await scale(5));
    await room.approve(first);
    await vi.waitFor(async () => expect((await room.load(first)).progress[1]?.state).toBe('running'), 5000);
    await room.approve(second);
    expect((await room.load(second)).state).toBe('approved');
    room.bench.api.objects.put(node('True'));
    await room.until(first, 'verifying');
    await room.verified(first);
    // It finds the object changed by the first one: its plan is void, and nothing was written for it.
    expect((await room.until(second, 'void', 'verifying')).state).toBe('void');
    expect(await replicas()).toBe(4);
  });
});

describe('an object that is being verified', () => {
  test('is left alone until that is over', async () => {
    const first = await proposed(await scale(4));
    await room.approve(first);
    await room.until(first, 'verifying');
    room.bench.reset();
    const second = await proposed(await scale(5));
    await room.approve(second);
    await putApi();
    const other = await proposed(await scale(6, API));
    await room.approve(other);
    await room.until(other, 'verifying');
    expect((await room.load(second)).state).toBe('approved');
    await room.verified(first);
    expect((await room.until(second, 'void', 'verifying')).state).toBe('verifying');
    expect(await replicas()).toBe(5);
  });
});

describe('killed with -9 and started again', () => {
  const start = async () => {
    const process = startProcess('test/support/remediator-process.ts', [], { ...room.env, KUBEWHY_CLUSTER: 'prod' });
    await process.said('remediator ready');
    return process;
  };
  let own: RemediatorBench;
  beforeAll(async () => {
    own = room;
    room = await startRemediatorBench();
  });
  afterAll(async () => {
    await room.stop();
    room = own;
  });

  test('in the middle of a write that was not carried out: it is carried out once', async () => {
    const first = await start();
    const id = await proposed(await scale(4));
    room.bench.api.requests.length = 0;
    room.bench.api.faults.set({ verb: 'patch' }, { hang: true, times: 1 });
    await room.approve(id);
    await vi.waitFor(() => expect(room.bench.writes()).toHaveLength(1), 5000);
    await first.kill();
    expect((await room.load(id)).progress[0]?.state).toBe('running');
    const second = await start();
    expect((await room.until(id, 'verifying', 'unknown', 'failed', 'void')).state).toBe('verifying');
    expect(room.bench.writes().map(({ status }) => status)).toEqual([0, 200]);
    expect(await second.end()).toBe(0);
  }, 30_000);

  test('while it waits between two steps: the first is not done again', async () => {
    room.bench.api.objects.put(node('False'));
    const first = await start();
    const id = await proposed([await scale(4), nodeReady]);
    room.bench.api.requests.length = 0;
    await room.approve(id);
    await vi.waitFor(async () => expect((await room.load(id)).progress[1]?.state).toBe('running'), 5000);
    await first.kill();
    const second = await start();
    room.bench.api.objects.put(node('True'));
    const done = await room.until(id, 'verifying', 'unknown', 'failed', 'void');
    expect(done.progress.map(({ state }) => state)).toEqual(['done', 'done']);
    expect(room.bench.writes()).toHaveLength(1);
    await second.kill();
  }, 30_000);
});

describe('settings', () => {
  const run = async (env: Record<string, string>, argv: string[] = []) => {
    const { runRemediator } = await import('../../src/remediator/main.ts');
    let out = '';
    const stream = { write: (text: string) => (out += text) };
    const code = await runRemediator(argv, env, { stdout: stream, stderr: stream, signal: AbortSignal.abort() });
    return { code, out };
  };

  test('--help names its own variables and no Slack token', async () => {
    const { code, out } = await run({}, ['--help']);
    expect(code).toBe(0);
    expect(out).toContain('KUBEWHY_REMEDIATOR_KUBECONFIG');
    expect(out).not.toContain('SLACK');
  });

  test.each([['KUBEWHY_REMEDIATOR_KEY'], ['KUBEWHY_TRUST'], ['KUBEWHY_POLICY'], ['KUBEWHY_REMEDIATOR_KUBECONFIG']])(
    'without %s it does not start, and says so',
    async (name) => {
      const { [name]: _gone, ...env } = room.env;
      const { code, out } = await run(env);
      expect(code).toBe(2);
      expect(out).toContain(`${name} is missing`);
    },
  );

  test("with another process' key it does not start", async () => {
    const { code, out } = await run({
      ...room.env,
      KUBEWHY_REMEDIATOR_KEY: String(room.env['KUBEWHY_REMEDIATOR_KEY'])
        .replace('remediator', 'bot')
        .replace('remediator.key', 'bot.key'),
    });
    expect(code).toBe(2);
    expect(out).toMatch(/key/i);
  });
});

test('a node step: granted, signed by the remediator, and its result kept', async () => {
  const other = await startRemediatorBench();
  try {
    const grants: string[] = [];
    const answer: StepAnswer = {
      version: 1,
      node: 'node-a',
      now: '2026-11-25T01:00:00.000Z',
      status: 'done',
      result: { outcome: 'changed', says: 'Swap is off.', changes: [{ what: 'swap', before: 'on', after: 'off' }] },
    };
    const stepper = {
      enabled: true,
      step: (_node: unknown, grant: { text: string; signature: string }) => {
        grants.push(grant.text);
        return Promise.resolve(answer);
      },
    };
    await other.start({ stepper });
    const action = { step: 'swap-device' as const, params: { device: '/dev/sda3', state: 'off' } };
    const id = await other.draft([{ type: 'node', node: 'node-a', action, says }], {
      seed: { remediation: 'turn-swap-off' },
    });
    await other.until(id, 'proposed', 'refused');
    await other.approve(id);
    const done = await other.until(id, 'verifying', 'void', 'failed', 'unknown');
    expect(done.progress).toMatchObject([{ state: 'done', note: 'Swap is off.', result: answer.result }]);
    expect(JSON.parse(grants[0] ?? '')).toMatchObject({
      fix: id,
      node: 'node-a',
      action,
      planHash: done.plan?.hash,
      approvedBy: ['U0BOB0001'],
    });
  } finally {
    await other.stop();
  }
});
