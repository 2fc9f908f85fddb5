/** Reads kube-proxy's nftables mode: the maps of table `kube-proxy`, followed to the endpoints, seen from outside. */
import type { ProxyEntry } from '../../core/evidence/node-network.ts';
import { asObject, keyParts, type NftListing, type NftRule, targetOf } from './nft.ts';

const MAX_DEPTH = 12;
/** address . protocol . port */
const BY_ADDRESS = ['service-ips', 'no-endpoint-services'];
/** protocol . port */
const BY_PORT = ['service-nodeports', 'no-endpoint-nodeports'];

export interface KubeNft {
  readonly entries: ProxyEntry[];
  /** Empty where every local address serves NodePorts: the set is not there in that case. */
  readonly nodePortAddresses: string[];
}

/** Gives the entries of one listing of table `kube-proxy`. What holds only for senders on the node is not followed. */
export function kubeNft(listing: NftListing): KubeNft {
  const rules = new Map<string, NftRule[]>();
  for (const rule of listing.rules) {
    const list = rules.get(rule.chain) ?? [];
    list.push(rule);
    rules.set(rule.chain, list);
  }
  const entries = new Map<string, ProxyEntry>();
  for (const { name, elem } of listing.collections) {
    if (!BY_ADDRESS.includes(name) && !BY_PORT.includes(name)) continue;
    for (const pair of elem) {
      if (!Array.isArray(pair)) continue;
      const entry = entryOf(keyParts(pair[0]), pair[1], BY_ADDRESS.includes(name), rules);
      if (entry === undefined) continue;
      const key = `${entry.address} ${entry.protocol} ${entry.port}`;
      // Traffic from outside without local endpoints: `no-endpoint-nodeports` decides where the other map forwards nothing.
      if (entries.get(key)?.verdict !== 'forward') entries.set(key, entry);
    }
  }
  const addresses = listing.collections.find(({ name }) => name === 'nodeport-ips')?.elem ?? [];
  return {
    entries: [...entries.values()],
    nodePortAddresses: addresses.flatMap((element) => addressText(element)),
  };
}

function addressText(element: unknown): string[] {
  if (typeof element === 'string') return [element];
  const prefix = asObject(asObject(element)['prefix']);
  return typeof prefix['addr'] === 'string' ? [`${prefix['addr']}/${String(prefix['len'])}`] : [];
}

function entryOf(
  key: readonly unknown[],
  verdict: unknown,
  hasAddress: boolean,
  rules: ReadonlyMap<string, readonly NftRule[]>,
): ProxyEntry | undefined {
  const [protocol, port] = hasAddress ? key.slice(1) : key;
  const address = hasAddress ? key[0] : '*';
  if (typeof protocol !== 'string' || typeof port !== 'number' || typeof address !== 'string') return undefined;
  const entry: ProxyEntry = { address, port, protocol: protocol.toUpperCase(), verdict: 'none', destinations: [] };
  const found = judge(verdict, rules);
  entry.destinations.push(...found.destinations);
  entry.verdict = found.destinations.length > 0 ? 'forward' : found.verdict;
  return entry;
}

interface Followed {
  destinations: { ip: string; port: number }[];
  verdict: 'none' | 'drop' | 'reject';
}

function judge(verdict: unknown, rules: ReadonlyMap<string, readonly NftRule[]>): Followed {
  const found: Followed = { destinations: [], verdict: 'none' };
  if ('drop' in asObject(verdict)) found.verdict = 'drop';
  if ('reject' in asObject(verdict)) found.verdict = 'reject';
  const target = targetOf(verdict);
  if (target !== undefined) follow(target, rules, found, 0, new Set());
  return found;
}

function follow(
  chain: string,
  rules: ReadonlyMap<string, readonly NftRule[]>,
  found: Followed,
  depth: number,
  seen: Set<string>,
): void {
  if (depth > MAX_DEPTH || seen.has(chain)) return;
  seen.add(chain);
  for (const rule of rules.get(chain) ?? []) {
    if (rule.expr.some(aboutSource)) continue;
    for (const statement of rule.expr) {
      if ('drop' in statement) found.verdict = 'drop';
      if ('reject' in statement) found.verdict = 'reject';
      const destination = dnatOf(statement);
      if (destination !== undefined) found.destinations.push(destination);
      for (const target of targetsOf(statement)) follow(target, rules, found, depth + 1, seen);
    }
  }
}

/** A match on the sender's address, or on the sender being this host. */
function aboutSource(statement: Record<string, unknown>): boolean {
  const left = asObject(asObject(statement['match'])['left']);
  const payload = asObject(left['payload']);
  const flags = asObject(left['fib'])['flags'];
  const asked = Array.isArray(flags) ? flags : [flags];
  return payload['field'] === 'saddr' || asked.includes('saddr');
}

function targetsOf(statement: Record<string, unknown>): string[] {
  const direct = targetOf(statement);
  if (direct !== undefined) return [direct];
  const data = asObject(asObject(statement['vmap'])['data'])['set'];
  if (!Array.isArray(data)) return [];
  return data.flatMap((pair) => (Array.isArray(pair) ? (targetOf(pair[1]) ?? []) : []));
}

function dnatOf(statement: Record<string, unknown>): { ip: string; port: number } | undefined {
  const dnat = asObject(statement['dnat']);
  if (typeof dnat['addr'] === 'string' && typeof dnat['port'] === 'number')
    return { ip: dnat['addr'], port: dnat['port'] };
  const concat = asObject(dnat['addr'])['concat'];
  if (!Array.isArray(concat)) return undefined;
  const [ip, port] = concat as unknown[];
  return typeof ip === 'string' && typeof port === 'number' ? { ip, port } : undefined;
}
