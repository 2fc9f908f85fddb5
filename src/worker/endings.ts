/** How a diagnosis without a report ends: the sentence for its asker, and buttons where they can choose. */
import type { Log } from '../adapters/log.ts';
import type { SlackClient } from '../adapters/slack/client.ts';
import type { Post } from '../adapters/slack/post.ts';
import type { SlackRefused } from '../adapters/slack/thread.ts';
import type { Questions } from '../adapters/store/questions.ts';
import type { ClusterError, UserError } from '../core/errors.ts';
import type { DiagnoseJob } from '../core/jobs.ts';
import { errorSentence } from '../report/index.ts';
import { choiceMessage, sentenceMessage } from './blocks.ts';
import { choicesOf } from './choices.ts';
import { TEXTS } from './texts.ts';

export type Ending =
  | { readonly kind: 'cancelled'; readonly by: string }
  | { readonly kind: 'user'; readonly error: UserError }
  | { readonly kind: 'cluster'; readonly error: ClusterError }
  | { readonly kind: 'internal'; readonly errorId: string }
  | { readonly kind: 'lost' };

export interface EndingDeps {
  readonly questions: Questions;
  readonly channel: string;
}

/** `reason` stands in the root message, `reply` in its thread: an edited message notifies nobody. */
export interface Ended {
  readonly state: 'cancelled' | 'failed';
  readonly reason: string;
  readonly reply: Post;
}

/** Gives what the root message and the thread say. */
export async function endingOf(job: DiagnoseJob, ending: Ending, deps: EndingDeps): Promise<Ended> {
  const texts = TEXTS[job.language];
  if (ending.kind === 'cancelled') {
    const lead = `${texts.cancelledBy} <@${ending.by}>. `;
    return { state: 'cancelled', reason: texts.cancelled, reply: sentenceMessage(texts.cancelled, lead) };
  }
  const reason = reasonOf(job, ending);
  const reply = ending.kind === 'user' ? await userReply(job, ending.error, reason, deps) : sentenceMessage(reason);
  return { state: 'failed', reason, reply };
}

function reasonOf(job: DiagnoseJob, ending: Exclude<Ending, { kind: 'cancelled' }>): string {
  const texts = TEXTS[job.language];
  if (ending.kind === 'user') return errorSentence(job.language, ending.error);
  if (ending.kind === 'internal') return texts.internal(ending.errorId);
  if (ending.kind === 'lost') return texts.lost;
  const write = ending.error.code === 'unauthorised' ? texts.clusterRefused : texts.clusterUnreachable;
  return write(job.cluster, ending.error.message.replace(/\.$/, ''));
}

async function userReply(job: DiagnoseJob, error: UserError, reason: string, deps: EndingDeps): Promise<Post> {
  const choices = choicesOf(job.question, error);
  if (choices.length === 0) return sentenceMessage(reason);
  const place = { ...job.place, channel: deps.channel };
  const kept = await Promise.all(
    choices.map(async ({ label, question }) => ({
      label,
      value: await deps.questions.keep({ cluster: job.cluster, question, place }),
    })),
  );
  return choiceMessage(reason, 'choose_target', kept);
}

/** Tells the asker privately that their channel cannot be answered in. Best effort: there may be no way to them either. */
export async function cannotPost(
  job: DiagnoseJob,
  refusal: SlackRefused,
  deps: { readonly slack: SlackClient; readonly log: Log },
): Promise<void> {
  deps.log.error({ id: job.id, channel: job.place.channel, error: refusal.code }, 'slack refuses the answer');
  const text = TEXTS[job.language].cannotPost(`<#${job.place.channel}>`, refusal.code);
  const outcome = await deps.slack.call('chat.postMessage', { channel: job.askedBy, text, unfurl_links: false });
  if (outcome.status !== 'ok') deps.log.error({ id: job.id, outcome: outcome.status }, 'the asker could not be told');
}
