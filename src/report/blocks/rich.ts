/** Builds `rich_text` blocks line by line: text in them is literal, so evidence and commands stand there to the letter. */
import type { KnownBlock, RichTextBlock, RichTextElement } from '@slack/types';
import { timesIn, timeText } from '../times.ts';
import { literal } from './mrkdwn.ts';

/** Longest text of one block and one element; Slack's limit for a text object is 3,000. */
const MAX_BLOCK = 2800;

/** A line: plain or a bullet, made of inline elements. */
export interface Line {
  readonly bullet?: 0 | 1;
  readonly elements: readonly RichTextElement[];
}

type Style = { readonly bold?: true; readonly code?: true; readonly italic?: true };

/** Gives a sentence as elements: text, and times that show in the reader's zone. */
export function prose(text: string, style?: Style): RichTextElement[] {
  const styled = style === undefined ? {} : { style };
  return timesIn(text).flatMap((piece): RichTextElement[] => {
    if ('text' in piece) return chunks(literal(piece.text)).map((chunk) => ({ type: 'text', text: chunk, ...styled }));
    return [
      { type: 'date', timestamp: piece.unix, format: '{date_short} {time}', fallback: timeText(piece.unix), ...styled },
    ];
  });
}

/** Gives a command as inline code. */
export function command(text: string): RichTextElement[] {
  return chunks(literal(text)).map((chunk) => ({ type: 'text', text: chunk, style: { code: true } }));
}

/** The end of a line inside one line's elements. */
export const BREAK: RichTextElement = { type: 'text', text: '\n' };

/** Packs lines into as few blocks as the limits allow, in order; a line that is too long for one block is cut. */
export function richBlocks(lines: readonly Line[]): KnownBlock[] {
  const blocks: KnownBlock[] = [];
  let open: Line[] = [];
  let size = 0;
  for (const line of lines.flatMap(cut)) {
    const cost = costOf(line);
    if (open.length > 0 && size + cost > MAX_BLOCK) {
      blocks.push(block(open));
      open = [];
      size = 0;
    }
    open.push(line);
    size += cost;
  }
  if (open.length > 0) blocks.push(block(open));
  return blocks;
}

/** Lines of one kind in a row become one section or one list. */
function block(lines: readonly Line[]): RichTextBlock {
  const elements: RichTextBlock['elements'] = [];
  for (const line of lines) {
    const section = { type: 'rich_text_section' as const, elements: [...line.elements] };
    const last = elements.at(-1);
    if (line.bullet === undefined) {
      if (last?.type === 'rich_text_section') last.elements.push(BREAK, ...line.elements);
      else elements.push(section);
    } else if (last?.type === 'rich_text_list' && last.indent === line.bullet) last.elements.push(section);
    else elements.push({ type: 'rich_text_list', style: 'bullet', indent: line.bullet, elements: [section] });
  }
  return { type: 'rich_text', elements };
}

function costOf(line: Line): number {
  return line.elements.reduce((sum, element) => sum + elementCost(element), 1);
}

function elementCost(element: RichTextElement): number {
  if (element.type === 'text') return element.text.length;
  return element.type === 'date' ? element.format.length + (element.fallback?.length ?? 0) : 20;
}

/** Cuts a line whose elements do not fit into one block; each element alone does. */
function cut(line: Line): Line[] {
  if (costOf(line) <= MAX_BLOCK) return [line];
  const parts: Line[] = [];
  let elements: RichTextElement[] = [];
  let size = 1;
  for (const element of line.elements) {
    const cost = elementCost(element);
    if (elements.length > 0 && size + cost > MAX_BLOCK) {
      parts.push({ ...line, elements });
      elements = [];
      size = 1;
    }
    elements.push(element);
    size += cost;
  }
  return [...parts, { ...line, elements }];
}

/** Cuts text into pieces of at most half a block, never between the halves of one character. */
function chunks(text: string): string[] {
  const max = MAX_BLOCK / 2;
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const end = /[\uDC00-\uDFFF]/.test(rest[max] ?? '') ? max - 1 : max;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return rest === '' ? pieces : [...pieces, rest];
}
