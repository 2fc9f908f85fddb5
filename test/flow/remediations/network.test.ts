/** Fixes of kube-proxy and Calico by the API server on living clusters: rightly, wrongly, taken back. */
import { afterEach, describe, expect, test } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { Draft } from '../../../src/core/remediation.ts';
import type { FaultName } from '../../../src/sandbox/cluster/simulate/generate.ts';
import type { NodeFaults } from '../../../src/sandbox/cluster/simulate/model.ts';
import { stageModel } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type LivingFix, rightsCompared, startLivingFix } from '../../support/living-fix.ts';
import { decisive, type Ended, fixOn, undoOn, type Wish } from '../../support/living-fix-run.ts';
import { modern, type World, withNode, worldWith } from '../../support/living-worlds.ts';

let living: LivingFix;
afterEach(() => living.close());

const verified = (ended: Ended): void =>
  expect([ended.state, ended.why, ended.wrong]).toEqual(['verified', undefined, []]);
const struck = (made: World): string => made.expect.nodes[0] ?? '';
const wishOf = (made: World, remediation: string): Wish => ({
  words: made.words,
  rule: made.expect.fault ?? '',
  object: nodeRef(struck(made)),
  remediation,
});
async function takenBack(done: Ended): Promise<void> {
  verified(await undoOn(living, done));
  expect(await decisive(living, done.record?.draft as never)).toEqual(done.before);
  await living.cluster.living.settled();
}
/** An accident on a node. */
async function befall(node: string, faults: NodeFaults): Promise<void> {
  living.cluster.living.edit((model) =>
    withNode(model, node, (one) => ({ ...one, faults: { ...one.faults, ...faults } })),
  );
  await living.cluster.living.settled();
}

describe('restart-kube-proxy', () => {
  const start = async (fault: FaultName): Promise<{ made: World; wish: Wish }> => {
    const made = worldWith(fault);
    living = await startLivingFix(made.model);
    return { made, wish: wishOf(made, 'restart-kube-proxy') };
  };

  test('rules that were wiped are programmed anew', async () => {
    const { made, wish } = await start('proxy-rules-flushed');
    verified(await fixOn(living, wish));
    expect((await living.ask(...made.words)).verdict).toBe('no-fault-found');
  });

  test('whatever wiped the rules does so again: not verified', async () => {
    const { made, wish } = await start('proxy-rules-flushed');
    const ended = await fixOn(living, wish, { beforeVerify: () => befall(struck(made), { proxyFlushed: true }) });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
  });

  test('a kube-proxy that ends again and again would do so in its new Pod too: no plan', async () => {
    const { wish } = await start('kube-proxy-down');
    expect(await fixOn(living, wish)).toMatchObject({ state: 'refused', why: 'crashes' });
  });
});

describe('restart-calico-node', () => {
  const start = async (install: 'manifest' | 'operator', faults: NodeFaults = {}): Promise<Wish> => {
    const made = worldWith('calico-bird-not-running', ({ model }) => model.calico.install === install);
    living = await startLivingFix(
      withNode(made.model, struck(made), (one) => ({ ...one, faults: { ...one.faults, ...faults } })),
    );
    return wishOf(made, 'restart-calico-node');
  };

  test.each(['manifest', 'operator'] as const)('BIRD runs again in the new Pod, installed by %s', async (install) => {
    const wish = await start(install);
    verified(await fixOn(living, wish));
  });

  test('on a node whose BGP port is shut as well: the new Pod is not ready', async () => {
    const wish = await start('manifest', { bgpPortBlocked: true });
    const ended = await fixOn(living, wish);
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.wait-pod']);
  });
});

