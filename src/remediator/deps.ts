/** What the remediator's jobs share. */
import type { Log } from '../adapters/log.ts';
import type { FixProducer } from '../adapters/queue/fix-queues.ts';
import type { Audit } from '../adapters/store/audit.ts';
import type { FixLocks } from '../adapters/store/fix-locks.ts';
import { type Fixes, ForgedRecord } from '../adapters/store/fixes.ts';
import type { PolicySource } from '../config/policy-file.ts';
import type { AuditEvent, AuditHead } from '../core/audit.ts';
import type { FixRecord } from '../core/fix.ts';
import type { Keys } from '../core/signing.ts';
import type { ApplyTimes } from '../run/apply.ts';
import type { RemediatorCluster } from './cluster.ts';

export interface RemediatorDeps {
  readonly cluster: string;
  readonly keys: Keys;
  readonly fixes: Fixes;
  readonly audit: Audit;
  readonly locks: FixLocks;
  readonly policy: PolicySource;
  readonly producer: FixProducer;
  readonly ways: RemediatorCluster;
  readonly log: Log;
  /** Milliseconds for which a silent remediator's lock holds. */
  readonly lockMs: number;
  readonly times?: Partial<ApplyTimes>;
}

/** Loads a record of this cluster. One that is forged is audited and is none. */
export async function loadFix(deps: RemediatorDeps, id: string): Promise<FixRecord | undefined> {
  try {
    const record = await deps.fixes.load(id);
    return record?.cluster === deps.cluster ? record : undefined;
  } catch (error) {
    if (!(error instanceof ForgedRecord)) throw error;
    deps.log.error({ fix: id, why: error.why }, 'forged record of a fix');
    await deps.audit.append({
      what: 'attack',
      fix: id,
      cluster: deps.cluster,
      by: 'remediator',
      code: 'forged-record',
    });
    return undefined;
  }
}

/** Notes an event about a fix, by this process. */
export function note(
  deps: RemediatorDeps,
  record: FixRecord,
  event: Omit<AuditEvent, 'fix' | 'cluster' | 'remediation' | 'by' | 'planHash'>,
): Promise<AuditHead> {
  const { id: fix, cluster, remediation, plan } = record;
  const hash = plan === undefined ? {} : { planHash: plan.hash };
  return deps.audit.append({ ...event, fix, cluster, remediation, by: 'remediator', ...hash });
}
