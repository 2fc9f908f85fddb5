/** Prints the demo: who typed what, the acknowledgement, the live line, the thread, and a closing table. */
import type { Platform } from '../platform.ts';
import type { StoredMessage } from '../slack/types.ts';
import { blockLines, width } from './block-text.ts';
import type { FixResult } from './fix-scene.ts';
import type { SceneResult } from './scene.ts';

export interface Printer {
  readonly out: (text: string) => void;
  readonly colour: boolean;
  readonly columns: number;
  readonly nameOf: (id: string) => string;
}

/** Prints to this process' stdout, in colour where that is a terminal; people by their names. */
export function printerFor(platform: Platform): Printer {
  const nameOf = (id: string): string => {
    const name = platform.slack.person(id)['name'];
    return typeof name === 'string' ? name : id;
  };
  return {
    out: (text) => void process.stdout.write(text),
    colour: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 100,
    nameOf,
  };
}

function paint(printer: Printer, code: number, text: string): string {
  return printer.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** The heading of a stage and who types what. */
export function printQuestion(printer: Printer, title: string, who: string, command: string): void {
  printer.out(
    `\n${paint(printer, 1, `━━ ${title} ${'━'.repeat(Math.max(3, Math.min(printer.columns, 100) - width(title) - 4))}`)}\n\n`,
  );
  printer.out(`${paint(printer, 36, `@${who}`)} in #incidents: ${paint(printer, 1, command)}\n`);
}

/** The answer: acknowledgement, what the message looked like while it ran, and the thread as it stands. */
export function printAnswer(printer: Printer, scene: SceneResult): void {
  printer.out(paint(printer, 2, `  acknowledged in ${scene.ackMs.toFixed(0)} ms\n`));
  for (const frame of liveFrames(scene.root)) printer.out(paint(printer, 2, `  live  ${frame}\n`));
  printer.out('\n');
  printMessage(printer, scene.root, '┃ ');
  for (const reply of scene.thread) {
    printer.out('\n');
    printMessage(printer, reply, '  │ ');
  }
}

/** A repair: the card as people decided on it, who was refused, what followed in the thread, and the report's first message. */
export function printFix(printer: Printer, fix: FixResult): void {
  if (fix.proposal !== undefined) {
    printer.out('\n');
    printMessage(printer, fix.proposal, '  │ ');
  }
  for (const { user, text } of fix.refusals) {
    const who = paint(printer, 36, `@${printer.nameOf(user)}`);
    printer.out(`\n${who} presses [ Approve ] and is told in private: ${text}\n`);
  }
  if (fix.approvedBy !== undefined)
    printer.out(`\n${paint(printer, 36, `@${printer.nameOf(fix.approvedBy)}`)} presses [ Approve ]\n`);
  // The last message tells the whole end; the card says the same in place.
  for (const message of fix.proposal === undefined ? [fix.card] : fix.messages) {
    printer.out('\n');
    printMessage(printer, message, '  │ ');
  }
  if (fix.proposal === undefined) return;
  printer.out(paint(printer, 2, '\n  the message that stands in the channel:\n'));
  printMessage(printer, fix.root, '┃ ');
}

/** The progress lines that a person saw go by, each once. */
function liveFrames(root: StoredMessage): string[] {
  const lines = root.frames
    .slice(0, -1)
    .flatMap((frame) =>
      blockLines({ text: frame.text, blocks: frame.blocks }, String).filter((line) => /[✓…✗]/.test(line)),
    );
  return [...new Set(lines)].slice(0, 6);
}

function printMessage(printer: Printer, message: StoredMessage, prefix: string): void {
  const room = Math.max(50, Math.min(printer.columns, 110)) - prefix.length;
  for (const line of blockLines(message, printer.nameOf)) {
    for (const part of wrap(line, room)) printer.out(`${paint(printer, 2, prefix)}${part}\n`);
  }
  for (const file of message.files)
    printer.out(`${paint(printer, 2, prefix)}📎 ${typeof file['name'] === 'string' ? file['name'] : 'file'}\n`);
}

/** Breaks a line at spaces; what follows a bullet or an indent stays under it. */
export function wrap(line: string, room: number): string[] {
  if (width(line) <= room) return [line];
  const head = /^\s*(?:[•◦✓✗→–-]\s+)?/.exec(line)?.[0] ?? '';
  const indent = ' '.repeat(width(head));
  const out: string[] = [];
  let current = head;
  let empty = true;
  for (const word of line.slice(head.length).split(' ')) {
    if (!empty && width(current) + 1 + width(word) > room) {
      out.push(current);
      current = `${indent}${word}`;
    } else {
      current = empty ? `${current}${word}` : `${current} ${word}`;
      empty = false;
    }
  }
  return [...out, current];
}

/** One row of the closing table. */
export interface Row {
  readonly question: string;
  readonly verdict: string;
  readonly cause: string;
  readonly seconds: string;
  readonly right: boolean;
}

/** The closing table. */
export function printTable(printer: Printer, rows: readonly Row[]): void {
  const head = ['question', 'verdict', 'cause', 'seconds', ''];
  const cells = rows.map((row) => [
    row.question,
    row.verdict,
    row.cause,
    row.seconds,
    row.right ? '✓ right' : '✗ WRONG',
  ]);
  const widths = head.map((title, i) => Math.max(width(title), ...cells.map((row) => width(row[i] ?? ''))));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - width(cell))).join('  ')}`.trimEnd();
  printer.out(`\n${paint(printer, 1, line(head))}\n`);
  for (const row of cells) printer.out(`${line(row)}\n`);
}
