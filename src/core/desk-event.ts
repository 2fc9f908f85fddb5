/** What happens to incidents: events in the order in which they came, one list a cluster in Redis. Parsed by who takes them out. */
import { z } from 'zod';
import { Alert, Instant, RouteName } from './alert.ts';
import { FixId } from './fix.ts';
import { IncidentDiagnosis, IncidentId, IncidentSilence } from './incident.ts';
import { DiagnosisId, SlackUser } from './jobs.ts';

/** Alerts of one event; a longer notification is several events. */
export const MOST_EVENT_ALERTS = 100;

export const DeskEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('alerts'),
    at: Instant,
    route: RouteName,
    alerts: z.array(Alert).min(1).max(MOST_EVENT_ALERTS),
  }),
  /** From a worker: how a diagnosis ended. */
  z.object({
    type: z.literal('diagnosed'),
    at: Instant,
    incident: IncidentId,
    diagnosis: DiagnosisId,
    outcome: z.enum(['done', 'failed']),
    ...IncidentDiagnosis.pick({ verdict: true, summary: true, causes: true, reason: true, offers: true }).shape,
  }),
  z.object({
    type: z.literal('on-it'),
    at: Instant,
    incident: IncidentId,
    by: SlackUser,
    silences: z.array(IncidentSilence).max(60),
  }),
  z.object({ type: z.literal('handed-back'), at: Instant, incident: IncidentId, by: SlackUser }),
  z.object({
    type: z.literal('silenced'),
    at: Instant,
    incident: IncidentId,
    by: SlackUser,
    silences: z.array(IncidentSilence).min(1).max(60),
  }),
  /** Silences that are gone: a person took them back (`by`), they expired, or their alerts are over. */
  z.object({
    type: z.literal('unsilenced'),
    at: Instant,
    incident: IncidentId,
    by: SlackUser.optional(),
    ids: z.array(z.string().max(100)).max(60),
  }),
  /** Alertmanager does not know these alerts any more: seen while they were silenced, when it tells nobody of their end. */
  z.object({
    type: z.literal('gone'),
    at: Instant,
    incident: IncidentId,
    alerts: z.array(z.string().max(40)).min(1).max(100),
  }),
  z.object({ type: z.literal('again'), at: Instant, incident: IncidentId, by: SlackUser }),
  /** From a worker: a fix of one of the incident's diagnoses has come to another state. */
  z.object({
    type: z.literal('fix'),
    at: Instant,
    incident: IncidentId,
    fix: FixId,
    remediation: z.string().max(80),
    state: z.string().max(20),
  }),
  /** Nobody has taken this diagnosis out of the queue for a while. */
  z.object({ type: z.literal('no-worker'), at: Instant, incident: IncidentId, diagnosis: DiagnosisId }),
]);
export type DeskEvent = z.infer<typeof DeskEvent>;
