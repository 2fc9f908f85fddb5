/** What all collectors of one diagnosis share: the ports, the plan, where items go, and reads that several stand on. */
import type { CalicoInstall } from '../core/evidence/calico.ts';
import type { Endpoint, NodeObject, ServiceObject } from '../core/evidence/cluster.ts';
import type { PodObject } from '../core/evidence/workload.ts';
import type { Clock, ClusterReader } from '../core/ports.ts';
import type { Question } from '../core/question.ts';
import type { Gather } from './gather.ts';
import type { Plan } from './plan.ts';
import type { Progress } from './progress.ts';

export interface Context {
  readonly question: Question;
  readonly plan: Plan;
  readonly cluster: ClusterReader;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly gather: Gather;
  readonly progress: Progress;
  /** Above this number of nodes, evidence about every single node is no longer kept. */
  readonly nodeLimit: number;
  readonly shared: Shared;
}

/** API groups with their versions, as discovery lists them; undefined where discovery could not be read. */
export type Groups = ReadonlyMap<string, readonly string[]> | undefined;

/** The Service behind the question, and the question with it filled in. */
export interface FoundTarget {
  readonly question: Question;
  readonly service?: ServiceObject;
}

/**
 * Reads that several collectors wait for. Each settles by itself: with what could be read, and with nothing where it
 * could not (the reason then stands among the items). They reject only where the whole diagnosis has to end.
 */
export interface Shared {
  readonly minor: Promise<number | undefined>;
  readonly groups: Promise<Groups>;
  readonly nodes: Promise<readonly NodeObject[] | undefined>;
  readonly services: Promise<readonly ServiceObject[] | undefined>;
  readonly target: Promise<FoundTarget>;
  readonly endpoints: Promise<readonly Endpoint[]>;
  readonly apiServers: Promise<readonly Endpoint[]>;
  readonly targetPods: Promise<readonly PodObject[]>;
  readonly calico: Promise<CalicoInstall | undefined>;
  /** Settles when Calico's own objects stand among the items. */
  readonly calicoObjects: Promise<void>;
  readonly calicoPods: Promise<readonly PodObject[]>;
}

/** The names of nodes that are not Ready, sorted. */
export function unreadyNames(nodes: readonly NodeObject[]): string[] {
  return nodes
    .filter((node) => !node.conditions.some((entry) => entry.type === 'Ready' && entry.status === 'True'))
    .map((node) => node.name)
    .sort();
}
