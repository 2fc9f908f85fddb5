/** Links of faults that break BGP: to the sessions they break, and through them to routes, Pods and readiness. */
import type { Finding } from '../../core/finding.ts';
import type { Link } from '../../core/rule.ts';
import { samePair } from './calico-bgp-not-established.ts';

/** True where the effect is about a node that the cause strikes, or about a pair of nodes that it strikes. */
export function strikes(cause: Finding, effect: Finding): boolean {
  const nodes = cause.scope.nodes ?? [];
  return samePair(cause, effect) || (effect.scope.nodes ?? []).some((node) => nodes.includes(node));
}

const link: Link = { when: strikes };

/** What a fault of BGP explains; what lies behind the sessions follows from `calico-bgp-not-established`. */
export const bgpLinks: Readonly<Record<string, Link>> = {
  'calico-bgp-not-established': { when: samePair },
  'calico-node-not-ready': link,
};
