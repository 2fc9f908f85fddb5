/** Fixes of nodes by the API server on living clusters: cordoned, uncordoned, a kubelet's certificate approved. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { KubeObject } from '../../../src/sandbox/cluster/api/server.ts';
import { stageModel } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type LivingFix, rightsCompared, startLivingFix } from '../../support/living-fix.ts';
import { decisive, type Ended, fixOn, undoOn, type Wish } from '../../support/living-fix-run.ts';
import { dead, modern, withNode, worldWith } from '../../support/living-worlds.ts';

let living: LivingFix;
afterEach(() => living.close());

const NODE = 'k8smaster2';
const setCordon = async (node: string, unschedulable: true | null): Promise<void> => {
  await living.write('PATCH', `/api/v1/nodes/${node}`, { spec: { unschedulable } });
  await living.cluster.living.settled();
};
const verified = (ended: Ended): void =>
  expect([ended.state, ended.why, ended.wrong]).toEqual(['verified', undefined, []]);

async function takenBack(done: Ended): Promise<void> {
  verified(await undoOn(living, done));
  expect(await decisive(living, done.record?.draft as never)).toEqual(done.before);
}

describe('uncordon-node', () => {
  const wish: Wish = {
    words: ['diagnose', 'node', NODE],
    rule: 'node-cordoned',
    object: nodeRef(NODE),
    remediation: 'uncordon-node',
  };

  test('a node that is well', async () => {
    living = await startLivingFix(stageModel(4));
    await setCordon(NODE, true);
    const done = await fixOn(living, wish);
    verified(done);
    await takenBack(done);
  });

  test('cordoned again by a machine after the first look: not verified', async () => {
    living = await startLivingFix(stageModel(4));
    await setCordon(NODE, true);
    const ended = await fixOn(living, wish, { afterLook: () => setCordon(NODE, true) });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
    expect(ended.wrong.join('\n')).toContain('verify.change-reversed');
  });

  test('whose kubelet dies once it is uncordoned: not verified', async () => {
    living = await startLivingFix(stageModel(4));
    await setCordon(NODE, true);
    const beforeVerify = async (): Promise<void> => {
      living.cluster.living.effect({ node: NODE, op: 'run', program: 'systemctl', args: ['stop', 'kubelet'] });
      await living.cluster.living.settled();
    };
    expect(await fixOn(living, wish, { beforeVerify })).toMatchObject({ state: 'not-verified' });
  });
});

describe('cordon-node: it mends nothing, and is judged by what it wrote', () => {
  const SICK = 'k8scephnode';
  const wish: Wish = {
    words: ['diagnose', 'node', SICK],
    rule: 'node-not-ready',
    object: nodeRef(SICK),
    remediation: 'cordon-node',
  };

  test('the sick node keeps its fault, and takes no new Pods', async () => {
    living = await startLivingFix(stageModel(2));
    const before = await living.ask(...wish.words);
    const done = await fixOn(living, wish);
    verified(done);
    expect((await living.ask(...wish.words)).causes.map(({ rule }) => rule)).toEqual(
      before.causes.map(({ rule }) => rule),
    );
    expect(living.get('v1', 'Node', SICK)['spec']).toMatchObject({ unschedulable: true });
    await takenBack(done);
  });

  test('uncordoned by somebody after the first look: not verified', async () => {
    living = await startLivingFix(stageModel(2));
    const ended = await fixOn(living, wish, { afterLook: () => setCordon(SICK, null) });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
  });

  test('an API server that shows no nodes afterwards: nobody knows', async () => {
    living = await startLivingFix(stageModel(2));
    const beforeVerify = (): void => {
      living.cluster.api.faults.set({ path: /\/api\/v1\/nodes/ }, { status: 503 });
    };
    const ended = await fixOn(living, wish, { beforeVerify });
    living.cluster.api.faults.clear();
    expect(ended.state).toBe('unknown');
  });

  test('the last node that takes Pods: no plan', async () => {
    living = await startLivingFix(stageModel(2));
    for (const node of ['k8smaster2', 'k8smater1']) await setCordon(node, true);
    expect(await fixOn(living, wish)).toMatchObject({ state: 'refused', why: 'last' });
  });
});

describe('approve-kubelet-csr', () => {
  const requests = new Map<string, string>();
  const { model } = worldWith(null, modern);
  const node = model.nodes.at(-1)?.name ?? '';
  const wish: Wish = {
    words: ['diagnose', 'node', node],
    rule: 'node-not-ready',
    object: nodeRef(node),
    remediation: 'approve-kubelet-csr',
  };

  beforeAll(async () => {
    const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    x509.cryptoProvider.set(webcrypto as never);
    const keys = (await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])) as never;
    for (const group of ['system:nodes', 'system:masters']) {
      const name = `O=${group},CN=system:node:${node}`;
      const made = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: EC });
      requests.set(group, Buffer.from(`${made.toString('pem')}\n`).toString('base64'));
    }
  });

  const request = (name: string, group = 'system:nodes'): KubeObject => ({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: requests.get(group),
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'],
      username: `system:node:${node}`,
      groups: ['system:nodes', 'system:authenticated'],
    },
  });
  const start = async (faults: { certificateExpired?: boolean }, ...waiting: KubeObject[]): Promise<void> => {
    const sick = withNode(model, node, (one) => ({
      ...dead(one),
      faults,
      ...(faults.certificateExpired ? {} : { runtimeDown: true }),
    }));
    living = await startLivingFix(sick);
    for (const one of waiting) living.cluster.api.objects.put(one);
  };

  test('a kubelet whose certificate has expired gets a new one and comes back', async () => {
    await start({ certificateExpired: true }, request('csr-a'));
    expect((await living.ask(...wish.words)).causes.map(({ rule }) => rule)).toEqual([
      'kubelet-client-certificate-expired',
    ]);
    const done = await fixOn(living, { ...wish, rule: 'kubelet-client-certificate-expired' });
    verified(done);
    expect(JSON.stringify(living.get('certificates.k8s.io/v1', 'CertificateSigningRequest', 'csr-a'))).toContain(
      '"certificate"',
    );
    expect(await undoOn(living, done)).toMatchObject({ state: 'refused', why: 'fix.undo-none' });
  });

  test('a node that is dead for another reason: the certificate is there, the node is not', async () => {
    await start({}, request('csr-a'));
    const ended = await fixOn(living, wish);
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.wait-node']);
  });

  test('a request for the masters under the node’s name: no plan', async () => {
    await start({ certificateExpired: true }, request('csr-b', 'system:masters'));
    expect(await fixOn(living, wish)).toMatchObject({ state: 'refused', why: 'subject' });
  });

  test('a request that is swapped for another before it is applied: void', async () => {
    await start({ certificateExpired: true }, request('csr-a'));
    const beforeApply = (): void => {
      living.cluster.api.objects.put(request('csr-a', 'system:masters'));
    };
    expect(await fixOn(living, wish, { beforeApply })).toMatchObject({ state: 'void' });
  });
});

test('the rights that are declared are those that are used', () => {
  for (const id of ['approve-kubelet-csr', 'cordon-node', 'uncordon-node'])
    expect.soft([id, rightsCompared(id)]).toEqual([id, { unused: [], undeclared: [] }]);
});
