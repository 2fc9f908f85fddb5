/** Finds what a host's own firewall denies: rules that drop or reject outside of kube-proxy's, the CNI's and Docker's chains. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { type IptablesTable, jumpOf, rulesOf } from './iptables-save.ts';
import { asObject, type NftListing, type NftRule, ruleTargets } from './nft.ts';

type Firewall = EvidenceValue<'node-firewall'>;
type Denial = Firewall['denials'][number];
/** Chains that belong to Kubernetes, the CNI or the container runtime. DOCKER-USER is the host's own. */
const FOREIGN = /^(KUBE-|cali-|FLANNEL|CNI-|CILIUM_|OLD_CILIUM_|WEAVE|ANTREA|DOCKER(?!-USER)|NETAVARK|LIBVIRT)/;
const FOREIGN_TABLES = /^(kube-proxy|calico|cali-|cilium|flannel|netavark|antrea|docker-|hostport)/;
const BUILT_IN = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/** Gives policies and denials of iptables-save's tables. */
export function iptablesDenials(tables: ReadonlyMap<string, IptablesTable>): Omit<Firewall, 'managers'> {
  const policies: Firewall['policies'] = [];
  const denials: Denial[] = [];
  for (const table of tables.values()) {
    for (const [chain, policy] of table.policies) {
      if (policy !== '-') policies.push({ table: table.name, chain, policy });
    }
    const jumps = new Map<string, string[]>();
    for (const [chain, lines] of table.lines) {
      if (!FOREIGN.test(chain))
        jumps.set(
          chain,
          lines.flatMap((line) => jumpOf(line) ?? []),
        );
    }
    const hooks = hooksOf(new Map(BUILT_IN.map((chain) => [chain, chain.toLowerCase()])), jumps);
    for (const chain of table.lines.keys()) {
      if (FOREIGN.test(chain)) continue;
      for (const rule of rulesOf(table, chain)) {
        if (rule.target !== 'DROP' && rule.target !== 'REJECT') continue;
        const hook = hooks.get(chain);
        denials.push({
          backend: 'iptables',
          chain,
          ...(hook === undefined ? {} : { hook }),
          rule: rule.text.slice(0, 500),
          ...(rule.protocol === undefined ? {} : { protocol: rule.protocol }),
          ...(rule.ports === undefined ? {} : { ports: rule.ports }),
          ...(rule.source === undefined ? {} : { source: rule.source }),
        });
      }
    }
  }
  return { policies, denials };
}

/**
 * Gives policies and denials of `nft -j list ruleset`. Tables that iptables-save has shown already (iptables-nft keeps
 * its chains there) are left out; `shown` is what it printed.
 */
export function nftDenials(listing: NftListing, shown: ReadonlyMap<string, IptablesTable>): Omit<Firewall, 'managers'> {
  const isOther = (rule: { family: string; table: string }, chain: string): boolean =>
    FOREIGN_TABLES.test(rule.table) ||
    FOREIGN.test(chain) ||
    (rule.family === 'ip' && shown.get(rule.table)?.policies.has(chain) === true);
  const policies: Firewall['policies'] = [];
  const denials: Denial[] = [];
  const heads = new Map<string, string>();
  for (const chain of listing.chains) {
    if (chain.hook !== undefined) heads.set(idOf(chain, chain.name), chain.hook);
    if (chain.hook === undefined || chain.policy === undefined || isOther(chain, chain.name)) continue;
    policies.push({ table: `${chain.family} ${chain.table}`, chain: chain.name, policy: chain.policy.toUpperCase() });
  }
  const jumps = new Map<string, string[]>();
  for (const rule of listing.rules) {
    const list = jumps.get(idOf(rule, rule.chain)) ?? [];
    for (const statement of rule.expr) {
      for (const target of ruleTargets(statement)) list.push(idOf(rule, target));
    }
    jumps.set(idOf(rule, rule.chain), list);
  }
  const hooks = hooksOf(heads, jumps);
  for (const rule of listing.rules) {
    const denies = rule.expr.some((statement) => 'drop' in statement || 'reject' in statement);
    if (!denies || isOther(rule, rule.chain)) continue;
    const hook = hooks.get(idOf(rule, rule.chain));
    denials.push({
      backend: 'nftables',
      chain: `${rule.family} ${rule.table} ${rule.chain}`,
      ...(hook === undefined ? {} : { hook }),
      rule: describe(rule),
      ...matched(rule),
    });
  }
  return { policies, denials };
}

function idOf(owner: { family: string; table: string }, chain: string): string {
  return `${owner.family} ${owner.table} ${chain}`;
}

/** Gives for each chain the hook from which it is reached; the first one in the order of the heads. */
function hooksOf(
  heads: ReadonlyMap<string, string>,
  jumps: ReadonlyMap<string, readonly string[]>,
): Map<string, string> {
  const hooks = new Map<string, string>();
  for (const [head, hook] of heads) {
    const open = [head];
    for (let chain = open.pop(); chain !== undefined; chain = open.pop()) {
      if (hooks.has(chain)) continue;
      hooks.set(chain, hook);
      open.push(...(jumps.get(chain) ?? []));
    }
  }
  return hooks;
}

function matched(rule: NftRule): { protocol?: string; ports?: string; source?: string } {
  const out: { protocol?: string; ports?: string; source?: string } = {};
  for (const statement of rule.expr) {
    const match = asObject(statement['match']);
    if (match['op'] === '!=') continue;
    const left = asObject(match['left']);
    const payload = asObject(left['payload']);
    const right = valueText(match['right']);
    if (payload['field'] === 'dport') {
      out.ports = right;
      if (typeof payload['protocol'] === 'string') out.protocol = payload['protocol'];
    }
    if (payload['field'] === 'saddr') out.source = right;
    if (payload['field'] === 'protocol' || asObject(left['meta'])['key'] === 'l4proto') out.protocol = right;
  }
  return out;
}

function valueText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const { set, range, prefix } = asObject(value);
  if (Array.isArray(set)) return set.map(valueText).join(',');
  if (Array.isArray(range)) return range.map(valueText).join('-');
  const { addr, len } = asObject(prefix);
  return addr === undefined ? JSON.stringify(value) : `${valueText(addr)}/${valueText(len)}`;
}

/** nft's JSON has no text of a rule: a short one is made of its matches and its verdict. */
function describe(rule: NftRule): string {
  const words = rule.expr.flatMap((statement): string[] => {
    if ('drop' in statement) return ['drop'];
    if ('reject' in statement) return [`reject${rejectType(statement['reject'])}`];
    const { op, left, right } = asObject(statement['match']);
    if (op === undefined) return [];
    const { payload, meta, ct } = asObject(left);
    const name =
      payload === undefined
        ? wordOf(asObject(meta)['key'] ?? asObject(ct)['key'])
        : `${wordOf(asObject(payload)['protocol'])} ${wordOf(asObject(payload)['field'])}`;
    return [`${name}${op === '==' || op === 'in' ? '' : ` ${wordOf(op)}`} ${valueText(right)}`];
  });
  return words.join(' ').slice(0, 500);
}

function rejectType(reject: unknown): string {
  const { type, expr } = asObject(reject);
  return type === undefined ? '' : ` with ${wordOf(type)}${expr === undefined ? '' : ` ${valueText(expr)}`}`;
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : '?';
}
