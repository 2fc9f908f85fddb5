/** An alert as kubewhy keeps it: what Alertmanager said, bounded and redacted, and the question that it maps to. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { Question } from './question.ts';

export const Instant = z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]{5,18}Z$/);
/** The name of a route: the last part of `POST /alerts/<route>`. */
export const RouteName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

export const AlertSeverity = z.enum(['critical', 'warning', 'info']);
export type AlertSeverity = z.infer<typeof AlertSeverity>;

/** What was odd about an alert and was set right: said in its thread. */
export const AlertOddity = z.enum(['starts-in-future', 'ends-before-start', 'no-name', 'cut', 'truncated-group']);

/** Most labels of one alert that are kept, and characters of one value; what is longer is cut and said (`cut`). */
export const ALERT_LIMITS = { labels: 64, label: 300, summary: 600 } as const;

export const Alert = z.object({
  /** Made from cluster and labels (see alertId): the same over two Alertmanagers. */
  id: z.string().regex(/^al-[0-9a-f]{20}$/),
  cluster: z.string().min(1).max(253),
  route: RouteName,
  /** The label `alertname`; `(no name)` where there is none. */
  name: z.string().min(1).max(200),
  labels: z.record(z.string().max(200), z.string().max(ALERT_LIMITS.label)),
  /** The annotation `summary`, else `description` or `message`; redacted. */
  summary: z.string().max(ALERT_LIMITS.summary).optional(),
  runbook: z.string().max(500).optional(),
  severity: AlertSeverity,
  status: z.enum(['firing', 'resolved']),
  startsAt: Instant,
  /** Only where resolved. */
  endsAt: Instant.optional(),
  receivedAt: Instant,
  /** Alertmanager's own address (`externalURL`). */
  source: z.string().max(300),
  /** Missing where nothing maps this alert to a question. */
  question: Question.optional(),
  odd: z.array(AlertOddity).max(5).default([]),
});
export type Alert = z.infer<typeof Alert>;

/** Gives an alert's id: of its cluster and all its labels, in whatever order. */
export function alertId(cluster: string, labels: Readonly<Record<string, string>>): string {
  return `al-${createHash('sha256')
    .update(`${cluster}\n${canonicalJson({ ...labels })}`)
    .digest('hex')
    .slice(0, 20)}`;
}
