/** What people are told about a name that several namespaces have. */
import { UserError } from '../../core/errors.ts';

/** Gives the error `name-ambiguous`, with up to ten candidates. */
export function ambiguous(kind: string, name: string, namespaces: readonly string[]): UserError {
  const candidates = namespaces.map((namespace) => `${namespace}/${name}`).slice(0, 10);
  return new UserError(
    'name-ambiguous',
    `${kind} ${name} is in ${namespaces.length} namespaces. Say which one: ${candidates.join(', ')}.`,
    { kind, name, count: namespaces.length, candidates: candidates.join(', ') },
  );
}
