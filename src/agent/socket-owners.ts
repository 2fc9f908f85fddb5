/** Finds the process of a socket by its inode: /proc/<pid>/fd/* links to `socket:[inode]`. */
import type { Listener } from '../core/evidence/node-network.ts';
import type { Host } from './host.ts';
import type { ListeningSocket } from './parse/proc-net.ts';
import { mapLimited, orNothing } from './probe.ts';

/** Bounds the work on a node with very many processes; sockets beyond it have no process. */
const MAX_LINKS = 400_000;
const WIDTH = 16;

/** Gives the pids of the host, lowest first; none where /proc cannot be listed. */
export async function allPids(host: Host): Promise<number[]> {
  const entries = (await orNothing(host.readDir('/proc'))) ?? [];
  return entries
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Gives the listeners with their processes. Processes that may not be read, or end meanwhile, are skipped.
 * Of several processes that hold one socket the lowest pid counts: the parent that opened it.
 */
export async function withProcesses(
  host: Host,
  sockets: readonly ListeningSocket[],
  pids: readonly number[],
): Promise<Listener[]> {
  const wanted = new Set(sockets.map((socket) => `socket:[${socket.inode}]`));
  const owners = new Map<string, number>();
  let links = 0;
  for (const pid of pids) {
    if (owners.size === wanted.size || links > MAX_LINKS) break;
    const descriptors = (await orNothing(host.readDir(`/proc/${pid}/fd`))) ?? [];
    links += descriptors.length;
    const targets = await mapLimited(descriptors, WIDTH, (fd) => orNothing(host.readLink(`/proc/${pid}/fd/${fd}`)));
    for (const target of targets) {
      if (target !== undefined && wanted.has(target) && !owners.has(target)) owners.set(target, pid);
    }
  }
  const names = new Map<number, string>();
  for (const pid of new Set(owners.values())) {
    const name = await orNothing(host.readFile(`/proc/${pid}/comm`, 4096));
    if (name !== undefined) names.set(pid, name.trim());
  }
  return sockets.map(({ inode, ...listener }) => {
    const pid = owners.get(`socket:[${inode}]`);
    const name = pid === undefined ? undefined : names.get(pid);
    return pid === undefined || name === undefined ? listener : { ...listener, process: { pid, name } };
  });
}
