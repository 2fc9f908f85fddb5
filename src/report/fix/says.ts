/** Sentences with people in them: pieces of text, and ids that Slack shows as mentions. */
import type { TextData } from '../../core/finding.ts';
import type { Language } from '../../core/jobs.ts';
import { sentence } from '../blocks/mrkdwn.ts';
import { type FixWordKey, fixTemplate, fixWord } from '../languages/fix/words.ts';
import { fillIn, word } from '../languages/index.ts';

/** A piece of a sentence: plain text from anywhere, or the id of a person in Slack. */
export type Piece = string | { readonly person: string };
export type Said = readonly Piece[];

/** Gives a person; whoever has no Slack id is named in words. */
export function personPiece(language: Language, who: string): Piece {
  if (/^[UW][A-Z0-9]{1,39}$/.test(who)) return { person: who };
  return who === 'terminal' ? fixWord(language, 'by-terminal') : who;
}

/** Fills a sentence whose `{who}` are people. */
export function withPeople(language: Language, key: FixWordKey, who: readonly string[], data: TextData = {}): Piece[] {
  const [before = '', after = ''] = fixTemplate(language, key).split('{who}');
  const fill = (template: string) => (template === '' ? [] : [fillIn(language, template, data, `fix word ${key}`)]);
  const people = who.flatMap((id, i) => [...(i === 0 ? [] : [word(language, 'comma')]), personPiece(language, id)]);
  return [...fill(before), ...people, ...fill(after)];
}

/** Gives pieces as `mrkdwn`: text escaped, times in the reader's zone, people as mentions. */
export function saidMrkdwn(said: Said): string {
  return said.map((piece) => (typeof piece === 'string' ? sentence(piece) : `<@${piece.person}>`)).join('');
}

/** Gives pieces as plain text; a person is the bare id. */
export function saidText(said: Said): string {
  return said.map((piece) => (typeof piece === 'string' ? piece : piece.person)).join('');
}
