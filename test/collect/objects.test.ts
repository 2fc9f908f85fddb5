/** The forms in which servers of different versions send the same things, and what is read out of configuration texts. */
import { describe, expect, test } from 'vitest';
import { clusterNetworks } from '../../src/collect/agents/networks.ts';
import { toEvent } from '../../src/collect/objects/event.ts';
import { toNode } from '../../src/collect/objects/node.ts';
import { toPod } from '../../src/collect/objects/pod.ts';
import { fromEndpoints, fromSlice, toService } from '../../src/collect/objects/service.ts';
import { toWorkload } from '../../src/collect/objects/workload.ts';
import { yamlField, yamlList } from '../../src/collect/yaml-fields.ts';
import { CLUSTER_SCHEMAS } from '../../src/core/evidence/kinds.ts';
import { node } from '../support/cluster-objects.ts';

describe('objects', () => {
  test('an EndpointSlice of v1beta1 names the node in its topology; conditions left out mean ready', () => {
    const slice = {
      metadata: { name: 'x', namespace: 'a', labels: { 'kubernetes.io/service-name': 'web' } },
      endpoints: [{ addresses: ['10.0.0.1'], topology: { 'kubernetes.io/hostname': 'n1' } }],
      ports: [
        { name: '', port: 80 },
        { name: 'all-ports', port: null },
      ],
    };
    expect(fromSlice(slice)).toEqual({
      namespace: 'a',
      service: 'web',
      endpoints: [
        {
          ip: '10.0.0.1',
          nodeName: 'n1',
          ready: true,
          serving: true,
          terminating: false,
          ports: [{ port: 80, protocol: 'TCP' }],
        },
      ],
    });
  });

  test('a terminating endpoint is serving and not ready', () => {
    const conditions = { ready: false, serving: true, terminating: true };
    const slice = { metadata: { name: 'x' }, endpoints: [{ addresses: ['10.0.0.1'], conditions }], ports: null };
    expect(fromSlice(slice).endpoints[0]).toMatchObject(conditions);
  });

  test('Endpoints: addresses that are not ready are kept as such', () => {
    const subsets = [{ notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [{ port: 1 }] }];
    expect(fromEndpoints({ metadata: { name: 'web' }, subsets }).endpoints).toMatchObject([
      { ip: '10.0.0.2', ready: false },
    ]);
  });

  test('a headless Service has no addresses; one without a targetPort has its port', () => {
    const made = toService({
      metadata: { name: 'x', namespace: 'a' },
      spec: { clusterIP: 'None', ports: [{ port: 53, protocol: 'UDP' }] },
    });
    expect(made).toMatchObject({
      type: 'ClusterIP',
      clusterIPs: [],
      ports: [{ port: 53, targetPort: 53, protocol: 'UDP' }],
    });
    expect('selector' in made).toBe(false);
  });

  test('an event of newer senders: series and eventTime', () => {
    const made = toEvent({
      metadata: {},
      eventTime: '2026-01-01T00:00:00.000000Z',
      firstTimestamp: null,
      series: { count: 9, lastObservedTime: '2026-01-01T01:00:00.000000Z' },
      involvedObject: { kind: 'Pod', name: 'x' },
      reportingComponent: 'kubelet',
    });
    expect(made).toMatchObject({
      count: 9,
      firstTime: '2026-01-01T00:00:00.000000Z',
      lastTime: '2026-01-01T01:00:00.000000Z',
      source: 'kubelet',
    });
  });

  test('objects with null in every place that Go leaves null, and the barest ones, still fit the evidence', () => {
    const bare = {
      metadata: { name: 'x', labels: null, annotations: null, creationTimestamp: null },
      spec: null,
      status: null,
    };
    expect(CLUSTER_SCHEMAS.nodes.safeParse({ total: 1, nodes: [toNode(bare)] }).error).toBeUndefined();
    expect(CLUSTER_SCHEMAS.pods.safeParse({ total: 1, pods: [toPod(bare)] }).error).toBeUndefined();
    const workload = toWorkload('Deployment', { ...bare, spec: {} });
    expect(CLUSTER_SCHEMAS.workload.safeParse(workload).error).toBeUndefined();
    expect(workload).toMatchObject({ desired: 1, ready: 0 });
  });

  test('annotations of other people are left out, messages are bounded', () => {
    const made = toNode(node('n1', '192.0.2.1'));
    expect(made.annotations).toEqual({ 'projectcalico.org/IPv4Address': '192.0.2.1/24' });
    const message = 'x'.repeat(10_000);
    const pod = toPod({
      metadata: { name: 'x' },
      status: { conditions: [{ type: 'Ready', status: 'False', message }] },
    });
    expect(pod.conditions[0]?.message?.length).toBe(2000);
  });

  test.each([
    ['a Job', 'Job', { completions: 3 }, { succeeded: 1, active: 1, ready: 1 }, { desired: 3, ready: 2 }],
    ['a DaemonSet', 'DaemonSet', {}, { desiredNumberScheduled: 4, numberReady: 3 }, { desired: 4, ready: 3 }],
    ['a Deployment scaled to zero', 'Deployment', { replicas: 0 }, {}, { desired: 0, ready: 0 }],
  ])('%s is counted by its own fields', (_, kind, spec, status, counts) => {
    expect(toWorkload(kind, { metadata: { name: 'x' }, spec, status })).toMatchObject(counts);
  });
});

