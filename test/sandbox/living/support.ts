/** A living cluster in memory: the API emulator and the consequences, its hosts as recordings, and the real diagnosis over both. */
import type { HostRecordingInput } from '../../../src/agent/recording.ts';
import type { Diagnosis } from '../../../src/core/diagnosis.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { type ApiServer, type KubeObject, startApiServer } from '../../../src/sandbox/cluster/api/server.ts';
import type { ClusterModel } from '../../../src/sandbox/cluster/simulate/model.ts';
import { renderCluster } from '../../../src/sandbox/cluster/simulate/render.ts';
import { createLiving, type LivingCluster } from '../../../src/sandbox/living/living.ts';
import { admitInstallation } from '../../../src/sandbox/living/operator.ts';
import { shiftTimes } from '../../../src/sandbox/shift-times.ts';
import { simulatedEvidence } from '../../support/simulated-evidence.ts';
import { send } from '../cluster-api/support.ts';

const TOKEN = 'test-admin';
export const PATCH = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
} as const;

export interface LivingTest {
  readonly api: ApiServer;
  readonly living: LivingCluster;
  write(
    method: string,
    path: string,
    body?: unknown,
    patch?: keyof typeof PATCH,
  ): Promise<{ status: number; body: KubeObject }>;
  /** Verdict of a question and the causes' rules with their objects. */
  ask(...words: string[]): Promise<{ verdict: Diagnosis['verdict']; causes: string[] }>;
  get(apiVersion: string, kind: string, name: string, namespace?: string): KubeObject;
  pods(prefix: string): KubeObject[];
  run(node: string, program: string, ...args: string[]): void;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a model, its times moved to now; consequences come a hundred times as fast as in life. */
export async function live(recorded: ClusterModel, speed = 100): Promise<LivingTest> {
  const model = shiftTimes(recorded, Math.floor((Date.now() - Date.parse(recorded.now)) / 1000) * 1000);
  const rendered = renderCluster(model);
  const ends: { living?: LivingCluster } = {};
  const api = await startApiServer({
    version: model.kubernetes,
    objects: rendered.objects,
    logs: rendered.logs,
    identities: { [TOKEN]: { user: 'admin', groups: ['system:masters'], allow: [] } },
    admission: admitInstallation,
    onWrite: (change) => ends.living?.onWrite(change),
  });
  let { logs } = rendered;
  const hosts = new Map<string, HostRecordingInput>(rendered.hosts.map((host) => [host.node, host]));
  const living = createLiving({
    store: api.objects,
    speed,
    onLogs: (all) => {
      logs = { ...all };
    },
    onHosts: (all) => {
      for (const host of all) hosts.set(host.node, host);
    },
  });
  ends.living = living;
  living.load(model, 0);
  return {
    api,
    living,
    async write(method, path, body, patch = 'strategic') {
      const headers = { 'content-type': method === 'PATCH' ? PATCH[patch] : 'application/json' };
      const answer = await send(api, path, {
        token: TOKEN,
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: JSON.parse(answer.text) as KubeObject };
    },
    async ask(...words) {
      const objects = api.objects.kinds().flatMap((kind) => [...kind.all()]);
      const now = new Date().toISOString();
      const bundle = await simulatedEvidence(
        { version: model.kubernetes, now, objects, logs, hosts: [...hosts.values()] },
        words,
      );
      const { verdict, causes } = judge(bundle);
      return { verdict, causes: causes.map((cause) => `${cause.rule} ${cause.object.name}`) };
    },
    get: (apiVersion, kind, name, namespace) => {
      const found = api.objects.get({ apiVersion, kind, name, namespace });
      if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
      return found;
    },
    pods: (prefix) => api.objects.list('v1', 'Pod').filter((pod) => pod.metadata.name.startsWith(prefix)),
    run: (node, program, ...args) => {
      const answer = living.effect({ node, op: 'run', program, args });
      if ('error' in answer || answer.code !== 0) throw new Error(`${program}: ${JSON.stringify(answer)}`);
    },
    settled: () => living.settled(),
    async close() {
      living.stop();
      await api.close();
    },
  };
}

/** The address that Calico has written on a node. */
export function calicoAddress(test: LivingTest, node: string): string | undefined {
  return test.get('v1', 'Node', node).metadata.annotations?.['projectcalico.org/IPv4Address'];
}

/** Status of the Ready condition. */
export function isReady(object: KubeObject): string | undefined {
  const { conditions } = (object['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions?.find((one) => one.type === 'Ready')?.status;
}

/** Sets the method in a calico-node DaemonSet by hand. */
export const setMethod = (method: string): unknown => ({
  spec: {
    template: {
      spec: { containers: [{ name: 'calico-node', env: [{ name: 'IP_AUTODETECTION_METHOD', value: method }] }] },
    },
  },
});
