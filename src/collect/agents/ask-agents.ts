/** The agents' part of a diagnosis: which nodes, what of each, within which ranges. */
import type { NodeObject, ServicePort } from '../../core/evidence/cluster.ts';
import type { EvidenceKind, EvidenceValue } from '../../core/evidence/kinds.ts';
import { parseIp } from '../../core/ip.ts';
import type { NodeAgents } from '../../core/ports.ts';
import type { Context, FoundTarget } from '../context.ts';
import { askNode } from './ask.ts';
import { type Choice, chooseNodes, namedNodes } from './choose-nodes.ts';
import { besideNodes, clusterNetworks } from './networks.ts';
import { type Aim, requestsFor } from './requests.ts';

export interface Asked {
  readonly asked: readonly string[];
  readonly total: number;
  readonly sampled: boolean;
  /** Nodes about which evidence is kept on a cluster too large to keep all. */
  readonly matter: ReadonlySet<string>;
}

/** Waits for what decides whom to ask, and asks. Rejects only where the target or the API server ends the diagnosis. */
export async function askAgents(context: Context, agents: NodeAgents, deadlineMs: number): Promise<Asked> {
  const { shared, plan, progress, gather, signal } = context;
  const [nodes = [], target, endpoints, pods, calicoPods, apiServers] = await Promise.all([
    shared.nodes,
    shared.target,
    shared.endpoints,
    shared.targetPods,
    shared.calicoPods,
    shared.apiServers,
    shared.calicoObjects,
  ]);
  const { question } = target;
  const evidence = { question, plan, nodes, endpoints, calicoPods, pods };
  const choice = chooseNodes(evidence, context.nodeLimit);
  const named = namedNodes(evidence);
  const matter = new Set([...choice.reasons.slice(0, context.nodeLimit), ...choice.asked.map((node) => node.name)]);
  const done = { asked: choice.asked.map((node) => node.name), total: nodes.length, sampled: choice.sampled, matter };
  if (choice.asked.length === 0) return done;
  const networks = clusterNetworks({
    nodes,
    service: target.service,
    endpoints: [...endpoints, ...apiServers],
    at: question.at,
    ...ranges(context),
  });
  const aim = await aimOf(context, { choice, named, target, nodes, endpoints, pods, apiServers });
  await askAll(choice, aim, { agents, gather, networks, signal, deadlineMs }, progress);
  return agents.enabled ? done : { ...done, asked: [] };
}

async function askAll(
  { asked }: Choice,
  aim: Aim,
  options: Omit<Parameters<typeof askNode>[2], 'onAnswer'>,
  progress: Context['progress'],
): Promise<void> {
  let settled = 0;
  let answered = 0;
  const total = asked.length;
  progress.set('agents', 'running', 0, total);
  if (aim.service !== undefined) progress.set('paths', 'running', 0, total);
  const onAnswer = (good: boolean) => {
    settled += 1;
    answered += Number(good);
    const state = settled < total ? 'running' : answered === total ? 'done' : answered === 0 ? 'failed' : 'partial';
    progress.set('agents', state, answered, total);
    if (aim.service !== undefined) progress.set('paths', state, answered, total);
  };
  await Promise.all(asked.map((node) => askNode(node, requestsFor(node, aim), { ...options, onAnswer })));
}

type Found = Pick<Aim, 'endpoints' | 'pods' | 'apiServers'> & {
  readonly choice: Choice;
  readonly named: readonly string[];
  readonly target: FoundTarget;
  readonly nodes: readonly NodeObject[];
};

async function aimOf(
  context: Context,
  { choice, named, target, nodes, endpoints, pods, apiServers }: Found,
): Promise<Aim> {
  const { question, service } = target;
  const { at } = question;
  const known = nodes.some((node) => node.addresses.some((entry) => entry.address === at));
  const entry = at !== undefined && parseIp(at) !== undefined && (known || besideNodes(at, nodes)) ? [at] : [];
  return {
    plan: context.plan,
    asked: choice.asked,
    important: new Set([...named, ...choice.reasons]),
    node: question.target.kind === 'Node' ? question.target.name : undefined,
    service,
    ports: portsAsked(target),
    endpoints,
    pods,
    apiServers,
    entries: entry,
    bgpPort: valueOf(context, 'calico-bgp-config')?.listenPort ?? 179,
    totalNodes: nodes.length,
  };
}

/** The Service's ports that the question is about: the one it names, or all of them. */
export function portsAsked({ question, service }: FoundTarget): readonly ServicePort[] {
  const { target } = question;
  const ports = service?.ports ?? [];
  const named = ports.filter((port) =>
    target.kind === 'NodePort'
      ? port.nodePort === target.nodePort
      : port.port === target.port || port.name === target.port,
  );
  return named.length > 0 ? named : ports;
}

function ranges(context: Context) {
  const pools = valueOf(context, 'calico-ip-pools') ?? [];
  const stated = valueOf(context, 'network-ranges');
  return {
    pools: pools.map((pool) => pool.cidr),
    serviceCidrs: stated?.serviceCidrs ?? [],
    podCidrs: stated?.podCidrs ?? [],
  };
}

/** What has been collected of a kind by now. */
function valueOf<K extends EvidenceKind>({ gather }: Context, kind: K): EvidenceValue<K> | undefined {
  const item = gather.items().find((entry) => entry.kind === kind && entry.status === 'collected');
  return item?.status === 'collected' ? (item.value as EvidenceValue<K>) : undefined;
}
