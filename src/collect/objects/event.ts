/** Events (core/v1): from the API server's form to evidence. */
import { z } from 'zod';
import type { EventObject } from '../../core/evidence/workload.ts';
import { redactText } from '../../core/redact.ts';
import { bounded, opt, pruned } from './raw.ts';

const RawEvent = z.object({
  type: opt(z.string()),
  reason: opt(z.string()),
  message: opt(z.string()),
  count: opt(z.number()),
  firstTimestamp: opt(z.string()),
  lastTimestamp: opt(z.string()),
  eventTime: opt(z.string()),
  series: opt(z.object({ count: opt(z.number()), lastObservedTime: opt(z.string()) })),
  involvedObject: z.object({
    kind: opt(z.string()),
    namespace: opt(z.string()),
    name: opt(z.string()),
    fieldPath: opt(z.string()),
  }),
  source: opt(z.object({ component: opt(z.string()), host: opt(z.string()) })),
  reportingComponent: opt(z.string()),
  reportingInstance: opt(z.string()),
});

/** Gives an event as evidence; newer senders use `series` and `eventTime` in place of counts and timestamps. */
export function toEvent(input: unknown): EventObject {
  const raw = RawEvent.parse(input);
  return pruned({
    type: raw.type ?? 'Normal',
    reason: raw.reason ?? '',
    message: bounded(redactText(raw.message ?? ''), 2000),
    count: raw.series?.count ?? raw.count ?? 1,
    firstTime: raw.firstTimestamp ?? raw.eventTime,
    lastTime: raw.series?.lastObservedTime ?? raw.lastTimestamp ?? raw.eventTime,
    about: pruned({
      kind: raw.involvedObject.kind ?? '',
      namespace: raw.involvedObject.namespace,
      name: raw.involvedObject.name ?? '',
      fieldPath: raw.involvedObject.fieldPath,
    }),
    source: raw.source?.component ?? raw.reportingComponent,
    host: raw.source?.host,
  });
}
