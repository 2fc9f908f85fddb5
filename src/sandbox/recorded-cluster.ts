/** The recorded cluster, running: its API server over TLS, and a real agent process for each node that answers. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostRecordingInput } from '../agent/recording.ts';
import { type ApiServer, type KubeObject, startApiServer } from './cluster/api/server.ts';
import { freePort } from './free-port.ts';
import { beat } from './heartbeat.ts';
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
  /** Replaces everything by another state; agents of nodes without a host stop. */
  load(state: ClusterState): Promise<void>;
  close(): Promise<void>;
}

/** Starts the cluster in one state. `nodes` are all nodes that may get an agent later: each has its address from now on. */
export async function startRecordedCluster(
  folder: string,
  state: ClusterState,
  nodes: readonly string[],
): Promise<RecordedCluster> {
  await mkdir(folder, { recursive: true });
  const [authority, ports] = await Promise.all([
    createAuthority('kubewhy agents'),
    Promise.all(nodes.map(async (node) => [node, await freePort()] as const)),
  ]);
  const portOf = new Map(ports);
  const logs: Record<string, string> = {};
  const api = await startApiServer({ version: state.version, objects: [], logs });
  const kubeconfigFile = join(folder, 'kubeconfig');
  await writeFile(kubeconfigFile, api.kubeconfig(), { mode: 0o600 });
  const tls = await writeClientCertificate(folder, authority);
  const agents = new Map<string, RunningProcess>();

  // Living kubelets renew their Leases: without it every node would look dead after 40 s.
  const heart = setInterval(() => beat(api.objects, loadedAt), HEARTBEAT_MS);
  heart.unref();
  let loadedAt = Date.now();

  const stopAgents = async (): Promise<void> => {
    await Promise.all([...agents.values()].map((agent) => agent.stop()));
    agents.clear();
  };
  const load = async (next: ClusterState): Promise<void> => {
    loadedAt = Date.now();
    const shift = loadedAt - Date.parse(next.now);
    replaceObjects(api, shiftTimes(next.objects, shift));
    for (const key of Object.keys(logs)) delete logs[key];
    for (const [key, text] of Object.entries(next.logs)) logs[key] = shiftLogTimes(text, shift);
    await stopAgents();
    await Promise.all(
      next.hosts.map(async (host) => {
        const port = portOf.get(host.node);
        if (port === undefined) throw new Error(`Node ${host.node} has a recorded host and no address for its agent.`);
        agents.set(host.node, await startAgent(folder, authority, host, port, shift));
      }),
    );
  };
  await load(state);
  return {
    api,
    kubeconfigFile,
    agentMap: ports.map(([node, port]) => `${node}=https://127.0.0.1:${port}`).join(','),
    tls,
    agents,
    load,
    close: async () => {
      clearInterval(heart);
      await stopAgents();
      await api.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
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
): Promise<RunningProcess> {
  const base = join(folder, `agent-${host.node}`);
  const server = await authority.issue({
    commonName: host.node,
    dnsNames: [host.node],
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
  });
  const files = { recording: `${base}.json`, cert: `${base}.crt`, key: `${base}.key`, ca: `${base}-clients.crt` };
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
  return startProcess({ name: `agent ${host.node}`, args, env: {}, ready: 'agent listening' });
}
