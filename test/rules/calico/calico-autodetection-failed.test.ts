/** A calico-node that ends at every start because its method finds no address: by its log and its container. */
import { expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, nodeRef } from '../../../src/core/object-ref.ts';
import { calicoAutodetectionFailed as rule } from '../../../src/rules/calico/calico-autodetection-failed.ts';
import { known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { CALICO, calicoPod, node, nodes } from './kit.ts';

const REF = namespacedRef('Pod', 'kube-system', 'calico-node-n1');
const INVALID =
  '2026-03-17 09:26:41.068 [ERROR][10] startup.go 530: Invalid IP autodetection method: cidr=192.0.2.0/24';
const NONE =
  "2026-03-17 09:26:41.069 [WARNING][10] startup.go 552: Couldn't autodetect an IPv4 address. If auto-detecting, choose a different autodetection method. Otherwise provide an explicit address.";
const END = '2026-03-17 09:26:41.070 [WARNING][10] startup.go 1049: Terminating';
const STARTED = 'Calico node started successfully';
const log = (...lines: string[]): EvidenceItem => known('pod-log', { lines, truncated: false }, REF, 'calico-node');

type State = { readonly state: 'waiting' | 'running' | 'terminated'; readonly reason?: string };
/** calico-node of n1, whose container is in this state. */
function pod(state: State, restartCount = 3): EvidenceItem {
  const [list] = calicoPod('n1', false);
  const value = structuredClone((list as unknown as { value: { pods: object[] } }).value);
  const status = { name: 'calico-node', init: false, ready: false, restartCount, state, lastState: { state: 'none' } };
  value.pods = value.pods.map((one) => ({ ...one, statuses: [status] }));
  return known('pods', { total: 1, ...value } as never, nodeRef('n1'));
}
const CRASHING = pod({ state: 'waiting', reason: 'CrashLoopBackOff' });
const WELL = nodes(node('n1'), node('n2'));
const finds = (text: string) => [`finding ${text} DaemonSet/kube-system/calico-node`];

test.each<[string, EvidenceItem[], string[]]>([
  ['a method that the version does not know', [...WELL, CRASHING, log(INVALID, NONE, END)], finds('invalid')],
  ['a method that finds nothing', [...WELL, CRASHING, log(NONE, END)], finds('none')],
  ['one that has just ended again', [...WELL, pod({ state: 'terminated', reason: 'Error' }), log(NONE)], finds('none')],
  ['a start after that found one', [...WELL, CRASHING, log(INVALID, NONE, END, STARTED)], []],
  ['it ends for another reason', [...WELL, CRASHING, log('Connection to the datastore is unauthorized', END)], []],
  ['it runs', [...WELL, pod({ state: 'running' }), log(INVALID, NONE, END)], []],
  ['it never ended', [...WELL, pod({ state: 'waiting', reason: 'PodInitializing' }, 0), log(NONE)], []],
  ['its node is silent', [...nodes(node('n1', { silent: 600 }), node('n2')), CRASHING, log(NONE)], []],
  ['its log is not there', [...WELL, CRASHING], []],
])('%s', (_, items, expected) => {
  expect(said(rule, CALICO, items)).toEqual(expected);
});

test('names the method and the node, and what it could not see', () => {
  const [found] = outcomeOf(rule, CALICO, [...WELL, CRASHING, log(INVALID, NONE, END)]).judgements;
  expect(found).toMatchObject({ data: { method: 'cidr=192.0.2.0/24', nodes: ['n1'] }, scope: { nodes: ['n1'] } });
  const blind = outcomeOf(rule, CALICO, [...WELL, CRASHING, unknown('pod-log', REF, 'calico-node')]);
  expect([blind.judgements, blind.missing.map(({ kind }) => kind)]).toEqual([[], ['pod-log']]);
});
