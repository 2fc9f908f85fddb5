/** Slack's blocks as lines of text, as near to what a person sees as a terminal can be. */
import type { Json } from '../slack/types.ts';

const EMOJI: Readonly<Record<string, string>> = {
  large_red_square: '🟥',
  large_green_square: '🟩',
  large_yellow_square: '🟨',
  large_orange_square: '🟧',
  large_blue_square: '🟦',
  white_large_square: '⬜',
  black_large_square: '⬛',
  white_check_mark: '✅',
  x: '❌',
  warning: '⚠️',
  hourglass_flowing_sand: '⏳',
  mag: '🔍',
};

/** Gives the lines of a message's blocks; of its text where it has none. */
export function blockLines(
  message: { readonly text: string; readonly blocks: readonly Json[] },
  nameOf: (id: string) => string,
): string[] {
  if (message.blocks.length === 0) return plain(message.text, nameOf).split('\n');
  return message.blocks.flatMap((block) => linesOf(block, nameOf));
}

function linesOf(block: Json, nameOf: (id: string) => string): string[] {
  const type = block['type'];
  if (type === 'header') return [`▌${textOf(block['text'], nameOf)}`];
  if (type === 'section')
    return [...texts(block['text'], nameOf), ...list(block['fields']).flatMap((field) => texts(field, nameOf))];
  if (type === 'context')
    return [
      list(block['elements'])
        .map((e) => textOf(e, nameOf))
        .join('  '),
    ].flatMap((line) => line.split('\n'));
  if (type === 'divider') return ['────'];
  if (type === 'actions')
    return [
      list(block['elements'])
        .map((e) => `[ ${textOf(e['text'], nameOf)} ]`)
        .join('  '),
    ];
  if (type === 'rich_text') return list(block['elements']).flatMap((part) => richLines(part, nameOf));
  if (type === 'table') return tableLines(block, nameOf);
  return [];
}

function richLines(part: Json, nameOf: (id: string) => string): string[] {
  const elements = list(part['elements']);
  if (part['type'] === 'rich_text_list') {
    const level = typeof part['indent'] === 'number' ? part['indent'] : 0;
    const margin = '  '.repeat(level + 1);
    const mark = level === 0 ? '•' : '◦';
    return elements.flatMap((item) =>
      richLines(item, nameOf).map((line, i) => (i === 0 ? `${margin}${mark} ${line}` : `${margin}  ${line}`)),
    );
  }
  const text = elements.map((e) => richText(e, nameOf)).join('');
  const indent = part['type'] === 'rich_text_preformatted' ? '    ' : part['type'] === 'rich_text_quote' ? '│ ' : '';
  return text.split('\n').map((line) => `${indent}${line}`);
}

function richText(element: Json, nameOf: (id: string) => string): string {
  if (element['type'] === 'user') return `@${nameOf(String(element['user_id']))}`;
  if (element['type'] === 'emoji') return EMOJI[String(element['name'])] ?? `:${String(element['name'])}:`;
  if (element['type'] === 'date') return plain(shown(element['fallback']), nameOf);
  return shown(element['text'] ?? element['url']);
}

function tableLines(block: Json, nameOf: (id: string) => string): string[] {
  const rows = (Array.isArray(block['rows']) ? block['rows'] : []).map((row) =>
    list(row).map((cell) => cellText(cell, nameOf)),
  );
  const widths = rows.reduce<number[]>((max, row) => row.map((cell, i) => Math.max(max[i] ?? 0, width(cell))), []);
  return rows.map((row) =>
    `  ${row.map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell)))).join('  ')}`.trimEnd(),
  );
}

function cellText(cell: Json, nameOf: (id: string) => string): string {
  return cell['type'] === 'rich_text' ? linesOf(cell, nameOf).join(' ') : shown(cell['text'] ?? cell['value']);
}

/** Ranges of characters that a terminal shows two columns wide: CJK, Hangul, full-width forms, emoji. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0x1f300, 0x1faff],
];
/** Joiners and variation selectors take no column. */
const NONE = new Set([0xfe0f, 0x200d, 0x2060]);

/** Columns that a text takes: wide characters take two. */
export function width(text: string): number {
  let columns = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (!NONE.has(code)) columns += WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
  }
  return columns;
}

/** A value of a block as text; anything but a text or a number is nothing. */
function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function texts(object: unknown, nameOf: (id: string) => string): string[] {
  return object === undefined ? [] : textOf(object, nameOf).split('\n');
}

function textOf(object: unknown, nameOf: (id: string) => string): string {
  if (object === null || typeof object !== 'object') return '';
  const { text, alt_text: alt } = object as { text?: unknown; alt_text?: unknown };
  return typeof text === 'string' ? plain(text, nameOf) : shown(alt);
}

/** mrkdwn to plain text: mentions by name, dates by their fallback, links by their label, escapes undone. */
export function plain(text: string, nameOf: (id: string) => string): string {
  return text
    .replaceAll(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g, (_, id: string) => `@${nameOf(id)}`)
    .replaceAll(/<!date\^[^>|]*\|([^>]*)>/g, '$1')
    .replaceAll(/<(?:https?:[^|>]*)\|([^>]*)>/g, '$1')
    .replaceAll(/:([a-z_]+):/g, (whole, name: string) => EMOJI[name] ?? whole)
    .replaceAll(/(^|[\s(])\*([^*\n]+)\*/g, '$1$2')
    .replaceAll(/`/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((item): item is Json => item !== null && typeof item === 'object') : [];
}
