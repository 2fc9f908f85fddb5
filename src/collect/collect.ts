/** Collects the evidence of one question: concurrent, under one deadline, failing forward. */
import { setMaxListeners } from 'node:events';
import { ClusterError } from '../core/errors.ts';
import { compareItems, type EvidenceBundle } from '../core/evidence.ts';
import type { Clock, ClusterReader, NodeAgents, OnProgress } from '../core/ports.ts';
import type { Question } from '../core/question.ts';
import { type Asked, askAgents } from './agents/ask-agents.ts';
import { collectCalicoObjects, readCalicoInstall } from './collectors/calico.ts';
import { readCalicoPods } from './collectors/components.ts';
import { COLLECTORS } from './collectors/index.ts';
import { collectNodeLeases, keepNodes, readNodes } from './collectors/nodes.ts';
import { readTargetPods } from './collectors/pods.ts';
import { readGroups, readVersion } from './collectors/server.ts';
import { readApiServers, readEndpoints, readServices } from './collectors/services.ts';
import { readClaimPods } from './collectors/storage.ts';
import { resolveTarget } from './collectors/target.ts';
import { readWorkloadPods } from './collectors/workloads.ts';
import type { Context, Shared } from './context.ts';
import { Gather } from './gather.ts';
import { guarded } from './guarded-reader.ts';
import { planFor } from './plan.ts';
import { Progress } from './progress.ts';

export interface CollectPorts {
  readonly cluster: ClusterReader;
  readonly agents: NodeAgents;
  readonly clock: Clock;
}

export interface CollectOptions {
  /** The diagnosis' id, `dx-…`. */
  readonly id: string;
  /** For the whole collection, in milliseconds. What is not read by then is unavailable. */
  readonly deadlineMs?: number;
  /** For each agent, in milliseconds. */
  readonly agentDeadlineMs?: number;
  /** Ends the collection: its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Up to this number of nodes all are asked; above, those that matter and a sample. */
  readonly agentLimit?: number;
}

const DEADLINE_MS = 20_000;
const AGENT_DEADLINE_MS = 6_000;
const AGENT_LIMIT = 100;

/**
 * Collects what a question needs (plan.ts) and no more.
 * @throws UserError where the target is ambiguous or does not exist; ClusterError `unreachable` or `unauthorised` where the
 * API server cannot be read at all; the signal's reason where it is aborted. Everything else becomes `unavailable`.
 */
export async function collectEvidence(
  question: Question,
  ports: CollectPorts,
  options: CollectOptions,
  progress: Progress = new Progress(options.onProgress),
): Promise<EvidenceBundle> {
  const { deadlineMs = DEADLINE_MS, agentLimit = AGENT_LIMIT } = options;
  options.signal?.throwIfAborted();
  const gather = new Gather(ports.clock);
  const startedAt = gather.at();
  const stop = new AbortController();
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new ClusterError('timeout', `the diagnosis ran out of time (${deadlineMs / 1000} s)`));
  }, deadlineMs);
  const signals = [stop.signal, deadline.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const signal = AbortSignal.any(signals);
  // Every read and every agent listens to it.
  setMaxListeners(0, signal);
  try {
    const cluster = guarded(ports.cluster);
    const plan = planFor(question);
    const base = { question, plan, cluster, signal, clock: ports.clock, gather, progress, nodeLimit: agentLimit };
    const context: Context = { ...base, shared: shareReads(base) };
    const agentDeadlineMs = Math.min(options.agentDeadlineMs ?? AGENT_DEADLINE_MS, deadlineMs);
    const asking = askAgents(context, ports.agents, agentDeadlineMs);
    await allOrFirst(work(context, asking), stop);
    options.signal?.throwIfAborted();
    const { asked, total, sampled } = await asking;
    return {
      apiVersion: 'kubewhy/v1',
      kind: 'Evidence',
      id: options.id,
      cluster: ports.cluster.clusterName,
      question: (await context.shared.target).question,
      startedAt,
      finishedAt: gather.at(),
      agents: { asked: [...asked].sort(), total, sampled },
      items: gather.items().sort(compareItems),
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    stop.abort(new Error('the diagnosis has ended'));
  }
}

/** Starts the reads that others stand on; every one of them settles by itself. */
function shareReads(base: Omit<Context, 'shared'>): Shared {
  // The reads refer to each other through the context; none runs before all of them are defined.
  const context = { ...base } as { shared: Shared } & Omit<Context, 'shared'>;
  const begin = Promise.resolve();
  const start = <T>(read: (context: Context) => Promise<T>): Promise<T> => begin.then(() => read(context));
  const { plan, progress } = base;
  const maybe = <T>(wanted: boolean, read: () => Promise<T>, otherwise: T): Promise<T> =>
    wanted ? start(read) : Promise.resolve(otherwise);
  context.shared = {
    minor: start(readVersion),
    groups: start(readGroups),
    nodes: start((c) => progress.step('nodes', () => readNodes(c))),
    services: maybe(plan.services, () => readServices(context), undefined),
    target: start((c) => (plan.target ? progress.step('service', () => resolveTarget(c)) : resolveTarget(c))),
    endpoints: maybe(plan.target, () => progress.step('endpoints', () => readEndpoints(context)), []),
    apiServers: start(readApiServers),
    targetPods: start(plan.workload ? readWorkloadPods : plan.storage ? readClaimPods : readTargetPods),
    calico: maybe(plan.calico, () => readCalicoInstall(context), undefined),
    calicoObjects: start(collectCalicoObjects),
    calicoPods: start(readCalicoPods),
  };
  return context.shared;
}

function work(context: Context, asking: Promise<Asked>): Promise<unknown>[] {
  const { plan, shared, progress } = context;
  const needed = COLLECTORS.filter((collector) => collector.needed(plan));
  const cluster = needed.filter((collector) => collector.step === 'cluster');
  const others = needed.filter((collector) => collector.step !== 'cluster');
  const matter = asking.then((asked) => asked.matter);
  return [
    matter,
    ...Object.values(shared),
    progress.step('cluster', () => Promise.all(cluster.map((collector) => collector.run(context)))),
    ...others.map((collector) => collector.run(context)),
    collectNodeLeases(context, matter),
    asking.then(async ({ matter: names }) => {
      const nodes = await shared.nodes;
      if (nodes !== undefined) keepNodes(context, nodes, names);
    }),
  ];
}

/** Waits for all; once one rejects, stops the rest and rejects with it. */
async function allOrFirst(work: Promise<unknown>[], stop: AbortController): Promise<void> {
  let first: { error: unknown } | undefined;
  const watched = work.map((promise) =>
    promise.catch((error: unknown) => {
      first ??= { error };
      stop.abort(error);
    }),
  );
  await Promise.all(watched);
  if (first !== undefined) throw first.error;
}
