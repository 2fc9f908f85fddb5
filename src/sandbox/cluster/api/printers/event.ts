/** Events as kubectl shows them, from either of their two APIs. */
import { ageOf } from '../duration.ts';
import { at, count, present, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { column, type Printer } from './printer.ts';

/** The printer of Events. */
export const eventPrinter: Printer = {
  columns: [
    column('Last Seen'),
    column('Type'),
    column('Reason'),
    column('Object'),
    column('Subobject', 'wide'),
    column('Source', 'wide'),
    column('Message'),
    column('First Seen', 'wide'),
    column('Count', 'wide'),
    column('Name', 'wide'),
  ],
  cells: (event, context) => {
    const target = at(event, 'involvedObject') ?? at(event, 'regarding');
    const kind = text(target, 'kind').toLowerCase();
    const name = text(target, 'name');
    const first = either(event, 'firstTimestamp', 'deprecatedFirstTimestamp') || text(event, 'eventTime');
    const last = either(event, 'lastTimestamp', 'deprecatedLastTimestamp') || first;
    const series = at(event, 'series');
    const times = count(event, 'count') || count(event, 'deprecatedCount') || 1;
    return [
      ageOf(present(series) ? text(series, 'lastObservedTime') : last, context.nowMs),
      text(event, 'type'),
      text(event, 'reason'),
      name === '' ? kind : `${kind}/${name}`,
      text(target, 'fieldPath'),
      sourceOf(event),
      either(event, 'message', 'note').trim(),
      ageOf(first, context.nowMs),
      present(series) ? count(series, 'count') : times,
      event.metadata.name,
    ];
  },
};

function either(event: KubeObject, field: string, other: string): string {
  return text(event, field) || text(event, other);
}

function sourceOf(event: KubeObject): string {
  const source = at(event, 'source') ?? at(event, 'deprecatedSource');
  const component = text(source, 'component') || either(event, 'reportingComponent', 'reportingController');
  const host = text(source, 'host') || text(event, 'reportingInstance');
  return host === '' ? component : `${component}, ${host}`;
}
