/** What is posted to Slack, and two changes that the sender makes to it: a note, and its plain form. */

/** What is posted: `text` is a full sentence of its own, for notifications and screen readers. */
export interface Post {
  readonly text: string;
  readonly blocks: readonly object[];
}

/** Slack's limit of a fallback text is 4,000 characters. */
const MOST_PLAIN = 3900;

/** Gives the same message with a line that says something about the message itself. */
export function withNote(message: Post, note: string): Post {
  const blocks = message.blocks.slice(0, 49);
  return { text: message.text, blocks: [...blocks, { type: 'context', elements: [{ type: 'mrkdwn', text: note }] }] };
}

/** Gives the message without blocks, for a Slack that refuses them: better plain than lost. */
export function plainMessage({ text }: Post): Post {
  return { text: text.length > MOST_PLAIN ? `${text.slice(0, MOST_PLAIN - 1)}…` : text, blocks: [] };
}
