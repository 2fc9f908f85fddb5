/** Which printer a kind has; everything unknown gets Name and Created At or Age, as custom resources do. */
import { nodePrinter } from './node.ts';
import { podPrinter } from './pod.ts';
import { age, column, type Printer } from './printer.ts';

const PRINTERS: Record<string, Printer> = {
  '/Node': nodePrinter,
  '/Pod': podPrinter,
};

const GENERIC: Printer = {
  columns: [column('Name'), column('Age')],
  cells: (object, context) => [object.metadata.name, age(object, context)],
};

/** The printer of a kind. */
export function printerFor(group: string, kind: string): Printer {
  return PRINTERS[`${group}/${kind}`] ?? GENERIC;
}
