/** Fixes on a living cluster in one process: planned, tried, sealed, carried out, verified and taken back, without Slack and Redis. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFiles, loadKeys } from '../../src/adapters/keys/keys.ts';
import { createClusterReader } from '../../src/adapters/kube/cluster-reader.ts';
import { createClusterWriter, type KubeWriter } from '../../src/adapters/kube/cluster-writer.ts';
import { createNodeStepper } from '../../src/adapters/node-agent/node-stepper.ts';
import { createGrantedSteps, type GrantedSteps } from '../../src/agent/grants.ts';
import type { Host } from '../../src/agent/host.ts';
import { createRecordedHost } from '../../src/agent/recorded-host.ts';
import { createRecordedStepHost } from '../../src/agent/recorded-step-host.ts';
import type { HostRecordingInput } from '../../src/agent/recording.ts';
import { STEP_WAITS } from '../../src/agent/step.ts';
import type { CollectPorts } from '../../src/collect/collect.ts';
import type { Diagnosis } from '../../src/core/diagnosis.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import type { NodeStepper } from '../../src/core/ports.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import type { Keys } from '../../src/core/signing.ts';
import { REMEDIATIONS } from '../../src/remediations/index.ts';
import { runDiagnosis } from '../../src/run/diagnose.ts';
import type { ApplyPorts } from '../../src/run/step-end.ts';
import type { Waiting } from '../../src/run/verify.ts';
import type { Identity, KubeObject } from '../../src/sandbox/cluster/api/server.ts';
import type { RightUse } from '../../src/sandbox/cluster/api/types.ts';
import type { ClusterModel, SimNode } from '../../src/sandbox/cluster/simulate/model.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { READS, WORKER } from '../../src/sandbox/fix-setup.ts';
import { type RecordedCluster, startRecordedCluster } from '../../src/sandbox/recorded-cluster.ts';
import { shiftTimes } from '../../src/sandbox/shift-times.ts';
import { agentsOf, openHost } from './simulated-evidence.ts';

export interface LivingFix {
  readonly cluster: RecordedCluster;
  readonly keys: Keys;
  /** Of the worker, who only reads. */
  readonly ports: CollectPorts;
  /** Of the remediator whose role is exactly what this remediation declares. */
  applyPorts(remediation: string): Promise<ApplyPorts & { readonly writer: KubeWriter }>;
  /** Waiting by a clock that runs ahead: each pause lets everything happen that was to come. */
  readonly waiting: Waiting;
  ask(...words: string[]): Promise<Diagnosis>;
  node(name: string): SimNode;
  /** A file of a machine as its agent reads it; undefined where it is not there. */
  file(node: string, path: string): unknown;
  get(apiVersion: string, kind: string, name: string, namespace?: string): KubeObject;
  /** Writes as an administrator. */
  write(method: string, path: string, body?: unknown, patch?: keyof typeof PATCH): Promise<KubeObject>;
  close(): Promise<void>;
}

const PATCH = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
} as const;
const ADMIN = 'somebody-else';

/** Rights that each remediation's identity used on all clusters of this file. */
const used = new Map<string, Map<string, RightUse>>();

