/** The remediator's ways to its cluster: the API server as its own identity, and the agents; opened when they are needed. */
import { createClusterWriter, type KubeWriter } from '../adapters/kube/cluster-writer.ts';
import type { Log } from '../adapters/log.ts';
import { type ClosableNodeStepper, createNodeStepper, noNodeStepper } from '../adapters/node-agent/node-stepper.ts';
import type { RemediatorConfig } from '../config/remediator.ts';
import { AgentError, ClusterError, errorText, UserError } from '../core/errors.ts';
import type { AgentNode, NodeStepper } from '../core/ports.ts';

export interface RemediatorCluster {
  /** @throws UserError where the kubeconfig cannot be used now. */
  api(): Promise<KubeWriter>;
  stepper(): NodeStepper;
  /** Nodes whose agent has an address in the settings: no right to read nodes is needed for them. */
  knownNode(name: string): AgentNode | undefined;
  /** After an error of the credentials: the next job reads the files again. */
  forget(error: unknown): void;
  close(): void;
}

export function remediatorCluster(config: RemediatorConfig, log: Log): RemediatorCluster {
  let api: KubeWriter | undefined;
  let stepper: ClosableNodeStepper | undefined;
  const { agents, agentCa, agentCert, agentKey } = config;
  const urls = agents === 'auto' || agents === 'off' ? {} : Object.fromEntries(agents.split(',').map(pairOf));
  return {
    async api() {
      api ??= await createClusterWriter({
        inCluster: config.inCluster,
        ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
        ...(config.context === undefined ? {} : { context: config.context }),
        ...(config.apiServers === undefined ? {} : { servers: config.apiServers }),
      });
      return api;
    },
    stepper() {
      if (agents === 'off' || agentCa === undefined || agentCert === undefined || agentKey === undefined)
        return noNodeStepper();
      try {
        const tls = { caFile: agentCa, certFile: agentCert, keyFile: agentKey };
        stepper ??= createNodeStepper(agents === 'auto' ? { tls } : { tls, urls });
        return stepper;
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        log.error({ why: errorText(error) }, 'agents cannot be asked');
        return { enabled: true, step: () => Promise.reject(error) };
      }
    },
    knownNode: (name) => (Object.hasOwn(urls, name) ? { name, addresses: [] } : undefined),
    forget(error) {
      if (!(error instanceof UserError || (error instanceof ClusterError && error.code === 'unauthorised'))) return;
      api?.close();
      api = undefined;
    },
    close() {
      api?.close();
      stepper?.close();
    },
  };
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}
