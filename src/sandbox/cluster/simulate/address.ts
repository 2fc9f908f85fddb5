/** IPv4 arithmetic and stable made-up ids, written for the simulator alone: what it checks must not be built on the same code. */
import { createHash } from 'node:crypto';

/** Numbers of texts seen before: a large cluster's routes are compared with every address, millions of times. */
const known = new Map<string, number>();
const MOST_KNOWN = 200_000;

/** The 32-bit number of a dotted address; NaN where the text is none. */
export function number4(text: string): number {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const number = parsed(text);
  known.set(text, number);
  return number;
}

function parsed(text: string): number {
  const parts = text.split('/')[0]?.split('.') ?? [];
  if (parts.length !== 4) return Number.NaN;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The dotted form of a 32-bit number. */
export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** `10.0.0.66/24` gives 24; a bare address 32. */
export function prefixOf(cidr: string): number {
  const at = cidr.indexOf('/');
  return at === -1 ? 32 : Number(cidr.slice(at + 1));
}

/** `10.0.0.66/24` gives `10.0.0.66`. */
export function hostOf(cidr: string): string {
  return cidr.split('/')[0] ?? cidr;
}

/** `10.0.0.66/24` gives `10.0.0.0/24`. */
export function networkOf(cidr: string): string {
  const size = 2 ** (32 - prefixOf(cidr));
  return `${dotted(Math.floor(number4(cidr) / size) * size)}/${prefixOf(cidr)}`;
}

/** The last address of the network. */
export function broadcastOf(cidr: string): string {
  const size = 2 ** (32 - prefixOf(cidr));
  return dotted(Math.floor(number4(cidr) / size) * size + size - 1);
}

/** The n-th address of a network. */
export function addressAt(cidr: string, n: number): string {
  return dotted(number4(networkOf(cidr)) + n);
}

/** Whether an address lies in a network. */
export function within(cidr: string, ip: string): boolean {
  const size = 2 ** (32 - prefixOf(cidr));
  return Math.floor(number4(cidr) / size) === Math.floor(number4(ip) / size);
}

/** As /proc/net/tcp prints addresses on little-endian machines: `0100007F`. */
export function hexLittle(ip: string): string {
  return ip.split('.').reverse().map(byteHex).join('');
}

/** As /proc/net/ip_vs prints addresses: `7F000001`. */
export function hexBig(ip: string): string {
  return ip.split('.').map(byteHex).join('');
}

function byteHex(part: string): string {
  return Number(part).toString(16).toUpperCase().padStart(2, '0');
}

/** A port as /proc prints it. */
export function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

/** Hex digits that depend on nothing but the text. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A UUID that depends on nothing but the text. */
export function uidOf(text: string): string {
  const d = digest(text);
  return `${d.slice(0, 8)}-${d.slice(8, 12)}-4${d.slice(13, 16)}-a${d.slice(17, 20)}-${d.slice(20, 32)}`;
}

/** 16 characters of base32, as kube-proxy names its chains. */
export function chainHash(text: string): string {
  const bytes = createHash('sha256').update(text).digest();
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let out = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += alphabet[(value >> bits) & 31] ?? '';
      value &= (1 << bits) - 1;
    }
  }
  return out.slice(0, 16);
}

/** A locally administered MAC address for a name. */
export function macOf(text: string): string {
  return `52:54:00:${digest(text)
    .slice(0, 6)
    .replace(/(..)(..)(..)/, '$1:$2:$3')}`;
}

/** Whether version `a` (`v1.24.3`, `3.14.0`) is at least `b`. */
export function atLeast(a: string, b: string): boolean {
  const left = a.replace(/^v/, '').split('.').map(Number);
  const right = b.replace(/^v/, '').split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
