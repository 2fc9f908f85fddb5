/** Links of faults inside an endpoint: all endpoints bad explains that all fails, one of N that a part of all connects does. */
import type { TcpResult } from '../../core/evidence/node-network.ts';
import type { Facts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import type { Link } from '../../core/rule.ts';
import { backendProbes, clusterIpProbe, entries } from '../model/paths.ts';
import { targetText } from './listeners.ts';

/** How a connect ends that the bad endpoint was chosen for. */
type Ending = readonly TcpResult['result'][];

/** The links; `data.targets` of the cause names its endpoints as `ip:port`. */
export function endpointLinks(ending: Ending): Readonly<Record<string, Link>> {
  const when: Link['when'] = (cause, effect, facts) => explains(cause, effect, facts, ending);
  return { 'node-port-unreachable': { when }, 'service-unreachable': { when } };
}

function explains(cause: Finding, effect: Finding, facts: Facts, ending: Ending): boolean | 'likely' {
  const named = cause.data['targets'];
  const bad = new Set(Array.isArray(named) ? named : []);
  const probes = backendProbes(facts);
  const good = probes.filter((p) => !bad.has(targetText(p.backend)));
  if (bad.size === 0) return false;
  if (good.every((p) => p.result.result !== 'open')) return (effect.scope.working ?? []).length === 0;
  if (effect.text === 'partly') return true;
  // The proxy chooses among the endpoints: a node that reaches all the good ones fails only where it chose a bad one.
  const nodes = effect.scope.nodes ?? [];
  const results = nodes.flatMap((node) => failures(facts, effect, node));
  if (nodes.length === 0 || results.length === 0 || !results.every((result) => ending.includes(result))) return false;
  const cut = nodes.some((node) => good.some((p) => p.from === node && p.result.result !== 'open'));
  if (cut) return false;
  return nodes.every((node) => good.some((p) => p.from === node)) ? true : 'likely';
}

/** How connects through this node (for a ClusterIP: from it) ended that did not succeed. */
function failures(facts: Facts, effect: Finding, node: string): TcpResult['result'][] {
  if (effect.rule === 'service-unreachable') {
    const result = clusterIpProbe(facts, node)?.result;
    return result === undefined || result === 'open' ? [] : [result];
  }
  return entries(facts)
    .filter((entry) => entry.node === node)
    .flatMap((entry) => entry.probes.map((probe) => probe.result.result))
    .filter((result) => result !== 'open');
}
