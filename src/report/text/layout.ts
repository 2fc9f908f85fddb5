/** Lays out plain text for a terminal: display width (Chinese is twice as wide), wrapping, columns, colour. */

const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;
/** A word, a run of spaces, or one wide character, which may stand at any line's end. */
const TOKEN = new RegExp(`${WIDE.source}|\\s+|(?:(?!${WIDE.source})\\S)+`, 'gu');

/** Marks that never begin a line. */
const CLOSING = /^[，。；：、！？）”》]/u;

/** Gives how many columns a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += WIDE.test(char) ? 2 : /\p{Mark}/u.test(char) ? 0 : 1;
  return width;
}

/** Breaks a text into lines of at most `width` columns; a word longer than that stands alone and whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (line !== '' && textWidth(line) + textWidth(token.trimEnd()) > width && !CLOSING.test(token)) {
      lines.push(line.trimEnd());
      line = token.trim() === '' ? '' : token;
    } else if (line !== '' || token.trim() !== '') line += token;
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

/** Wraps with `first` before the first line and blanks of the same width before the others. */
export function hang(first: string, text: string, width: number): string[] {
  const indent = ' '.repeat(textWidth(first));
  return wrap(text, Math.max(20, width - indent.length)).map((line, i) => `${i === 0 ? first : indent}${line}`);
}

/** Pads to a width in columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** Lays out rows in columns, two blanks apart; the last column is as long as it is. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, textWidth(cell))));
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join('  '));
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** Gives a function that colours text, or leaves it as it is. */
export function painter(colour: boolean): (style: Style, text: string) => string {
  return (style, text) => (colour && text !== '' ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text);
}
