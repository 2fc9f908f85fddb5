/** The table of facts §4.2: what the five probes point to where no rule explains the symptom. */
import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../src/core/evidence.ts';
import { Facts } from '../../src/core/facts.ts';
import type { Question } from '../../src/core/question.ts';
import { judge } from '../../src/rules/evaluate.ts';
import { layerOf } from '../../src/rules/model/layer.ts';
import { bundle, unknown } from '../support/evidence.ts';
import {
  ASK_PORT,
  ASK_SERVICE,
  allBehind,
  backendOf,
  CLUSTER_IP,
  cluster,
  clusterIpFrom,
  endpoint,
  entryOf,
  everyEntry,
  node,
  PORT,
  service,
} from './service/kit.ts';

const inner = service({ type: 'ClusterIP', ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }] });
const udp = service({ ports: [{ name: 'dns', protocol: 'UDP', port: 53, targetPort: 53, nodePort: PORT }] });
const two = [endpoint('b'), endpoint('c')];
const cutOff = {
  [backendOf('b', 'a')]: 'timeout',
  [clusterIpFrom('a')]: 'timeout',
  [entryOf('a')]: 'timeout',
} as const;
const DOWN = { conditions: [{ type: 'Ready', status: 'Unknown' }] };

const ROWS: [string, Question, EvidenceItem[], string | undefined][] = [
  ['fail all | fail all | refused | fail', ASK_PORT, cluster({ tcp: allBehind('b', 'refused') }), 'application'],
  ['fail all | fail all | timeout | fail', ASK_PORT, cluster({ tcp: allBehind('b', 'timeout') }), 'policy'],
  ['fail all, refused | ok | ok | ok', ASK_PORT, cluster({ tcp: everyEntry('refused') }), 'service-proxy'],
  ['fail all, timeout | ok | ok | ok', ASK_PORT, cluster({ tcp: everyEntry('timeout') }), 'firewall'],
  ['fail some | fail exactly those | ok | fail those', ASK_PORT, cluster({ tcp: cutOff }), 'pod-network'],
  ['fail some, timeout | ok | ok | ok', ASK_PORT, cluster({ tcp: { [entryOf('a')]: 'timeout' } }), 'firewall'],
  ['fail some, refused | ok | ok | ok', ASK_PORT, cluster({ tcp: { [entryOf('a')]: 'refused' } }), 'service-proxy'],
  [
    'fail some | ok | ok | fail those',
    ASK_PORT,
    cluster({ tcp: { [entryOf('a')]: 'timeout', [clusterIpFrom('a')]: 'timeout' } }),
    'service-proxy',
  ],
  ['ok from nodes, fails from a client', { ...ASK_PORT, from: '203.0.113.9' }, cluster(), 'client'],
  ['no endpoint', ASK_PORT, cluster({ endpoints: [] }), 'endpoints'],
  [
    'endpoints unknown, entries fail',
    ASK_PORT,
    cluster({ endpoints: 'unknown', tcp: everyEntry('timeout') }),
    'unknown',
  ],
  [
    'one of two endpoints refuses',
    ASK_PORT,
    cluster({ endpoints: two, tcp: { [backendOf('c')]: 'refused' } }),
    'application',
  ],
  [
    'one of two endpoints is silent on its own node',
    ASK_PORT,
    cluster({ endpoints: two, tcp: { [backendOf('c')]: 'timeout', [entryOf('a')]: 'timeout' } }),
    'policy',
  ],
  [
    'one of two endpoints is on a dead node',
    ASK_PORT,
    cluster({
      endpoints: two,
      nodes: [node('a'), node('b'), node('c', DOWN)],
      agents: ['a', 'b'],
      tcp: { [backendOf('c')]: 'timeout' },
    }),
    'node',
  ],
  [
    'the only entry that fails is dead',
    ASK_PORT,
    cluster({ nodes: [node('a', DOWN), node('b'), node('c')], agents: ['b', 'c'], tcp: { [entryOf('a')]: 'timeout' } }),
    'node',
  ],
  [
    'some fail for the pod network, others otherwise',
    ASK_PORT,
    cluster({ tcp: { ...cutOff, [entryOf('c')]: 'timeout' } }),
    'unknown',
  ],
  [
    'a ClusterIP from one node, the endpoint is reached',
    ASK_SERVICE,
    cluster({ service: inner, tcp: { [clusterIpFrom('a')]: 'timeout' } }),
    'service-proxy',
  ],
  [
    'a ClusterIP from one node, the endpoint is not',
    ASK_SERVICE,
    cluster({ service: inner, tcp: cutOff }),
    'pod-network',
  ],
  [
    'a ClusterIP from everywhere, the Pod refuses',
    ASK_SERVICE,
    cluster({ service: inner, tcp: { [backendOf('b')]: 'refused', [`*→${CLUSTER_IP}:80`]: 'refused' } }),
    'application',
  ],
  ['ExternalName', ASK_SERVICE, cluster({ service: service({ type: 'ExternalName' }), endpoints: [] }), 'service'],
  [
    'UDP: connects prove nothing',
    { ...ASK_PORT, target: { ...ASK_PORT.target, protocol: 'UDP' } },
    cluster({
      service: udp,
      endpoints: [endpoint('b', { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] })],
      tcp: everyEntry('refused'),
    }),
    undefined,
  ],
  ['no agent answered', ASK_PORT, cluster({ agents: [] }), undefined],
  [
    'not a question about reachability',
    { type: 'diagnose', target: { kind: 'Node', name: 'a' } },
    cluster(),
    undefined,
  ],
  ['Services unknown', ASK_PORT, [unknown('services')], undefined],
];

describe('the layer', () => {
  it.each(ROWS)('%s', (_, question, items, expected) =>
    expect(layerOf(Facts.from(bundle(question, items)))).toBe(expected),
  );

  it('is named by the verdict where no rule explains what fails', () => {
    const unexplained = ROWS.filter(([name]) => name.startsWith('fail'));
    expect(unexplained.length).toBe(8);
    for (const [name, question, items, layer] of unexplained) {
      const diagnosis = judge(bundle(question, items));
      expect([name, diagnosis.verdict, diagnosis.layer]).toEqual([name, 'inconclusive', layer]);
      expect(diagnosis.causes.filter((cause) => cause.confidence === 'confirmed')).toEqual([]);
    }
  });

  it('is not named where a cause was found', () => {
    const local = service({ externalTrafficPolicy: 'Local' });
    const tcp = { [entryOf('a')]: 'timeout', [entryOf('c')]: 'timeout' } as const;
    expect(judge(bundle(ASK_PORT, cluster({ service: local, tcp }))).layer).toBeUndefined();
  });
});
