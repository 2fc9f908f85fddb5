/** Small messages that the worker writes itself: plain sentences, and a question with buttons. */
import type { Post } from '../adapters/slack/post.ts';
import { mrkdwn } from '../report/index.ts';

/** Slack's limit of a text object is 3,000 characters. */
const MOST_TEXT = 2800;

/** A message of one sentence. The text comes from outside and is escaped here, save what `lead` (mrkdwn of ours) says first. */
export function sentenceMessage(text: string, lead = ''): Post {
  const bounded = `${lead}${mrkdwn(cut(text))}`.slice(0, 2990);
  return { text: bounded, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: bounded } }] };
}

/** A sentence with buttons below. Labels are plain text, values opaque. */
export function choiceMessage(
  text: string,
  action: string,
  choices: readonly { label: string; value: string }[],
): Post {
  const { text: bounded, blocks } = sentenceMessage(text);
  const elements = choices.slice(0, 25).map((choice, i) => ({
    type: 'button',
    // Action ids must differ within a message; the part after the colon is only for that.
    action_id: `${action}:${i}`,
    text: { type: 'plain_text', text: short(choice.label, 70) },
    value: choice.value,
  }));
  return { text: bounded, blocks: [...blocks, { type: 'actions', elements }] };
}

function cut(text: string): string {
  return short(text.trim() === '' ? '…' : text, MOST_TEXT);
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
