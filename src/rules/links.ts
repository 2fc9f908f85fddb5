/** Links that many rules share: when a fault on some nodes explains a symptom, and splits the nodes as the symptom does. */
import type { Finding } from '../core/finding.ts';
import { sameRef } from '../core/object-ref.ts';
import type { Link } from '../core/rule.ts';

/** The cause strikes at least one node that fails, and none that is seen to work. */
export function splitsAlike(cause: Finding, effect: Finding): boolean {
  const struck = cause.scope.nodes ?? [];
  const failing = new Set(effect.scope.nodes ?? []);
  const working = new Set(effect.scope.working ?? []);
  return struck.some((node) => failing.has(node)) && !struck.some((node) => working.has(node));
}

/** A fault of a node explains that the Service fails through or from that node. */
export const splitLink: Link = { when: splitsAlike };

/** A fault of the Service itself strikes every node alike: it cannot explain that some nodes work. */
export const wholeServiceLink: Link = {
  when: (cause, effect) => sameRef(cause.object, effect.object) && (effect.scope.working ?? []).length === 0,
};

/** Same object, for chains on one node or workload. */
export const sameObjectLink: Link = { when: (cause, effect) => sameRef(cause.object, effect.object) };

/** What a fault of single nodes says of the two symptoms of a Service. */
export const serviceLinks: Readonly<Record<string, Link>> = {
  'node-port-unreachable': splitLink,
  'service-unreachable': splitLink,
};
