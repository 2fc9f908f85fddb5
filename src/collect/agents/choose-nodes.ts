/** Which nodes' agents are asked: all, or on a large cluster those that matter and a sample by a fixed rule. */
import type { Endpoint, NodeObject } from '../../core/evidence/cluster.ts';
import type { PodObject } from '../../core/evidence/workload.ts';
import { compareText } from '../../core/object-ref.ts';
import type { Question } from '../../core/question.ts';
import { calicoAddresses, isReady, nodeAddresses } from '../objects/node.ts';
import { podReady } from '../objects/pod.ts';
import type { Plan } from '../plan.ts';

/** What the API server told about the nodes, as far as it says which of them matter. */
export interface NodeEvidence {
  readonly question: Question;
  readonly plan: Plan;
  readonly nodes: readonly NodeObject[];
  readonly endpoints: readonly Endpoint[];
  readonly calicoPods: readonly PodObject[];
  /** Pods of the workload asked about. */
  readonly pods: readonly PodObject[];
}

export interface Choice {
  readonly asked: readonly NodeObject[];
  readonly sampled: boolean;
  /** Nodes that are asked for a reason, the most telling first. */
  readonly reasons: readonly string[];
}

/** How many other nodes look at a node that is asked about by itself. */
const PEERS = 5;

/** Chooses the nodes to ask; the same evidence gives the same choice. */
export function chooseNodes(evidence: NodeEvidence, limit: number): Choice {
  const { nodes, plan } = evidence;
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const reasons = [...new Set([...namedNodes(evidence), ...endpointNodes(evidence), ...suspects(evidence)])].filter(
    (name) => byName.has(name),
  );
  const wanted = candidates(evidence);
  const max = plan.askedNodes === 'target' ? PEERS + namedNodes(evidence).length : limit;
  if (wanted.length <= max) return { asked: sorted(wanted), sampled: false, reasons };
  const chosen = new Set<string>();
  const among = new Set(wanted.map((node) => node.name));
  // Suspects may be most of a large cluster: half of the places stay for the sample, so that healthy nodes are seen too.
  for (const name of reasons) if (among.has(name) && chosen.size < Math.ceil(max / 2)) chosen.add(name);
  const rest = wanted.filter((node) => !chosen.has(node.name));
  rest.sort((a, b) => spread(a.name) - spread(b.name) || compareText(a.name, b.name));
  for (const node of rest.slice(0, max - chosen.size)) chosen.add(node.name);
  return {
    asked: sorted(wanted.filter((node) => chosen.has(node.name))),
    sampled: plan.askedNodes !== 'target',
    reasons,
  };
}

/** Nodes named in the question, by name or by one of their addresses. */
export function namedNodes({ question, nodes }: Pick<NodeEvidence, 'question' | 'nodes'>): string[] {
  const { target, from, at } = question;
  const words = [target.kind === 'Node' ? target.name : undefined, at, from].filter((word) => word !== undefined);
  return words.flatMap((word) =>
    nodes
      .filter(
        (node) =>
          node.name === word ||
          [...node.addresses.map((entry) => entry.address), ...calicoAddresses(node)].includes(word),
      )
      .map((node) => node.name),
  );
}

function endpointNodes({ endpoints, pods }: NodeEvidence): string[] {
  const names = [...endpoints.map((entry) => entry.nodeName), ...pods.map((pod) => pod.nodeName)];
  return names.filter((name) => name !== undefined).sort();
}

/** Nodes that the API server's own evidence makes suspect: not Ready, calico-node not ready, Calico's address not the node's. */
export function suspects({ nodes, calicoPods }: Pick<NodeEvidence, 'nodes' | 'calicoPods'>): string[] {
  const sick = new Set(calicoPods.filter((pod) => !podReady(pod)).map((pod) => pod.nodeName ?? ''));
  const foreign = nodes.filter((node) => {
    const own = node.addresses.map((entry) => entry.address);
    return calicoAddresses(node).some((address) => !own.includes(address));
  });
  // Where every node has another address there, that is how the cluster was built (facts §7 rule 7).
  const mixed = foreign.length < nodes.filter((node) => calicoAddresses(node).length > 0).length;
  const strange = new Set(mixed ? foreign.map((node) => node.name) : []);
  const scored = nodes.map((node) => ({
    name: node.name,
    score: Number(strange.has(node.name)) * 4 + Number(!isReady(node)) * 2 + Number(sick.has(node.name)),
  }));
  scored.sort((a, b) => b.score - a.score || compareText(a.name, b.name));
  return scored.filter((entry) => entry.score > 0).map((entry) => entry.name);
}

function candidates(evidence: NodeEvidence): readonly NodeObject[] {
  const { plan, nodes } = evidence;
  if (plan.askedNodes === 'control-plane') return nodes.filter(isControlPlane);
  if (plan.askedNodes === 'pods') {
    const names = new Set(endpointNodes(evidence));
    return nodes.filter((node) => names.has(node.name));
  }
  return nodes;
}

function isControlPlane(node: NodeObject): boolean {
  return ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'].some((key) => key in node.labels);
}

function sorted(nodes: readonly NodeObject[]): NodeObject[] {
  return [...nodes].filter((node) => nodeAddresses(node).length > 0).sort((a, b) => compareText(a.name, b.name));
}

/** A hash of the name (FNV-1a, then mixed): a fixed order that follows neither names nor ages. */
export function spread(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
