/** Sentences of a plan by the id of their text, checked at compile time, and the refusals made of them. */
import type { Line, PlanOutcome } from '../core/remediation.ts';
import type { Texts } from '../core/rule.ts';

type Data = Readonly<Record<string, string | number | readonly string[]>>;

/** Makes a line of one remediation's texts. */
export type Say<T extends Texts> = (text: Extract<keyof T, string>, data?: Data, command?: string) => Line;

/** At most this many names stand in one list; the rest is counted by the sentence's own numbers. */
const MOST_NAMES = 500;

/** Gives the maker of lines for these texts. */
export function linesOf<T extends Texts>(_texts: T): Say<T> {
  return (text, data = {}, command) => ({
    text,
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [
        key,
        typeof value === 'object' ? value.slice(0, MOST_NAMES) : (value as string | number),
      ]),
    ),
    ...(command === undefined ? {} : { command }),
  });
}

/** A refusal, with what a person can do instead. */
export function refused(why: Line, ...manual: readonly Line[]): Extract<PlanOutcome, { status: 'refused' }> {
  return { status: 'refused', why, ...(manual.length === 0 ? {} : { manual: [...manual] }) };
}
