/** Task `plan`: a plan from fresh evidence, or the plan of an undo from the record of what was done. */
import { randomBytes } from 'node:crypto';
import { type CollectPorts } from '../../collect/collect.ts';
import { type ObjectRead, targetKey } from '../../core/api-object.ts';
import { ClusterError, errorText, UserError } from '../../core/errors.ts';
import type { FixRecord, Reason } from '../../core/fix.ts';
import { fixReason } from '../../core/fix-reasons.ts';
import { Draft } from '../../core/remediation.ts';
import { buildReport, CATALOGUE } from '../../report/index.ts';
import { withBaseline } from '../../run/baseline.ts';
import { type PlanResult, planFix, readObject } from '../../run/plan.ts';
import { planUndo, undoTargets } from '../../run/undo.ts';
import { type FixDeps, loadFix, moveOn, remediationBy } from './deps.ts';

/** Milliseconds for one collection. */
const DEADLINE_MS = 20_000;

type Planned = { readonly draft: Draft } | { readonly reason: Reason };

/** Plans a fix that was asked for. A record in another state was taken care of already. */
export async function planTask(deps: FixDeps, record: FixRecord, signal: AbortSignal): Promise<void> {
  if (record.state !== 'planning') return;
  const planned = await carefully(deps, record, signal);
  if ('reason' in planned) {
    await moveOn(deps, record, 'refuse', { reason: planned.reason });
    return;
  }
  const parsed = Draft.safeParse(planned.draft);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const what = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
    await moveOn(deps, record, 'refuse', { reason: fixReason('fix.plan-too-large', { what }) });
    return;
  }
  await moveOn(deps, record, record.mode === 'show' ? 'show' : 'draft', { draft: parsed.data });
}

/** What goes wrong becomes the reason: the person who pressed the button waits for an answer. */
async function carefully(deps: FixDeps, record: FixRecord, signal: AbortSignal): Promise<Planned> {
  try {
    return await deps.usePorts((ports) =>
      record.mode === 'undo' ? planAnUndo(deps, record, ports, signal) : planAFix(deps, record, ports, signal),
    );
  } catch (error) {
    signal.throwIfAborted();
    const why = errorText(error).replace(/\.$/, '');
    if (error instanceof UserError || error instanceof ClusterError)
      return { reason: fixReason('fix.not-planned', { why }) };
    const errorId = `err-${randomBytes(4).toString('hex')}`;
    deps.log.error({ err: error, fix: record.id, errorId }, 'a fix could not be planned');
    return {
      reason: fixReason('fix.not-planned', { why: `a fault of kubewhy itself, ${errorId} in the worker's log` }),
    };
  }
}

async function planAFix(deps: FixDeps, record: FixRecord, ports: CollectPorts, signal: AbortSignal): Promise<Planned> {
  const { rule, object, params, question } = record;
  const remediation = remediationBy(deps, record.remediation);
  if (remediation === undefined || !remediation.fixes.includes(rule))
    return { reason: fixReason('fix.no-such-remediation', { remediation: record.remediation, rule }) };
  const options = { id: record.diagnosis, deadlineMs: DEADLINE_MS, signal };
  const result = await planFix({ question, rule, object, remediation, params }, ports, options);
  if (result.status !== 'draft') return { reason: reasonOf(result, record) };
  const { steadySeconds } = deps;
  // It stands in the plan: what is approved says how long it is watched.
  const watched = steadySeconds === undefined ? {} : { steadySeconds };
  const draft = { ...result.draft, expect: { ...watched, ...result.draft.expect } };
  return { draft: await withBaseline(draft, result.diagnosis, ports, options) };
}

function reasonOf(result: Exclude<PlanResult, { status: 'draft' }>, { language }: FixRecord): Reason {
  if (result.status === 'refused') {
    const { why, manual } = result;
    return {
      code: why.text.slice(0, 60),
      data: {},
      line: why,
      ...(manual === undefined ? {} : { manual: [...manual] }),
    };
  }
  if (result.status === 'unproven') return fixReason('fix.unproven');
  if (result.verdict === 'inconclusive') return fixReason('fix.gone-unclear');
  const { summary } = buildReport(result.diagnosis, { language, catalogue: CATALOGUE });
  const verdict = summary.replace(/[.。]$/u, '');
  return fixReason(result.verdict === 'cause-found' ? 'fix.gone-other' : 'fix.gone', { verdict });
}

async function planAnUndo(
  deps: FixDeps,
  record: FixRecord,
  ports: CollectPorts,
  signal: AbortSignal,
): Promise<Planned> {
  const { undoOf } = record;
  const first = undoOf === undefined ? undefined : await loadFix(deps, undoOf);
  if (first === undefined) return { reason: fixReason('fix.undo-gone', { fix: undoOf ?? '?' }) };
  const reads = new Map<string, ObjectRead>();
  for (const target of undoTargets(first))
    reads.set(targetKey(target), await readObject(ports.cluster, target, signal));
  const planned = planUndo(
    first,
    (target) => reads.get(targetKey(target)) ?? { status: 'unreadable', reason: 'it was not read' },
  );
  return planned.status === 'draft' ? { draft: planned.draft } : { reason: planned.reason };
}
