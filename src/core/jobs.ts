/** What bot and worker say to each other through the queue, and what both keep in Redis. Versioned; parsed at each door. */
import { z } from 'zod';
import { Question } from './question.ts';

export const JOB_VERSION = 1;
/** The queue's name; one queue for each cluster, so that one cluster's trouble never delays another's. */
export function queueName(cluster: string): string {
  return `kubewhy-diagnose-${cluster}`;
}

export const Language = z.enum(['en', 'zh-cn']);
export type Language = z.infer<typeof Language>;

/** The public id of a diagnosis. */
export const DiagnosisId = z.string().regex(/^dx-[a-z0-9]{5,16}$/);
/** The public id of an incident: what alerts opened a message for. */
export const IncidentId = z.string().regex(/^in-[a-z0-9]{7,16}$/);
/** Ids, times and timestamps as Slack and we write them: they stand in messages, and a record that somebody edited must not. */
const SlackId = z.string().regex(/^[A-Z0-9]{1,40}$/);
export const SlackUser = z.string().regex(/^[UW][A-Z0-9]{1,39}$/);
/** Who asked: a person, or alerts did. */
export const Asker = z.union([SlackUser, z.literal('alert')]);
const Ts = z.string().regex(/^\d{1,12}\.\d{1,9}$/);
const Instant = z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]{5,18}Z$/);

/** Where the answer goes. `rootTs` is the message that is edited in place; everything else goes in its thread. */
export const Place = z.object({
  channel: SlackId,
  /** Set where the person asked inside a thread: the root message is then a reply in it. */
  threadTs: Ts.optional(),
});
export type Place = z.infer<typeof Place>;

/** One diagnosis to run. `id` is the public `dx-…`; the job's id in the queue is derived from the request. */
export const DiagnoseJob = z.object({
  version: z.literal(JOB_VERSION),
  id: DiagnosisId,
  cluster: z.string().min(1).max(253),
  question: Question,
  askedBy: Asker,
  place: Place,
  language: Language,
  askedAt: Instant,
  /** Set where alerts asked: the report goes into this incident's thread. */
  incident: IncidentId.optional(),
});
export type DiagnoseJob = z.infer<typeof DiagnoseJob>;

/** How far the delivery of one diagnosis has come: what was posted is never posted again. */
export const Delivery = z.object({
  version: z.literal(JOB_VERSION),
  /** The channel as Slack named it; differs from the place's where that is a person (a direct message). */
  channel: SlackId.optional(),
  /** The root message. */
  rootTs: Ts.optional(),
  /** True where nobody could see whether a root message before this one arrived: each of its states says so. */
  rootDoubted: z.boolean().optional(),
  /** Keys of thread messages that were posted, with their ts. */
  posted: z.record(z.string(), z.string()),
  /** Keys of messages whose sending began, with the time: one that is not in `posted` may or may not have arrived. */
  sending: z.record(z.string(), z.string()).default({}),
  fileUploaded: z.boolean(),
  done: z.boolean(),
  /** Of a fix: the revision of its record that the thread shows. */
  shown: z.number().int().optional(),
  /** When that revision was written: a store that was set back has another one of the same number. */
  shownAt: z.string().max(40).optional(),
});
export type Delivery = z.infer<typeof Delivery>;

/** A line of `/k8s recent`. */
export const RecentEntry = z.object({
  id: DiagnosisId,
  cluster: z.string().max(253),
  question: Question,
  askedBy: Asker,
  /** Of an incident the place is only the channel. */
  place: Place,
  incident: IncidentId.optional(),
  rootTs: Ts.optional(),
  askedAt: Instant,
  finishedAt: Instant.optional(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  verdict: z.enum(['cause-found', 'no-fault-found', 'inconclusive']).optional(),
  summary: z.string().max(500).optional(),
});
export type RecentEntry = z.infer<typeof RecentEntry>;
