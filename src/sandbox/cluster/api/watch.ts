/** watch: the changes after a resource version as a stream of JSON events, with bookmarks and 410 for what is forgotten. */

import type { Change } from './collection.ts';
import { apiVersionOf, collectionOf, type ResourceRequest, type ServerContext } from './context.ts';
import { asVersion } from './convert.ts';
import { type Format, negotiate } from './media-type.ts';
import { type Selection, selectCurrent, selectionOf } from './read-objects.ts';
import type { Reply, ReplyStream } from './reply.ts';
import { badRequest, StatusError, watchExpired } from './status-error.ts';
import { renderTable } from './table.ts';
import type { KubeObject } from './types.ts';

const BOOKMARK_EVERY_MS = 60_000;
const DEFAULT_TIMEOUT_S = 1800;

/** Answers a watch. Old resource versions get an ERROR event with a 410 Status in the stream, as from the watch cache. */
export function watchObjects(context: ServerContext, request: ResourceRequest): Reply {
  const { query } = request.info;
  const format = negotiate(request.accept);
  const selection = selectionOf(context, request);
  if (query.get('sendInitialEvents') !== null) {
    throw new StatusError(
      422,
      'Invalid',
      'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    );
  }
  const after = readVersion(query.get('resourceVersion'));
  return {
    kind: 'stream',
    contentType: 'application/json',
    start: (stream) => runWatch(context, request, selection, format, after, stream),
  };
}

function runWatch(
  context: ServerContext,
  request: ResourceRequest,
  selection: Selection,
  format: Format,
  after: number,
  stream: ReplyStream,
): void {
  const { resource, info } = request;
  const collection = collectionOf(context, resource);
  const render = eventRenderer(context, request, format);
  const missed = after === 0 ? [] : collection.since(after);
  if (missed === undefined) {
    stream.write(`{"type":"ERROR","object":${JSON.stringify(watchExpired(after, collection.oldest()).toStatus())}}\n`);
    stream.end();
    return;
  }
  if (after === 0) {
    for (const object of selectCurrent(context, request, selection)) stream.write(render('ADDED', object));
  }
  const forward = (change: Change) => {
    const event = eventFor(change, selection, apiVersionOf(resource));
    if (event !== undefined) stream.write(render(event.type, event.object));
  };
  for (const change of missed) forward(change);
  const stop = collection.subscribe(forward);
  const bookmark = () => stream.write(bookmarkText(context, request));
  const wantsBookmarks = ['true', '1'].includes(info.query.get('allowWatchBookmarks') ?? '');
  const bookmarks = wantsBookmarks ? setInterval(bookmark, BOOKMARK_EVERY_MS) : undefined;
  const seconds = Number(info.query.get('timeoutSeconds') ?? DEFAULT_TIMEOUT_S) || DEFAULT_TIMEOUT_S;
  const timeout = setTimeout(() => {
    // The real server sends a last bookmark shortly before it ends a watch.
    if (wantsBookmarks) bookmark();
    stream.end();
  }, seconds * 1000);
  stream.onClose(() => {
    stop();
    clearInterval(bookmarks);
    clearTimeout(timeout);
  });
}

/** A change seen through a selection: entering it is ADDED, leaving it is DELETED. */
function eventFor(
  change: Change,
  selection: Selection,
  apiVersion: string,
): { type: Change['type']; object: KubeObject } | undefined {
  const { namespace } = selection;
  if (namespace !== undefined && change.object.metadata.namespace !== namespace) return undefined;
  const object = asVersion(change.object, apiVersion);
  const before = change.previous !== undefined && selection.selects(asVersion(change.previous, apiVersion));
  const now = change.type !== 'DELETED' && selection.selects(object);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object };
  return before ? { type: 'DELETED', object } : undefined;
}

function eventRenderer(
  context: ServerContext,
  { resource, info }: ResourceRequest,
  format: Format,
): (type: string, object: KubeObject) => string {
  let withColumns = true;
  return (type, object) => {
    let text: string;
    if (format.as === 'json') text = context.serializer.whole(object, apiVersionOf(resource));
    else if (format.as === 'metadata') text = context.serializer.metadata(object);
    else {
      text = renderTable(context, resource, [object], {
        metaVersion: format.metaVersion,
        includeObject: info.query.get('includeObject'),
        metadata: JSON.stringify({ resourceVersion: object.metadata.resourceVersion }),
        withColumns,
      });
      withColumns = false;
    }
    return `{"type":"${type}","object":${text}}\n`;
  };
}

function bookmarkText(context: ServerContext, { resource }: ResourceRequest): string {
  const metadata = { resourceVersion: String(context.store.resourceVersion()), creationTimestamp: null };
  const object = { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
}

function readVersion(text: string | null): number {
  if (text === null || text === '') return 0;
  const version = Number(text);
  if (!Number.isSafeInteger(version) || version < 0) {
    throw badRequest(
      `invalid resource version: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  }
  return version;
}
