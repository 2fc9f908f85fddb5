/** Reads kube-proxy's nftables mode: the maps of table `kube-proxy`, followed to the endpoints, seen from outside. */
import type { ProxyEntry } from '../../core/evidence/node-network.ts';
import { asObject, keyParts, type NftListing, type NftRule, ruleTargets, targetOf } from './nft.ts';

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
  for (const { entry, verdict } of entryKeys(listing)) {
    const found = judge(verdict, rules);
    entry.destinations.push(...found.destinations);
    entry.verdict = found.destinations.length > 0 ? 'forward' : found.verdict;
    const key = `${entry.address} ${entry.protocol} ${entry.port}`;
    // Traffic from outside without local endpoints: `no-endpoint-nodeports` decides where the other map forwards nothing.
    if (entries.get(key)?.verdict !== 'forward') entries.set(key, entry);
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

/** One element of kube-proxy's maps: the entry without its judgement, the verdict, and the chain to which it leads. */
export interface EntryKey {
  readonly entry: ProxyEntry;
  readonly verdict: unknown;
  readonly target: string | undefined;
}

/** Gives the elements of the maps of Services and NodePorts. */
export function entryKeys(listing: NftListing): EntryKey[] {
  return listing.collections.flatMap(({ name, elem }) => {
    const hasAddress = BY_ADDRESS.includes(name);
    if (!hasAddress && !BY_PORT.includes(name)) return [];
    return elem.flatMap((pair) => (Array.isArray(pair) ? entryKey(keyParts(pair[0]), pair[1], hasAddress) : []));
  });
}

function entryKey(key: readonly unknown[], verdict: unknown, hasAddress: boolean): EntryKey[] {
  const [protocol, port] = hasAddress ? key.slice(1) : key;
  const address = hasAddress ? key[0] : '*';
  if (typeof protocol !== 'string' || typeof port !== 'number' || typeof address !== 'string') return [];
  const entry: ProxyEntry = { address, port, protocol: protocol.toUpperCase(), verdict: 'none', destinations: [] };
  return [{ entry, verdict, target: targetOf(verdict) }];
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
      for (const target of ruleTargets(statement)) follow(target, rules, found, depth + 1, seen);
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

function dnatOf(statement: Record<string, unknown>): { ip: string; port: number } | undefined {
  const dnat = asObject(statement['dnat']);
  if (typeof dnat['addr'] === 'string' && typeof dnat['port'] === 'number')
    return { ip: dnat['addr'], port: dnat['port'] };
  const concat = asObject(dnat['addr'])['concat'];
  if (!Array.isArray(concat)) return undefined;
  const [ip, port] = concat as unknown[];
  return typeof ip === 'string' && typeof port === 'number' ? { ip, port } : undefined;
}
