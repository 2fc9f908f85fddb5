/** IP addresses and CIDRs as numbers: parsing, containment, overlap. IPv4 and IPv6, no dependency on the network. */

/** An address as a number; IPv4 has 32 bits, IPv6 128. */
export interface IpNumber {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A CIDR: the network address and the number of fixed bits. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly bits: number;
}

/** No leading zeros: some programs read them as octal. */
const V4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** Parses an IPv4 or IPv6 address; undefined where the text is none. */
export function parseIp(text: string): IpNumber | undefined {
  const v4 = V4.exec(text);
  if (v4 !== null) {
    const parts = v4.slice(1).map(Number);
    if (parts.some((part) => part > 255)) return undefined;
    return { family: 4, value: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
  }
  return text.includes(':') ? parseV6(text) : undefined;
}

function parseV6(text: string): IpNumber | undefined {
  const bare = text.split('%')[0] ?? '';
  const halves = bare.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '');
  const tail = halves.length === 2 ? groups(halves[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<number>(Math.max(0, missing)).fill(0), ...tail];
  return { family: 6, value: all.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n) };
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const out: number[] = [];
  for (const part of text.split(':')) {
    const v4 = V4.test(part) ? parseIp(part) : undefined;
    if (v4 !== undefined) out.push(Number(v4.value >> 16n), Number(v4.value & 0xffffn));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) out.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return out;
}

/** Parses `10.0.0.0/24`; a bare address counts as /32 or /128. Host bits are cleared. Undefined where the text is no CIDR. */
export function parseCidr(text: string): Cidr | undefined {
  const [address, prefix] = text.split('/');
  const ip = parseIp(address ?? '');
  if (ip === undefined) return undefined;
  const width = ip.family === 4 ? 32 : 128;
  const bits = prefix === undefined ? width : Number(prefix);
  if (prefix === '' || !Number.isInteger(bits) || bits < 0 || bits > width) return undefined;
  const shift = BigInt(width - bits);
  return { family: ip.family, base: (ip.value >> shift) << shift, bits };
}

/** True when `cidr` contains `ip`; false across families and for text that is neither. */
export function cidrContains(cidr: string | Cidr, ip: string): boolean {
  const net = typeof cidr === 'string' ? parseCidr(cidr) : cidr;
  const address = parseIp(ip);
  if (net === undefined || address === undefined || net.family !== address.family) return false;
  const shift = BigInt((net.family === 4 ? 32 : 128) - net.bits);
  return address.value >> shift === net.base >> shift;
}

/** True when the two CIDRs share an address. */
export function cidrsOverlap(a: string, b: string): boolean {
  const one = parseCidr(a);
  const two = parseCidr(b);
  if (one === undefined || two === undefined || one.family !== two.family) return false;
  const width = one.family === 4 ? 32 : 128;
  const shift = BigInt(width - Math.min(one.bits, two.bits));
  return one.base >> shift === two.base >> shift;
}

/** The address of `10.0.0.66/24`, without the prefix length. */
export function addressOf(cidr: string): string {
  return cidr.split('/')[0] ?? cidr;
}
