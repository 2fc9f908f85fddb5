/** All names of variables: unknown ones are refused with the nearest, and `.env.example` is made from the same tables. */
import { nearest } from '../core/nearest.ts';
import { BOT_FIELDS } from './bot.ts';
import type { Environment, Field, FieldTable } from './fields.ts';
import { REMEDIATOR_FIELDS } from './remediator.ts';
import { WORKER_FIELDS } from './worker.ts';

/** Variables of other processes, which may stand in the same environment. */
const ELSEWHERE = [/^KUBEWHY_AGENT_/, /^KUBEWHY_SANDBOX_/, /^KUBEWHY_TEST_/];
/** Kubernetes sets these in every pod for a Service named kubewhy or kubewhy-…: they are no settings. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

const TABLES: Readonly<Record<string, FieldTable>> = {
  bot: BOT_FIELDS,
  worker: WORKER_FIELDS,
  remediator: REMEDIATOR_FIELDS,
};

interface Known {
  readonly field: Field<unknown>;
  /** The processes that take it, the first one first. */
  readonly takers: string[];
}

/** Each variable once, in the order of the tables, and who takes it. */
function known(): readonly Known[] {
  const byName = new Map<string, Known>();
  for (const [process, table] of Object.entries(TABLES)) {
    for (const field of Object.values(table)) {
      const entry = byName.get(field.name) ?? { field, takers: [] };
      entry.takers.push(process);
      byName.set(field.name, entry);
    }
  }
  return [...byName.values()];
}

/** The fields of all processes, each variable once, in the order of the tables. */
export function allFields(): readonly Field<unknown>[] {
  return known().map(({ field }) => field);
}

/** Gives one sentence for each `KUBEWHY_…` variable that no process knows. */
export function unknownNames(env: Environment): string[] {
  const names = allFields().flatMap((field) =>
    field.secret === true ? [field.name, `${field.name}_FILE`] : [field.name],
  );
  return Object.keys(env)
    .filter((name) => name.startsWith('KUBEWHY_') && !names.includes(name))
    .filter((name) => !ELSEWHERE.some((pattern) => pattern.test(name)) && !SERVICE_LINK.test(name))
    .sort()
    .map((name) => {
      const [near] = nearest(name, names, 1);
      return `${name} is not a variable of kubewhy${near === undefined ? '' : `; did you mean ${near}?`}`;
    });
}

/** Gives the text of `.env.example`. */
export function envExample(): string {
  const lines = [
    '# Settings of kubewhy bot, worker and remediator. Made from src/config; a test compares them.',
    '# Give each process a file of its own, with what it takes and nothing else: above all its own private key only.',
  ];
  let section: string | undefined;
  for (const { field, takers } of known()) {
    if (takers[0] !== section) lines.push('', `## What the ${takers[0]} takes${section === undefined ? '' : ', too'}`);
    section = takers[0];
    const required = field.optional !== true && field.fallback === undefined;
    lines.push('', `# ${field.about}`, `# Takes ${field.expected}.`);
    if (takers.length > 1) lines.push(`# Also for the ${takers.slice(1).join(' and the ')}.`);
    if (field.secret === true)
      lines.push(`# May also be given as ${field.name}_FILE, the path of a file that holds it.`);
    lines.push(required ? `${field.name}=` : `#${field.name}=${field.fallback ?? field.example ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Gives a table of variables for `--help`. */
export function helpText(process: string, fields: FieldTable): string {
  const lines = Object.values(fields).map((field) => {
    const rest =
      field.fallback === undefined ? (field.optional === true ? 'optional' : 'required') : `default ${field.fallback}`;
    return `  ${field.name} (${rest})\n      ${field.about}`;
  });
  return `Usage: kubewhy ${process}\n\nSettings come from the environment:\n\n${lines.join('\n')}\n`;
}
