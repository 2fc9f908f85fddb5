/** Probe: the sockets that listen on the node, each with its process where it can be seen. */

import { type ListeningSocket, parseListening } from '../parse/proc-net.ts';
import { orMissing, type Probe, readText } from '../probe.ts';
import { allPids, withProcesses } from '../socket-owners.ts';

const MAX_BYTES = 16 * 1024 * 1024;

export const nodeListeners: Probe<'node-listeners'> = {
  kind: 'node-listeners',
  command: () => 'ss -lntup',
  read: async (host) => {
    const files = ['/proc/net/tcp', '/proc/net/tcp6', '/proc/net/udp', '/proc/net/udp6'] as const;
    const sockets: ListeningSocket[] = [];
    for (const file of files) {
      // tcp and udp are always there; the IPv6 files are missing where IPv6 is switched off.
      const family = file.endsWith('6') ? 6 : 4;
      const read = readText(host, file, MAX_BYTES);
      const text = family === 6 ? await orMissing(read) : await read;
      sockets.push(...parseListening(text ?? '', file.includes('tcp') ? 'tcp' : 'udp', family));
    }
    return withProcesses(host, sockets, await allPids(host));
  },
};
