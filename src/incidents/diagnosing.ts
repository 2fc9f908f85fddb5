/** When an incident is diagnosed, and what is asked: at most one diagnosis of it is under way. */
import type { IncidentDiagnosis, IncidentRecord } from '../core/incident.ts';
import { confirmedKey } from './cause.ts';
import type { Desk } from './desk.ts';
import { diagnosisId } from './ids.ts';
import { instant, ms } from './instants.ts';
import { byInterest } from './severity.ts';
import { note } from './timeline.ts';

/** Why it is to be diagnosed. */
export type Occasion = 'opened' | 'reopened' | 'joined' | 'again' | 'recheck';

/**
 * Queues a diagnosis where the occasion calls for one. While one is queued a further wish is dropped: if it has not begun it
 * will see what the wish was about, and if it has, a recheck follows as long as no cause is confirmed. What the try before
 * found stays in the record (its `state` says that it is looked at again), so that the cause still joins others meanwhile.
 */
export function wantsDiagnosis(desk: Desk, id: string, why: Occasion): void {
  const before = desk.incident(id);
  if (before === undefined || before.state === 'folded' || before.diagnosis?.state === 'queued') return;
  if (confirmedKey(before) !== undefined && !worthWhile(before, why)) return;
  if (!desk.settings.clusters.includes(desk.cluster)) return nobodyLooks(desk, id);
  const question = questionNow(desk, before);
  if (question === undefined) return;
  const record = desk.edit(id);
  const tries = (record.diagnosis?.tries ?? 0) + 1;
  const diagnosis = diagnosisId(id, tries);
  record.question = question;
  record.noWorker = false;
  record.diagnosis = {
    id: diagnosis,
    state: 'queued',
    queuedAt: desk.now,
    tries,
    ...foundBefore(record),
  };
  delete record.recheckAt;
  note(record, desk.clock, 'diagnosing', { diagnosis, try: tries, why });
}

/** True where a diagnosis can be queued: somebody looks after the cluster, and there is something to ask. */
export function canDiagnose(desk: Desk, record: Readonly<IncidentRecord>): boolean {
  return desk.settings.clusters.includes(desk.cluster) && questionNow(desk, record) !== undefined;
}

/** Where a cause is confirmed, only a person or a new outbreak asks again; what flaps has a new outbreak every minute. */
function worthWhile(record: Readonly<IncidentRecord>, why: Occasion): boolean {
  return why === 'again' || (why === 'reopened' && !record.flapping);
}

function foundBefore({
  diagnosis,
}: IncidentRecord): Pick<IncidentDiagnosis, 'causes' | 'offers' | 'verdict' | 'summary'> {
  const { verdict, summary, causes = [], offers = [] } = diagnosis ?? {};
  return {
    causes,
    offers,
    ...(verdict === undefined ? {} : { verdict }),
    ...(summary === undefined ? {} : { summary }),
  };
}

/** No worker looks after this cluster: said once, and nothing is queued that nobody would take. */
function nobodyLooks(desk: Desk, id: string): void {
  if (desk.incident(id)?.noWorker === true) return;
  const record = desk.edit(id);
  record.noWorker = true;
  note(record, desk.clock, 'no-worker', { why: 'unknown-cluster', cluster: desk.cluster });
}

/** The incident's question, as long as an alert that fires asks it; else that of the most interesting one that fires. */
function questionNow(desk: Desk, record: Readonly<IncidentRecord>): IncidentRecord['question'] {
  const own = record.question === undefined ? undefined : JSON.stringify(record.question);
  let best: ReturnType<Desk['alert']>;
  for (const alert of desk.alertsOf(record.id)) {
    if (alert.status !== 'firing' || alert.question === undefined) continue;
    if (JSON.stringify(alert.question) === own) return record.question;
    if (best === undefined || byInterest(alert, best) < 0) best = alert;
  }
  return best?.question ?? record.question;
}

/** Plans the next look at an incident that fires and has no confirmed cause: sooner at first, and after the last one not by itself. */
export function planRecheck(desk: Desk, id: string): void {
  const before = desk.incident(id);
  if (before?.state !== 'open' || confirmedKey(before) !== undefined) return;
  const seconds = desk.settings.recheckSeconds[looksOf(before) - 1];
  if (seconds === undefined || before.question === undefined) return;
  desk.edit(id).recheckAt = instant(ms(desk.clock) + seconds * 1000);
}

/** Diagnoses since it was opened or last reopened; a reopening begins anew. */
function looksOf(record: Readonly<IncidentRecord>): number {
  let looks = 0;
  for (const { what } of [...record.timeline].reverse()) {
    if (what === 'reopened' || what === 'opened') break;
    if (what === 'diagnosing') looks += 1;
  }
  return Math.max(1, looks);
}

/** Queues the recheck that is due. */
export function recheck(desk: Desk, id: string): void {
  const at = desk.incident(id)?.recheckAt;
  if (at === undefined || ms(at) > ms(desk.clock)) return;
  delete desk.edit(id).recheckAt;
  wantsDiagnosis(desk, id, 'recheck');
}
