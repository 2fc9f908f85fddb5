/** The report for Slack: the root message and the thread under it, within Slack's limits by construction. */
import type { FixOffer } from '../core/fix.ts';
import type { Step } from '../core/ports.ts';
import { type Message, paginate } from './blocks/message.ts';
import { renderRoot } from './blocks/root.ts';
import { threadSections } from './blocks/sections.ts';
import type { Report } from './report.ts';

export type { Message } from './blocks/message.ts';
export { mrkdwn } from './blocks/mrkdwn.ts';
export { type Fixed, type Running, renderEnded, renderProgress, renderResolved } from './blocks/root.ts';

/** Most messages of one section. The evidence file holds what is left out, and the message says so. */
const MAX_MESSAGES: Readonly<Record<string, number>> = { paths: 2, fix: 2, 'ruled-out': 3, 'also-found': 3 };
const MAX_OTHER = 2;

export interface Thread {
  /** Replaces the progress message. */
  readonly root: Message;
  /** Keys: `paths`, `cause-1`…, `symptom`, `fix`, `ruled-out`, `also-found`, `not-seen`; continued as `fix.2`. */
  readonly thread: readonly Message[];
}

/** What the thread has besides the report itself. */
export interface ThreadOptions {
  /** Fixes that can be proposed: the Fix card gets buttons for those whose cause is proven. */
  readonly offers?: readonly FixOffer[];
}

/** Gives all messages of a report. `steps`: how the collection went, shown in the root message. Pure: the same keys each time. */
export function renderThread(report: Report, steps: readonly Step[] = [], { offers = [] }: ThreadOptions = {}): Thread {
  const thread = threadSections(report, offers).flatMap((section) =>
    paginate(report.language, section, MAX_MESSAGES[section.key] ?? MAX_OTHER),
  );
  return { root: renderRoot(report, steps, thread.length > 0), thread };
}
