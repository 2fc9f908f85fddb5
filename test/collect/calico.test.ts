/** Calico as it may be installed: by the operator, with the v3 API, or not at all. */
import { expect, test } from 'vitest';
import { collectEvidence } from '../../src/collect/collect.ts';
import type { EvidenceKind } from '../../src/core/evidence/kinds.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { clock, daemonSet, node, pod } from '../support/cluster-objects.ts';
import { MemoryAgents } from '../support/memory-agents.ts';
import { MemoryCluster, type Obj } from '../support/memory-cluster.ts';

async function items(objects: Obj[], groups: Record<string, string[]>) {
  const cluster = new MemoryCluster([node('n1', '192.0.2.1'), ...objects]);
  cluster.groups = groups;
  const ports = { cluster, agents: new MemoryAgents({}), clock };
  const bundle = await collectEvidence(parseQuestion(['diagnose', 'calico']), ports, { id: 'dx-1' });
  const of = (kind: EvidenceKind) => bundle.items.find((item) => item.kind === kind);
  return { bundle, of };
}

const OPERATOR = { 'operator.tigera.io': ['v1'], 'projectcalico.org': ['v3'] };

function installation(method: object): Obj {
  return {
    apiVersion: 'operator.tigera.io/v1',
    kind: 'Installation',
    metadata: { name: 'default' },
    spec: { calicoNetwork: { nodeAddressAutodetectionV4: method } },
  };
}

test.each([
  [{ firstFound: true }, 'first-found'],
  [{ kubernetes: 'NodeInternalIP' }, 'kubernetes-internal-ip'],
  [{ interface: 'ens.*' }, 'interface=ens.*'],
  [{ skipInterface: 'docker.*' }, 'skip-interface=docker.*'],
  [{ canReach: '8.8.8.8' }, 'can-reach=8.8.8.8'],
  [{ cidrs: ['10.0.0.0/8', '192.168.0.0/16'] }, 'cidr=10.0.0.0/8,192.168.0.0/16'],
  [{ firstFound: false }, undefined],
])("the operator's method %j is %s", async (method, operatorMethod) => {
  const { of } = await items([installation(method), daemonSet('calico-system', 'calico-node')], OPERATOR);
  const { value } = of('calico-install') as { value: { operatorMethod?: string } };
  expect(value).toMatchObject({ kind: 'operator', namespace: 'calico-system', apiGroup: 'projectcalico.org/v3' });
  expect(value.operatorMethod).toBe(operatorMethod);
});

test('the operator says that it is degraded, and a hand edit is kept by its annotation', async () => {
  const set = daemonSet('calico-system', 'calico-node');
  set.metadata.annotations = { 'unsupported.operator.tigera.io/ignore': 'true' };
  const status: Obj = {
    apiVersion: 'operator.tigera.io/v1',
    kind: 'TigeraStatus',
    metadata: { name: 'calico' },
    status: { conditions: [{ type: 'Degraded', status: 'True', message: 'ignored' }] },
  };
  const { of } = await items([installation({}), set, status], OPERATOR);
  expect(of('calico-install')).toMatchObject({ value: { ignoreAnnotation: true, operatorDegraded: 'ignored' } });
});

test('objects under projectcalico.org/v3 are read there; peers and settings as they stand', async () => {
  const v3 = 'projectcalico.org/v3';
  const { of } = await items(
    [
      daemonSet('calico-system', 'calico-node'),
      {
        apiVersion: v3,
        kind: 'IPPool',
        metadata: { name: 'p' },
        spec: { cidr: '10.1.0.0/16', vxlanMode: 'CrossSubnet', disabled: true },
      },
      {
        apiVersion: v3,
        kind: 'BGPConfiguration',
        metadata: { name: 'default' },
        spec: { nodeToNodeMeshEnabled: false, asNumber: '64999', listenPort: 178 },
      },
      {
        apiVersion: v3,
        kind: 'BGPPeer',
        metadata: { name: 'rr' },
        spec: { peerIP: '192.0.2.9', asNumber: 64999, nodeSelector: 'all()' },
      },
    ],
    OPERATOR,
  );
  expect(of('calico-ip-pools')).toMatchObject({
    value: [{ name: 'p', ipipMode: 'Never', vxlanMode: 'CrossSubnet', disabled: true }],
  });
  expect(of('calico-bgp-config')).toMatchObject({
    value: { present: true, meshEnabled: false, asNumber: 64999, listenPort: 178 },
  });
  expect(of('calico-bgp-peers')).toMatchObject({ value: [{ name: 'rr', peerIP: '192.0.2.9', nodeSelector: 'all()' }] });
});

test('no Calico: that is a fact, and nothing else of it is asked for', async () => {
  const { bundle, of } = await items([pod('kube-system', 'x', { a: 'b' }, 'n1')], {});
  expect(of('calico-install')).toMatchObject({ status: 'collected', value: { kind: 'none' } });
  expect(bundle.items.filter((item) => item.kind.startsWith('calico-'))).toHaveLength(1);
});

test('rights that are missing: unavailable, never "no Calico"', async () => {
  const cluster = new MemoryCluster([node('n1', '192.0.2.1')]).fail(/daemonsets/, 'forbidden', 403);
  const ports = { cluster, agents: new MemoryAgents({}), clock };
  const bundle = await collectEvidence(parseQuestion(['diagnose', 'calico']), ports, { id: 'dx-1' });
  expect(bundle.items.find((item) => item.kind === 'calico-install')).toMatchObject({ status: 'unavailable' });
});
