/** Where the agent may connect to: only addresses of the cluster, never the host itself or metadata services, at a bounded rate. */
import { type Cidr, cidrContains, parseCidr, parseIp } from '../core/ip.ts';
import type { TcpGate } from './probe.ts';

/** Never connected to, whatever the request says is the cluster's. */
const NEVER: readonly (readonly [cidr: string, what: string])[] = [
  ['0.0.0.0/8', 'an unspecified address'],
  ['127.0.0.0/8', 'a loopback address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved or broadcast address'],
  ['100.100.100.200/32', "a cloud's metadata address"],
  ['168.63.129.16/32', "a cloud's metadata address"],
  ['192.0.0.192/32', "a cloud's metadata address"],
  ['::/96', 'an unspecified or loopback address'],
  ['::ffff:0:0/96', 'an IPv4 address in IPv6 form'],
  ['::ffff:0:0:0/96', 'an IPv4 address in IPv6 form'],
  ['64:ff9b::/96', 'an IPv4 address in IPv6 form'],
  ['64:ff9b:1::/48', 'an IPv4 address in IPv6 form'],
  ['2002::/16', 'an IPv4 address in IPv6 form'],
  ['fe80::/10', 'a link-local address'],
  ['ff00::/8', 'a multicast address'],
  ['fd00:ec2::/32', "a cloud's metadata address"],
  ['fd20:ce::254/128', "a cloud's metadata address"],
];
const NEVER_CIDRS: readonly (readonly [Cidr | undefined, string])[] = NEVER.map(([cidr, what]) => [
  parseCidr(cidr),
  what,
]);
/** A range wider than this is no cluster's range, and all together are no wider than four such: else the guard would be one of nothing. */
const WIDEST_BITS = { 4: 8, 6: 16 } as const;
const MOST_WIDEST = 4;

/** Connects per second in the long run, and at once, for the whole agent. */
export const TCP_RATE = { perSecond: 256, burst: 1024 } as const;

/** A token bucket: `take` is true while there are tokens; they come back with time, without any timer. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#at = now();
  }

  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** Gives the gate for one request: undefined where the address may be asked, else one sentence why not. */
export function tcpGate(networks: readonly string[], bucket: Pick<TokenBucket, 'take'>): TcpGate {
  const hosts = new Set<string>();
  const ranges: Cidr[] = [];
  let width = 0;
  for (const network of new Set(networks)) {
    const cidr = parseCidr(network);
    if (cidr === undefined || cidr.bits < WIDEST_BITS[cidr.family]) continue;
    if (cidr.bits === (cidr.family === 4 ? 32 : 128)) {
      hosts.add(`${cidr.family} ${cidr.base}`);
      continue;
    }
    width += 2 ** (WIDEST_BITS[cidr.family] - cidr.bits);
    if (width <= MOST_WIDEST) ranges.push(cidr);
  }
  return (address) => {
    const ip = parseIp(address);
    if (ip === undefined) return `${address} is not an IP address`;
    const never = NEVER_CIDRS.find(([cidr]) => cidr !== undefined && cidrContains(cidr, address));
    if (never !== undefined) return `${address} is ${never[1]}, to which the agent never connects`;
    const known = hosts.has(`${ip.family} ${ip.value}`) || ranges.some((range) => cidrContains(range, address));
    if (!known) return `${address} is not among the cluster's networks`;
    return bucket.take() ? undefined : 'the agent makes no more connections at this rate; ask again in a few seconds';
  };
}
