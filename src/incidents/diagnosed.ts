/** What a worker says of a diagnosis: how it ended, or that nobody takes it. */
import type { DeskEvent } from '../core/desk-event.ts';
import type { IncidentDiagnosis, IncidentRecord } from '../core/incident.ts';
import { confirmedKey } from './cause.ts';
import type { Desk } from './desk.ts';
import { planRecheck } from './diagnosing.ts';
import { joinByCause } from './folding.ts';
import { promoteConfirmed } from './storm.ts';
import { note } from './timeline.ts';

type Diagnosed = Extract<DeskEvent, { type: 'diagnosed' }>;
type NoWorker = Extract<DeskEvent, { type: 'no-worker' }>;

/**
 * Takes the end of the diagnosis that is queued. That of any other try is old news (at most one is under way, so it was heard
 * before, or its incident left the board meanwhile), also of one that is folded: it lives on in the other one.
 */
export function takeDiagnosed(desk: Desk, event: Diagnosed): void {
  const before = desk.incident(event.incident);
  const queued = before?.diagnosis;
  if (before === undefined || before.state === 'folded') return;
  if (queued?.id !== event.diagnosis || queued.state !== 'queued') return;
  const had = confirmedKey(before);
  const record = desk.edit(before.id);
  record.noWorker = false;
  record.diagnosis = event.outcome === 'failed' ? failed(desk, queued, event) : done(desk, queued, event);
  tellEnd(desk, record, queued);
  joinByCause(desk, record.id, had);
  promoteConfirmed(desk, record.id);
  planRecheck(desk, record.id);
  desk.plan(record.id);
}

/** That a try failed says nothing of the cause: what was known before it stays. */
function failed(desk: Desk, queued: IncidentDiagnosis, { reason }: Diagnosed): IncidentDiagnosis {
  return { ...queued, state: 'failed', endedAt: desk.clock, ...(reason === undefined ? {} : { reason }) };
}

function done(desk: Desk, queued: IncidentDiagnosis, event: Diagnosed): IncidentDiagnosis {
  const { id, queuedAt, tries } = queued;
  const { causes, offers, summary } = event;
  return {
    id,
    state: 'done',
    queuedAt,
    endedAt: desk.clock,
    verdict: event.verdict ?? 'inconclusive',
    ...(summary === undefined ? {} : { summary }),
    causes,
    offers,
    tries,
  };
}

function tellEnd(desk: Desk, record: IncidentRecord, before: IncidentDiagnosis): void {
  const { diagnosis } = record;
  if (diagnosis === undefined) return;
  const { id, state, verdict, summary, causes, reason } = diagnosis;
  if (state === 'failed') return note(record, desk.clock, 'no-diagnosis', { diagnosis: id, reason });
  const [cause] = causes;
  const same = verdict === before.verdict && cause?.key === before.causes[0]?.key ? 1 : undefined;
  note(record, desk.clock, 'verdict', { diagnosis: id, verdict, summary, cause: cause?.says, key: cause?.key, same });
}

/** Nobody has taken the queued diagnosis for a while: said once, until somebody does. */
export function takeNoWorker(desk: Desk, event: NoWorker): void {
  const before = desk.incident(event.incident);
  if (before === undefined || before.noWorker || before.state === 'folded') return;
  if (before.diagnosis?.id !== event.diagnosis || before.diagnosis.state !== 'queued') return;
  const record = desk.edit(before.id);
  record.noWorker = true;
  note(record, desk.clock, 'no-worker', { diagnosis: event.diagnosis, cluster: desk.cluster });
}
