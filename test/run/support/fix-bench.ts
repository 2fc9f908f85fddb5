/** Plans that run against the API server emulator: objects to change, a node whose agent is scripted, and what was sent. */
import type { KubeWriter } from '../../../src/adapters/kube/cluster-writer.ts';
import { ApiObject, type ApiTarget } from '../../../src/core/api-object.ts';
import type { Plan, StepProgress } from '../../../src/core/fix.ts';
import type { Grant, StepAnswer } from '../../../src/core/grant.ts';
import { stateOf } from '../../../src/core/object-state.ts';
import type { NodeStepper } from '../../../src/core/ports.ts';
import { type ApiStep, type Draft, type PlanStep } from '../../../src/core/remediation.ts';
import { type ApplyHooks, type ApplyOutcome, type ApplyPorts, applyPlan } from '../../../src/run/apply.ts';
import { dryRunPlan } from '../../../src/run/dry-run.ts';
import type { AdmissionRefusal, ApiServerOptions, KubeObject } from '../../../src/sandbox/cluster/api/server.ts';
import { type Bench, startBench } from '../../adapters/kube/support.ts';

export const WEB: ApiTarget = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
};
export const POD: ApiTarget = { ...WEB, group: '', resource: 'pods', kind: 'Pod', name: 'web-1' };
export const CSR: ApiTarget = {
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  name: 'csr-1',
};
export const SIGNAL = AbortSignal.timeout(120_000);
const says = { text: 'says', data: {} };

export function objects(): KubeObject[] {
  const metadata = { name: 'web', namespace: 'shop', uid: 'uid-web' };
  const env = [
    { name: 'MODE', value: 'old' },
    { name: 'DB_PASSWORD', value: 'hunter22' },
  ];
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'nginx:1', env }] },
  };
  const spec = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template };
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec, status: { observedGeneration: 1 } },
    pod('web-1', 'uid-pod-1'),
    node('True'),
    {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'csr-1', uid: 'uid-csr' },
      spec: { signerName: 'kubernetes.io/kubelet-serving', request: 'cmVxdWVzdA==', usages: ['server auth'] },
    },
  ];
}

export function pod(name: string, uid: string, ready = 'True'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid, labels: { app: 'web' } },
    spec: { nodeName: 'node-a', containers: [{ name: 'web', image: 'nginx:1' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
  };
}

export function node(ready: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-a', uid: 'uid-node' },
    status: {
      addresses: [{ type: 'InternalIP', address: '10.0.0.5' }],
      conditions: [{ type: 'Ready', status: ready, reason: 'KubeletNotReady' }],
    },
  };
}

/** What an agent says; a function may throw an AgentError. */
export type Script = (grant: Grant, attempt: number) => StepAnswer | Promise<StepAnswer>;

export interface FixBench extends Bench {
  readonly kube: KubeWriter;
  /** Grants that the agent was sent, with their signatures. */
  readonly grants: { grant: Grant; signature: string }[];
  /** Writes of objects that were carried out or refused; dry runs and reviews left out. */
  writes(): { method: string; status: number }[];
  read(target: ApiTarget): Promise<ApiObject>;
  stateOf(target: ApiTarget): Promise<ApiStep['before']>;
  /** A step with the state of now as its precondition. */
  step(change: Omit<ApiStep, 'type' | 'before' | 'says'>): Promise<ApiStep>;
  patchStep(replicas: number): Promise<ApiStep>;
  /** A person's edit. */
  edit(target: ApiTarget, body: unknown): Promise<void>;
  apply(steps: readonly PlanStep[], options?: ApplyOptions): Promise<Applied>;
  script(script: Script): void;
  refuse(refusal: AdmissionRefusal | undefined): void;
  reset(): void;
}

export interface ApplyOptions {
  readonly progress?: readonly StepProgress[];
  readonly hooks?: Partial<ApplyHooks>;
  readonly ports?: Partial<ApplyPorts>;
  readonly dryRun?: Plan['dryRun'];
  readonly createdAt?: string;
  readonly doneBefore?: ReadonlySet<number>;
}
export interface Applied {
  readonly outcome: ApplyOutcome;
  /** `before 0`, `0 done`, …  in the order in which they came. */
  readonly told: string[];
  readonly progress: StepProgress[];
}

