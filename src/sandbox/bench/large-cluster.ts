/** A simulated cluster of any size, running: its API server, and agents on the nodes that a question asks. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClusterReader } from '../../adapters/kube/cluster-reader.ts';
import { createRecordedHost } from '../../agent/recorded-host.ts';
import { collectEvidence } from '../../collect/collect.ts';
import type { ProbeRequest } from '../../core/agent-api.ts';
import { AgentError } from '../../core/errors.ts';
import { parseQuestion } from '../../core/parse-question.ts';
import { type ApiServer, startApiServer } from '../cluster/api/server.ts';
import { recordHost } from '../cluster/simulate/host.ts';
import { largeCluster } from '../cluster/simulate/large.ts';
import type { ClusterModel } from '../cluster/simulate/model.ts';
import { reachOf } from '../cluster/simulate/reach.ts';
import { renderCluster, settle } from '../cluster/simulate/render.ts';
import { derive } from '../cluster/simulate/world.ts';
import { beat } from '../heartbeat.ts';
import { shiftTimes } from '../shift-times.ts';
import { createAuthority } from '../tls/certificates.ts';
import { type AgentFarm, startAgentFarm } from './agent-farm.ts';
import type { ClusterAccess } from './rig.ts';

/** Answers prepared at a time: most of each is waiting for probes that time out. */
const AT_A_TIME = 32;

export interface Size {
  readonly nodes: number;
  readonly services: number;
  readonly pods: number;
}

export interface LargeRunning extends ClusterAccess {
  readonly api: ApiServer;
  readonly farm: AgentFarm;
  readonly question: readonly string[];
  /** Nodes whose agents are asked. */
  readonly asked: number;
  /** How long one agent takes for its answer, alone, in milliseconds. */
  readonly agentMs: number;
  /** Renews what living nodes renew. */
  beat(): void;
  close(): Promise<void>;
}

/** What one node's agent is asked. */
interface Ask {
  readonly node: string;
  readonly requests: readonly ProbeRequest[];
  readonly networks: readonly string[];
}

/** Builds and starts it. Takes time and memory that grow with the size: 5,000 nodes need a minute or two and 2 GB. */
export async function startLargeCluster(
  folder: string,
  size: Size,
  say: (line: string) => void,
): Promise<LargeRunning> {
  await mkdir(folder, { recursive: true });
  const { model, nodePort } = largeCluster(size.nodes, size.services, size.pods);
  const { api, shiftMs, loadedAt } = await serve(model, nodePort);
  const authority = await createAuthority('kubewhy agents');
  const farm = await startAgentFarm(authority);
  const close = async (): Promise<void> => {
    await Promise.all([farm.close(), api.close()]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const kubeconfigFile = join(folder, 'kubeconfig');
    await writeFile(kubeconfigFile, api.kubeconfig(), { mode: 0o600 });
    const client = await authority.issue({ commonName: 'kubewhy-worker', usage: 'client' });
    const tls = { ca: join(folder, 'ca.crt'), cert: join(folder, 'worker.crt'), key: join(folder, 'worker.key') };
    await Promise.all([
      writeFile(tls.ca, authority.caPem),
      writeFile(tls.cert, client.certPem),
      writeFile(tls.key, client.keyPem, { mode: 0o600 }),
    ]);
    const question = ['why-not-reachable', String(nodePort)];
    const asks = await whoIsAsked(kubeconfigFile, question);
    say(`  ${size.nodes} nodes are served; preparing ${asks.length} agents`);
    const agentMs = await prepareAgents(farm, { model, nodePort, asks, folder, shiftMs });
    farm.delay(agentMs);
    const agentMap = asks.map(({ node }) => `${node}=${farm.url}`).join(',');
    const beatNow = (): void => beat(api.objects, loadedAt);
    return { api, farm, question, asked: asks.length, agentMs, kubeconfigFile, agentMap, tls, beat: beatNow, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function serve(
  model: ClusterModel,
  nodePort: number,
): Promise<{ api: ApiServer; shiftMs: number; loadedAt: number }> {
  const rendered = renderCluster(model, { nodes: [], nodePorts: [nodePort] });
  const loadedAt = Date.now();
  const shiftMs = loadedAt - Date.parse(rendered.now);
  const objects = shiftTimes(rendered.objects, shiftMs);
  const api = await startApiServer({ version: rendered.version, objects, logs: rendered.logs });
  return { api, shiftMs, loadedAt };
}

/** Collects once with agents that answer nothing and note what they are asked: only those nodes need a machine. */
async function whoIsAsked(kubeconfig: string, words: readonly string[]): Promise<Ask[]> {
  const cluster = await createClusterReader({ kubeconfig });
  const asks: Ask[] = [];
  const agents: Parameters<typeof collectEvidence>[1]['agents'] = {
    enabled: true,
    ask: (node, requests, { networks }) => {
      asks.push({ node: node.name, requests, networks });
      return Promise.reject(new AgentError('nobody answers yet'));
    },
  };
  try {
    const ports = { cluster, agents, clock: { now: Date.now } };
    await collectEvidence(parseQuestion([...words]), ports, { id: 'dx-bench', deadlineMs: 60_000 });
  } finally {
    cluster.close();
  }
  return asks;
}

interface Preparing {
  readonly model: ClusterModel;
  readonly nodePort: number;
  readonly asks: readonly Ask[];
  readonly folder: string;
  readonly shiftMs: number;
}

/** Records the host of each node that is asked, has its agent answer, and drops the host. @returns milliseconds of one alone. */
async function prepareAgents(farm: AgentFarm, preparing: Preparing): Promise<number> {
  const { nodePort, asks, folder, shiftMs } = preparing;
  const model = settle(preparing.model);
  const world = derive(model);
  const reach = reachOf(world);
  const owners = new Map(
    model.nodes.flatMap((node) =>
      [node.internalIp, world.bgpAddress(node)].flatMap((address) =>
        address === undefined ? [] : [[address, node.name] as const],
      ),
    ),
  );
  const one = async ({ node, requests, networks }: Ask): Promise<number> => {
    const sim = model.nodes.find((candidate) => candidate.name === node);
    if (sim === undefined) throw new Error(`The simulated cluster has no node ${node}.`);
    const nodes = [...new Set([node, ...addressesIn(requests).flatMap((address) => owners.get(address) ?? [])])];
    const file = join(folder, `${node}.json`);
    await writeFile(file, JSON.stringify(recordHost(world, reach, sim, { nodes, nodePorts: [nodePort] })));
    const took = await farm.prepare(await createRecordedHost(file, shiftMs), node, requests, networks);
    await rm(file);
    return took;
  };
  const [first, ...rest] = asks;
  if (first === undefined) return 0;
  const alone = await one(first);
  const waiting = [...rest];
  const next = async (): Promise<void> => {
    for (let ask = waiting.pop(); ask !== undefined; ask = waiting.pop()) await one(ask);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, next));
  return alone;
}

/** Every address that the requests name. */
function addressesIn(requests: readonly ProbeRequest[]): string[] {
  return requests.flatMap(({ params = {} }) => {
    const targets = Array.isArray(params['targets']) ? (params['targets'] as { address: string }[]) : [];
    const to = Array.isArray(params['to']) ? (params['to'] as string[]) : [];
    return [...targets.map((target) => target.address), ...to];
  });
}
