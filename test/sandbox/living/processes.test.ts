/** The living cluster over its real ends: the API by TLS, agents as processes, effects by HTTP, and the diagnosis that workers run. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeyFiles, loadKeys } from '../../../src/adapters/keys/keys.ts';
import { createClusterReader, type KubeReader } from '../../../src/adapters/kube/cluster-reader.ts';
import { type ClosableNodeAgents, createNodeAgents } from '../../../src/adapters/node-agent/node-agents.ts';
import { type ClosableNodeStepper, createNodeStepper } from '../../../src/adapters/node-agent/node-stepper.ts';
import type { NodeAction } from '../../../src/core/node-steps.ts';
import { parseQuestion } from '../../../src/core/parse-question.ts';
import type { Signer } from '../../../src/core/signing.ts';
import { runDiagnosis } from '../../../src/run/diagnose.ts';
import { loadStage, settleHost, stageModel } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type RecordedCluster, startRecordedCluster } from '../../../src/sandbox/recorded-cluster.ts';
import { send } from '../cluster-api/support.ts';
import { setMethod } from './support.ts';

const NODES = ['k8scephnode', 'k8smaster2', 'k8smater1'];
let folder: string;
let cluster: RecordedCluster;
let reader: KubeReader;
let agents: ClosableNodeAgents;
let stepper: ClosableNodeStepper;
let signer: Signer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-living-'));
  const keys = await createKeyFiles(join(folder, 'keys'));
  signer = loadKeys({ role: 'remediator', keyFile: keys.remediator, trustFile: keys.trust });
  cluster = await startRecordedCluster(join(folder, 'cluster'), loadStage(2), NODES, {
    model: stageModel(2),
    speed: 50,
    hostNotes: settleHost,
    grantKeyFile: keys.trust,
    identities: {
      fixer: {
        user: 'remediator',
        groups: [],
        allow: [
          { verbs: ['get', 'patch'], apiGroups: ['apps'], resources: ['daemonsets'], resourceNames: ['calico-node'] },
        ],
      },
    },
  });
  reader = await createClusterReader({ kubeconfig: cluster.kubeconfigFile });
  const urls = Object.fromEntries(cluster.agentMap.split(',').map((pair) => pair.split('=') as [string, string]));
  const { ca: caFile, cert: certFile, key: keyFile } = cluster.tls;
  const tls = { caFile, certFile, keyFile };
  agents = createNodeAgents({ tls, urls });
  stepper = createNodeStepper({ tls, urls });
}, 60_000);

afterAll(async () => {
  agents?.close();
  stepper?.close();
  reader?.close();
  await cluster?.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(...words: string[]) {
  const options = { id: 'dx-test1', deadlineMs: 20_000, signal: new AbortController().signal };
  const { diagnosis } = await runDiagnosis(
    parseQuestion(words),
    { cluster: reader, agents, clock: { now: Date.now } },
    options,
  );
  return { verdict: diagnosis.verdict, causes: diagnosis.causes.map(({ rule, object }) => `${rule} ${object.name}`) };
}

/** Has a step done by the agent of k8scephnode, under a grant. */
async function step(action: NodeAction) {
  const now = Date.now();
  const text = JSON.stringify({
    version: 1,
    id: `gr-${randomBytes(16).toString('hex')}`,
    node: 'k8scephnode',
    action,
    fix: 'fix-test1234',
    planHash: '0'.repeat(64),
    approvedBy: ['U1'],
    notBefore: new Date(now - 1000).toISOString(),
    notAfter: new Date(now + 30_000).toISOString(),
  });
  const signature = signer.sign('grant', text);
  const node = { name: 'k8scephnode', addresses: ['127.0.0.1'] };
  const { signal } = new AbortController();
  return stepper.step(node, { text, signature }, { deadlineMs: 20_000, signal });
}

async function effect(body: object): Promise<unknown> {
  const answer = await fetch(cluster.effects.url, {
    method: 'POST',
    body: JSON.stringify({ node: 'k8scephnode', ...body }),
  });
  return answer.json();
}

test('the repair through real ends: each symptom is seen before and gone afterwards', async () => {
  const broken = { verdict: 'cause-found', causes: ['calico-node-ip-mismatch k8smater1'] };
  expect(await ask('why-not-reachable', '30080')).toEqual(broken);
  expect(await ask('diagnose', 'node', 'k8scephnode')).toEqual({
    verdict: 'cause-found',
    causes: ['kubelet-swap-on k8scephnode'],
  });
  const path = '/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node';
  const headers = { 'content-type': 'application/strategic-merge-patch+json' };
  const patched = await send(cluster.api, path, {
    token: 'fixer',
    method: 'PATCH',
    headers,
    body: JSON.stringify(setMethod('can-reach=172.17.72.1')),
  });
  expect(patched.status).toBe(200);
  const off: NodeAction = { step: 'swap-device', params: { device: '/dev/sda3', state: 'off' } };
  expect(await step(off)).toMatchObject({ status: 'done', result: { outcome: 'changed' } });
  expect(await step(off)).toMatchObject({ status: 'done', result: { outcome: 'already' } });
  const mask: NodeAction = { step: 'swap-unit', params: { unit: 'dev-sda3.swap', state: 'masked' } };
  expect(await step(mask)).toMatchObject({ status: 'done', result: { outcome: 'changed' } });
  expect(cluster.effects.effects).toHaveLength(2);
  await cluster.living.settled();

  const well = { verdict: 'no-fault-found', causes: [] };
  expect(await ask('why-not-reachable', '30080')).toEqual(well);
  expect(await ask('why-not-reachable', '30945')).toEqual(well);
  expect(await ask('diagnose', 'node', 'k8scephnode')).toEqual(well);
}, 60_000);

test('an effect that is none, or is for no node, is refused in one sentence', async () => {
  expect(await effect({ op: 'dance' })).toHaveProperty('error');
  expect(await effect({ node: 'nowhere', op: 'run', program: 'swapoff', args: [] })).toEqual({
    error: 'not-found',
    message: 'There is no node nowhere.',
  });
});

test('identities come with kubeconfigs of their own', async () => {
  const file = await cluster.kubeconfigFor('remediator');
  const narrow = await createClusterReader({ kubeconfig: file });
  const { signal } = new AbortController();
  await expect(narrow.read({ path: '/api/v1/nodes' }, signal)).rejects.toThrow(/remediator|forbidden|403/);
  const set = { path: '/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node' };
  expect(await narrow.read(set, signal)).toMatchObject({ kind: 'DaemonSet' });
  narrow.close();
});
