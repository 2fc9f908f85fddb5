/** End to end on generated clusters: faults of Calico and of the pod network give exactly their rule and object. */
import { describe, expect, it } from 'vitest';
import { refText } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { type FaultName, generateCluster } from '../../../src/sandbox/cluster/simulate/generate.ts';
import { renderCluster } from '../../../src/sandbox/cluster/simulate/render.ts';
import { simulatedEvidence } from '../../support/simulated-evidence.ts';

const FAULTS = [
  'calico-bgp-no-peers',
  'calico-bgp-port-blocked',
  'calico-bird-not-running',
  'calico-node-ip-mismatch',
  'encapsulation-blocked',
  'kubelet-swap-on',
  'pod-route-missing',
] as const satisfies readonly FaultName[];
const COUNT = process.env['KUBEWHY_TEST_LONG'] === undefined ? 4 : 40;

describe.each(FAULTS.map((fault, place) => [fault, place] as const))('%s', (fault, place) => {
  const seeds = Array.from({ length: COUNT }, (_, i) => 20_000 + place * 1000 + i);
  it.each(seeds)('seed %d', { timeout: 60_000 }, async (seed) => {
    const { model, expect: wanted } = generateCluster(seed, { fault });
    const diagnosis = judge(await simulatedEvidence(renderCluster(model), wanted.question));
    const causes = diagnosis.causes.map((c) => `${c.rule} ${refText(c.object)} ${c.confidence}`);
    // A fault of several nodes is one cause on each of them.
    const places =
      wanted.nodes.length > 0
        ? wanted.nodes.map((name) => `Node/${name}`)
        : [refText(wanted.object ?? { kind: 'Cluster', name: 'cluster' })];
    const sure = !isLostOutside(model);
    expect([diagnosis.verdict, causes.sort()]).toEqual([
      sure ? 'cause-found' : 'inconclusive',
      places.map((at) => `${fault} ${at} ${sure ? 'confirmed' : 'likely'}`).sort(),
    ]);
    expect(diagnosis.ruledOut.map((c) => c.rule)).not.toContain(fault);
  });
});

/** VXLAN that gets lost outside of the hosts looks like a broken checksum offload: only the wire tells the two apart. */
function isLostOutside(model: ReturnType<typeof generateCluster>['model']): boolean {
  return (
    model.calico.encapsulation === 'vxlan' && model.nodes.some((node) => node.faults.encapsulationBlocked === 'outside')
  );
}
