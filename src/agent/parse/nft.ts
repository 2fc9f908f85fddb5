/** Parses nft's JSON: chains, rules, sets and maps of a table, as plain data. */
import { z } from 'zod';
import { HostError } from '../host.ts';

const Json = z.record(z.string(), z.unknown());
const Listing = z.object({ nftables: z.array(Json).max(500_000) });
const Named = z.object({ family: z.string(), table: z.string(), name: z.string() });
const Chain = Named.extend({ hook: z.string().optional(), policy: z.string().optional() });
const Rule = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  comment: z.string().optional(),
  expr: z.array(Json).default([]),
});
const Collection = Named.extend({ elem: z.array(z.unknown()).default([]) });

export type NftChain = z.infer<typeof Chain>;
export type NftRule = z.infer<typeof Rule>;
export type NftCollection = z.infer<typeof Collection>;

export interface NftListing {
  readonly chains: NftChain[];
  readonly rules: NftRule[];
  /** Sets and maps alike. */
  readonly collections: NftCollection[];
}

/**
 * Gives what `nft -j list …` printed; things of other kinds or forms are skipped.
 * @throws HostError where the text is no listing.
 */
export function parseNft(text: string): NftListing {
  const listing: NftListing = { chains: [], rules: [], collections: [] };
  for (const item of parseListing(text)) {
    const chain = Chain.safeParse(item['chain']);
    if (chain.success) listing.chains.push(chain.data);
    const rule = Rule.safeParse(item['rule']);
    if (rule.success) listing.rules.push(rule.data);
    const collection = Collection.safeParse(item['set'] ?? item['map']);
    if (collection.success) listing.collections.push(collection.data);
  }
  return listing;
}

function parseListing(text: string): Record<string, unknown>[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HostError('failed', 'nft printed something that is not JSON');
  }
  const parsed = Listing.safeParse(value);
  if (!parsed.success) throw new HostError('failed', 'nft printed JSON that is not a listing of its own');
  return parsed.data.nftables;
}

/** Gives the chain that a statement or verdict jumps or goes to. */
export function targetOf(statement: unknown): string | undefined {
  const object = asObject(statement);
  const to = asObject(object['jump'] ?? object['goto']);
  return typeof to['target'] === 'string' ? to['target'] : undefined;
}

/** Gives every chain that a statement may lead to: a jump, a goto, or the verdicts of an inline map. */
export function ruleTargets(statement: Record<string, unknown>): string[] {
  const direct = targetOf(statement);
  if (direct !== undefined) return [direct];
  const set = asObject(asObject(statement['vmap'])['data'])['set'];
  return Array.isArray(set) ? set.flatMap((pair) => (Array.isArray(pair) ? (targetOf(pair[1]) ?? []) : [])) : [];
}

/** Gives an object's own fields, and none for anything else. */
export function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Gives the values of a key: one, or the parts of a concatenation. */
export function keyParts(key: unknown): unknown[] {
  const inner = asObject(key)['elem'];
  if (inner !== undefined) return keyParts(asObject(inner)['val']);
  const concat = asObject(key)['concat'];
  return Array.isArray(concat) ? concat : [key];
}
