/** The words of a question: what a name may look like, and the errors that say what was given and what is near. */
import { UserError } from './errors.ts';
import { nearest } from './nearest.ts';

/** C0 and C1 controls, and characters that turn the direction of text or are invisible: they make a name look like another. */
export const UNSEEN = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
/** Names of objects and nodes. */
export const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** Says that a word is one too many. */
export function tooMany(word: string, after: string): UserError {
  return new UserError('too-many-words', `I do not understand ${shown(word)} after ${shown(after)}.`, {
    given: shown(word),
    after: shown(after),
  });
}

/** Says that a word is not known, and which known one is near. */
export function unknownWord(code: string, what: string, word: string, known: readonly string[]): UserError {
  const [near] = nearest(word, known, 1);
  const hint = near === undefined ? `Known: ${[...new Set(known)].slice(0, 12).join(', ')}.` : `Did you mean ${near}?`;
  return new UserError(code, `I know no ${what} ${shown(word)}. ${hint}`, {
    given: shown(word),
    ...(near === undefined ? {} : { nearest: near }),
  });
}

/** A word as it may be shown back: short, without characters that cannot be seen. */
export function shown(word: string): string {
  const clean = word.replaceAll(new RegExp(UNSEEN.source, 'gu'), '�');
  return `"${clean.length > 60 ? `${clean.slice(0, 59)}…` : clean}"`;
}
