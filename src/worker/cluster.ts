/** The real diagnosis of a worker: API server and agents from its settings, opened when they are needed. */

import { createClusterReader, type KubeReader } from '../adapters/kube/cluster-reader.ts';
import type { Log } from '../adapters/log.ts';
import { type ClosableNodeAgents, createNodeAgents, noNodeAgents } from '../adapters/node-agent/node-agents.ts';
import type { CollectPorts } from '../collect/collect.ts';
import type { WorkerConfig } from '../config/worker.ts';
import { AgentError, ClusterError, errorText, UserError } from '../core/errors.ts';
import { runDiagnosis } from '../run/diagnose.ts';
import type { Diagnose, UsePorts } from './ports.ts';

/** Milliseconds for the whole collection. */
const DEADLINE_MS = 20_000;

export interface ClusterDiagnose {
  readonly diagnose: Diagnose;
  /** For plans and verifications. */
  readonly usePorts: UsePorts;
  close(): void;
}

/**
 * Makes the diagnosis of one cluster. A kubeconfig or a certificate that cannot be used fails the question and not the
 * worker: the sentence reaches the person who asked, and the next question reads the files again.
 */
export function clusterDiagnose(config: WorkerConfig, log: Log): ClusterDiagnose {
  let reader: KubeReader | undefined;
  let agents: ClosableNodeAgents | undefined;
  const open = async (): Promise<KubeReader> => {
    reader ??= await createClusterReader({
      inCluster: config.inCluster,
      ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
      ...(config.context === undefined ? {} : { context: config.context }),
      ...(config.apiServers === undefined ? {} : { servers: config.apiServers }),
    });
    return reader;
  };
  const usePorts = async <T>(use: (ports: CollectPorts) => Promise<T>): Promise<T> => {
    try {
      const cluster = await open();
      agents ??= agentsOf(config);
      // The name that people gave the cluster, not that of a context on the worker's machine.
      const named = { clusterName: config.cluster, read: cluster.read.bind(cluster) };
      return await use({ cluster: named, agents: agents ?? brokenAgents(log, config), clock: { now: Date.now } });
    } catch (error) {
      if (error instanceof UserError || (error instanceof ClusterError && error.code === 'unauthorised')) {
        reader?.close();
        reader = undefined;
      }
      throw error;
    }
  };
  const diagnose: Diagnose = (job, { onProgress, signal }) =>
    usePorts((ports) => runDiagnosis(job.question, ports, { id: job.id, deadlineMs: DEADLINE_MS, signal, onProgress }));
  return {
    diagnose,
    usePorts,
    close() {
      reader?.close();
      agents?.close();
    },
  };
}

/** Gives the client of the agents; undefined where its certificates cannot be read now. */
function agentsOf(config: WorkerConfig): ClosableNodeAgents | undefined {
  const { agents, agentCa, agentCert, agentKey } = config;
  if (agents === 'off') return noNodeAgents();
  if (agentCa === undefined || agentCert === undefined || agentKey === undefined) return noNodeAgents();
  const urls = agents === 'auto' ? undefined : Object.fromEntries(agents.split(',').map(pairOf));
  try {
    const tls = { caFile: agentCa, certFile: agentCert, keyFile: agentKey };
    return createNodeAgents({ tls, ...(urls === undefined ? {} : { urls }) });
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Agents that cannot be asked: the diagnosis goes on without them, and says why. */
function brokenAgents(log: Log, config: WorkerConfig): ClosableNodeAgents {
  const why = `its certificate files cannot be read (${config.agentCa}, ${config.agentCert}, ${config.agentKey})`;
  log.error({ why }, 'agents cannot be asked');
  return {
    enabled: true,
    ask: (node) => Promise.reject(new AgentError(errorText(`the agent of ${node.name} is not asked: ${why}`))),
    close: () => undefined,
  };
}
