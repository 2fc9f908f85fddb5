/** What the bot asks a worker for an incident: diagnose, keep the result, say how it ended. Nothing is posted. */
import { z } from 'zod';
import { AlertSeverity, Instant } from './alert.ts';
import { DiagnosisId, IncidentId, JOB_VERSION, Language } from './jobs.ts';
import { Question } from './question.ts';

/** `id` is the diagnosis' id, made from the incident and the number of the try: the same job twice is one. */
export const IncidentJob = z.object({
  version: z.literal(JOB_VERSION),
  id: DiagnosisId,
  incident: IncidentId,
  cluster: z.string().min(1).max(253),
  question: Question,
  language: Language,
  severity: AlertSeverity,
  askedAt: Instant,
});
export type IncidentJob = z.infer<typeof IncidentJob>;

/** A queue of its own, one a cluster: alerts never stand before people. */
export function incidentQueueName(cluster: string): string {
  return `kubewhy-incident-${cluster}`;
}

/** BullMQ's priority: the lower, the sooner. */
export const INCIDENT_PRIORITY: Readonly<Record<AlertSeverity, number>> = { critical: 1, warning: 2, info: 3 };
