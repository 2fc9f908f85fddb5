import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/rules/evaluate.ts';
import { NODE_RULES } from '../../../src/rules/node/index.ts';
import { nodeNotReady } from '../../../src/rules/node/node-not-ready.ts';
import { nodePortUnreachable } from '../../../src/rules/service/node-port-unreachable.ts';
import { ago, bundle, known, NOW, outcomeOf, said, unknown } from '../../support/evidence.ts';
import {
  attempt,
  cluster,
  DIAGNOSE_N1,
  journal,
  LOOPING,
  node,
  REACH,
  SWAP_FATAL,
  silent,
  swap,
  unit,
  units,
} from './kit.ts';

describe('node-not-ready', () => {
  it('says that the control plane wrote Unknown, and since when the node is silent', () => {
    const outcome = outcomeOf(nodeNotReady, DIAGNOSE_N1, cluster(silent('n1'), node('n2')));
    expect(outcome.judgements).toMatchObject([
      { text: 'silent', object: { kind: 'Node', name: 'n1' }, since: ago(3600), scope: { nodes: ['n1'] } },
    ]);
  });

  it('quotes the node’s own word where kubelet wrote False', () => {
    const sick = node('n1', { status: 'False', reason: 'KubeletNotReady', message: 'PLEG is not healthy' });
    const [finding] = outcomeOf(nodeNotReady, DIAGNOSE_N1, cluster(sick)).judgements;
    expect(finding).toMatchObject({ text: 'own-word', data: { message: 'PLEG is not healthy' } });
  });

  it.each([
    ['a node that never reported', node('n1', { status: 'Unknown', reason: 'NodeStatusNeverUpdated' }), 'never'],
    ['a node without the condition', node('n1', { status: 'none' }), 'no-condition'],
    ['a node that still counts as ready an hour after its last word', node('n1', { beat: 3600 }), 'unwatched'],
  ])('%s', (_, sick, text) => {
    expect(said(nodeNotReady, DIAGNOSE_N1, cluster(sick, node('n2')))).toEqual([`finding ${text} Node/n1`]);
  });

  it.each([
    ['a healthy node', node('n1')],
    ['a node within the grace period', node('n1', { beat: 45 })],
    ['a cordoned node', { ...node('n1'), unschedulable: true }],
  ])('is silent about %s', (_, healthy) => {
    expect(said(nodeNotReady, DIAGNOSE_N1, cluster(healthy))).toEqual([]);
  });

  it('does not take all nodes for silent where the clock here is ahead of theirs', () => {
    const items = cluster(node('n1', { beat: 3600 }), node('n2', { beat: 3605 }));
    expect(said(nodeNotReady, DIAGNOSE_N1, items)).toEqual([]);
  });

  it('leaves the question open where nodes could not be listed, or the node does not exist', () => {
    expect(outcomeOf(nodeNotReady, DIAGNOSE_N1, [unknown('nodes')]).undecided).toBe(true);
    expect(outcomeOf(nodeNotReady, DIAGNOSE_N1, cluster(node('n2'))).undecided).toBe(true);
  });

  it('is what a question about its node asks, and not what one about another node asks', () => {
    const [finding] = outcomeOf(nodeNotReady, DIAGNOSE_N1, cluster(silent('n1'))).judgements;
    if (finding?.type !== 'finding') throw new Error('no finding');
    const other = { type: 'diagnose', target: { kind: 'Node', name: 'n2' } } as const;
    expect(nodeNotReady.answers?.(DIAGNOSE_N1, finding)).toBe(true);
    expect(nodeNotReady.answers?.(other, finding)).toBe(false);
  });

  it('with swap in the journal the whole chain stands: swap, loop, NotReady', () => {
    const items = [
      ...cluster(silent('n1'), node('n2')),
      units('n1', unit('kubelet.service', LOOPING)),
      journal('n1', ...attempt(SWAP_FATAL)),
      swap('n1'),
    ];
    const diagnosis = judge(bundle(DIAGNOSE_N1, items), NODE_RULES);
    expect(diagnosis.verdict).toBe('cause-found');
    expect(diagnosis.causes.map((c) => c.rule)).toEqual(['kubelet-swap-on']);
    expect(diagnosis.symptoms.map((s) => s.rule)).toEqual(['kubelet-crash-loop', 'node-not-ready']);
  });

  it('with last words that nobody knows the verdict is open and the words are shown', () => {
    const odd = 'E0110 run.go:74] "command failed" err="failed to run Kubelet: something nobody has seen"';
    const items = [
      ...cluster(silent('n1')),
      units('n1', unit('kubelet.service', LOOPING)),
      journal('n1', ...attempt(odd)),
    ];
    const diagnosis = judge(bundle(DIAGNOSE_N1, items), NODE_RULES);
    expect(diagnosis.verdict).toBe('inconclusive');
    expect(diagnosis.symptoms.flatMap((s) => s.because.map((p) => p.data['line']))).toContain(odd);
  });

  it('a node that booted without its kubelet explains why a NodePort does not answer through it', () => {
    const service = {
      namespace: 'shop',
      name: 'web',
      type: 'NodePort',
      clusterIPs: [],
      ports: [{ protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 31000 }],
      labels: {},
    };
    const endpoint = {
      ip: '203.0.113.9',
      nodeName: 'n2',
      ready: true,
      serving: true,
      terminating: false,
      ports: [{ port: 8080, protocol: 'TCP' }],
    };
    const items = (booted: number) => [
      ...cluster(silent('n1'), node('n2', { ip: '192.0.2.2' })),
      units('n1', unit('kubelet.service', LOOPING)),
      journal('n1', ...attempt(SWAP_FATAL)),
      swap('n1'),
      known('services', { total: 1, services: [service], clusterIPs: [] }),
      known(
        'endpoints',
        { source: 'Endpoints', objects: 1, endpoints: [endpoint] },
        { kind: 'Service', namespace: 'shop', name: 'web' },
      ),
      known('node-tcp', [{ address: '192.0.2.1', port: 31000, result: 'refused', ms: 1 }], {
        kind: 'Node',
        name: 'n2',
      }),
      known('node-clock', { now: NOW, bootedAt: ago(booted) }, { kind: 'Node', name: 'n1' }),
    ];
    const question = { ...REACH, at: 'n1' };
    const rules = [...NODE_RULES, nodePortUnreachable];
    const rebooted = judge(bundle(question, items(1800)), rules);
    expect([rebooted.verdict, rebooted.causes.map((c) => c.rule)]).toEqual(['cause-found', ['kubelet-swap-on']]);
    // Without a boot in between, what ran goes on: a dead kubelet does not break a NodePort.
    expect(judge(bundle(question, items(90_000)), rules).causes).toEqual([]);
  });

  it('healthy nodes give no word of any rule of the family', () => {
    const diagnosis = judge(bundle(DIAGNOSE_N1, cluster(node('n1'), node('n2'))), NODE_RULES);
    expect([diagnosis.verdict, diagnosis.alsoFound, diagnosis.ruledOut]).toEqual(['no-fault-found', [], []]);
  });
});
