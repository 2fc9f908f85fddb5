/** A reader that heeds the signal even where the one behind it does not, and whose every error is a ClusterError. */
import { ClusterError, errorText } from '../core/errors.ts';
import type { ClusterRead, ClusterReader } from '../core/ports.ts';

/** Wraps a reader; what it throws besides ClusterErrors becomes `server-error`. */
export function guarded(cluster: ClusterReader): ClusterReader {
  return {
    clusterName: cluster.clusterName,
    read: async (request, signal) => await read(cluster, request, signal),
  };
}

async function read(cluster: ClusterReader, request: ClusterRead, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) throw stopped(signal);
  let onAbort: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    onAbort = () => reject(stopped(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([cluster.read(request, signal), ended]);
  } catch (error) {
    if (signal.aborted) throw stopped(signal);
    throw error instanceof ClusterError ? error : new ClusterError('server-error', errorText(error), undefined, error);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

function stopped(signal: AbortSignal): ClusterError {
  const { reason } = signal as { reason: unknown };
  return reason instanceof ClusterError ? reason : new ClusterError('timeout', errorText(reason), undefined, reason);
}
