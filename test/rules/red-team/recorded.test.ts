import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/rules/evaluate.ts';
import { loadStage } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { simulatedEvidence } from '../../support/simulated-evidence.ts';

async function diagnosed(stage: 1 | 2 | 3 | 4, ...question: string[]) {
  const { verdict, causes } = judge(await simulatedEvidence(loadStage(stage) as never, question));
  return [verdict, causes.map((cause) => `${cause.rule} ${cause.object.name}`).sort()];
}

/** The name of calico-node's Pod on a node. */
function calicoPod(stage: 1 | 2 | 3 | 4, node: string): string {
  const pods = loadStage(stage).objects as unknown as {
    kind: string;
    metadata: { name: string };
    spec?: { nodeName?: string };
  }[];
  const pod = pods.find(
    (o) => o.kind === 'Pod' && o.spec?.nodeName === node && o.metadata.name.startsWith('calico-node-'),
  );
  return `kube-system/${pod?.metadata.name ?? ''}`;
}

describe('the recorded incident, asked about calico-node itself', () => {
  it.each([1, 3] as const)('its Pods are not ready, and not well (stage %i)', async (stage) => {
    const expected = ['cause-found', ['calico-node-ip-mismatch k8smater1']];
    expect(await diagnosed(stage, 'diagnose', 'pod', calicoPod(stage, 'k8smaster2'))).toEqual(expected);
    expect(await diagnosed(stage, 'diagnose', 'daemonset', 'kube-system/calico-node')).toEqual(expected);
  });

  it('the Pod on the silent node is as unknown as the node', async () => {
    const asked = ['diagnose', 'pod', calicoPod(1, 'k8scephnode')];
    expect(await diagnosed(1, ...asked)).toEqual(['inconclusive', []]);
    expect(await diagnosed(2, 'diagnose', 'pod', calicoPod(2, 'k8scephnode'))).toEqual([
      'cause-found',
      ['kubelet-swap-on k8scephnode'],
    ]);
  });

  it('two causes keep its DaemonSet from being complete', async () => {
    expect(await diagnosed(2, 'diagnose', 'daemonset', 'kube-system/calico-node')).toEqual([
      'cause-found',
      ['calico-node-ip-mismatch k8smater1', 'kubelet-swap-on k8scephnode'],
    ]);
  });

  it('what is well is well while other things are broken', async () => {
    for (const asked of [
      ['diagnose', 'node', 'k8smaster2'],
      ['diagnose', 'deployment', 'ci/jenkins'],
      ['diagnose', 'deployment', 'kube-system/coredns'],
    ])
      expect(await diagnosed(1, ...asked)).toEqual(['no-fault-found', []]);
  });
});
