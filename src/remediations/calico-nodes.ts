/** Each node's network as the evidence shows it to a plan for Calico, and for which nodes nobody can see it, with the reason. */
import { z } from 'zod';
import { atLeast, type CalicoVersion, type NodeAddresses } from '../core/calico-autodetection.ts';
import type { NodeObject } from '../core/evidence/cluster.ts';
import type { Facts } from '../core/facts.ts';
import { addressOf, cidrContains } from '../core/ip.ts';
import { nodeRef } from '../core/object-ref.ts';
import type { SeenNic, SeenNode } from './calico-simulation.ts';
import { internalIps4 } from './nodes.ts';

/** Node annotations of Calico. */
export const CALICO_ADDRESS = 'projectcalico.org/IPv4Address';
const CALICO_INTERFACES = 'projectcalico.org/Interfaces';

/** A node whose NICs are seen, by its agent or by what Calico itself publishes; or not, and why. */
export type Sight =
  | { readonly seen: true; readonly by: 'agent' | 'annotation'; readonly node: SeenNode }
  /** `silent`: its agent did not answer. `sampled`: only some nodes were asked. `not-looked`: the question did not need it. */
  | { readonly seen: false; readonly name: string; readonly why: 'silent' | 'sampled' | 'not-looked' };

/** Linux nodes on which calico-node runs or should run. */
export function calicoNodes(nodes: readonly NodeObject[], selector: Readonly<Record<string, string>>): NodeObject[] {
  return nodes.filter(({ labels }) => {
    const os = labels['kubernetes.io/os'] ?? labels['beta.kubernetes.io/os'] ?? 'linux';
    return os === 'linux' && Object.entries(selector).every(([key, value]) => labels[key] === value);
  });
}

/** Gives what is seen of one node's network. */
export function sightOf(facts: Facts, node: NodeObject, version: CalicoVersion | undefined): Sight {
  const { name } = node;
  const nics = facts.get('node-interfaces', nodeRef(name));
  const internalIps = internalIps4(node);
  if (nics.known) {
    const seen = nics.value.map(
      (nic): SeenNic => ({
        name: nic.name,
        index: nic.index,
        addresses: nic.addresses.filter((a) => a.family === 4).map(({ cidr, secondary }) => ({ cidr, secondary })),
      }),
    );
    return { seen: true, by: 'agent', node: { name, internalIps, nics: seen, routes: mainRoutes(facts, name) } };
  }
  const published = atLeast(version, 3, 31) ? publishedNics(node.annotations[CALICO_INTERFACES]) : undefined;
  if (published !== undefined)
    return { seen: true, by: 'annotation', node: { name, internalIps, nics: published, routes: undefined } };
  const { asked, sampled } = facts.bundle.agents;
  if (sampled && !asked.includes(name)) return { seen: false, name, why: 'sampled' };
  return { seen: false, name, why: nics.asked || asked.includes(name) === false ? 'silent' : 'not-looked' };
}

/** Routes of the table main, where no rule that may concern any packet comes before it. */
function mainRoutes(facts: Facts, name: string): SeenNode['routes'] {
  const routes = facts.get('node-routes', nodeRef(name));
  const rules = facts.get('node-rules', nodeRef(name));
  if (!routes.known || !rules.known) return undefined;
  const ours = rules.value.filter(({ priority }) => ![0, 32_766, 32_767].includes(priority));
  // A socket of calico-node carries no mark, and has no source address before its route is chosen.
  const matters = ours.some(({ selector }) => !/fwmark|\biif\b/.test(selector) && /^from all\b/.test(selector));
  if (matters) return undefined;
  return routes.value.filter(({ table }) => table === undefined || table === 'main');
}

const Published = z.array(
  z.looseObject({ name: z.string().max(100), addresses: z.array(z.string().max(100)).max(200).nullish() }),
);

/** `projectcalico.org/Interfaces` (since v3.31, facts §2.2): sorted by name, so their order says nothing. */
function publishedNics(text: string | undefined): SeenNic[] | undefined {
  if (text === undefined || text.length > 100_000) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = Published.safeParse(json);
  // Empty where calico-node does not look at NICs at all.
  if (!parsed.success || parsed.data.length === 0) return undefined;
  return parsed.data.map(({ name, addresses }) => ({
    name,
    index: undefined,
    addresses: (addresses ?? []).filter((a) => !a.includes(':')).map((cidr) => ({ cidr, secondary: false })),
  }));
}

/** A node as the choice of a method needs it (core/calico-autodetection). */
export function addressesFor(node: NodeObject, sight: Sight): NodeAddresses {
  const [internalIp = ''] = internalIps4(node);
  if (!sight.seen) return { name: node.name, internalIp, nics: undefined, gateway: undefined };
  const { nics, routes } = sight.node;
  return {
    name: node.name,
    internalIp,
    nics: nics.map((nic) => ({ name: nic.name, cidrs: nic.addresses.map(({ cidr }) => cidr) })),
    gateway: defaultGateway(routes, nics, internalIp),
  };
}

/** The next hop of the default route, the one in the node's own LAN where there are several. */
function defaultGateway(routes: SeenNode['routes'], nics: readonly SeenNic[], internalIp: string): string | undefined {
  const hops = (routes ?? []).filter((r) => r.destination === 'default').flatMap((r) => r.via ?? []);
  const lan = nics.flatMap((nic) => nic.addresses).find(({ cidr }) => addressOf(cidr) === internalIp)?.cidr;
  return hops.find((hop) => lan !== undefined && cidrContains(lan, hop)) ?? hops[0];
}
