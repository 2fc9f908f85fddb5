import { describe, expect, it } from 'vitest';
import type { PersistentVolume } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import type { Question } from '../../../src/core/question.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { pvFailed, pvReclaimFailed } from '../../../src/rules/storage/pv-failed.ts';
import { volumeMountFailed } from '../../../src/rules/storage/volume-mount-failed.ts';
import { ago, bundle, known, outcomeOf, said as saidBy, unknown } from '../../support/evidence.ts';
import { cluster, node, silent } from '../node/kit.ts';
import { ASK, ASK_WEB, claim, POD, said, starting, volume } from './kit.ts';

const BOUND = claim({ phase: 'Bound', volumeName: 'pvc-1234' });
const NODES = cluster(node('n1'));
const fails = (message: string, reason = 'FailedMount') => [...NODES, BOUND, starting(), said(reason, message, POD)];
const say = (items: readonly EvidenceItem[]) => saidBy(volumeMountFailed, ASK_WEB, items);

const LINES: readonly (readonly [message: string, text: string])[] = [
  ['Multi-Attach error for volume "pvc-1234" Volume is already used by pod(s) web-5d9-old', 'multi-attach'],
  [
    'Multi-Attach error for volume "pvc-1234" Volume is already exclusively attached to one node and can\'t be attached to another',
    'multi-attach',
  ],
  [
    'MountVolume.MountDevice failed for volume "pvc-1234" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name csi.example.com not found in the list of registered CSI drivers',
    'driver',
  ],
  [
    'MountVolume.MountDevice failed for volume "pvc-1234" : mount failed: exit status 32\nOutput: mount: /x: wrong fs type, bad option, bad superblock on /dev/sdb',
    'file-system',
  ],
  [
    'MountVolume.SetUp failed for volume "pvc-1234" : mount failed: exit status 32\nOutput: mount.nfs: access denied by server while mounting 192.0.2.77:/a',
    'denied',
  ],
  [
    'MountVolume.SetUp failed for volume "pvc-1234" : mount failed: exit status 32\nOutput: mount.nfs: Connection timed out',
    'server',
  ],
  [
    'MountVolume.SetUp failed for volume "pvc-1234" : mount failed: exit status 32\nOutput: mount.nfs: No route to host',
    'server',
  ],
  ['MountVolume.NewMounter initialization failed for volume "pvc-1234" : path "/mnt/disks/a" does not exist', 'path'],
  ['AttachVolume.Attach failed for volume "pvc-1234" : rpc error: code = Internal desc = no more slots', 'other'],
  ['MountVolume.SetUp failed for volume "pvc-1234" : mount failed: exit status 32', 'other'],
];

