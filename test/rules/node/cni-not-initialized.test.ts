import { describe, expect, it } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { cniNotInitialized } from '../../../src/rules/node/cni-not-initialized.ts';
import { known, said, unknown } from '../../support/evidence.ts';
import { cluster, DIAGNOSE_N1, node, silent } from './kit.ts';

const MESSAGE =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
const sick = (message = MESSAGE) => cluster(node('n1', { status: 'False', reason: 'KubeletNotReady', message }));
const files = (...list: { file: string; error?: string }[]) =>
  known('node-cni', { files: list.map((f) => ({ plugins: [], ...f })) }, nodeRef('n1'));

describe('cni-not-initialized', () => {
  it.each([
    ['today’s words', MESSAGE],
    [
      'the words of v1.18',
      'runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: network plugin is not ready: cni config uninitialized',
    ],
    ['an empty folder', 'network plugin is not ready: no networks found in /etc/cni/net.d'],
  ])('reads %s', (_, message) => {
    expect(said(cniNotInitialized, DIAGNOSE_N1, sick(message))).toEqual(['finding found Node/n1']);
  });

  it.each([
    ['no file', files(), 'empty'],
    ['a broken file first', files({ file: '00-old.conf', error: 'no plugins' }, { file: '10-net.conflist' }), 'broken'],
    ['a left-over file first', files({ file: '05-old.conf' }, { file: '10-net.conflist' }), 'first-wins', ' (likely)'],
    ['one good file that the runtime has not read yet', files({ file: '10-net.conflist' }), 'found'],
  ])('tells %s', (_, item, text, sure = '') => {
    expect(said(cniNotInitialized, DIAGNOSE_N1, [...sick(), item])).toEqual([`finding ${text} Node/n1${sure}`]);
  });

  it.each([
    ['a node whose kubelet is silent: nobody knows', cluster(silent('n1'))],
    ['a ready node with two files', [...cluster(node('n1')), files({ file: '05-a.conf' }, { file: '10-b.conf' })]],
    ['another reason of kubelet', sick('PLEG is not healthy')],
  ])('is silent about %s', (_, items) => {
    expect(said(cniNotInitialized, DIAGNOSE_N1, items)).toEqual([]);
  });

  it('stands on the node’s own word where the files could not be read', () => {
    expect(said(cniNotInitialized, DIAGNOSE_N1, [...sick(), unknown('node-cni', nodeRef('n1'))])).toEqual([
      'finding found Node/n1',
    ]);
  });
});
