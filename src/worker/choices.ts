/** Questions that were probably meant, out of an error that names candidates: offered as buttons. */
import type { UserError } from '../core/errors.ts';
import type { Question } from '../core/question.ts';

export interface Choice {
  readonly label: string;
  readonly question: Question;
}

const MOST = 10;
const CODES = new Set(['name-ambiguous', 'service-not-found']);
const CANDIDATE = /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)\/([a-z0-9][-a-z0-9.]{0,252})$/;

/** Gives one choice for each `namespace/name` in the error's `candidates`; none for other errors. */
export function choicesOf(question: Question, error: UserError): Choice[] {
  const { candidates } = error.data;
  if (!CODES.has(error.code) || typeof candidates !== 'string') return [];
  const names = [...new Set(candidates.split(',').map((name) => name.trim()))];
  return names.slice(0, MOST).flatMap((label) => {
    const match = CANDIDATE.exec(label);
    const [, namespace, , name] = match ?? [];
    if (namespace === undefined || name === undefined) return [];
    return [{ label, question: { ...question, target: { ...question.target, namespace, name } } }];
  });
}
