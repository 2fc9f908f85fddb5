/** A plan rests on how the cluster was when it was made: another fix that was carried out since makes it another cluster. */
import type { FixRecord, Plan } from '../core/fix.ts';
import { refText } from '../core/object-ref.ts';
import type { Draft } from '../core/remediation.ts';
import { loadFix, type RemediatorDeps } from './deps.ts';

/** Entries that are looked back over; the fixes of a quarter of an hour. */
const MOST_ENTRIES = 1000;

/** Gives the fix that took a step since this plan was asked for, on something that both touch; undefined where there is none. */
export async function overtakenBy(record: FixRecord, plan: Plan, deps: RemediatorDeps): Promise<string | undefined> {
  const since = Date.parse(record.requestedAt);
  const entries = await deps.audit.read({ limit: MOST_ENTRIES });
  const others = new Set(
    entries.flatMap(({ entry: { at, event, role } }) => {
      const steps = role === 'remediator' && event.what === 'step' && event.cluster === record.cluster;
      return steps && event.fix !== undefined && event.fix !== record.id && Date.parse(at) > since ? [event.fix] : [];
    }),
  );
  for (const id of others) {
    const other = await loadFix(deps, id);
    const draft = other?.plan?.plan.draft;
    // What cannot be read any more may have touched anything.
    if (draft === undefined || overlap(draft, plan.draft)) return id;
  }
  return undefined;
}

/** True where two plans share an object or a node. */
export function overlap(a: Pick<Draft, 'object' | 'nodes'>, b: Pick<Draft, 'object' | 'nodes'>): boolean {
  if (refText(a.object) === refText(b.object)) return true;
  const nodes = new Set(b.nodes);
  return a.nodes.some((node) => nodes.has(node));
}
