/** The graph of findings: who explains whom. Small, so plain searches do. */

export interface Edge {
  readonly from: number;
  readonly to: number;
  /** False where it fits and what lies between was not seen. */
  readonly sure: boolean;
  /** The effect follows with certainty from the cause, seen or not. */
  readonly proves: boolean;
}

export interface Graph {
  readonly size: number;
  readonly edges: readonly Edge[];
}

/** Gives all that leads to one of `targets`, the targets themselves included. */
export function ancestors(graph: Graph, targets: readonly number[]): Set<number> {
  return climb(graph, targets, () => true);
}

/**
 * Gives all from which a way of seen links leads to a target: each finding after the first is confirmed, or follows with
 * certainty from the one before it.
 */
export function sureAncestors(
  graph: Graph,
  targets: readonly number[],
  confirmed: (index: number) => boolean,
): Set<number> {
  return climb(graph, targets, (edge) => edge.sure && (edge.proves || confirmed(edge.to)));
}

function climb(graph: Graph, targets: readonly number[], follow: (edge: Edge) => boolean): Set<number> {
  const reached = new Set(targets);
  const queue = [...targets];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const edge of graph.edges) {
      if (edge.to !== next || reached.has(edge.from) || !follow(edge)) continue;
      reached.add(edge.from);
      queue.push(edge.from);
    }
  }
  return reached;
}

/**
 * Gives what lies between the causes and the asked symptoms, the asked last, in the order of the chain:
 * by the longest way from a cause, then by index, so that a reader meets each link after what explains it.
 */
export function chainOrder(graph: Graph, causes: readonly number[], asked: readonly number[]): number[] {
  const up = ancestors(graph, asked);
  // Without a cause, all that leads to the symptom is worth showing.
  const down = causes.length === 0 ? up : descendants(graph, causes);
  const isCause = new Set(causes);
  const members = [
    ...new Set([...down].filter((i) => up.has(i) && !isCause.has(i)).concat(asked.filter((i) => !isCause.has(i)))),
  ];
  const depth = depths(graph, causes, new Set([...members, ...causes]));
  const last = new Set(asked);
  return members.sort(
    (a, b) => Number(last.has(a)) - Number(last.has(b)) || (depth.get(a) ?? 0) - (depth.get(b) ?? 0) || a - b,
  );
}

function descendants(graph: Graph, sources: readonly number[]): Set<number> {
  const turned = {
    size: graph.size,
    edges: graph.edges.map((edge) => ({ ...edge, from: edge.to, to: edge.from })),
  };
  return ancestors(turned, sources);
}

/** The longest way from a cause to each member; bounded by the size, so that a circle of explanations ends. */
function depths(graph: Graph, causes: readonly number[], members: ReadonlySet<number>): Map<number, number> {
  const depth = new Map<number, number>(causes.map((i) => [i, 0]));
  for (let round = 0; round < members.size; round++) {
    let changed = false;
    for (const edge of graph.edges) {
      const from = depth.get(edge.from);
      if (from === undefined || !members.has(edge.from) || !members.has(edge.to) || causes.includes(edge.to)) continue;
      if ((depth.get(edge.to) ?? -1) < from + 1 && from + 1 <= members.size) {
        depth.set(edge.to, from + 1);
        changed = true;
      }
    }
    if (!changed) break;
  }
  return depth;
}
