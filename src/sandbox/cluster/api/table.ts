/** Tables, as kubectl asks for them: columns and one row per object. */
import { apiVersionOf, type ServerContext } from './context.ts';
import { customPrinter } from './printers/custom.ts';
import { printerFor } from './printers/index.ts';
import type { PrintContext, Printer } from './printers/printer.ts';
import { genericPrinter } from './printers/small.ts';
import type { Resource } from './resource-table.ts';
import type { KubeObject } from './types.ts';

/** What to put into a table besides its rows. */
export interface TableOptions {
  metaVersion: string;
  /** The query parameter: which form of the object each row carries. */
  includeObject: string | null;
  /** JSON text of the list's metadata. */
  metadata: string;
  /** False from the second event of a watch on. */
  withColumns: boolean;
}

/** The JSON text of a Table. */
export function renderTable(
  context: ServerContext,
  resource: Resource,
  objects: readonly KubeObject[],
  options: TableOptions,
): string {
  const printer = printerOf(context, resource);
  const print: PrintContext = {
    nowMs: context.storedNow(),
    minor: context.version.minor,
    shiftTime: (timestamp) => context.serializer.shiftTime(timestamp),
  };
  const rows = objects.map((object) => {
    const cells = JSON.stringify(printer.cells(object, print));
    return `{"cells":${cells},"object":${rowObject(context, resource, object, options.includeObject)}}`;
  });
  const columns = JSON.stringify(options.withColumns ? printer.columns : []);
  return `{"kind":"Table","apiVersion":"${options.metaVersion}","metadata":${options.metadata},"columnDefinitions":${columns},"rows":[${rows.join(',')}]}`;
}

function printerOf(context: ServerContext, resource: Resource): Printer {
  const { group, kind, plural, version } = resource;
  if (context.catalog.isBuiltIn(resource)) return printerFor(group, kind, context.version.minor);
  const ref = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: `${plural}.${group}` };
  const definition = context.store.get(ref);
  return definition === undefined ? genericPrinter : customPrinter(definition, version);
}

function rowObject(context: ServerContext, resource: Resource, object: KubeObject, include: string | null): string {
  if (include === 'None') return 'null';
  if (include === 'Object') return context.serializer.whole(object, apiVersionOf(resource));
  return context.serializer.metadata(object);
}
