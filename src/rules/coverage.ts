/** Which failing nodes no cause explains: a cause that holds for some of them must not be taken for the whole story. */
import type { Finding } from '../core/finding.ts';
import { compareText } from '../core/object-ref.ts';
import { ancestors, type Graph } from './graph.ts';

/**
 * Gives the nodes that fail in the asked symptoms and that nothing explains, sorted. What explains a symptom directly
 * explains it for its own nodes; a finding without nodes (a fault of the Service itself) explains it for all.
 */
export function unexplainedNodes(
  findings: readonly Finding[],
  graph: Graph,
  asked: readonly number[],
  causes: readonly number[],
): string[] {
  if (causes.length === 0) return [];
  const open = new Set<string>();
  for (const symptom of asked) {
    // What the asker reports and nobody saw names the nodes that it may be about, not those that fail.
    const seen = findings[symptom];
    if (seen === undefined || (seen.confidence !== 'confirmed' && seen.because.length === 0)) continue;
    const reasons = graph.edges.filter((edge) => edge.to === symptom && fromCause(graph, edge.from, causes));
    const scopes = reasons.map((edge) => findings[edge.from]?.scope.nodes ?? []);
    if (scopes.some((nodes) => nodes.length === 0)) continue;
    const covered = new Set(scopes.flat());
    for (const node of seen.scope.nodes ?? []) if (!covered.has(node)) open.add(node);
  }
  return [...open].sort(compareText);
}

function fromCause(graph: Graph, index: number, causes: readonly number[]): boolean {
  const above = ancestors(graph, [index]);
  return causes.some((cause) => above.has(cause));
}
