/** A remediator over a real Redis and the API server emulator, with the hands of bot and worker. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createKeyFiles, loadKeys } from '../../src/adapters/keys/keys.ts';
import { createLog } from '../../src/adapters/log.ts';
import { createFixProducer } from '../../src/adapters/queue/fix-queues.ts';
import { Lifetime } from '../../src/adapters/shutdown.ts';
import { createAudit } from '../../src/adapters/store/audit.ts';
import { createFixes } from '../../src/adapters/store/fixes.ts';
import { readRemediatorConfig } from '../../src/config/remediator.ts';
import type { FixState } from '../../src/core/approval.ts';
import type { AuditEvent } from '../../src/core/audit.ts';
import { verifyAudit } from '../../src/core/audit-verify.ts';
import type { Approval, FixRecord } from '../../src/core/fix.ts';
import type { FixSeed } from '../../src/core/fix-patch.ts';
import type { NodeStepper } from '../../src/core/ports.ts';
import type { Draft, PlanStep } from '../../src/core/remediation.ts';
import { startRemediator } from '../../src/remediator/app.ts';
import { remediatorCluster } from '../../src/remediator/cluster.ts';
import { draftOf, type FixBench, startFixBench } from '../run/support/fix-bench.ts';
import { approvalOf, seedOf } from '../support/fixes.ts';
import { testRedis } from '../support/redis.ts';

export const RULES = `version: 1\nrules:\n  - remediations: ['*']\n    approvers:\n      users: [U0BOB0001]\n`;

export interface RemediatorBench {
  readonly bench: FixBench;
  readonly env: Record<string, string>;
  /** Starts a remediator in this process. */
  start(options?: { stepper?: NodeStepper }): Promise<Lifetime>;
  policy(text: string): Promise<void>;
  /** A fix as bot and worker bring it to `drafted`. */
  draft(
    steps: readonly PlanStep[],
    more?: { draft?: Partial<Draft>; seed?: Partial<FixSeed>; nudge?: boolean },
  ): Promise<string>;
  approve(id: string, change?: (approval: Approval) => Approval, nudge?: boolean): Promise<void>;
  load(id: string): Promise<FixRecord>;
  /** Waits until the fix is in one of the states. */
  until(id: string, ...states: FixState[]): Promise<FixRecord>;
  /** The worker has verified it. */
  verified(id: string): Promise<void>;
  audited(id: string): Promise<AuditEvent[]>;
  /** Changes what stands in Redis. */
  edit(id: string, change: (text: string) => string): Promise<void>;
  /** Takes all fixes and cool-downs away, so that none waits for another. */
  forget(): Promise<void>;
  /** Sentences of the audit's verification. */
  auditFaults(): Promise<readonly unknown[]>;
  stop(): Promise<void>;
}

