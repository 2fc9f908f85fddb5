/** Whether what was asked about is seen to fail: explanations are ruled out only where something wants explaining. */
import type { Facts } from '../../core/facts.ts';
import { clusterIpProbe, connects, entries } from '../model/paths.ts';
import { asksAboutWays, serviceTarget } from '../model/target.ts';

/** True where a way in fails: an entry of the NodePort, or without one the ClusterIP from some node. */
export function serviceFails(facts: Facts): boolean {
  if (!asksAboutWays(facts.question)) return false;
  if (serviceTarget(facts).port?.nodePort !== undefined)
    return entries(facts).some((entry) => entry.state === 'fails' || entry.state === 'mixed');
  return [...connects(facts).keys()].some((node) => {
    const result = clusterIpProbe(facts, node);
    return result !== undefined && result.result !== 'open';
  });
}

/** `namespace/name` of the target Service. */
export function serviceName(service: { readonly namespace: string; readonly name: string }): string {
  return `${service.namespace}/${service.name}`;
}
