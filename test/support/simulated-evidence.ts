/** Collects evidence from a simulated cluster in memory: the real collectors, the real probes over recorded hosts, no sockets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerAsk } from '../../src/agent/ask.ts';
import type { Host } from '../../src/agent/host.ts';
import { createRecordedHost } from '../../src/agent/recorded-host.ts';
import type { HostRecordingInput } from '../../src/agent/recording.ts';
import { type CollectPorts, collectEvidence } from '../../src/collect/collect.ts';
import { AskRequest } from '../../src/core/agent-api.ts';
import { AgentError } from '../../src/core/errors.ts';
import type { EvidenceBundle } from '../../src/core/evidence.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import type { NodeAgents } from '../../src/core/ports.ts';
import { MemoryCluster, type Obj } from './memory-cluster.ts';

/** What the simulator renders. */
export interface Simulated {
  readonly version: string;
  readonly now: string;
  readonly objects: readonly { apiVersion: string; kind: string }[];
  readonly logs: Readonly<Record<string, string>>;
  readonly hosts: readonly HostRecordingInput[];
}

/** Collects what a question needs, at the simulated moment; the answer is the same in every run. */
export async function simulatedEvidence(cluster: Simulated, words: readonly string[]): Promise<EvidenceBundle> {
  return withSimulatedPorts(cluster, (ports) => collectEvidence(parseQuestion(words), ports, { id: 'dx-test1' }));
}

/** Gives ports to a simulated cluster in memory, at the simulated moment. */
export async function withSimulatedPorts<T>(cluster: Simulated, use: (ports: CollectPorts) => Promise<T>): Promise<T> {
  const now = Date.parse(cluster.now);
  const reader = memoryReader(cluster);
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-test-'));
  try {
    const hosts = new Map(
      await Promise.all(cluster.hosts.map(async (host) => [host.node, await openHost(folder, host)] as const)),
    );
    const clock = { now: () => now };
    return await use({ cluster: reader, agents: agentsOf(hosts), clock });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Opens a recorded host whose recorded time-outs are not waited for. */
export async function openHost(folder: string, recording: HostRecordingInput): Promise<Host> {
  const file = join(folder, `${recording.node}.json`);
  await writeFile(file, JSON.stringify(recording));
  const host = await createRecordedHost(file, 0);
  // Hundreds of simulated clusters are judged in one run: a recorded time-out is told, not waited for.
  const instant = async (address: string, port: number, timeoutMs: number) => {
    const key = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    const { result, ms, detail } = recording.connects[key] ?? recording.connectDefault;
    return { result, ms: result === 'timeout' ? timeoutMs : ms, ...(detail === undefined ? {} : { detail }) };
  };
  return { ...host, connect: instant, now: () => Date.parse(recording.recordedAt) };
}

/** Agents in memory: the real probes over these hosts; nodes without one do not answer. */
export function agentsOf(hosts: ReadonlyMap<string, Host>): NodeAgents {
  return {
    enabled: true,
    ask: async (node, requests, { deadlineMs, networks }) => {
      const host = hosts.get(node.name);
      if (host === undefined) throw new AgentError(`the agent of ${node.name} does not answer: connection refused`);
      const request = AskRequest.parse({ version: 1, deadlineMs, networks, requests });
      const bucket = { take: () => Promise.resolve(true) };
      return answerAsk({ host, node: node.name, agentVersion: 'test', bucket: bucket as never }, request);
    },
  };
}

function memoryReader(cluster: Simulated): MemoryCluster {
  const reader = new MemoryCluster(cluster.objects as unknown as Obj[]);
  const [major = '1', minor = '0'] = cluster.version.replace(/^v/, '').split('.');
  reader.version = { gitVersion: cluster.version, major, minor };
  const groups: Record<string, Set<string>> = {};
  for (const { apiVersion } of cluster.objects) {
    const [group, version] = apiVersion.split('/');
    if (group !== undefined && version !== undefined) (groups[group] ??= new Set()).add(version);
  }
  reader.groups = Object.fromEntries(Object.entries(groups).map(([group, versions]) => [group, [...versions]]));
  for (const [key, text] of Object.entries(cluster.logs)) {
    const [namespace, pod] = key.split('/');
    reader.texts.set(`/api/v1/namespaces/${namespace}/pods/${pod}/log`, text);
  }
  return reader;
}
