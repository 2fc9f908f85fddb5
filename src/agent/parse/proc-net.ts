/** Parses /proc/net/tcp, tcp6, udp and udp6: hexadecimal, each 32 bits of an address in the host's little-endian order. */
import type { Listener } from '../../core/evidence/node-network.ts';

const TCP_LISTEN = '0A';
const UDP_UNCONNECTED = '07';

/** A listening socket and its inode, by which its process is found. */
export interface ListeningSocket extends Omit<Listener, 'process'> {
  readonly inode: string;
}

/** Gives the sockets that listen (tcp) or are bound without a peer (udp), in the order of the file. */
export function parseListening(text: string, protocol: 'tcp' | 'udp', family: 4 | 6): ListeningSocket[] {
  const wanted = protocol === 'tcp' ? TCP_LISTEN : UDP_UNCONNECTED;
  const out: ListeningSocket[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    // sl local rem st tx:rx tr:when retrnsmt uid timeout inode
    const [, local, , state, , , , , , inode] = words;
    if (local === undefined || state?.toUpperCase() !== wanted || inode === undefined) continue;
    const [hexAddress = '', hexPort = ''] = local.split(':');
    const address = family === 4 ? ipv4(hexAddress) : ipv6(hexAddress);
    const port = Number.parseInt(hexPort, 16);
    if (address === undefined || Number.isNaN(port)) continue;
    out.push({ protocol, family, address, port, inode });
  }
  return out;
}

function ipv4(hex: string): string | undefined {
  if (!/^[0-9a-f]{8}$/i.test(hex)) return undefined;
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}

function ipv6(hex: string): string | undefined {
  if (!/^[0-9a-f]{32}$/i.test(hex)) return undefined;
  const groups: number[] = [];
  for (let word = 0; word < 4; word += 1) {
    const part = hex.slice(word * 8, word * 8 + 8);
    const byte = (at: number): number => Number.parseInt(part.slice(at, at + 2), 16);
    groups.push(byte(6) * 256 + byte(4), byte(2) * 256 + byte(0));
  }
  return formatIpv6(groups);
}

/** Writes eight groups as RFC 5952 asks: lower case, the longest run of two or more zeros shortened. */
export function formatIpv6(groups: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}
