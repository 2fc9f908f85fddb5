/** People who want a fix whatever goes wrong: they press again where Slack or the card has no answer for them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isOver } from '../../src/core/approval.ts';
import type { FixRecord } from '../../src/core/fix.ts';
import type { SlackPerson, StoredMessage } from '../../src/sandbox/slack/types.ts';
import type { SlackWorkspace } from '../../src/sandbox/slack/workspace-types.ts';
import type { FixWatch } from './fix-watch.ts';

/** Between two presses of somebody who sees no answer. */
const IMPATIENCE_MS = 8000;
const LOOK_MS = 100;
/** A record that is not there for so long was lost. */
const GONE_MS = 10_000;
/** For so long nobody need answer the first press: a bot that died starts again, and Redis comes back. */
const BEGIN_MS = 90_000;

export interface Thread {
  readonly slack: SlackWorkspace;
  readonly channel: string;
  readonly rootTs: string;
  readonly watch: FixWatch;
  readonly asker: SlackPerson;
  readonly approver: SlackPerson;
  readonly deadlineMs: number;
}

interface SlackButton {
  readonly action_id?: string;
  readonly accessibility_label?: string;
}

export function messagesOf({ slack, channel, rootTs }: Pick<Thread, 'slack' | 'channel' | 'rootTs'>): StoredMessage[] {
  return slack.thread(channel, rootTs);
}

/** What the bot noted on its message: which fix, and which of its messages. */
export function labelOf(message: StoredMessage): { readonly id: string; readonly key: string } | undefined {
  const payload = message.metadata?.['event_payload'] as { id?: string; key?: string } | undefined;
  return payload?.id === undefined || payload.key === undefined ? undefined : { id: payload.id, key: payload.key };
}

/** The newest card of a fix. */
export function cardOf(thread: Pick<Thread, 'slack' | 'channel' | 'rootTs'>, fix: string): StoredMessage | undefined {
  return messagesOf(thread).findLast((message) => {
    const label = labelOf(message);
    return label?.id === fix && label.key.startsWith('root');
  });
}

export function buttonOf(message: StoredMessage, action: string, about = ''): string | undefined {
  const buttons = (message.blocks as { type?: string; elements?: SlackButton[] }[])
    .filter((block) => block.type === 'actions')
    .flatMap((block) => block.elements ?? []);
  return buttons.find(
    (one) => one.action_id?.split(':')[0] === action && one.accessibility_label?.includes(about) === true,
  )?.action_id;
}

/** Presses a button where it stands; nothing where it has just gone. Gives false where Slack shows an error. */
async function press(thread: Thread, by: SlackPerson, message: StoredMessage, action: string): Promise<boolean> {
  const { slack, channel } = thread;
  try {
    return (await slack.asUser(by.id).click(channel, message.ts, action)).visibleError === undefined;
  } catch {
    return false;
  }
}

/** Presses until a fix has begun. `about`: the remediation, or the fix that is to be undone. @throws after the deadline. */
export async function begin(thread: Thread, button: 'fix_propose' | 'fix_undo', about: string): Promise<string> {
  const known = new Set(thread.watch.records.keys());
  const until = performance.now() + BEGIN_MS;
  let pressed = -IMPATIENCE_MS;
  while (performance.now() < until) {
    const fresh = [...thread.watch.records.keys()].find((id) => !known.has(id));
    if (fresh !== undefined) return fresh;
    if (performance.now() - pressed >= IMPATIENCE_MS) {
      const where = messagesOf(thread).findLast((message) => buttonOf(message, button, about) !== undefined);
      const action = where === undefined ? undefined : buttonOf(where, button, about);
      if (where !== undefined && action !== undefined && (await press(thread, thread.asker, where, action)))
        pressed = performance.now();
    }
    await sleep(LOOK_MS);
  }
  throw new Error(`nobody began ${about} after ${button}, within ${BEGIN_MS} ms`);
}

/**
 * Approves where the card asks for it, until the fix is over. Gives the record; undefined where it is gone from Redis.
 * @throws after the deadline.
 */
export async function see(thread: Thread, fix: string): Promise<FixRecord | undefined> {
  const { records } = thread.watch;
  const until = performance.now() + thread.deadlineMs;
  let pressed = -IMPATIENCE_MS;
  let known = performance.now();
  while (performance.now() < until) {
    const record = records.get(fix);
    if (record !== undefined) known = performance.now();
    if (performance.now() - known > GONE_MS) return undefined;
    if (record !== undefined && isOver(record.state) && (await staysOver(thread, fix))) return record;
    if (performance.now() - pressed >= IMPATIENCE_MS && (await pressApprove(thread, fix))) pressed = performance.now();
    await sleep(LOOK_MS);
  }
  const record = records.get(fix);
  throw new Error(
    `${fix} has no end after ${thread.deadlineMs} ms: it is ${record?.state ?? 'gone'}, revision ${record?.rev ?? 0}`,
  );
}

/** What was acknowledged a moment ago may still be lost. */
async function staysOver({ watch }: Thread, fix: string): Promise<boolean> {
  await sleep(1500);
  const record = watch.records.get(fix);
  return record !== undefined && isOver(record.state);
}

async function pressApprove(thread: Thread, fix: string): Promise<boolean> {
  const card = cardOf(thread, fix);
  const action = card === undefined ? undefined : buttonOf(card, 'fix_approve');
  return card !== undefined && action !== undefined && (await press(thread, thread.approver, card, action));
}
