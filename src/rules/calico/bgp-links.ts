/** Links of faults that break BGP: to the sessions they break, and through them to routes, Pods and readiness. */
import type { Finding } from '../../core/finding.ts';
import type { Link } from '../../core/rule.ts';

/** True where the two findings speak of the same two nodes, whichever end they were seen from. */
export function samePair(cause: Finding, effect: Finding): boolean {
  const pairs = effect.scope.pairs ?? [];
  return (cause.scope.pairs ?? []).some(([a, b]) =>
    pairs.some(([c, d]) => (a === c && b === d) || (a === d && b === c)),
  );
}

/** True where both strike a node. */
export function sameNode(cause: Finding, effect: Finding): boolean {
  return (effect.scope.nodes ?? []).some((node) => cause.scope.nodes?.includes(node) === true);
}

/** True where a pair of the effect has an end on a node that the cause strikes. */
export function touchesNode(cause: Finding, effect: Finding): boolean {
  const struck = new Set(cause.scope.nodes ?? []);
  return (effect.scope.pairs ?? []).some((pair) => pair.some((node) => struck.has(node)));
}

/** Where what lies between the two was not seen. */
export const likelyPair: Link = { when: (cause, effect) => (samePair(cause, effect) ? 'likely' : false) };
export const likelyNode: Link = { when: (cause, effect) => (sameNode(cause, effect) ? 'likely' : false) };

/** What a fault of BGP explains: the sessions for certain; what lies behind them is seen through these. */
export const bgpLinks: Readonly<Record<string, Link>> = {
  'calico-bgp-not-established': { when: samePair },
  'calico-node-not-ready': likelyNode,
  'pod-route-missing': likelyPair,
};
