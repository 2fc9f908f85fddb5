/** Task `apply`: an approved plan is checked once more and carried out, one at a time in the cluster; also where another process left off. */
import { randomBytes } from 'node:crypto';
import { ClusterError, errorText } from '../../core/errors.ts';
import type { FixJob, FixRecord, Plan, Reason } from '../../core/fix.ts';
import { fixReason, reasonText } from '../../core/fix-reasons.ts';
import { refText } from '../../core/object-ref.ts';
import { type ApplyOutcome, type ApplyPorts, applyPlan, Superseded } from '../../run/apply.ts';
import { mayBegin, sealedPlan } from '../checks.ts';
import { loadFix, note, type RemediatorDeps } from '../deps.ts';
import { Ledger } from '../ledger.ts';
import { overtakenBy } from '../overtaken.ts';

/** A plan that was begun and cannot be gone on with (credentials refused) is called unknown after so long. */
const STUCK_MS = 15 * 60_000;
const EVENTS = { applied: 'applied', void: 'void', failed: 'fail', unknown: 'lose' } as const;
const STATES = { applied: 'verifying', void: 'void', failed: 'failed', unknown: 'unknown' } as const;

export interface ApplyJobs {
  /** @throws where the API server or Redis cannot be asked: the job is tried again. */
  handle(job: FixJob, signal: AbortSignal): Promise<void>;
  /** True while this process carries the fix out. */
  isRunning(id: string): boolean;
}

export function createApplyJobs(deps: RemediatorDeps): ApplyJobs {
  const running = new Set<string>();
  // Another process that takes up the same fix waits until this one has let go, or is silent for long.
  const self = randomBytes(5).toString('hex');
  return {
    isRunning: (id) => running.has(id),
    async handle(job, signal) {
      if (running.has(job.fix)) return;
      running.add(job.fix);
      try {
        await underLock(job.fix, `${job.fix}-${self}`, deps, signal);
      } catch (error) {
        if (error instanceof Superseded) deps.log.warn({ fix: job.fix }, error.message);
        else throw error;
      } finally {
        running.delete(job.fix);
      }
    },
  };
}

