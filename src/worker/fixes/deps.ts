/** What the worker's tasks of fixes share: the stores, Slack, and the one way in which a record is moved on. */
import type { Log } from '../../adapters/log.ts';
import type { FixProducer } from '../../adapters/queue/fix-queues.ts';
import type { SlackClient } from '../../adapters/slack/client.ts';
import type { Audit } from '../../adapters/store/audit.ts';
import type { Deliveries } from '../../adapters/store/deliveries.ts';
import type { FixLocks } from '../../adapters/store/fix-locks.ts';
import type { Fixes } from '../../adapters/store/fixes.ts';
import type { Recent } from '../../adapters/store/recent.ts';
import type { Results } from '../../adapters/store/results.ts';
import type { Turns } from '../../adapters/store/turns.ts';
import { type FixEvent, isOver, TRANSITIONS } from '../../core/approval.ts';
import { errorText } from '../../core/errors.ts';
import type { FixRecord } from '../../core/fix.ts';
import type { FixPatch } from '../../core/fix-patch.ts';
import { reasonText } from '../../core/fix-reasons.ts';
import { ForgedRecord } from '../../core/forged-record.ts';
import type { Remediation } from '../../core/remediation.ts';
import { remediationOf } from '../../remediations/index.ts';
import type { Waiting } from '../../run/verify.ts';
import type { UsePorts } from '../ports.ts';

export interface FixDeps {
  readonly cluster: string;
  readonly fixes: Fixes;
  readonly audit: Audit;
  readonly producer: FixProducer;
  readonly turns: Turns;
  readonly locks: Pick<FixLocks, 'coolDown'>;
  readonly deliveries: Deliveries;
  readonly results: Results;
  readonly recent: Recent;
  readonly slack: SlackClient;
  readonly botUserId: string;
  readonly usePorts: UsePorts;
  readonly waiting: Waiting;
  /** For how long a fix must look good, where the settings say so. */
  readonly steadySeconds?: number | undefined;
  readonly log: Log;
  /** By its public name; tests bring their own. */
  readonly remediationOf?: (id: string) => Remediation | undefined;
}

export function remediationBy(deps: FixDeps, id: string): Remediation | undefined {
  return (deps.remediationOf ?? remediationOf)(id);
}

/** Gives the record, or undefined where there is none or where it is forged, which goes to the audit log. */
export async function loadFix(deps: FixDeps, id: string): Promise<FixRecord | undefined> {
  try {
    const record = await deps.fixes.load(id);
    return record?.cluster === deps.cluster ? record : undefined;
  } catch (error) {
    if (!(error instanceof ForgedRecord)) throw error;
    deps.log.error({ fix: id, err: error }, 'forged record of a fix, left alone');
    const says = errorText(error).slice(0, 1000);
    await deps.audit.append({ what: 'attack', fix: id, cluster: deps.cluster, by: 'worker', code: 'forged', says });
    return undefined;
  }
}

/**
 * Moves a record on: audit entry, change, nudge. Gives the new record, or undefined where somebody else was first.
 * The entry comes first, so that the record can name it; one whose change did not happen is followed by another that says so.
 */
export async function moveOn(
  deps: FixDeps,
  record: FixRecord,
  event: FixEvent,
  patch: FixPatch,
): Promise<FixRecord | undefined> {
  const to = TRANSITIONS.find((line) => line.from === record.state && line.event === event)?.to ?? record.state;
  const says = patch.reason === undefined ? undefined : reasonText(patch.reason).slice(0, 1000);
  const entry = {
    what: ['verified', 'not-verified', 'unknown', 'undone'].includes(to)
      ? ('result' as const)
      : ('transition' as const),
    fix: record.id,
    cluster: record.cluster,
    remediation: record.remediation,
    by: 'worker',
    action: event,
    state: to,
    ...(record.plan === undefined ? {} : { planHash: record.plan.hash }),
    ...(patch.reason === undefined ? {} : { code: patch.reason.code.slice(0, 80) }),
    ...(says === undefined ? {} : { says }),
  };
  const audit = await deps.audit.append(entry);
  const next = await deps.fixes.change(record, event, isOver(to) ? { ...patch, audit } : patch);
  if (next === undefined) {
    await deps.audit.append({
      ...entry,
      what: 'transition',
      code: 'superseded',
      says: 'it was changed by somebody else first',
    });
    return undefined;
  }
  await deps.producer.nudge(next);
  return next;
}
