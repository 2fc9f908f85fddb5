/** The recorded cluster, running: its API server over TLS, and a real agent process for each node that answers. With a model it lives. */
import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostRecordingInput } from '../agent/recording.ts';
import { type ApiServer, type Identity, type KubeObject, startApiServer } from './cluster/api/server.ts';
import type { ClusterModel } from './cluster/simulate/model.ts';
import { freePort } from './free-port.ts';
import { beat } from './heartbeat.ts';
import { type EffectsServer, startEffectsServer } from './living/effects-server.ts';
import { beatLiving } from './living/heartbeat.ts';
import { createLiving, type Living, type LivingCluster } from './living/living.ts';
import { admitInstallation } from './living/operator.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { shiftLogTimes, shiftTimes } from './shift-times.ts';
import { type Authority, createAuthority } from './tls/certificates.ts';

const HEARTBEAT_MS = 10_000;

/** What a stage of an incident holds, as far as running it goes. */
export interface ClusterState {
  readonly version: string;
  /** The recorded moment, RFC 3339: served as now. */
  readonly now: string;
  readonly objects: readonly KubeObject[];
  readonly logs: Readonly<Record<string, string>>;
  /** One for each node whose agent answers. */
  readonly hosts: readonly HostRecordingInput[];
}

export interface RecordedCluster {
  readonly api: ApiServer;
  readonly kubeconfigFile: string;
  /** `node=https://127.0.0.1:port,…` for `--agents`: every node that ever has an agent, answering or not. */
  readonly agentMap: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  /** The agents that answer now, by node. */
  readonly agents: ReadonlyMap<string, RunningProcess>;
  /** Replaces everything by another state; agents of nodes without a host stop. With its model, writes have consequences from now on. */
  load(state: ClusterState, model?: ClusterModel): Promise<void>;
  /** What follows from writes; it lives while a state with a model is loaded. */
  readonly living: Living;
  /** Where agents have their changes carried out, and which there were. */
  readonly effects: EffectsServer;
  /** Writes the kubeconfig of an identity of the options, by token or user, beside the admin's, and gives its path. */
  kubeconfigFor(name: string): Promise<string>;
  close(): Promise<void>;
}

/** How a recorded cluster is run. */
export interface RecordedClusterOptions {
  /** Of the state that it starts in; without it writes are stored and nothing follows. */
  readonly model?: ClusterModel;
  /** How many times faster than in life consequences come. Default 1. */
  readonly speed?: number;
  /** More who may come to the API server, by bearer token. */
  readonly identities?: Readonly<Record<string, Identity>>;
  /** Public key of who may have steps done on nodes; agents without it only read. */
  readonly grantKeyFile?: string;
  /** Adds to a host what the model does not tell. */
  readonly hostNotes?: (host: HostRecordingInput) => HostRecordingInput;
}

