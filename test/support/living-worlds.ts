/** Models for fixes on living clusters: generated ones that fit, small enough to be quick, and changes to them. */
import { type FaultName, type GeneratedCluster, generateCluster } from '../../src/sandbox/cluster/simulate/generate.ts';
import type { ClusterModel, SimNode, SimService } from '../../src/sandbox/cluster/simulate/model.ts';

export interface World extends GeneratedCluster {
  /** The Service that is asked about. */
  readonly service: SimService;
  /** The question to ask, about its NodePort unless the fault is a node's own. */
  readonly words: readonly string[];
}

/** The first generated cluster of at most `most` nodes that fits. */
export function worldWith(
  fault: FaultName | null,
  fits: (one: GeneratedCluster) => boolean = () => true,
  most = 4,
): World {
  for (let seed = 1; seed < 2000; seed += 1) {
    const made = generateCluster(seed, { fault });
    if (made.model.nodes.length > most || !fits(made)) continue;
    const port = Number(made.expect.question[1]);
    const service =
      made.model.services.find((one) => one.ports.some((two) => two.nodePort === port)) ??
      made.model.services.find((one) => one.type === 'NodePort');
    if (service === undefined) throw new Error('A generated cluster has Services.');
    return { ...made, service, words: made.expect.question };
  }
  throw new Error(`No seed gives such a cluster with ${fault}.`);
}

/** A model with one of its nodes changed. */
export function withNode(model: ClusterModel, name: string, change: (node: SimNode) => SimNode): ClusterModel {
  return { ...model, nodes: model.nodes.map((node) => (node.name === name ? change(node) : node)) };
}

/** A node whose kubelet dies again and again; nothing of Kubernetes runs there. */
export function dead(node: SimNode): SimNode {
  return {
    ...node,
    containersRun: false,
    kubelet: {
      ...node.kubelet,
      state: 'crash-loop',
      since: '2026-03-17T09:26:35.000Z',
      unknownSince: '2026-03-17T09:00:00.000Z',
      lastHeartbeat: '2026-03-17T08:59:20.000Z',
      lastRenew: '2026-03-17T08:59:20.000Z',
    },
  };
}

/** Kubernetes that no longer knows Docker, and Calico that knows every method. */
export const modern = ({ model }: GeneratedCluster): boolean => /^v1\.3\d/.test(model.kubernetes);

export const pathOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `/api/v1/namespaces/${namespace}/services/${name}`;
