import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { nodeUnreachable } from '../../../src/rules/node/node-unreachable.ts';
import { ago, known, NOW, said, unknown } from '../../support/evidence.ts';
import { cluster, DIAGNOSE_N1, node, REACH, silent } from './kit.ts';

type Result = 'open' | 'refused' | 'timeout' | 'no-route';
function tcp(from: string, ...probes: readonly (readonly [string, number, Result])[]): EvidenceItem {
  return known(
    'node-tcp',
    probes.map(([address, port, result]) => ({ address, port, result, ms: 1 })),
    nodeRef(from),
  );
}
const N1 = '192.0.2.1';
const N3 = '192.0.2.3';
const NODES = cluster(silent('n1', N1), node('n2', { ip: '192.0.2.2' }), node('n3', { ip: N3 }));

describe('node-unreachable', () => {
  it('finds a host that no other node reaches', () => {
    const items = [...NODES, tcp('n2', [N1, 10250, 'timeout'], [N1, 22, 'no-route'], [N3, 10250, 'open'])];
    expect(said(nodeUnreachable, DIAGNOSE_N1, items)).toEqual(['finding found Node/n1']);
  });

  it('is only likely where the one node that tried reaches nothing at all', () => {
    const items = [...NODES, tcp('n2', [N1, 10250, 'timeout'], [N1, 22, 'timeout'])];
    expect(said(nodeUnreachable, DIAGNOSE_N1, items)).toEqual(['finding found Node/n1 (likely)']);
  });

  it.each<[string, EvidenceItem[]]>([
    ['the host refuses kubelet’s port: only kubelet is dead', [tcp('n2', [N1, 10250, 'refused'], [N3, 10250, 'open'])]],
    ['ssh answers', [tcp('n2', [N1, 10250, 'timeout'], [N1, 22, 'open'])]],
    [
      'its own agent answers',
      [
        tcp('n2', [N1, 10250, 'timeout'], [N3, 22, 'open']),
        known('node-clock', { now: NOW, bootedAt: ago(900) }, nodeRef('n1')),
      ],
    ],
    ['nobody tried', []],
    ['the agents of the others could not be asked', [unknown('node-tcp', nodeRef('n2'))]],
  ])('is silent where %s', (_, items) => {
    expect(said(nodeUnreachable, DIAGNOSE_N1, [...NODES, ...items])).toEqual([]);
  });

  it('is silent about a ready node that does not answer on these ports', () => {
    const items = [...cluster(node('n1'), node('n2')), tcp('n2', [N1, 10250, 'timeout'])];
    expect(said(nodeUnreachable, DIAGNOSE_N1, items)).toEqual([]);
  });

  describe('why a NodePort is not reachable', () => {
    const service = {
      namespace: 'shop',
      name: 'web',
      type: 'NodePort',
      clusterIPs: ['198.18.0.9'],
      selector: { app: 'web' },
      ports: [{ protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 31000 }],
      labels: {},
    };
    const services = known('services', { total: 1, services: [service], clusterIPs: [] });
    const endpoints = (on: string) =>
      known(
        'endpoints',
        {
          source: 'EndpointSlice',
          objects: 1,
          endpoints: [
            {
              ip: '203.0.113.9',
              nodeName: on,
              ready: true,
              serving: true,
              terminating: false,
              ports: [{ port: 8080, protocol: 'TCP' }],
            },
          ],
        },
        namespacedRef('Service', 'shop', 'web'),
      );
    const failing = tcp('n2', [N3, 31000, 'timeout'], [N1, 22, 'open']);

    it('rules the NotReady node out where ways fail that do not touch it', () => {
      expect(said(nodeUnreachable, REACH, [...NODES, services, endpoints('n2'), failing])).toEqual([
        'cleared off-path Node/n1',
      ]);
    });

    it('does not where the endpoint runs there', () => {
      expect(said(nodeUnreachable, REACH, [...NODES, services, endpoints('n1'), failing])).toEqual([]);
    });

    it('does not where it is the very entry that was asked about', () => {
      const question: Question = { ...REACH, at: 'n1' };
      expect(said(nodeUnreachable, question, [...NODES, services, endpoints('n2'), failing])).toEqual([]);
    });

    it('does not where every other way works', () => {
      const working = tcp('n2', [N3, 31000, 'open'], [N1, 31000, 'timeout'], [N1, 22, 'open']);
      expect(said(nodeUnreachable, REACH, [...NODES, services, endpoints('n2'), working])).toEqual([]);
    });
  });
});
