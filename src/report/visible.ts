/** Makes text from outside harmless to read: what cannot be seen is shown by its code point, what is huge is shortened. */
import { type ObjectRef, refText } from '../core/object-ref.ts';

/** Control characters, direction marks, zero-width characters, tags, and halves of surrogate pairs. */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u115F\u1160\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFF9-\uFFFB\uFFA0]|[\u{E0000}-\u{E0FFF}]|\p{Surrogate}/gu;

/** Longest value inside a sentence and longest name of an object, in characters. */
export const MAX_VALUE = 600;
const MAX_NAME = 120;

/** Gives the text on one line with everything unseen made visible: `\n` as `⏎`, U+202E as `[U+202E]`. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(UNSEEN, (char) => {
    if (char === '\n' || char === '\r' || char === '\u2028' || char === '\u2029') return '⏎';
    if (char === '\t') return ' ';
    const code = char.codePointAt(0) ?? 0;
    return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

/** Shortens to `max` characters by leaving out the middle, so that both ends of a name stay readable. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const chars = Array.from(text);
  if (chars.length <= max) return text;
  const tail = Math.floor((max - 1) / 2);
  return `${chars.slice(0, max - 1 - tail).join('')}…${tail === 0 ? '' : chars.slice(-tail).join('')}`;
}

/** Gives a name for people: visible, and not longer than a line. */
export function nameText(name: string): string {
  return shorten(visible(name), MAX_NAME);
}

/** Gives `Node/k8smater1` for people. */
export function objectText(ref: ObjectRef): string {
  return nameText(refText(ref));
}

/** Gives the sentence without its final full stop, to stand inside another. */
export function withoutStop(text: string): string {
  return text.replace(/\s*[.。]+$/u, '');
}

/** Gives the sentence with a final full stop where it has no closing mark. */
export function withStop(text: string, stop: string): string {
  return /[.。!?！？…:：]$/u.test(text) || text === '' ? text : `${text}${stop}`;
}
