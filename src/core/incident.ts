/** The record of one fault that alerts spoke of: one message in a channel, from the first alert to the last word. */
import { z } from 'zod';
import { Alert, AlertSeverity, Instant, RouteName } from './alert.ts';
import { FixId } from './fix.ts';
import { DiagnosisId, IncidentId, Language, SlackUser } from './jobs.ts';
import { ObjectRef } from './object-ref.ts';
import { Question } from './question.ts';

export { IncidentId } from './jobs.ts';

export const INCIDENT_VERSION = 1;
export const StormId = z.string().regex(/^st-[a-z0-9]{7,16}$/);
const SlackId = z.string().regex(/^[A-Z0-9]{1,40}$/);

/** An alert of an incident, and how it came to it. */
export const IncidentAlert = Alert.omit({ cluster: true, route: true, question: true }).extend({
  /** Notifications received about it, repeats too. */
  times: z.number().int().min(1),
});
export type IncidentAlert = z.infer<typeof IncidentAlert>;

/** A cause that a diagnosis confirmed. `key` is `rule|Kind/ns/name`: two incidents with the same first key are one fault. */
export const IncidentCause = z.object({
  key: z.string().max(700),
  rule: z.string().max(80),
  object: ObjectRef,
  /** The sentence, in the incident's language. */
  says: z.string().max(600),
});
export type IncidentCause = z.infer<typeof IncidentCause>;

/** The newest diagnosis: `queued` until a worker has said how it ended. */
export const IncidentDiagnosis = z.object({
  id: DiagnosisId,
  state: z.enum(['queued', 'done', 'failed']),
  queuedAt: Instant,
  endedAt: Instant.optional(),
  verdict: z.enum(['cause-found', 'no-fault-found', 'inconclusive']).optional(),
  summary: z.string().max(600).optional(),
  causes: z.array(IncidentCause).max(10).default([]),
  /** Why there is none (`failed`), one sentence. */
  reason: z.string().max(500).optional(),
  /** Signed offers of fixes, ready for buttons. */
  offers: z
    .array(z.object({ id: z.string().max(60), remediation: z.string().max(80) }))
    .max(12)
    .default([]),
  /** Diagnoses of this incident so far, this one included. */
  tries: z.number().int().min(1),
});
export type IncidentDiagnosis = z.infer<typeof IncidentDiagnosis>;

/** A silence that kubewhy made in an Alertmanager. */
export const IncidentSilence = z.object({
  id: z.string().max(100),
  /** The name of the Alertmanager's entry in the routes file is the route's; this is its address. */
  alertmanager: z.string().max(300),
  alert: z.string().max(40),
  by: SlackUser,
  why: z.enum(['on-it', '1h', '4h', 'until-resolved']),
  from: Instant,
  until: Instant,
});
export type IncidentSilence = z.infer<typeof IncidentSilence>;

const TIMELINE = [
  'opened',
  'fired',
  'resolved-alert',
  'resolved',
  'reopened',
  'flapping',
  'diagnosing',
  'verdict',
  'no-diagnosis',
  'folded-in',
  'folded-into',
  'on-it',
  'handed-back',
  'silenced',
  'unsilenced',
  'silence-ended',
  'again',
  'fix',
  'no-worker',
  'odd',
] as const;
export type TimelineWhat = (typeof TIMELINE)[number];

/** One fact of the timeline. `seq` is unique within the incident and is the key of its line in the thread. */
export const TimelineEntry = z.object({
  seq: z.number().int().min(0),
  at: Instant,
  what: z.enum(TIMELINE),
  by: SlackUser.optional(),
  /** Small facts that the sentence is made of: alert's name and id, diagnosis, verdict, fix and state, other incident, until. */
  data: z.record(z.string().max(40), z.union([z.string().max(700), z.number()])).default({}),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;
export const MOST_TIMELINE = 400;
/** Alerts whose names and labels an incident keeps; the board knows the state of all of them. */
export const MOST_SHOWN_ALERTS = 60;

export const IncidentRecord = z.object({
  version: z.literal(INCIDENT_VERSION),
  id: IncidentId,
  /** Counted up by each change. */
  rev: z.number().int().min(1),
  cluster: z.string().min(1).max(253),
  route: RouteName,
  channel: SlackId,
  language: Language,
  /** `folded`: another incident has the same cause; its place in the channel points there. */
  state: z.enum(['open', 'resolved', 'folded']),
  /** What joins alerts at the door: the question's text, or `alert <name>` where none maps. */
  key: z.string().max(1200),
  question: Question.optional(),
  severity: AlertSeverity,
  /** The earliest start of its alerts. */
  since: Instant,
  openedAt: Instant,
  updatedAt: Instant,
  resolvedAt: Instant.optional(),
  alerts: z.array(IncidentAlert).max(MOST_SHOWN_ALERTS),
  /** All alerts that belong to it, those beyond `alerts` too. */
  counts: z.object({ firing: z.number().int().min(0), resolved: z.number().int().min(0) }),
  diagnosis: IncidentDiagnosis.optional(),
  /** When it is to be diagnosed again, as long as no cause is confirmed and it fires. */
  recheckAt: Instant.optional(),
  onIt: z.object({ by: SlackUser, at: Instant }).optional(),
  silences: z.array(IncidentSilence).max(60).default([]),
  foldedInto: IncidentId.optional(),
  /** Times at which it fired again after it was resolved; the newest 20. */
  reopenings: z.array(Instant).max(20).default([]),
  flapping: z.boolean().default(false),
  /** Set while it stands in a storm's digest and has no message of its own. */
  storm: StormId.optional(),
  /** Fixes of its diagnoses and how far they are. */
  fixes: z
    .array(z.object({ id: FixId, remediation: z.string().max(80), state: z.string().max(20), at: Instant }))
    .max(20)
    .default([]),
  /** No worker has taken its diagnosis for a while: said, until one does. */
  noWorker: z.boolean().default(false),
  timeline: z.array(TimelineEntry).max(MOST_TIMELINE),
  /** Timeline entries that were left out of the middle. */
  left: z.number().int().min(0).default(0),
});
export type IncidentRecord = z.infer<typeof IncidentRecord>;

/** Many faults at once in one channel: one digest message, edited. Its members are the incidents with `storm` set to it. */
export const StormRecord = z.object({
  version: z.literal(INCIDENT_VERSION),
  id: StormId,
  rev: z.number().int().min(1),
  cluster: z.string().min(1).max(253),
  route: RouteName,
  channel: SlackId,
  language: Language,
  state: z.enum(['open', 'over']),
  since: Instant,
  lastAt: Instant,
  updatedAt: Instant,
  overAt: Instant.optional(),
  /** Alerts and incidents that came with it, over all its time. */
  alerts: z.number().int().min(0),
  incidents: z.number().int().min(0),
  /** Incidents that got a message of their own since. */
  promoted: z.number().int().min(0).default(0),
});
export type StormRecord = z.infer<typeof StormRecord>;