describe('set-calico-ip-autodetection', () => {
  const INCIDENT: Wish = {
    words: ['why-not-reachable', '30080'],
    rule: 'calico-node-ip-mismatch',
    object: nodeRef('k8smater1'),
    remediation: 'set-calico-ip-autodetection',
  };
  const instead =
    (method: string) =>
    (draft: Draft): Draft =>
      JSON.parse(JSON.stringify(draft).replaceAll(/can-reach=[\d.]+/g, method)) as Draft;

  test('the incident: both masters, while the third node is dead', async () => {
    living = await startLivingFix(stageModel(2));
    const done = await fixOn(living, INCIDENT);
    verified(done);
    await takenBack(done);
  });

  test('the incident with its third node back: one Pod is deleted, or the rollout would stand still', async () => {
    living = await startLivingFix(stageModel(2));
    living.cluster.living.effect({ node: 'k8scephnode', op: 'run', program: 'swapoff', args: ['/dev/sda3'] });
    await living.cluster.living.settled();
    const done = await fixOn(living, INCIDENT);
    verified(done);
    expect(done.record?.draft?.steps.map((step) => (step.type === 'api' ? step.verb : step.type))).toEqual([
      'patch',
      'delete',
      'wait',
    ]);
    expect((await living.ask(...INCIDENT.words)).verdict).toBe('no-fault-found');
  });

  test('with a method that Calico 3.9.5 does not know: the rollout stands still', async () => {
    living = await startLivingFix(stageModel(2));
    const ended = await fixOn(living, INCIDENT, { draft: instead('cidr=172.17.72.0/22') });
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.wait-rollout']);
    const { verdict, causes } = await living.ask('diagnose', 'calico');
    expect([verdict, causes.map(({ rule }) => rule)]).toEqual([
      'cause-found',
      expect.arrayContaining(['calico-autodetection-failed']),
    ]);
  });

  test('with an address that is a node’s own: that node takes it, and it is not verified', async () => {
    living = await startLivingFix(stageModel(2));
    const ended = await fixOn(living, INCIDENT, { draft: instead('can-reach=172.17.73.63') });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
  });

  test('under the operator: the Installation is changed, and put back by somebody it is not verified', async () => {
    const made = worldWith('calico-node-ip-mismatch', ({ model }) => model.calico.install === 'operator');
    living = await startLivingFix(made.model);
    const wish = wishOf(made, 'set-calico-ip-autodetection');
    const done = await fixOn(living, wish);
    verified(done);
    await takenBack(done);
    const path = '/apis/operator.tigera.io/v1/installations/default';
    const before = living.get('operator.tigera.io/v1', 'Installation', 'default')['spec'];
    const afterLook = async (): Promise<void> => {
      const spec = { calicoNetwork: { nodeAddressAutodetectionV4: null } };
      await living.write('PATCH', path, { spec });
      await living.write('PATCH', path, { spec: before });
      await living.cluster.living.settled();
    };
    const ended = await fixOn(living, wish, { afterLook });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
    expect(ended.wrong.join('\n')).toContain('verify.change-reversed');
  });
});

describe('set-node-port-addresses', () => {
  const start = async (): Promise<Wish> => {
    const made = worldWith(null, (one) => modern(one) && one.model.proxy.mode === 'iptables');
    const { proxy } = made.model;
    living = await startLivingFix({ ...made.model, proxy: { ...proxy, nodePortAddresses: ['127.0.0.0/8'] } });
    const { causes } = await living.ask(...made.words);
    expect(causes.map(({ rule }) => rule)).toContain('node-port-address-excluded');
    return {
      words: made.words,
      rule: 'node-port-address-excluded',
      object: causes[0]?.object ?? nodeRef(''),
      remediation: 'set-node-port-addresses',
    };
  };

  test('the addresses of the nodes are served again', async () => {
    const wish = await start();
    const done = await fixOn(living, wish);
    verified(done);
    await takenBack(done);
  });

  test('a ConfigMap that somebody puts back before kube-proxy restarts: not verified', async () => {
    const wish = await start();
    const map = living.get('v1', 'ConfigMap', 'kube-proxy', 'kube-system') as unknown as { data: object };
    const { data } = structuredClone(map);
    const path = '/api/v1/namespaces/kube-system/configmaps/kube-proxy';
    const beforeStep = (index: number) => (index === 1 ? living.write('PATCH', path, { data }) : undefined);
    const ended = await fixOn(living, wish, { beforeStep });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
  });
});

test('the rights that are declared are those that are used', () => {
  for (const id of [
    'restart-calico-node',
    'restart-kube-proxy',
    'set-calico-ip-autodetection',
    'set-node-port-addresses',
  ])
    expect.soft([id, rightsCompared(id)]).toEqual([id, { unused: [], undeclared: [] }]);
});
