/** Custom resources: the columns their definition asks for, read by a small subset of JSONPath. */
import { ageOf } from '../duration.ts';
import { at, count, items, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { age, type Column, column, type Printer } from './printer.ts';

/** The printer of a version of a CustomResourceDefinition. Without columns of its own: Name and Age. */
export function customPrinter(definition: KubeObject, version: string): Printer {
  const own = items(definition, 'spec', 'versions').find((one) => text(one, 'name') === version);
  const listed = items(own, 'additionalPrinterColumns');
  const wanted = listed.length > 0 ? listed : items(definition, 'spec', 'additionalPrinterColumns');
  if (wanted.length === 0) {
    return {
      columns: [column('Name'), column('Age')],
      cells: (object, context) => [object.metadata.name, age(object, context)],
    };
  }
  const read = wanted.map((one) => ({
    type: text(one, 'type'),
    // apiextensions v1beta1 spelled it in capitals.
    path: parsePath(text(one, 'jsonPath') || text(one, 'JSONPath')),
  }));
  return {
    columns: [column('Name'), ...wanted.map(columnOf)],
    cells: (object, context) => [
      object.metadata.name,
      ...read.map(({ type, path }) => {
        const value = follow(object, path);
        if (type === 'date') return ageOf(value, context.nowMs);
        if (value === undefined || value === null) return type === 'string' ? '' : null;
        return typeof value === 'object' ? JSON.stringify(value) : value;
      }),
    ],
  };
}

function columnOf(one: unknown): Column {
  const type = text(one, 'type') || 'string';
  return { ...column(text(one, 'name'), 'always', type), priority: count(one, 'priority') };
}

type Step = { key: string } | { index: number } | { filter: string; equals: string };

const STEP = /\.([A-Za-z0-9_-]+)|\['([^']+)'\]|\[(\d+)\]|\[\?\(@\.([A-Za-z0-9_]+)\s*==\s*["']([^"']*)["']\)\]/y;

/** Reads `.a.b[0]`, `['x']` (with `\.` for a dot in a key) and `[?(@.type=="Ready")]`; an unknown step ends the path. */
function parsePath(path: string): Step[] {
  const steps: Step[] = [];
  const plain = path.replaceAll('\\.', '\u0000').replace(/^\{(.*)\}$/, '$1');
  STEP.lastIndex = 0;
  for (let match = STEP.exec(plain); match !== null; match = STEP.exec(plain)) {
    const [, dotted, quoted, index, filter, equals = ''] = match;
    const key = dotted ?? quoted;
    if (key !== undefined) steps.push({ key: key.replaceAll('\u0000', '.') });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else if (filter !== undefined) steps.push({ filter, equals });
  }
  return steps;
}

function follow(object: unknown, steps: readonly Step[]): unknown {
  let current = object;
  for (const step of steps) {
    if ('key' in step) current = at(current, step.key);
    else if ('index' in step) current = at(current, step.index);
    else current = items(current).find((one) => text(one, step.filter) === step.equals);
  }
  return current;
}
