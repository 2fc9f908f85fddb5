import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { containerRuntimeDown } from '../../../src/rules/node/container-runtime-down.ts';
import { containerRuntimeHung } from '../../../src/rules/node/container-runtime-hung.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { pod, podsOf } from '../workload/kit.ts';
import { cluster, DIAGNOSE_N1, journal, node, RUNNING, silent, unit, units } from './kit.ts';

const PLEG = 'PLEG is not healthy: pleg was last seen active 3m12.4s ago; threshold is 3m0s';
const notReady = (message: string) => cluster(node('n1', { status: 'False', reason: 'KubeletNotReady', message }));
const runs = units('n1', unit('kubelet.service', RUNNING), unit('containerd.service', RUNNING));
const failed = units(
  'n1',
  unit('kubelet.service', RUNNING),
  unit('containerd.service', { activeState: 'failed', subState: 'failed' }),
);
const LOST =
  'E0115 11:59:01.1 99 remote_runtime.go:277] "ListPodSandbox with filter from runtime service failed" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded"';
const say = (...items: readonly EvidenceItem[]) => said(containerRuntimeHung, DIAGNOSE_N1, items);

describe('container-runtime-hung', () => {
  it.each([
    [PLEG],
    ['container runtime status check may not have completed yet'],
    ['[container runtime is down, PLEG is not healthy: pleg was last seen active 4m2s ago; threshold is 3m0s]'],
    ['container runtime is down'],
  ])('%s, while it runs', (message) => {
    expect(say(...notReady(message), runs)).toEqual(['finding found Node/n1']);
    expect(said(containerRuntimeDown, DIAGNOSE_N1, [...notReady(message), runs])).toEqual([]);
    expect(judge(bundle(DIAGNOSE_N1, [...notReady(message), runs]))).toMatchObject({
      verdict: 'cause-found',
      causes: [{ rule: 'container-runtime-hung' }],
      symptoms: [{ rule: 'node-not-ready' }],
    });
  });

  it('without systemd’s word it is likely', () => {
    expect(say(...notReady(PLEG))).toEqual(['finding found Node/n1 (likely)']);
    expect(say(...notReady(PLEG), unknown('node-units', nodeRef('n1')))).toEqual(['finding found Node/n1 (likely)']);
  });

  it('calls that nobody answers, on a node that still is ready', () => {
    expect(say(...cluster(node('n1')), runs, journal('n1', LOST, LOST, LOST))).toEqual([
      'finding slow Node/n1 (likely)',
    ]);
  });

  it('names the disk where everything waits for it', () => {
    const io = { full: { avg10: 60, avg60: 48.6, avg300: 20 } };
    const items = [...notReady(PLEG), runs, known('node-pressure', { io }, nodeRef('n1'))];
    expect(outcomeOf(containerRuntimeHung, DIAGNOSE_N1, items).judgements).toMatchObject([
      {
        because: [{ text: 'condition' }, { text: 'runtime' }, { text: 'stall', data: { percent: 49 } }],
        advice: [{ text: 'disk' }],
      },
    ]);
  });

  it('explains Pods that do not start there, and not those of elsewhere', () => {
    const items = (other: string): EvidenceItem[] => [
      ...cluster(node('n1'), node('n2', { ip: '192.0.2.2' })),
      runs,
      journal('n1', LOST, LOST, LOST),
      podsOf(
        { kind: 'Namespace', name: 'shop' },
        pod('web-5d9-a', { phase: 'Pending', conditions: [] }),
        pod('web-5d9-b', { phase: 'Pending', conditions: [], nodeName: other }),
      ),
    ];
    const ask = { type: 'diagnose' as const, target: { kind: 'Node' as const, name: 'n1' } };
    const linked = (other: string) => {
      const all = judge(bundle(ask, items(other)));
      const list = [...all.causes, ...all.symptoms, ...all.alsoFound];
      const pending = list.find((f) => f.rule === 'pod-pending')?.id ?? '?';
      return list.find((f) => f.rule === 'container-runtime-hung')?.explains.includes(pending);
    };
    expect([linked('n1'), linked('n2')]).toEqual([true, false]);
  });

  it.each<[string, EvidenceItem[]]>([
    ['a runtime that does not run', [...notReady(PLEG), failed]],
    ['"down" without a word on the unit: it may be just that', notReady('container runtime is down')],
    ['a node that is silent', [...cluster(silent('n1')), runs, journal('n1', LOST, LOST, LOST)]],
    ['two lost calls', [...cluster(node('n1')), runs, journal('n1', LOST, LOST)]],
    [
      'a network plugin that is not there',
      [...notReady('container runtime network not ready: NetworkReady=false'), runs],
    ],
    [
      'lost calls of an hour ago',
      [
        ...cluster(node('n1')),
        runs,
        known(
          'node-journal',
          { lines: [1, 2, 3].map((i) => ({ time: ago(3600 + i), text: LOST })), truncated: false },
          nodeRef('n1'),
          'kubelet.service',
        ),
      ],
    ],
    [
      'calls to the API server that time out',
      [
        ...cluster(node('n1')),
        runs,
        journal('n1', ...[1, 2, 3].map(() => 'Failed to update lease: context deadline exceeded')),
      ],
    ],
    ['nothing', []],
  ])('is silent about %s', (_, items) => {
    expect(say(...items)).toEqual([]);
  });

  it('a runtime that does not run is the other rule’s matter', () => {
    expect(said(containerRuntimeDown, DIAGNOSE_N1, [...notReady('container runtime is down'), failed])).toEqual([
      'finding found Node/n1',
    ]);
  });
});
