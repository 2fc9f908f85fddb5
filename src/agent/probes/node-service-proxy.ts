/** Probe: what the node's service proxy (ipvs, iptables, nftables) would do with the ports and ClusterIPs asked about. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import type { ProxyEntry } from '../../core/evidence/node-network.ts';
import { type Host, HostError, type Limits, type Program } from '../host.ts';
import { type NftProxy, readNftProxy } from '../nft-table.ts';
import { parseIpVs } from '../parse/ip-vs.ts';
import { parseIptablesSave } from '../parse/iptables-save.ts';
import { hasKubeIptables, type IsWanted, type KubeIptables, kubeIptables } from '../parse/kube-iptables.ts';
import { orMissing, type ParamsOf, type Probe, readText, runText } from '../probe.ts';

const MAX_ENTRIES = 2000;
/** iptables-save of 5,000 Services with 50,000 endpoints is some 20 MB; more would endanger the agent's own memory. */
const RULES_BYTES = 32 * 1024 * 1024;
type Mode = EvidenceValue<'node-service-proxy'>['modes'][number];

interface Seen {
  readonly mode: Mode;
  /** The wanted ones. */
  readonly entries: readonly ProxyEntry[];
  /** Of all, wanted or not. */
  readonly total: number;
  readonly nodePortAddresses?: readonly string[];
}
/** A mode that was looked for: seen, certainly not there, or not readable with the reason. */
type Look = Seen | undefined | HostError;

export const nodeServiceProxy: Probe<'node-service-proxy'> = {
  kind: 'node-service-proxy',
  command: ({ ports }) => {
    const port = ports[0]?.port ?? 'PORT';
    return `ipvsadm -Ln | grep -A3 :${port}; iptables-save | grep -w ${port}; nft list map ip kube-proxy service-nodeports`;
  },
  read: async (host, params, limits) => {
    const isWanted = wanted(params);
    const large = { ...limits, maxBytes: RULES_BYTES };
    const looks = await Promise.all([
      ipvs(host, isWanted),
      iptables(host, large, isWanted),
      nftables(host, large, isWanted),
    ]);
    const seen = looks.filter((look): look is Seen => look !== undefined && !(look instanceof HostError));
    const failed = looks.find((look): look is HostError => look instanceof HostError);
    // Nothing seen, and something could not be looked at: "no service proxy" would be a guess.
    if (failed !== undefined && totalOf(seen) === 0) throw failed;
    return {
      modes: seen.filter((look) => isInUse(look, seen)).map((look) => look.mode),
      entries: seen.flatMap((look) => look.entries).slice(0, MAX_ENTRIES),
      totalEntries: totalOf(seen),
      nodePortAddresses: seen.flatMap((look) => look.nodePortAddresses ?? []),
    };
  },
};

function totalOf(seen: readonly Seen[]): number {
  return seen.reduce((sum, look) => sum + look.total, 0);
}

/** The kernel's ipvs module alone is no sign of use where another mode is there. */
function isInUse(look: Seen, seen: readonly Seen[]): boolean {
  return look.mode !== 'ipvs' || look.total > 0 || seen.length === 1;
}

function wanted({ ports, clusterIPs }: ParamsOf<'node-service-proxy'>): IsWanted {
  const asked = new Set(ports.map(({ port, protocol }) => `${protocol} ${port}`));
  const addresses = new Set(clusterIPs);
  return ({ address, port, protocol }) => asked.has(`${protocol} ${port}`) || addresses.has(address);
}

function ipvs(host: Host, isWanted: IsWanted): Promise<Look> {
  return look(async () => {
    const text = await orMissing(readText(host, '/proc/net/ip_vs', RULES_BYTES));
    if (text === undefined) return undefined;
    const entries = parseIpVs(text);
    return { mode: 'ipvs', entries: entries.filter(isWanted), total: entries.length };
  });
}

function iptables(host: Host, limits: Limits, isWanted: IsWanted): Promise<Look> {
  return look(async () => {
    const found: KubeIptables[] = [];
    for (const program of ['iptables-save', 'ip6tables-save'] satisfies Program[]) {
      const text = await orMissing(runText(host, program, [], limits));
      const tables = parseIptablesSave(text ?? '');
      if (hasKubeIptables(tables)) found.push(kubeIptables(tables, isWanted));
    }
    if (found.length === 0) return undefined;
    const total = found.reduce((sum, one) => sum + one.total, 0);
    return { mode: 'iptables', entries: found.flatMap(({ entries }) => entries), total };
  });
}

function nftables(host: Host, limits: Limits, isWanted: IsWanted): Promise<Look> {
  return look(async () => {
    const found: NftProxy[] = [];
    for (const family of ['ip', 'ip6'] as const) {
      const table = await readNftProxy(host, family, limits, isWanted);
      if (table !== undefined) found.push(table);
    }
    if (found.length === 0) return undefined;
    return {
      mode: 'nftables',
      entries: found.flatMap(({ entries }) => entries),
      total: found.reduce((sum, one) => sum + one.total, 0),
      nodePortAddresses: found.flatMap(({ nodePortAddresses }) => nodePortAddresses),
    };
  });
}

async function look(read: () => Promise<Look>): Promise<Look> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
}
