import { describe, expect, it } from 'vitest';
import type { PodObject } from '../../../src/core/evidence/cluster-types.ts';
import { podsOnUnreadyNode } from '../../../src/rules/node/pods-on-unready-node.ts';
import { known, outcomeOf, said } from '../../support/evidence.ts';
import { cluster, node, REACH, silent } from './kit.ts';

function pod(name: string, nodeName: string, phase = 'Running'): PodObject {
  return {
    namespace: 'shop',
    name,
    nodeName,
    phase,
    podIPs: [],
    hostNetwork: false,
    labels: {},
    owners: [],
    conditions: [],
    containers: [],
    statuses: [],
    tolerations: [],
  };
}
const DAEMONSET = { kind: 'DaemonSet', namespace: 'shop', name: 'web' };
const pods = known(
  'pods',
  { total: 3, pods: [pod('a', 'n1'), pod('b', 'n1', 'Succeeded'), pod('c', 'n2')] },
  DAEMONSET,
);

describe('pods-on-unready-node', () => {
  it('counts the Pods of a silent node, once each, wherever they were listed', () => {
    const again = known('pods', { total: 1, pods: [pod('a', 'n1')] }, { kind: 'Node', name: 'n1' });
    const [finding] = outcomeOf(podsOnUnreadyNode, REACH, [
      ...cluster(silent('n1'), node('n2')),
      pods,
      again,
    ]).judgements;
    expect(finding).toMatchObject({
      text: 'found',
      severity: 'info',
      object: { kind: 'Node', name: 'n1' },
      data: { count: 1, running: 1, pods: ['shop/a'] },
    });
  });

  it.each([
    ['a node whose own kubelet says that it is not ready: it still speaks', node('n1', { status: 'False' })],
    ['a ready node', node('n1')],
  ])('is silent about %s', (_, one) => {
    expect(said(podsOnUnreadyNode, REACH, [...cluster(one, node('n2')), pods])).toEqual([]);
  });

  it('is silent where no Pods were listed', () => {
    expect(said(podsOnUnreadyNode, REACH, cluster(silent('n1')))).toEqual([]);
  });
});
