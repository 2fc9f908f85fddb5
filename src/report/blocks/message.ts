/** Messages and their limits: what does not fit into one goes into the next, and the last says what was left out. */
import type { ContextBlock, HeaderBlock, KnownBlock, SectionBlock } from '@slack/types';
import type { Language } from '../../core/jobs.ts';
import { word } from '../languages/index.ts';
import { shorten, withStop } from '../visible.ts';
import { literal, sentence, within } from './mrkdwn.ts';

/** A message as it is posted. `key` is stable, so that a worker that starts anew knows what it has posted. */
export interface Message {
  readonly key: string;
  /** For notifications and screen readers: full sentences that stand alone, at most 4,000 characters. */
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** Slack's limits (facts/slack.md §1.4) with headroom; the sum of text is undocumented, refusals were seen from 11,341. */
export const LIMITS = { blocks: 50, sum: 9000, text: 3000, fallback: 4000, rows: 100 } as const;

/** One section of the thread, before it is cut into messages. `pieces` are kept whole where they fit into one message. */
export interface Section {
  readonly key: string;
  readonly title: string;
  /** The fallback's sentences. */
  readonly text: string;
  readonly pieces: readonly (readonly KnownBlock[])[];
  /** Entries that the section itself left out. */
  readonly leftOut?: number;
  /** Stands at the end of the last message and is never left out: buttons. */
  readonly foot?: readonly KnownBlock[];
}

/** Cuts a section into at most `maxMessages` messages: `cause-1`, `cause-1.2`, … */
export function paginate(language: Language, section: Section, maxMessages: number): Message[] {
  const pages: KnownBlock[][] = [];
  let page: KnownBlock[] = [];
  const foot = section.foot ?? [];
  // Room for the header, for the line that says what follows, and for what stands at the end.
  const room = { blocks: LIMITS.blocks - 2 - foot.length, sum: LIMITS.sum - 600 - textSum(foot) };
  let sum = 0;
  let left = section.leftOut ?? 0;
  const close = () => {
    if (page.length > 0) pages.push(page);
    page = [];
    sum = 0;
  };
  for (const piece of section.pieces) {
    const cost = textSum(piece);
    if (page.length + piece.length > room.blocks || sum + cost > room.sum || (hasTable(page) && hasTable(piece)))
      close();
    if (pages.length >= maxMessages) {
      left += entriesIn(piece);
      continue;
    }
    for (const block of piece) {
      const size = textSum([block]);
      if (page.length + 1 > room.blocks || sum + size > room.sum) close();
      page.push(block);
      sum += size;
    }
  }
  close();
  for (const beyond of pages.splice(maxMessages)) left += entriesIn(beyond);
  if (pages.length === 0 && foot.length > 0) pages.push([]);
  return pages.map((blocks, i) => {
    const last = i === pages.length - 1;
    const title = i === 0 ? section.title : word(language, 'section.continued', { title: section.title });
    const note = last ? leftOutNote(language, left) : word(language, 'more.next');
    return {
      key: i === 0 ? section.key : `${section.key}.${i + 1}`,
      text: fallback(language, i === 0 ? `${title}${word(language, 'colon')}${section.text}` : title),
      blocks: [header(title), ...blocks, ...(note === '' ? [] : [context(note)]), ...(last ? foot : [])],
    };
  });
}

function leftOutNote(language: Language, left: number): string {
  return left === 0 ? '' : word(language, 'more.left-out', { count: left });
}

/** Gives the fallback text of a message: escaped, with a final stop, within Slack's limit. */
export function fallback(language: Language, text: string): string {
  return within(LIMITS.fallback - 100, withStop(text, word(language, 'stop')), sentence);
}

/** Gives a heading; `text` is plain and cut to Slack's 150 characters. */
export function header(text: string): HeaderBlock {
  return { type: 'header', text: { type: 'plain_text', text: shorten(literal(text), 150), emoji: false } };
}

/** Gives a section of `mrkdwn` that is already escaped. `verbatim`: Slack shall not look for links and names by itself. */
export function section(text: string): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

/** Gives a line in small print, `mrkdwn` that is already escaped. */
export function context(text: string): ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] };
}

/** How many entries a reader would count in blocks: bullets of the first level, rows of tables, else the blocks. */
function entriesIn(blocks: readonly KnownBlock[]): number {
  let entries = 0;
  for (const block of blocks) {
    if (block.type === 'table') entries += block.rows.length - 1;
    if (block.type !== 'rich_text') continue;
    for (const part of block.elements) {
      if (part.type === 'rich_text_list' && part.indent === 0) entries += part.elements.length;
    }
  }
  return entries === 0 ? blocks.length : entries;
}

function hasTable(blocks: readonly KnownBlock[]): boolean {
  return blocks.some((block) => block.type === 'table');
}

/** Gives the sum of all texts in blocks, as Slack may count it: every string under `text`, `fallback` and `format`. */
export function textSum(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + textSum(entry), 0);
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'string') sum += textSum(member);
    else if (name === 'text' || name === 'fallback' || name === 'format') sum += member.length;
  }
  return sum;
}
