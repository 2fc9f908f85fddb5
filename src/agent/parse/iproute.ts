/** Parses what iproute2 prints, from the releases of 2015 to today's: links, addresses, routes, rules, neighbours. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import type { NodeInterface, NodeRoute } from '../../core/evidence/node-network.ts';

const ROUTE_TYPES = new Set([
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'anycast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
]);
/** Words of a route that stand alone; every other known word is followed by a value. */
const ROUTE_VALUES = new Set(['via', 'dev', 'proto', 'scope', 'src', 'table', 'metric']);

/** Gives the interfaces of `ip -o link show`, with the addresses of `ip -o address show`, by index. */
export function parseInterfaces(links: string, addresses: string): NodeInterface[] {
  const byName = parseAddresses(addresses);
  const out: NodeInterface[] = [];
  for (const line of lines(links)) {
    const head = /^(\d+):\s+([^\s:@]+)(?:@\S+?)?:\s+<([^>]*)>(.*)$/.exec(line);
    if (head === null) continue;
    const [, index = '', name = '', flags = '', rest = ''] = head;
    const mtu = /\bmtu (\d+)/.exec(rest)?.[1];
    const mac = /\blink\/\S+ ((?:[0-9a-f]{2}:){5,19}[0-9a-f]{2})\b/i.exec(rest)?.[1];
    out.push({
      name,
      index: Number(index),
      state: /\bstate (\S+)/.exec(rest)?.[1] ?? (flags.split(',').includes('UP') ? 'UNKNOWN' : 'DOWN'),
      noCarrier: flags.split(',').includes('NO-CARRIER'),
      ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
      ...(mac === undefined ? {} : { mac }),
      addresses: byName.get(name) ?? [],
    });
  }
  return out.sort((a, b) => a.index - b.index);
}

function parseAddresses(text: string): Map<string, NodeInterface['addresses']> {
  const byName = new Map<string, NodeInterface['addresses']>();
  for (const line of lines(text)) {
    const match = /^\d+:\s+(\S+?)(?:@\S+)?:?\s+(inet6?)\s+(\S+)(.*)$/.exec(line);
    if (match === null) continue;
    const [, name = '', family = '', address = '', tail = ''] = match;
    const rest = tail.split('\\')[0] ?? '';
    const bits = family === 'inet' ? 32 : 128;
    const scope = /\bscope (\S+)/.exec(rest)?.[1];
    const list = byName.get(name) ?? [];
    list.push({
      cidr: address.includes('/') ? address : `${address}/${bits}`,
      family: family === 'inet' ? 4 : 6,
      ...(scope === undefined ? {} : { scope }),
      secondary: /\bsecondary\b/.test(rest),
    });
    byName.set(name, list);
  }
  return byName;
}

/** Gives the routes of `ip route show table all`; a multipath route becomes one entry for each next hop. */
export function parseRoutes(text: string): NodeRoute[] {
  const out: NodeRoute[] = [];
  let base: NodeRoute | undefined;
  let hops = 0;
  for (const line of lines(text)) {
    const parts = splitHops(line);
    for (const [position, words] of parts.entries()) {
      if (words[0] === 'nexthop') {
        if (base === undefined) continue;
        // The head of a multipath route carries no way of its own: its first hop takes its place.
        if (hops === 0) out.pop();
        hops += 1;
        out.push({ ...base, ...routeFields(words.slice(1)) });
        continue;
      }
      if (position > 0) continue;
      base = routeHead(words);
      hops = 0;
      if (base !== undefined) out.push(base);
    }
  }
  return out;
}

function splitHops(line: string): string[][] {
  const words = line.trim().replaceAll('\\', ' ').split(/\s+/);
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === 'nexthop') parts.push([]);
    parts.at(-1)?.push(word);
  }
  return parts.filter((part) => part.length > 0);
}

function routeHead(words: readonly string[]): NodeRoute | undefined {
  const typed = ROUTE_TYPES.has(words[0] ?? '');
  const destination = words[typed ? 1 : 0];
  if (destination === undefined || !/^(default$|[0-9a-f:.]+(\/\d+)?$)/i.test(destination)) return undefined;
  const type = typed ? (words[0] ?? 'unicast') : 'unicast';
  return { type, destination, onlink: false, ...routeFields(words.slice(typed ? 2 : 1)) };
}

