/** The commands that take a plan back, for a person at a terminal. */
import type { ApiStep, Draft } from '../core/remediation.ts';

/** Gives one command for each undo step that kubectl can do. */
export function undoCommands(draft: Draft): string[] {
  return draft.undo.flatMap((step) => (step.type === 'api' ? commandOf(step) : []));
}

function commandOf({ verb, target, patch, body, subresource }: ApiStep): string[] {
  const { group, version, resource, namespace, name } = target;
  // With group and version, so that it is this resource and no other of the same name.
  const typed = group === '' ? resource : `${resource}.${version}.${group}`;
  const place = namespace === undefined ? '' : ` -n ${namespace}`;
  if (verb === 'delete') return [`kubectl delete ${typed} ${name}${place}`];
  if (verb === 'update') return [];
  const sub = subresource === undefined ? '' : ` --subresource=${subresource}`;
  return [`kubectl patch ${typed} ${name}${place}${sub} --type=${patch ?? 'merge'} -p ${quoted(JSON.stringify(body))}`];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
