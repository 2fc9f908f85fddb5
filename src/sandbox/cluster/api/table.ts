/** Tables, as kubectl asks for them: columns and one row per object. */
import { apiVersionOf, type ServerContext } from './context.ts';
import { printerFor } from './printers/index.ts';
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
  const printer = printerFor(resource.group, resource.kind);
  const print = { nowMs: context.storedNow(), minor: context.version.minor };
  const rows = objects.map((object) => {
    const cells = JSON.stringify(printer.cells(object, print));
    return `{"cells":${cells},"object":${rowObject(context, resource, object, options.includeObject)}}`;
  });
  const columns = JSON.stringify(options.withColumns ? printer.columns : []);
  return `{"kind":"Table","apiVersion":"${options.metaVersion}","metadata":${options.metadata},"columnDefinitions":${columns},"rows":[${rows.join(',')}]}`;
}

function rowObject(context: ServerContext, resource: Resource, object: KubeObject, include: string | null): string {
  if (include === 'None') return 'null';
  if (include === 'Object') return context.serializer.whole(object, apiVersionOf(resource));
  return context.serializer.metadata(object);
}
