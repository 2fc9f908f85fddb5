/** Links of faults inside one endpoint's Pod: they explain a Service that fails everywhere, not one that fails on some nodes. */

import type { Facts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import type { Link } from '../../core/rule.ts';
import { backendProbes } from '../model/paths.ts';

/** True where no node reaches any endpoint: one bad endpoint of several explains only a part, on every node alike. */
function everywhere(_cause: Finding, effect: Finding, facts: Facts): boolean {
  return (
    (effect.scope.working ?? []).length === 0 && backendProbes(facts).every((probe) => probe.result.result !== 'open')
  );
}

const link: Link = { when: everywhere };

export const appLinks: Readonly<Record<string, Link>> = { 'node-port-unreachable': link, 'service-unreachable': link };