describe('volume-mount-failed', () => {
  it.each(LINES)('%s', (message, text) => {
    const items = fails(
      message,
      message.startsWith('AttachVolume') || message.startsWith('Multi') ? 'FailedAttachVolume' : 'FailedMount',
    );
    expect(say(items)).toEqual([`finding ${text} PersistentVolumeClaim/shop/data`]);
    expect(judge(bundle(ASK_WEB, items))).toMatchObject({
      verdict: 'cause-found',
      causes: [{ rule: 'volume-mount-failed', text }],
      symptoms: [{ rule: 'pod-pending', text: 'starting' }],
    });
  });

  it('that time ran out says little: likely', () => {
    const late =
      'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data]: timed out waiting for the condition';
    expect(say(fails(late))).toEqual(['finding late PersistentVolumeClaim/shop/data (likely)']);
  });

  it('is found by the claim that was asked about as well, and names its volume', () => {
    const nfs = known('persistent-volume', volume('pvc-1234', { source: 'nfs', detail: '192.0.2.77:/a' }), {
      kind: 'PersistentVolume',
      name: 'pvc-1234',
    });
    const [cause] = judge(bundle(ASK, [...fails('mount.nfs: Connection refused'), nfs])).causes;
    expect(cause).toMatchObject({
      text: 'server',
      because: [{}, { text: 'source', data: { detail: '192.0.2.77:/a' } }],
    });
  });

  it('without a claim it is the workload’s', () => {
    const items = [
      ...NODES,
      starting({ claims: [] }),
      said(
        'FailedMount',
        'MountVolume.SetUp failed for volume "host" : hostPath type check failed: /x is not a directory',
        POD,
      ),
    ];
    expect(say(items)).toEqual(['finding path Deployment/shop/web']);
  });

  const WRONG_FS = 'mount failed: exit status 32';
  it.each<[string, EvidenceItem[]]>([
    ['a Secret that is not there', fails('MountVolume.SetUp failed for volume "cfg" : secret "web" not found')],
    ['a ConfigMap that is not there', fails('MountVolume.SetUp failed for volume "cfg" : configmap "web" not found')],
    [
      'a failure of half an hour ago',
      [...NODES, BOUND, starting(), said('FailedMount', WRONG_FS, POD, { lastTime: ago(1800) })],
    ],
    [
      'a Pod that started after all',
      [...NODES, BOUND, starting({ phase: 'Running' }), said('FailedMount', WRONG_FS, POD)],
    ],
    ['a Pod on a silent node', [...cluster(silent('n1')), BOUND, starting(), said('FailedMount', WRONG_FS, POD)]],
    ['other events', fails('Back-off pulling image', 'BackOff')],
    ['events that could not be read', [...NODES, BOUND, starting(), unknown('events', POD)]],
  ])('is silent about %s', (_, items) => {
    expect(say(items)).toEqual([]);
  });
});

describe('pv-failed and pv-reclaim-failed', () => {
  const PV = { kind: 'PersistentVolume', name: 'pv-1' };
  const ask: Question = { type: 'diagnose', target: { kind: 'PersistentVolume', name: 'pv-1' } };
  const one = (change: Partial<PersistentVolume>) =>
    known(
      'persistent-volume',
      volume('pv-1', { reclaimPolicy: 'Delete', claim: { namespace: 'shop', name: 'data' }, ...change }),
      PV,
    );
  const why = said('VolumeFailedDelete', 'rpc error: volume is still attached', PV);

  it.each<[string, EvidenceItem[], string, string[]]>([
    ['a deletion that failed, by its event', [one({ phase: 'Failed' }), why], 'cause-found', ['pv-reclaim-failed']],
    [
      'by its own message',
      [one({ phase: 'Failed', message: 'no volume plugin matched' })],
      'cause-found',
      ['pv-reclaim-failed'],
    ],
    ['released, and the deletion fails', [one({ phase: 'Released' }), why], 'cause-found', ['pv-reclaim-failed']],
    ['failed without a word', [one({ phase: 'Failed' })], 'inconclusive', []],
    ['not ready for anybody', [one({ phase: 'Pending' })], 'inconclusive', []],
    ['released and kept on purpose', [one({ phase: 'Released', reclaimPolicy: 'Retain' })], 'no-fault-found', []],
    ['bound: how full it is nobody saw', [one({ phase: 'Bound' })], 'inconclusive', []],
    ['not to be read', [unknown('persistent-volume', PV)], 'inconclusive', []],
  ])('%s', (_, items, verdict, causes) => {
    const diagnosis = judge(bundle(ask, items));
    expect([diagnosis.verdict, diagnosis.causes.map((f) => f.rule)]).toEqual([verdict, causes]);
  });

  it('are silent about volumes that are bound, and about other questions', () => {
    expect(saidBy(pvFailed, ASK_WEB, [one({ phase: 'Bound' })])).toEqual([]);
    expect(saidBy(pvReclaimFailed, ask, [one({ phase: 'Bound' }), why])).toEqual([]);
    expect(outcomeOf(pvFailed, ask, [one({ phase: 'Failed' })]).judgements).toMatchObject([
      { text: 'found', object: PV },
    ]);
  });
});
