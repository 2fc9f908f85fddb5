/** Spoils generated clusters and their evidence, for tests that try to mislead judgement. */
import type { HostRecordingInput } from '../../src/agent/recording.ts';
import type { EvidenceBundle, EvidenceItem } from '../../src/core/evidence.ts';
import { type FaultName, type GeneratedCluster, generateCluster } from '../../src/sandbox/cluster/simulate/generate.ts';
import type { SimNode, SimPod, SimService } from '../../src/sandbox/cluster/simulate/model.ts';
import { type RenderedCluster, renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { simulatedEvidence } from './simulated-evidence.ts';

/** What the question of a generated cluster is about. */
export interface Subject {
  readonly service: SimService;
  readonly nodePort: number;
  readonly pods: readonly SimPod[];
  /** Nodes without one of its Pods. */
  readonly away: readonly SimNode[];
}

/** The Service of the question, and its Pods. */
export function subjectOf({ model, expect }: GeneratedCluster): Subject {
  const nodePort = Number(expect.question[1]);
  const service = model.services.find((one) => one.ports.some((port) => port.nodePort === nodePort));
  if (service === undefined) throw new Error(`no Service has the NodePort ${nodePort}`);
  const selector = Object.entries(service.selector ?? {});
  const pods = model.pods.filter(
    (pod) => pod.namespace === service.namespace && selector.every(([key, value]) => pod.labels[key] === value),
  );
  const home = new Set(pods.map((pod) => pod.node));
  return { service, nodePort, pods, away: model.nodes.filter((node) => !home.has(node.name)) };
}

/** Evidence of a generated cluster, rendered and then changed. */
export async function evidenceOf(
  seed: number,
  fault: FaultName | null,
  change: (rendered: RenderedCluster, cluster: GeneratedCluster, subject: Subject) => void = () => undefined,
  question?: readonly string[],
): Promise<{ bundle: EvidenceBundle; cluster: GeneratedCluster }> {
  const cluster = generateCluster(seed, { fault });
  const rendered = structuredClone(renderCluster(cluster.model));
  change(rendered, cluster, subjectOf(cluster));
  return { bundle: await simulatedEvidence(rendered, question ?? cluster.expect.question), cluster };
}

/** The bundle with the items that `hide` names made unavailable. */
export function hidden(bundle: EvidenceBundle, hide: (item: EvidenceItem) => boolean): EvidenceBundle {
  const items = bundle.items.map((item): EvidenceItem => {
    if (item.status !== 'collected' || !hide(item)) return item;
    const { value: _, ...rest } = item;
    return { ...rest, status: 'unavailable', reason: 'it could not be read' };
  });
  return { ...bundle, items };
}

/** Replaces what a host's connects end in, where `which` says so of the address and port. */
export function connectsEnd(
  host: HostRecordingInput,
  result: 'timeout' | 'refused' | 'no-route',
  which: (address: string, port: number) => boolean,
): void {
  for (const key of Object.keys(host.connects)) {
    const at = key.lastIndexOf(':');
    if (which(key.slice(0, at), Number(key.slice(at + 1)))) host.connects[key] = { result, ms: 1 };
  }
}