/** Starts the cluster in one state. `nodes` are all nodes that may get an agent later: each has its address from now on. */
export async function startRecordedCluster(
  folder: string,
  state: ClusterState,
  nodes: readonly string[],
  options: RecordedClusterOptions = {},
): Promise<RecordedCluster> {
  await mkdir(folder, { recursive: true });
  const [authority, ports] = await Promise.all([
    createAuthority('kubewhy agents'),
    Promise.all(nodes.map(async (node) => [node, await freePort()] as const)),
  ]);
  const portOf = new Map(ports);
  const logs: Record<string, string> = {};
  const ends: { living?: LivingCluster } = {};
  const api = await startApiServer({
    version: state.version,
    objects: [],
    logs,
    identities: { ...options.identities },
    admission: admitInstallation,
    onWrite: (change) => ends.living?.onWrite(change),
  });
  const notes = options.hostNotes ?? ((host) => host);
  const living = createLiving({
    store: api.objects,
    speed: options.speed ?? 1,
    onLogs: (all) => replaceLogs(logs, all),
    onHosts: (hosts) => {
      for (const host of hosts) writeRecording(folder, notes(host));
    },
  });
  ends.living = living;
  const effects = await startEffectsServer((effect) => living.effect(effect));
  const kubeconfigFile = join(folder, 'kubeconfig');
  await writeFile(kubeconfigFile, api.kubeconfig(), { mode: 0o600 });
  const tls = await writeClientCertificate(folder, authority);
  const agents = new Map<string, RunningProcess>();
  const grants =
    options.grantKeyFile === undefined ? undefined : { keyFile: options.grantKeyFile, effectsUrl: effects.url };

  // Living kubelets renew their Leases: without it every node would look dead after 40 s.
  let lives = false;
  const heart = setInterval(() => {
    if (lives) beatLiving(api.objects, living.model(), living.rendered());
    else beat(api.objects, loadedAt);
  }, HEARTBEAT_MS);
  heart.unref();
  let loadedAt = Date.now();

  const stopAgents = async (): Promise<void> => {
    await Promise.all([...agents.values()].map((agent) => agent.stop()));
    agents.clear();
  };
  const load = async (next: ClusterState, model?: ClusterModel): Promise<void> => {
    living.stop();
    lives = false;
    loadedAt = Date.now();
    // Whole seconds: the API's times have no fractions, and are compared with the model's.
    const shift = Math.floor((loadedAt - Date.parse(next.now)) / 1000) * 1000;
    replaceObjects(api, shiftTimes(next.objects, shift));
    replaceLogs(
      logs,
      Object.fromEntries(Object.entries(next.logs).map(([key, text]) => [key, shiftLogTimes(text, shift)])),
    );
    await stopAgents();
    await Promise.all(
      next.hosts.map(async (host) => {
        const port = portOf.get(host.node);
        if (port === undefined) throw new Error(`Node ${host.node} has a recorded host and no address for its agent.`);
        agents.set(host.node, await startAgent(folder, authority, host, port, shift, grants));
      }),
    );
    if (model === undefined) return;
    living.load(model, shift);
    lives = true;
  };
  await load(state, options.model);
  return {
    api,
    kubeconfigFile,
    agentMap: ports.map(([node, port]) => `${node}=https://127.0.0.1:${port}`).join(','),
    tls,
    agents,
    load,
    living,
    effects,
    kubeconfigFor: async (name) => {
      const text = api.kubeconfig(name);
      const file = join(folder, `kubeconfig-${name.replaceAll(/[^A-Za-z0-9-]/g, '-')}`);
      await writeFile(file, text, { mode: 0o600 });
      return file;
    },
    close: async () => {
      clearInterval(heart);
      living.stop();
      await stopAgents();
      await Promise.all([api.close(), effects.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function replaceLogs(logs: Record<string, string>, next: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(logs)) delete logs[key];
  Object.assign(logs, next);
}

function recordingFile(folder: string, node: string): string {
  return join(folder, `agent-${node}.json`);
}

/** Written beside and renamed: an agent that reads meanwhile sees the old one or the new one. */
function writeRecording(folder: string, host: HostRecordingInput): void {
  const file = recordingFile(folder, host.node);
  writeFileSync(`${file}.next`, JSON.stringify(host));
  renameSync(`${file}.next`, file);
}

function replaceObjects(api: ApiServer, objects: readonly KubeObject[]): void {
  const keyOf = (o: KubeObject): string => `${o.apiVersion} ${o.kind} ${o.metadata.namespace ?? ''} ${o.metadata.name}`;
  const wanted = new Set(objects.map(keyOf));
  for (const old of api.objects.kinds().flatMap((kind) => [...kind.all()])) {
    if (wanted.has(keyOf(old))) continue;
    const { namespace, name } = old.metadata;
    api.objects.delete({ apiVersion: old.apiVersion, kind: old.kind, namespace, name });
  }
  for (const object of objects) api.objects.put(object);
}

async function writeClientCertificate(folder: string, authority: Authority): Promise<RecordedCluster['tls']> {
  const client = await authority.issue({ commonName: 'kubewhy-worker', usage: 'client' });
  const tls = { ca: join(folder, 'agents-ca.crt'), cert: join(folder, 'worker.crt'), key: join(folder, 'worker.key') };
  await Promise.all([
    writeFile(tls.ca, authority.caPem),
    writeFile(tls.cert, client.certPem),
    writeFile(tls.key, client.keyPem, { mode: 0o600 }),
  ]);
  return tls;
}

async function startAgent(
  folder: string,
  authority: Authority,
  host: HostRecordingInput,
  port: number,
  shift: number,
  grants: { readonly keyFile: string; readonly effectsUrl: string } | undefined,
): Promise<RunningProcess> {
  const base = join(folder, `agent-${host.node}`);
  const server = await authority.issue({
    commonName: host.node,
    dnsNames: [host.node],
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
  });
  const files = {
    recording: recordingFile(folder, host.node),
    cert: `${base}.crt`,
    key: `${base}.key`,
    ca: `${base}-clients.crt`,
  };
  await Promise.all([
    writeFile(files.recording, JSON.stringify(host)),
    writeFile(files.cert, server.certPem),
    writeFile(files.key, server.keyPem, { mode: 0o600 }),
    writeFile(files.ca, authority.caPem),
  ]);
  const args = [
    'agent',
    '--node-name',
    host.node,
    '--listen',
    `127.0.0.1:${port}`,
    '--tls-cert',
    files.cert,
    '--tls-key',
    files.key,
    '--client-ca',
    files.ca,
    '--host',
    `recorded:${files.recording}`,
    '--recorded-shift-ms',
    String(shift),
  ];
  if (grants !== undefined) {
    args.push('--grant-key', grants.keyFile, '--state-dir', `${base}-state`, '--recorded-effects', grants.effectsUrl);
  }
  return startProcess({ name: `agent ${host.node}`, args, env: {}, ready: 'agent listening' });
}