describe('fields of configuration texts', () => {
  const text =
    'kind: KubeProxyConfiguration\nmode: "ipvs" # as we like it\nempty: ""\nnothing: null\nlist:\n- 10.0.0.0/8\n- "fd00::/8"\nnext: 1\ninline: [a, \'b\']\nnested:\n  mode: no\n';

  test.each([
    ['quoted', 'mode', 'ipvs'],
    ['empty', 'empty', undefined],
    ['null', 'nothing', undefined],
    ['missing', 'missing', undefined],
    ['plain', 'next', '1'],
  ])('%s', (_, name, value) => {
    expect(yamlField(text, name)).toBe(value);
  });

  test('only at the top level where that is meant', () => {
    expect(yamlField('nested:\n  mode: x\n', 'mode', 0)).toBeUndefined();
    expect(yamlField('nested:\n  mode: x\n', 'mode')).toBe('x');
  });

  test('lists, one a line or in brackets', () => {
    expect(yamlList(text, 'list')).toEqual(['10.0.0.0/8', 'fd00::/8']);
    expect(yamlList(text, 'inline')).toEqual(['a', 'b']);
    expect(yamlList(text, 'nothing')).toEqual([]);
    expect(yamlList(text, 'missing')).toEqual([]);
  });
});

describe('the ranges that agents may connect to', () => {
  const nodes = [toNode(node('n1', '192.0.2.1', '192.0.2.1/22'))];
  const base = { nodes, endpoints: [], pools: ['10.20.0.0/16'], serviceCidrs: ['10.30.0.0/16'], podCidrs: [] };

  test.each([
    ['next to the node', '192.0.2.200', true],
    ['in the LAN that Calico states', '192.0.3.9', true],
    ['somewhere else', '203.0.113.5', false],
    ['the metadata address', '169.254.169.254', false],
    ['no address', 'n1', false],
  ])('an entry %s', (_, at, allowed) => {
    expect(clusterNetworks({ ...base, at }).includes(at)).toBe(allowed);
  });

  test('a range as wide as the Internet is none', () => {
    expect(clusterNetworks({ ...base, pools: ['0.0.0.0/0', '::/0', 'nonsense'] })).not.toContain('0.0.0.0/0');
  });

  test("nodes' own ranges count where nothing states the cluster's", () => {
    expect(clusterNetworks({ ...base, pools: [], serviceCidrs: [] })).toContain('10.20.0.0/24');
    expect(clusterNetworks(base)).not.toContain('10.20.0.0/24');
  });
});