async function underLock(id: string, holder: string, deps: RemediatorDeps, signal: AbortSignal): Promise<void> {
  const { cluster, locks, lockMs, log } = deps;
  const first = await loadFix(deps, id);
  if (first === undefined || !isDue(first)) return;
  // Whoever has to wait anyway does so without the lock: others may go on.
  if (first.state === 'approved' && (await mustWait(first, deps))) return;
  const taken = await locks.take(cluster, refText(objectOf(first)), holder, lockMs);
  if ('heldBy' in taken) return log.info({ fix: id, heldBy: taken.heldBy }, 'waits for another fix');
  const lost = new AbortController();
  const renew = (): Promise<boolean> => locks.renew(cluster, holder, taken.fence, lockMs);
  const timer = setInterval(() => {
    renew().then(
      (held) => (held ? undefined : lost.abort(new Superseded(id))),
      (error: unknown) => log.warn({ err: error, fix: id }, 'the lock could not be renewed'),
    );
  }, lockMs / 3);
  try {
    const record = await loadFix(deps, id);
    if (record === undefined || !isDue(record)) return;
    await carryOut(new Ledger(deps, record, renew), deps, AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(timer);
    await locks.release(cluster, holder, taken.fence).catch((error: unknown) => {
      log.warn({ err: error, fix: id }, 'the lock could not be given back');
    });
  }
}

function isDue({ state }: FixRecord): boolean {
  return state === 'approved' || state === 'applying';
}

function objectOf(record: FixRecord): FixRecord['object'] {
  return record.plan?.plan.draft.object ?? record.object;
}

async function carryOut(ledger: Ledger, deps: RemediatorDeps, signal: AbortSignal): Promise<void> {
  const { record } = ledger;
  const plan = sealedPlan(record, deps.keys);
  if (plan === undefined) return await tampered(ledger, deps);
  // Before anything is begun: a kubeconfig that cannot be used leaves the plan as it is.
  const ports = await portsOf(deps);
  if (record.state === 'approved' && !(await begin(ledger, plan, deps))) return;
  const approvedBy = record.approvals.map(({ claim }) => claim.by);
  const run = {
    plan,
    planHash: record.plan?.hash ?? '',
    approvedBy,
    progress: ledger.record.progress,
    doneBefore: await doneBefore(record, deps),
  };
  let outcome: ApplyOutcome;
  try {
    outcome = await applyPlan(run, ports, ledger, signal);
  } catch (error) {
    deps.ways.forget(error);
    const stuck = Date.now() - Date.parse(ledger.record.updatedAt) > STUCK_MS;
    if (!(error instanceof ClusterError) || !stuck) throw error;
    const data = { object: refText(plan.draft.object), why: errorText(error) };
    outcome = { status: 'unknown', reason: fixReason('fix.outcome-unknown', data) };
  }
  await end(ledger, outcome, plan, deps);
}

/**
 * Steps of this plan that the audit log, by this role's own signature, says were done after the record was written as it
 * stands: an older revision was put back, or came back with a fail-over.
 */
async function doneBefore({ id, plan, audit }: FixRecord, deps: RemediatorDeps): Promise<Set<number>> {
  const entries = await deps.audit.read({ fix: id, limit: 1000, afterSeq: audit?.seq ?? 0 });
  const done = new Set<number>();
  for (const { entry } of entries) {
    const { what, code, action, planHash } = entry.event;
    if (entry.role !== 'remediator' || what !== 'step' || code !== 'done' || planHash !== plan?.hash) continue;
    const number = /^step (\d+) of /.exec(action ?? '')?.[1];
    if (number !== undefined) done.add(Number(number) - 1);
  }
  return done;
}

/** Checks everything once more; gives false where the plan is not begun. */
async function begin(ledger: Ledger, plan: Plan, deps: RemediatorDeps): Promise<boolean> {
  const { record } = ledger;
  const policy = deps.policy.current();
  if (policy === undefined || (await mustWait(record, deps))) return false;
  const other = await overtakenBy(record, plan, deps);
  if (other !== undefined) {
    await finish(ledger, 'void', fixReason('fix.overtaken', { other }), deps);
    return false;
  }
  const coolingUntil = await deps.locks.coolingUntil(record.cluster, refText(plan.draft.object));
  const leave = mayBegin(record, plan, policy, { verifier: deps.keys, now: Date.now(), coolingUntil });
  if (leave.may) {
    const audit = await note(deps, record, { what: 'transition', action: 'begin', state: 'applying' });
    await deps.producer.show(await ledger.change('begin', { progress: [], reason: undefined, audit }));
    return true;
  }
  if (leave.attack)
    await note(deps, record, { what: 'attack', code: leave.reason.code, says: reasonText(leave.reason) });
  await finish(ledger, 'void', leave.reason, deps);
  return false;
}

/**
 * True while another fix of the same object is being verified, since a change now would spoil what is looked at; and while
 * the policy is broken: nothing is allowed then, and it may be mended before the plan expires.
 */
async function mustWait(record: FixRecord, deps: RemediatorDeps): Promise<boolean> {
  if (deps.policy.current() === undefined) return true;
  const key = refText(objectOf(record));
  const others = await deps.fixes.open(record.cluster);
  return others.some((one) => one.id !== record.id && one.state === 'verifying' && refText(objectOf(one)) === key);
}

async function tampered(ledger: Ledger, deps: RemediatorDeps): Promise<void> {
  const reason = fixReason('fix.tampered');
  await note(deps, ledger.record, { what: 'attack', code: reason.code, says: reasonText(reason) });
  await finish(ledger, 'void', reason, deps);
}

async function portsOf(deps: RemediatorDeps): Promise<ApplyPorts> {
  const { ways, keys, times } = deps;
  const api = await ways.api();
  return {
    reader: api,
    writer: api,
    stepper: ways.stepper(),
    signer: keys,
    clock: { now: Date.now },
    knownNode: (name) => ways.knownNode(name),
    ...(times === undefined ? {} : { times }),
  };
}

async function end(ledger: Ledger, outcome: ApplyOutcome, plan: Plan, deps: RemediatorDeps): Promise<void> {
  if (outcome.status === 'failed' || outcome.status === 'unknown') {
    const minutes = deps.policy.current()?.limits.coolDownMinutes ?? 10;
    await deps.locks.coolDown(deps.cluster, refText(plan.draft.object), minutes * 60_000);
  }
  await finish(ledger, outcome.status, outcome.status === 'applied' ? undefined : outcome.reason, deps);
}

async function finish(
  ledger: Ledger,
  status: ApplyOutcome['status'],
  reason: Reason | undefined,
  deps: RemediatorDeps,
): Promise<void> {
  const said = reason === undefined ? {} : { code: reason.code, says: reasonText(reason) };
  const what = { what: 'result', action: EVENTS[status], state: STATES[status], ...said } as const;
  const audit = await note(deps, ledger.record, what);
  const next = await ledger.change(EVENTS[status], { reason, audit });
  await deps.producer.nudge(next);
}
