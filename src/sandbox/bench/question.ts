/** One question in Slack, followed to its last message: when each thing was there to see. */
import { z } from 'zod';
import type { StoredMessage } from '../slack/types.ts';
import type { SlackWorkspace } from '../slack/workspace-types.ts';

const TIMEOUT_MS = 60_000;

/** What is read of an evidence file here. */
export const Evidence = z.object({
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  agents: z.object({ asked: z.array(z.string()), total: z.number() }),
  items: z.array(
    z.object({
      kind: z.string(),
      source: z.enum(['api', 'agent']),
      at: z.iso.datetime(),
      status: z.enum(['collected', 'unavailable']),
    }),
  ),
});
export type Evidence = z.infer<typeof Evidence>;

/** Milliseconds from the moment that the command was sent. */
export interface Answered {
  readonly ackMs: number;
  readonly firstLineMs: number;
  readonly collectionBeganMs: number | undefined;
  /** The last answer of the API server that does not itself wait for agents. */
  readonly apiReadMs: number | undefined;
  /** The last agent that answered, or did not in time. */
  readonly agentsMs: number | undefined;
  readonly collectionEndedMs: number | undefined;
  readonly verdictMs: number;
  /** All messages and the evidence file. */
  readonly wholeMs: number | undefined;
  /** The root message's text at the end. */
  readonly verdict: string;
  /** Undefined where no evidence file came in time. */
  readonly evidenceBytes: number | undefined;
}

let channels = 0;

/** Asks as one person in a channel of its own, so that no earlier question's messages are paid for. */
export async function askInSlack(slack: SlackWorkspace, text: string): Promise<Answered> {
  channels += 1;
  const person = slack.addUser({ name: `asker-${channels}` });
  const channel = slack.addChannel({ name: `question-${channels}`, members: [person.id] });
  const started = Date.now();
  const outcome = await slack.asUser(person.id).slash(channel.id, '/k8s', text);
  if (outcome.visibleError !== undefined || outcome.ackMs === undefined)
    throw new Error(`/k8s ${text}: Slack shows ${outcome.visibleError ?? 'nothing'}`);
  const root = await slack.waitFor((w) => w.messages(channel.id).find((message) => message.own), TIMEOUT_MS);
  const shared = await slack.waitFor((w) => withFile(w.thread(channel.id, root.ts)), TIMEOUT_MS).catch(() => undefined);
  if (shared === undefined && slack.thread(channel.id, root.ts).length === 0)
    throw new Error(`/k8s ${text}: no answer within ${TIMEOUT_MS / 1000} s`);
  const end = slack.messages(channel.id).find((message) => message.ts === root.ts) ?? root;
  const content = slack.files().find((file) => file.id === shared?.id)?.content;
  const since = (time: number | undefined): number | undefined => (time === undefined ? undefined : time - started);
  return {
    ackMs: outcome.ackMs,
    firstLineMs: since(end.frames[0]?.at) ?? 0,
    ...collection(content, started),
    // The thread comes after the verdict, so by now the last state of the root message is the verdict.
    verdictMs: since(end.frames.at(-1)?.at) ?? 0,
    wholeMs: since(shared?.at),
    verdict: end.text,
    evidenceBytes: content?.length,
  };
}

type Collection = Pick<Answered, 'collectionBeganMs' | 'apiReadMs' | 'agentsMs' | 'collectionEndedMs'>;

/** When the evidence was read, by its own times; nothing where there is no file. */
function collection(content: Buffer | undefined, started: number): Collection {
  const evidence = content === undefined ? undefined : Evidence.parse(JSON.parse(content.toString('utf8')));
  const since = (time: number | undefined): number | undefined => (time === undefined ? undefined : time - started);
  return {
    collectionBeganMs: since(timeOf(evidence?.startedAt)),
    apiReadMs: since(lastOf(evidence, 'api')),
    agentsMs: since(lastOf(evidence, 'agent')),
    collectionEndedMs: since(timeOf(evidence?.finishedAt)),
  };
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** Nodes and leases are put down at the end, when it is known which of them matter; they were read long before. */
const WAITING = new Set(['nodes', 'node-leases']);

function lastOf(evidence: Evidence | undefined, source: 'api' | 'agent'): number | undefined {
  const times = (evidence?.items ?? [])
    .filter((item) => item.source === source && !WAITING.has(item.kind))
    .map((item) => Date.parse(item.at));
  return times.length === 0 ? undefined : Math.max(...times);
}

function withFile(thread: readonly StoredMessage[]): { id: string; at: number } | undefined {
  for (const message of thread) {
    const id = message.files[0]?.['id'];
    if (typeof id === 'string') return { id, at: message.at };
  }
  return undefined;
}
