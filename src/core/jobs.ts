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

/** Where the answer goes. `rootTs` is the message that is edited in place; everything else goes in its thread. */
export const Place = z.object({
  channel: z.string().min(1).max(40),
  /** Set where the person asked inside a thread: the root message is then a reply in it. */
  threadTs: z.string().max(40).optional(),
});
export type Place = z.infer<typeof Place>;

/** One diagnosis to run. `id` is the public `dx-…`; the job's id in the queue is derived from the request. */
export const DiagnoseJob = z.object({
  version: z.literal(JOB_VERSION),
  id: z.string().regex(/^dx-[a-z0-9]{5,16}$/),
  cluster: z.string().min(1).max(253),
  question: Question,
  askedBy: z.string().max(40),
  place: Place,
  language: Language,
  askedAt: z.string().max(40),
});
export type DiagnoseJob = z.infer<typeof DiagnoseJob>;

/** How far the delivery of one diagnosis has come: what was posted is never posted again. */
export const Delivery = z.object({
  version: z.literal(JOB_VERSION),
  /** The channel as Slack named it; differs from the place's where that is a person (a direct message). */
  channel: z.string().optional(),
  /** The root message. */
  rootTs: z.string().optional(),
  /** Keys of thread messages that were posted, with their ts. */
  posted: z.record(z.string(), z.string()),
  /** Keys of messages whose sending began, with the time: one that is not in `posted` may or may not have arrived. */
  sending: z.record(z.string(), z.string()).default({}),
  fileUploaded: z.boolean(),
  done: z.boolean(),
});
export type Delivery = z.infer<typeof Delivery>;

/** A line of `/k8s recent`. */
export const RecentEntry = z.object({
  id: z.string(),
  cluster: z.string(),
  question: Question,
  askedBy: z.string(),
  place: Place,
  rootTs: z.string().optional(),
  askedAt: z.string(),
  finishedAt: z.string().optional(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  verdict: z.enum(['cause-found', 'no-fault-found', 'inconclusive']).optional(),
  summary: z.string().max(500).optional(),
});
export type RecentEntry = z.infer<typeof RecentEntry>;