function routeFields(words: readonly string[]): Partial<NodeRoute> {
  const found = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!ROUTE_VALUES.has(word)) continue;
    at += 1;
    if (word === 'via' && (words[at] === 'inet' || words[at] === 'inet6')) at += 1;
    found.set(word, words[at] ?? '');
  }
  const metric = found.get('metric');
  return {
    ...pick(found, 'via', 'via'),
    ...pick(found, 'dev', 'device'),
    ...pick(found, 'proto', 'protocol'),
    ...pick(found, 'scope', 'scope'),
    ...pick(found, 'src', 'source'),
    ...pick(found, 'table', 'table'),
    ...(metric === undefined || Number.isNaN(Number(metric)) ? {} : { metric: Number(metric) }),
    ...(words.includes('onlink') ? { onlink: true } : {}),
  };
}

function pick<K extends string>(found: ReadonlyMap<string, string>, word: string, key: K): { [P in K]?: string } {
  const value = found.get(word);
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [P in K]?: string });
}

/** Gives the policy rules of `ip rule show`. */
export function parseRules(text: string): EvidenceValue<'node-rules'> {
  const out: EvidenceValue<'node-rules'> = [];
  for (const line of lines(text)) {
    const match = /^(\d+):\s*(.*)$/.exec(line);
    if (match === null) continue;
    const rest = (match[2] ?? '').trim();
    const at = /(?:^|\s)(lookup|goto|blackhole|unreachable|prohibit|nop|masquerade|map-to)\b/.exec(rest);
    const split = at === null ? rest.length : at.index;
    out.push({
      priority: Number(match[1]),
      selector: rest.slice(0, split).trim(),
      action: rest.slice(split).trim(),
    });
  }
  return out;
}

/** Gives the neighbours of `ip neighbour show`; the state is the last word. */
export function parseNeighbours(text: string): EvidenceValue<'node-neighbours'> {
  const out: EvidenceValue<'node-neighbours'> = [];
  for (const line of lines(text)) {
    const words = line.trim().split(/\s+/);
    const [ip] = words;
    const device = after(words, 'dev');
    const mac = after(words, 'lladdr');
    if (ip === undefined || device === undefined) continue;
    const state = words.findLast((word) => /^[A-Z]+(,[A-Z]+)*$/.test(word)) ?? 'NONE';
    out.push({ ip, device, ...(mac === undefined ? {} : { mac }), state });
  }
  return out;
}

/** Gives the kernel's answer to `ip route get <to>`; `stderr` is its answer where there is no way. */
export function parseRouteGet(
  to: string,
  result: { readonly code: number; readonly stdout: string; readonly stderr: string },
): EvidenceValue<'node-route-get'>[number] {
  const first = (result.stdout.split('\n')[0] ?? '').trim();
  if (result.code !== 0 || first === '') {
    const said = result.stderr.trim().split('\n')[0] ?? '';
    const error = said.replace(/^(RTNETLINK answers|Error): /, '').replace(/\.$/, '');
    return { to, local: false, error: error === '' ? `ip route get ended with code ${result.code}` : error };
  }
  const words = first.split(/\s+/);
  const typed = ROUTE_TYPES.has(words[0] ?? '') ? (words[0] ?? '') : 'unicast';
  const fields = routeFields(words);
  const blocked = ['unreachable', 'blackhole', 'prohibit', 'throw'].includes(typed);
  return {
    to,
    ...(fields.via === undefined ? {} : { via: fields.via }),
    ...(fields.device === undefined ? {} : { device: fields.device }),
    ...(fields.source === undefined ? {} : { source: fields.source }),
    local: typed === 'local',
    ...(blocked ? { error: `the route is of type ${typed}` } : {}),
  };
}

function after(words: readonly string[], word: string): string | undefined {
  const at = words.indexOf(word);
  return at < 0 ? undefined : words[at + 1];
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
