/** Reads kube-proxy's nftables table: whole where it is small, else only its maps and the chains that are asked about. */
import type { ProxyEntry } from '../core/evidence/node-network.ts';
import { type Host, HostError, type Limits, type RunResult } from './host.ts';
import type { IsWanted } from './parse/kube-iptables.ts';
import { entryKeys, type KubeNft, kubeNft } from './parse/kube-nft.ts';
import { type NftListing, parseNft, ruleTargets } from './parse/nft.ts';
import { failureText, orMissing } from './probe.ts';

/** JSON takes some ten times its size in memory while it is read: more than this is read in parts. */
const WHOLE_BYTES = 8 * 1024 * 1024;
const COLLECTIONS = [
  'service-ips',
  'service-nodeports',
  'no-endpoint-services',
  'no-endpoint-nodeports',
  'nodeport-ips',
];
/** Chains that one question may follow. */
const MAX_CHAINS = 500;
const CHAIN_NAME = /^[A-Za-z0-9_][\w./:-]{0,250}$/;

export interface NftProxy {
  /** The wanted ones. */
  readonly entries: ProxyEntry[];
  readonly total: number;
  readonly nodePortAddresses: string[];
}

/** Gives what table `kube-proxy` of a family says; undefined where nft or the table is not there. @throws HostError */
export async function readNftProxy(
  host: Host,
  family: 'ip' | 'ip6',
  limits: Limits,
  isWanted: IsWanted,
): Promise<NftProxy | undefined> {
  const whole = await list(host, ['table', family, 'kube-proxy'], { ...limits, maxBytes: WHOLE_BYTES });
  if (whole === undefined) return undefined;
  const listing = whole.truncated ? await inParts(host, family, limits, isWanted) : parseNft(whole.stdout);
  const found: KubeNft = kubeNft(listing);
  return {
    entries: found.entries.filter(isWanted),
    total: found.entries.length,
    nodePortAddresses: found.nodePortAddresses,
  };
}

async function inParts(host: Host, family: string, limits: Limits, isWanted: IsWanted): Promise<NftListing> {
  const listing: NftListing = { chains: [], rules: [], collections: [] };
  const large = { ...limits, maxBytes: 2 * WHOLE_BYTES };
  for (const name of COLLECTIONS) {
    const kind = name === 'nodeport-ips' ? 'set' : 'map';
    const part = await list(host, [kind, family, 'kube-proxy', name], large);
    if (part === undefined) continue;
    if (part.truncated) throw new HostError('too-large', `kube-proxy's nftables map ${name} is too large to be read`);
    listing.collections.push(...parseNft(part.stdout).collections);
  }
  const seen = new Set<string>();
  const open = entryKeys(listing).flatMap(({ target, entry }) =>
    target !== undefined && isWanted(entry) ? [target] : [],
  );
  for (let chain = open.pop(); chain !== undefined; chain = open.pop()) {
    if (seen.has(chain) || !CHAIN_NAME.test(chain)) continue;
    if (seen.size === MAX_CHAINS)
      throw new HostError('too-large', `the ports asked about lead to more than ${MAX_CHAINS} chains`);
    seen.add(chain);
    const part = await list(host, ['chain', family, 'kube-proxy', chain], large);
    if (part === undefined) continue;
    const rules = parseNft(part.stdout).rules;
    listing.rules.push(...rules);
    open.push(...rules.flatMap((rule) => rule.expr.flatMap(ruleTargets)));
  }
  return listing;
}

async function list(host: Host, what: readonly string[], limits: Limits): Promise<RunResult | undefined> {
  const args = ['-j', 'list', ...what];
  const result = await orMissing(host.run('nft', args, limits));
  if (result === undefined || (result.code !== 0 && /no such file or directory/i.test(result.stderr))) return undefined;
  if (result.code === 0) return result;
  const denied = /operation not permitted|permission denied/i.test(result.stderr);
  throw new HostError(denied ? 'denied' : 'failed', failureText('nft', args, result));
}