export async function startRemediatorBench(): Promise<RemediatorBench> {
  const bench = await startFixBench();
  const server = await testRedis();
  const redis = server.connect();
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-remediator-'));
  const files = await createKeyFiles(join(folder, 'keys'));
  const policyFile = join(folder, 'policy.yaml');
  await writeFile(policyFile, RULES);
  const kubeconfig = await bench.file('remediator', bench.api.kubeconfig());
  const env = {
    REDIS_URL: server.url,
    KUBEWHY_CLUSTER: 'prod',
    KUBEWHY_AGENTS: 'off',
    KUBEWHY_REMEDIATOR_KUBECONFIG: kubeconfig,
    KUBEWHY_REMEDIATOR_KEY: files.remediator,
    KUBEWHY_TRUST: files.trust,
    KUBEWHY_POLICY: policyFile,
    KUBEWHY_GRACE_SECONDS: '1',
  };
  const keysOf = (role: 'bot' | 'worker') => loadKeys({ role, keyFile: files[role], trustFile: files.trust });
  const [botKeys, workerKeys] = [keysOf('bot'), keysOf('worker')];
  const log = createLog('test', 'debug', { write: () => undefined });
  const bot = createFixes(redis, { keys: botKeys, keepSeconds: 3600 }, log);
  const worker = createFixes(redis, { keys: workerKeys, keepSeconds: 3600 }, log);
  const audit = createAudit(redis, botKeys, log);
  const producer = createFixProducer(redis, () => undefined);
  const lifetimes: Lifetime[] = [];
  let count = 0;
  const load = async (id: string): Promise<FixRecord> => {
    const record = await bot.load(id);
    if (record === undefined) throw new Error(`${id} is not there`);
    return record;
  };
  return {
    bench,
    env,
    load,
    async start({ stepper } = {}) {
      const lifetime = new Lifetime(log);
      lifetimes.push(lifetime);
      const config = readRemediatorConfig(env);
      const ways = remediatorCluster(config, log);
      const times = { pollMs: 10, apiAwayMs: 300, agentAwayMs: 300 };
      await startRemediator({
        config,
        log,
        lifetime,
        lockMs: 600,
        stalledMs: 200,
        sweepMs: 50,
        times,
        ways: stepper === undefined ? ways : { ...ways, stepper: () => stepper },
      });
      return lifetime;
    },
    policy: (text) => writeFile(policyFile, text),
    async draft(steps, { draft = {}, seed = {}, nudge = true } = {}) {
      count += 1;
      const id = `fix-test${String(count).padStart(4, '0')}`;
      const remediation = seed.remediation ?? 'scale-workload';
      const object = objectOf(steps);
      const nodes = object.kind === 'Node' ? [object.name] : [];
      const created = await bot.create(
        seedOf(id, { remediation, object, requestedAt: new Date().toISOString(), ...seed }),
      );
      if (created === undefined) throw new Error(`${id} is there already`);
      const drafted = await worker.change(created, 'draft', {
        draft: draftOf(steps, { remediation, object, nodes, ...draft }),
      });
      if (drafted === undefined) throw new Error(`${id} was changed`);
      if (nudge) await producer.nudge(drafted);
      return id;
    },
    async approve(id, change = (approval) => approval, nudge = true) {
      const record = await load(id);
      if (record.plan === undefined) throw new Error(`${id} has no plan`);
      const approval = change(approvalOf(record.plan.plan, botKeys, { at: new Date().toISOString() }));
      const next = await bot.change(record, 'approve', { approvals: [approval] }, approval.claim.by);
      if (next !== undefined && nudge) await producer.nudge(next);
    },
    async until(id, ...states) {
      return await vi.waitFor(async () => {
        const record = await load(id);
        if (states.includes(record.state)) return record;
        throw new Error(`${id} is ${record.state}, not ${states.join(' or ')}: ${JSON.stringify(record.reason)}`);
      }, 15_000);
    },
    async verified(id) {
      await worker.change(await load(id), 'verify', {});
    },
    async audited(id) {
      return (await audit.read({ fix: id })).map(({ entry }) => entry.event);
    },
    async edit(id, change) {
      const key = `kubewhy:fix:${id}`;
      const text = (await redis.hget(key, 'text')) ?? '';
      const changed = change(text);
      if (changed === text) throw new Error('nothing was changed');
      await redis.hset(key, 'text', changed);
    },
    async forget() {
      const keys = [...(await redis.keys('kubewhy:fix:*')), ...(await redis.keys('kubewhy:fix-cool:*'))];
      if (keys.length > 0) await redis.del(...keys);
    },
    async auditFaults() {
      return verifyAudit(await audit.all(), botKeys).problems;
    },
    async stop() {
      for (const lifetime of lifetimes) await lifetime.close();
      await producer.close();
      await server.stop();
      await bench.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The object that the first step is about. */
function objectOf([step]: readonly PlanStep[]): Draft['object'] {
  if (step?.type === 'node') return { kind: 'Node', name: step.node };
  if (step?.type !== 'api') throw new Error('a plan begins with a write or a step of a node');
  const { kind, namespace, name } = step.target;
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
