/** Reads kube-proxy's iptables mode: what the nat and filter tables would do with a port or a ClusterIP, seen from outside. */
import type { ProxyEntry } from '../../core/evidence/node-network.ts';
import { type IptablesRule, type IptablesTable, rulesOf } from './iptables-save.ts';

const MAX_DEPTH = 12;
type Tables = ReadonlyMap<string, IptablesTable>;

/** True where the tables hold chains that only kube-proxy's iptables mode makes (ipvs mode has KUBE-NODE-PORT instead). */
export function hasKubeIptables(tables: Tables): boolean {
  const chains = [...(tables.get('nat')?.policies.keys() ?? [])];
  return chains.some((chain) => chain === 'KUBE-NODEPORTS' || chain.startsWith('KUBE-SVC-'));
}

/** Says whether an entry is asked for; what is not is counted and not followed. */
export type IsWanted = (entry: Pick<ProxyEntry, 'address' | 'port' | 'protocol'>) => boolean;

export interface KubeIptables {
  readonly entries: ProxyEntry[];
  /** How many addresses and ports kube-proxy serves or refuses, wanted or not. */
  readonly total: number;
}

/**
 * Gives one entry for each address, port and protocol that is wanted. What holds only for senders
 * on the node or in Pods (`-s`, `--src-type`) is not followed: the entries say what happens to traffic from outside.
 */
export function kubeIptables(tables: Tables, isWanted: IsWanted): KubeIptables {
  const nat = tables.get('nat');
  const all = new Set<string>();
  const entries = new Map<string, ProxyEntry>();
  const entryFor = (rule: IptablesRule): ProxyEntry | undefined => {
    const { address, port, protocol } = {
      address: addressOf(rule),
      port: Number(rule.ports),
      protocol: (rule.protocol ?? 'tcp').toUpperCase(),
    };
    const key = `${address} ${protocol} ${port}`;
    all.add(key);
    if (!isWanted({ address, port, protocol })) return undefined;
    const entry = entries.get(key) ?? { address, port, protocol, verdict: 'none', destinations: [] };
    entries.set(key, entry);
    return entry;
  };
  for (const rule of serviceRules(nat)) {
    const target = rule.target ?? '';
    if (target === 'KUBE-MARK-MASQ' || !target.startsWith('KUBE-')) continue;
    const entry = entryFor(rule);
    if (entry !== undefined) forward(entry, follow(nat, target, 0, new Set()));
  }
  for (const rule of refusals(tables.get('filter'))) {
    const entry = entryFor(rule);
    // A packet that nat has sent to a destination no longer carries the port that the filter rule asks for.
    if (entry !== undefined && entry.verdict !== 'forward')
      entry.verdict = rule.target === 'REJECT' ? 'reject' : 'drop';
  }
  return { entries: [...entries.values()], total: all.size };
}

function forward(entry: ProxyEntry, found: Followed): void {
  for (const destination of found.destinations) {
    if (entry.destinations.some((one) => one.ip === destination.ip && one.port === destination.port)) continue;
    entry.destinations.push(destination);
  }
  if (entry.destinations.length > 0) entry.verdict = 'forward';
  else if (found.dropped) entry.verdict = 'drop';
}

function serviceRules(nat: IptablesTable | undefined): IptablesRule[] {
  const ports = rulesOf(nat, 'KUBE-NODEPORTS').filter((rule) => isPort(rule.ports));
  const services = rulesOf(nat, 'KUBE-SERVICES').filter(
    (rule) => isPort(rule.ports) && rule.destination !== undefined && !rule.aboutSource,
  );
  return [...services, ...ports];
}

/** The rules of Services without (local) endpoints; their chains have moved between releases. */
function refusals(filter: IptablesTable | undefined): IptablesRule[] {
  return ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS']
    .flatMap((chain) => rulesOf(filter, chain))
    .filter((rule) => (rule.target === 'REJECT' || rule.target === 'DROP') && isPort(rule.ports));
}

function addressOf(rule: IptablesRule): string {
  return rule.destination?.replace(/\/(32|128)$/, '') ?? '*';
}

function isPort(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,5}$/.test(text);
}

interface Followed {
  readonly destinations: { ip: string; port: number }[];
  readonly dropped: boolean;
}

function follow(nat: IptablesTable | undefined, chain: string, depth: number, seen: Set<string>): Followed {
  const out: Followed['destinations'] = [];
  let dropped = false;
  if (depth > MAX_DEPTH || seen.has(chain)) return { destinations: out, dropped };
  seen.add(chain);
  for (const rule of rulesOf(nat, chain)) {
    if (rule.target === 'DNAT') {
      const destination = endpoint(rule.toDestination ?? '');
      if (destination !== undefined) out.push(destination);
      continue;
    }
    if (rule.aboutSource || rule.target === undefined) continue;
    if (rule.target === 'KUBE-MARK-DROP' || rule.target === 'DROP') dropped = true;
    else if (rule.target.startsWith('KUBE-') && rule.target !== 'KUBE-MARK-MASQ') {
      const inner = follow(nat, rule.target, depth + 1, seen);
      out.push(...inner.destinations);
      dropped ||= inner.dropped;
    }
  }
  return { destinations: out, dropped };
}

function endpoint(text: string): { ip: string; port: number } | undefined {
  const match = /^\[?([0-9a-f.:]+?)\]?:(\d{1,5})$/i.exec(text);
  return match === null ? undefined : { ip: match[1] ?? '', port: Number(match[2]) };
}