export function remediationNamed(id: string): Remediation {
  const found = REMEDIATIONS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no remediation ${id}`);
  return found;
}

/** What a remediator may do whose role was made for one remediation. */
function identityOf({ id, rights }: Remediation): Identity {
  const allow = rights.map(({ verb, group, resource, namespace, name }) => ({
    verbs: [verb],
    apiGroups: [group],
    resources: [resource],
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { resourceNames: [name] }),
  }));
  return { user: `remediator ${id}`, groups: [], allow };
}

export interface LivingFixOptions {
  /** Nodes on which steps are done by a real agent process. */
  readonly agents?: readonly string[];
  /** Nodes on which steps are done by an agent's code in this process, which watches units in the cluster's time. */
  readonly hasty?: readonly string[];
  readonly speed?: number;
}

/** Starts a model, its times moved to now. */
export async function startLivingFix(
  recorded: ClusterModel,
  { agents = [], hasty = [], speed = 200 }: LivingFixOptions = {},
): Promise<LivingFix> {
  const model = shiftTimes(recorded, Math.floor((Date.now() - Date.parse(recorded.now)) / 1000) * 1000);
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-living-'));
  const files = await createKeyFiles(join(folder, 'keys'));
  const keys = loadKeys({ role: 'remediator', keyFile: files.remediator, trustFile: files.trust });
  const rendered = renderCluster(model);
  const hosts = new Map<string, HostRecordingInput>(rendered.hosts.map((host) => [host.node, host]));
  const identities = Object.fromEntries(REMEDIATIONS.map((one) => [one.id, identityOf(one)]));
  const cluster = await startRecordedCluster(
    join(folder, 'cluster'),
    { ...rendered, hosts: rendered.hosts.filter(({ node }) => agents.includes(node)) },
    agents,
    {
      model,
      speed,
      grantKeyFile: files.trust,
      identities: {
        ...identities,
        [WORKER]: { user: WORKER, groups: [], allow: READS },
        [ADMIN]: { user: ADMIN, groups: ['system:masters'], allow: [] },
      },
      // Told of each host as it is now.
      hostNotes: (host) => {
        hosts.set(host.node, host);
        if (hasty.includes(host.node)) writeFileSync(join(folder, `${host.node}.step.json`), JSON.stringify(host));
        return host;
      },
    },
  );
  const reader = await createClusterReader({ kubeconfig: await cluster.kubeconfigFor(WORKER) });
  const admin = await createClusterWriter({ kubeconfig: await cluster.kubeconfigFor(ADMIN) });
  const urls = Object.fromEntries(
    cluster.agentMap.split(',').flatMap((pair) => (pair === '' ? [] : [pair.split('=') as [string, string]])),
  );
  const { ca, cert, key } = cluster.tls;
  const remote = createNodeStepper({ tls: { caFile: ca, certFile: cert, keyFile: key }, urls });
  const near = new Map<string, GrantedSteps>();
  for (const node of hasty) {
    const file = join(folder, `${node}.step.json`);
    writeFileSync(file, JSON.stringify(hosts.get(node)));
    const host = await createRecordedHost(file, 0);
    near.set(
      node,
      createGrantedSteps({
        host,
        effects: createRecordedStepHost(host, cluster.effects.url),
        node,
        keyFile: files.trust,
        stateDir: join(folder, `${node}.state`),
        onEvent: () => undefined,
        // On a busy machine a look alone takes as long as the cluster's 30 s.
        waits: { activeMs: 1500, steadyMs: STEP_WAITS.steadyMs / speed, lookMs: 10 },
      }),
    );
  }
  const stepper: NodeStepper = {
    enabled: true,
    step: (node, { text, signature }, options) =>
      near.get(node.name)?.take({ version: 1, grant: text, signature }) ??
      remote.step(node, { text, signature }, options),
  };
  const writers = new Map<string, KubeWriter>();
  const clock = { now: () => Date.now() };
  const opened = new Map<string, { from: HostRecordingInput; host: Promise<Host> }>();
  const hostOf = (host: HostRecordingInput): Promise<Host> => {
    const known = opened.get(host.node);
    if (known?.from === host) return known.host;
    const fresh = openHost(folder, host);
    opened.set(host.node, { from: host, host: fresh });
    return fresh;
  };
  const ports: CollectPorts = {
    cluster: reader,
    clock,
    agents: {
      enabled: true,
      ask: async (node, requests, options) => {
        const host = hosts.get(node.name);
        const answering = agentsOf(new Map(host === undefined ? [] : [[node.name, await hostOf(host)]]));
        return answering.ask(node, requests, options);
      },
    },
  };
  let ahead = 0;
  const note = (): void => {
    for (const { user, rights } of cluster.api.requests.splice(0)) {
      const id = /^remediator (.+)$/.exec(user)?.[1];
      if (id === undefined) continue;
      const all = used.get(id) ?? new Map<string, RightUse>();
      used.set(id, all);
      // Everybody may ask what they may do.
      for (const right of rights)
        if (right.resource !== 'selfsubjectaccessreviews' && right.resource !== '')
          all.set([right.verb, right.group, right.resource, right.namespace].join(' '), right);
    }
  };
  return {
    cluster,
    keys,
    ports,
    async applyPorts(id) {
      const writer = writers.get(id) ?? (await createClusterWriter({ kubeconfig: await cluster.kubeconfigFor(id) }));
      writers.set(id, writer);
      const times = { pollMs: 20, apiAwayMs: 2000, agentAwayMs: 5000, agentCallMs: 10_000 };
      return { reader: writer, writer, stepper, signer: keys, clock, times };
    },
    waiting: {
      now: () => Date.now() + ahead,
      sleep: async (ms, signal) => {
        await cluster.living.settled();
        signal.throwIfAborted();
        note();
        ahead += ms;
      },
    },
    ask: async (...words) =>
      (await runDiagnosis(parseQuestion(words), ports, { id: 'dx-living1', deadlineMs: 20_000 })).diagnosis,
    node: (name) => {
      const found = cluster.living.model().nodes.find((one) => one.name === name);
      if (found === undefined) throw new Error(`There is no node ${name}.`);
      return found;
    },
    file: (node, path) => hosts.get(node)?.files?.[path],
    get: (apiVersion, kind, name, namespace) => {
      const found = cluster.api.objects.get({ apiVersion, kind, name, namespace });
      if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
      return found;
    },
    async write(method, path, body, patch = 'merge') {
      const request = { method: method as 'PATCH', path, ...(body === undefined ? {} : { body }), patch };
      return (await admin.write(request, AbortSignal.timeout(10_000))) as KubeObject;
    },
    async close() {
      note();
      for (const writer of writers.values()) writer.close();
      reader.close();
      admin.close();
      remote.close();
      await cluster.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What was used by a remediation's identity in this file, and was not declared; and the other way round. Both empty: they are equal. */
export function rightsCompared(id: string): { readonly unused: string[]; readonly undeclared: string[] } {
  const { rights } = remediationNamed(id);
  const all = [...(used.get(id)?.values() ?? [])];
  const fits = (right: Remediation['rights'][number], use: RightUse): boolean =>
    right.verb === use.verb &&
    right.group === use.group &&
    right.resource === use.resource &&
    (right.namespace === undefined || right.namespace === use.namespace) &&
    (right.name === undefined || right.name === use.name);
  const text = ({ verb, group, resource, namespace }: RightUse | Remediation['rights'][number]): string =>
    `${verb} ${resource}${group === '' ? '' : `.${group}`}${namespace === undefined || namespace === '' ? '' : ` in ${namespace}`}`;
  return {
    unused: rights.filter((right) => !all.some((use) => fits(right, use))).map(text),
    undeclared: all.filter((use) => !rights.some((right) => fits(right, use))).map(text),
  };
}