export const draftOf = (steps: readonly PlanStep[], more: Partial<Draft> = {}): Draft => ({
  remediation: 'test-fix',
  params: {},
  object: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  title: says,
  steps: [...steps],
  undo: [],
  nodes: [],
  blast: [],
  checksBefore: [],
  checksAfter: [],
  notes: [],
  rights: [],
  expect: {
    questions: [{ type: 'why-not-reachable', target: { kind: 'Service', namespace: 'shop', name: 'web' } }],
    rule: 'test-rule',
    object: { kind: 'Deployment', namespace: 'shop', name: 'web' },
    nodes: [],
    seconds: 60,
  },
  ...more,
});

export async function startFixBench(options: Partial<ApiServerOptions> = {}): Promise<FixBench> {
  let refusal: AdmissionRefusal | undefined;
  let script: Script = () => {
    throw new Error('no agent was expected to be asked');
  };
  const bench = await startBench({ objects: objects(), admission: () => refusal, ...options });
  const kube = await bench.writer({ requestTimeoutMs: 1000 });
  const grants: FixBench['grants'] = [];
  const stepper: NodeStepper = {
    enabled: true,
    step: async (_node, { text, signature }) => {
      const grant = JSON.parse(text) as Grant;
      grants.push({ grant, signature });
      return await script(grant, grants.length);
    },
  };
  const ports: ApplyPorts = {
    reader: kube,
    writer: kube,
    stepper,
    signer: { role: 'remediator', sign: (purpose, text) => `${purpose}:${text.length}` },
    clock: { now: Date.now },
    times: { pollMs: 10, apiAwayMs: 300, agentAwayMs: 300, agentCallMs: 1000 },
  };
  const read: FixBench['read'] = async (target) => ApiObject.parse(await kube.read({ path: pathOf(target) }, SIGNAL));
  const state: FixBench['stateOf'] = async (target) => stateOf(await read(target));
  const step: FixBench['step'] = async (change) => ({
    type: 'api',
    ...change,
    before: await state(change.target),
    says,
  });
  return {
    ...bench,
    kube,
    grants,
    read,
    stateOf: state,
    step,
    writes: () =>
      bench.api.requests
        .filter(({ method, dryRun, resource }) => method !== 'GET' && !dryRun && !resource.startsWith('selfsubject'))
        .map(({ method, status }) => ({ method, status })),
    patchStep: (replicas) => step({ verb: 'patch', patch: 'strategic', target: WEB, body: { spec: { replicas } } }),
    async edit(target, body) {
      await kube.write(
        { method: 'PATCH', path: pathOf(target), patch: 'merge', body, query: { fieldManager: 'kubectl-edit' } },
        SIGNAL,
      );
      bench.api.requests.length = 0;
    },
    async apply(steps, { progress = [], hooks = {}, ports: other = {}, dryRun, createdAt, doneBefore } = {}) {
      const told: string[] = [];
      const kept = new Map(progress.map((one) => [one.index, one]));
      const outcome = await applyPlan(
        {
          plan: {
            fix: 'fix-abcdefg1',
            draft: draftOf(steps),
            dryRun: dryRun ?? [],
            ...(createdAt === undefined ? {} : { createdAt }),
          },
          planHash: 'a'.repeat(64),
          approvedBy: ['U0BOB'],
          progress,
          ...(doneBefore === undefined ? {} : { doneBefore }),
        },
        { ...ports, ...other },
        {
          before: async (index) => {
            told.push(`before ${index}`);
            await hooks.before?.(index);
          },
          after: async (now) => {
            told.push(`${now.index} ${now.state}`);
            kept.set(now.index, now);
            await hooks.after?.(now);
          },
        },
        SIGNAL,
      );
      return { outcome, told, progress: [...kept.values()] };
    },
    script: (next) => {
      script = next;
    },
    refuse: (next) => {
      refusal = next;
    },
    reset() {
      refusal = undefined;
      grants.length = 0;
      bench.api.faults.clear();
      bench.api.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-2' });
      for (const object of objects()) bench.api.objects.put(object);
      bench.api.requests.length = 0;
    },
  };
}

export async function dryRunOf(bench: FixBench, steps: readonly PlanStep[], more: Partial<Draft> = {}) {
  return await dryRunPlan(draftOf(steps, more), { reader: bench.kube, writer: bench.kube }, SIGNAL);
}

export function pathOf({ group, version, resource, namespace, name }: ApiTarget): string {
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${base}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource}/${name}`;
}
