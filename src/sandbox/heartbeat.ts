/** Keeps a served cluster alive: Leases that were fresh when it was loaded stay fresh, and events that recur go on recurring. */
import type { ObjectStore } from './cluster/api/object-store.ts';
import type { KubeObject } from './cluster/api/types.ts';

/** A Lease as old as this at load belongs to a living holder. */
const FRESH_LEASE_MS = 60_000;
/** kubelet writes a recurring event at least every few minutes. */
const FRESH_EVENT_MS = 600_000;

/** Moves the times of what lives by the time since it was loaded last. */
export function beat(objects: ObjectStore, loadedAt: number): void {
  const passed = Date.now() - loadedAt;
  for (const lease of objects.list('coordination.k8s.io/v1', 'Lease')) {
    const spec = lease['spec'] as { renewTime?: string } | undefined;
    if (!isFresh(spec?.renewTime, FRESH_LEASE_MS + passed)) continue;
    objects.put({ ...lease, spec: { ...spec, renewTime: microTime() } });
  }
  for (const event of objects.list('v1', 'Event')) {
    const { lastTimestamp, count } = event as KubeObject & { lastTimestamp?: string; count?: number };
    if (count === undefined || count < 10 || !isFresh(lastTimestamp, FRESH_EVENT_MS + passed)) continue;
    objects.put({ ...event, count: count + 1, lastTimestamp: `${new Date().toISOString().slice(0, 19)}Z` });
  }
}

function isFresh(time: string | undefined, limitMs: number): boolean {
  return time !== undefined && Date.now() - Date.parse(time) < limitMs;
}

/** Leases carry microseconds. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
