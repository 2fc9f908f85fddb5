/** Which autodetection method gives every node its InternalIP: chosen for the version, then checked on every node's NICs. */
import { type CalicoVersion, chooseMethod, supportsMethod } from '../core/calico-autodetection.ts';
import type { NodeObject } from '../core/evidence/cluster.ts';
import type { Facts } from '../core/facts.ts';
import type { Line } from '../core/remediation.ts';
import { addressesFor, calicoNodes, type Sight, sightOf } from './calico-nodes.ts';
import { chosenBy } from './calico-simulation.ts';
import { METHOD_TEXTS } from './calico-texts.ts';
import { linesOf } from './lines.ts';
import { allNodes, internalIps4 } from './nodes.ts';

const say = linesOf(METHOD_TEXTS);

/** The installed Calico, as the choice of a method needs it. */
export interface Installed {
  readonly version: CalicoVersion;
  readonly versionText: string;
  /** Labels that a node must have for calico-node to run there. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** A method that is set and that Calico does not heed for now: kept where it is right. */
  readonly unheeded: string | undefined;
}

/** A method with what it chooses on each node; or why there is none. */
export type MethodOutcome =
  | { readonly method: string; readonly picks: readonly { readonly node: string; readonly address: string }[] }
  | { readonly refused: Line };

/** Chooses the method, and proves it by simulation on every node (facts §6 R01). */
export function methodFor(facts: Facts, installed: Installed): MethodOutcome {
  const all = allNodes(facts);
  if (all === undefined) return { refused: say('nodes-unknown') };
  const nodes = calicoNodes(all, installed.nodeSelector);
  const nameless = nodes.filter((node) => internalIps4(node).length === 0).map((node) => node.name);
  if (nameless.length > 0) return { refused: say('no-internal-ip', { nodes: nameless }) };
  const sights = nodes.map((node) => sightOf(facts, node, installed.version));
  const choice = chooseMethod(
    installed.version,
    nodes.map((node, i) => addressesFor(node, sights[i] as Sight)),
  );
  const method = choice.method === '' ? undefined : choice.method;
  const blind = refusedForBlindness(facts, installed, sights, method);
  if (blind !== undefined) return { refused: blind };
  const candidates = [installed.unheeded, method, method?.replace(/^interface=([\w.@-]+)$/, anchored)];
  let first: Line | undefined;
  for (const candidate of new Set(candidates)) {
    if (candidate === undefined || !supportsMethod(installed.version, candidate)) continue;
    const tried = tryMethod(candidate, nodes, sights);
    if (!('refused' in tried)) return tried;
    first = candidate === installed.unheeded ? first : (first ?? tried.refused);
  }
  return { refused: first ?? say('no-method', { version: installed.versionText }) };
}

/** `interface=` takes an expression that matches anywhere in a name: `ens18` is in `ens18.100` too. */
function anchored(_: string, name: string): string {
  return `interface=^${name.replaceAll('.', '\\.')}$`;
}

/** What nobody could see, named with the reason: without it nobody knows what the method would choose there. */
function refusedForBlindness(
  facts: Facts,
  { versionText }: Installed,
  sights: readonly Sight[],
  method: string | undefined,
): Line | undefined {
  const of = (why: string) => sights.flatMap((sight) => (!sight.seen && sight.why === why ? [sight.name] : []));
  const data = { version: versionText, method: method ?? 'IP_AUTODETECTION_METHOD' };
  const { asked, total } = facts.bundle.agents;
  const sampled = of('sampled');
  if (sampled.length > 0) return say('sampled', { ...data, asked: asked.length, total });
  const silent = of('silent');
  if (silent.length > 0) {
    const publishes = supportsPublishing(versionText);
    return say(publishes ? 'unseen-published' : 'unseen', { ...data, nodes: silent });
  }
  const unlooked = of('not-looked');
  return unlooked.length > 0 ? say('not-looked', { nodes: unlooked }) : undefined;
}

/** Since v3.31 calico-node publishes its node's NICs (facts §2.2). */
function supportsPublishing(versionText: string): boolean {
  const [major = 0, minor = 0] = versionText.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 31);
}

function tryMethod(method: string, nodes: readonly NodeObject[], sights: readonly Sight[]): MethodOutcome {
  const picks: { node: string; address: string }[] = [];
  for (const [i, node] of nodes.entries()) {
    const sight = sights[i];
    if (sight === undefined || !sight.seen) continue;
    const data = { method, node: node.name, internal: internalIps4(node) };
    const choice = chosenBy(method, sight.node);
    if (choice === 'unknown') return { refused: say('uncertain', data) };
    if (choice === 'none') return { refused: say('finds-none', data) };
    if (!internalIps4(node).includes(choice.address))
      return { refused: say('wrong-pick', { ...data, address: choice.address }) };
    picks.push({ node: node.name, address: choice.address });
  }
  return { method, picks };
}
