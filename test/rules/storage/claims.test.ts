import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { STORAGE_RULES } from '../../../src/rules/storage/index.ts';
import { ago, bundle, known, outcomeOf, unknown } from '../../support/evidence.ts';
import { pending, pod } from '../workload/kit.ts';
import {
  ASK,
  ASK_WEB,
  CLAIM,
  claim,
  classes,
  classless,
  mounting,
  said,
  UNBOUND,
  volume,
  volumes,
  waits,
} from './kit.ts';

const CAUSES = STORAGE_RULES.filter((rule) => rule.role === 'cause');
const found = (items: readonly EvidenceItem[]) =>
  CAUSES.flatMap((rule) => outcomeOf(rule, ASK, items).judgements).flatMap((j) =>
    j.type === 'finding' ? [`${j.rule} ${j.text}${j.confidence === 'likely' ? ' (likely)' : ''}`] : [],
  );
const HAND = { provisioner: 'kubernetes.io/no-provisioner' };
const NOT_FOUND = said('ProvisioningFailed', 'storageclass.storage.k8s.io "fast" not found');
const NO_CLASS = said('FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
const OTHERS = { claim: { namespace: 'shop', name: 'old' } };
const LATE = said(
  'ExternalProvisioning',
  `Waiting for a volume to be created either by the external provisioner 'csi.example.com' or manually by the system administrator.`,
);

const WAITING: readonly (readonly [what: string, items: readonly EvidenceItem[], wanted: readonly string[]])[] = [
  ['its class is not there', [claim(), classes({ name: 'slow' }), NOT_FOUND], ['pvc-storage-class-missing found']],
  ['no class is there at all', [claim(), classes()], ['pvc-storage-class-missing found']],
  [
    'classes not to be read, and an event that says it',
    [claim(), unknown('storage-classes'), NOT_FOUND],
    ['pvc-storage-class-missing found'],
  ],
  ['no class named and no default', [classless(), classes({})], ['pvc-storage-class-missing no-default']],
  [
    'the same by its event',
    [classless(), unknown('storage-classes'), NO_CLASS],
    ['pvc-storage-class-missing no-default'],
  ],
  [
    'its provisioner says why not',
    [
      claim(),
      classes({}),
      said(
        'ProvisioningFailed',
        'failed to provision volume with StorageClass "fast": rpc error: code = ResourceExhausted desc = quota',
      ),
    ],
    ['pvc-provisioning-failed found'],
  ],
  ['its provisioner says nothing', [claim(), classes({}), LATE], ['pvc-provisioning-failed silent (likely)']],
  ['volumes by hand: none', [claim(), classes(HAND), volumes()], ['pvc-volume-missing found']],
  [
    'volumes by hand: of another class only',
    [claim(), classes(HAND), volumes(volume('a', { storageClass: 'x' }))],
    ['pvc-volume-missing found'],
  ],
  [
    'volumes by hand: all taken',
    [claim(), classes(HAND), volumes(volume('a', { phase: 'Bound', ...OTHERS }))],
    ['pv-already-bound found'],
  ],
  [
    'volumes by hand: still of the old claim',
    [claim({ storageClass: '' }), volumes(volume('a', { storageClass: '', phase: 'Released', ...OTHERS }))],
    ['pv-already-bound found'],
  ],
  [
    'volumes by hand: too small',
    [claim(), classes(HAND), volumes(volume('a', { capacity: '5Gi' }))],
    ['pvc-capacity-unmatched found'],
  ],
  [
    'volumes by hand: another access mode',
    [
      claim({ accessModes: ['ReadWriteMany'] }),
      classes(HAND),
      volumes(volume('a'), volume('b', { capacity: '1Gi', accessModes: ['ReadWriteMany'] })),
    ],
    ['pvc-access-mode-unmatched found'],
  ],
  [
    'a class that is only a name on volumes',
    [claim(), classes({ name: 'x' }), volumes(volume('a', { capacity: '1Gi' }))],
    ['pvc-capacity-unmatched found'],
  ],
  [
    'the volume that it names is not there',
    [claim({ volumeName: 'pv-9' }), classes({}), volumes(volume('a'))],
    ['pvc-volume-missing found'],
  ],
  [
    'the volume that it names is another’s',
    [claim({ volumeName: 'a' }), classes({}), volumes(volume('a', { phase: 'Bound', ...OTHERS }))],
    ['pv-already-bound found'],
  ],
];
const SILENT: readonly (readonly [what: string, items: readonly EvidenceItem[]])[] = [
  ['it is bound', [claim({ phase: 'Bound' }), classes()]],
  ['it is on its way out', [claim({ deletionTime: ago(5) }), classes()]],
  ['it takes the default class', [classless(), classes({ isDefault: true })]],
  [
    'it wants no class, and volumes could not be read',
    [claim({ storageClass: '' }), classes(), unknown('persistent-volumes')],
  ],
  ['a volume fits and was bound to nobody yet', [claim(), classes(HAND), volumes(volume('a'))]],
  [
    'a volume is kept for it',
    [claim(), classes(HAND), volumes(volume('a', { claim: { namespace: 'shop', name: 'data' } }))],
  ],
  [
    'volumes by hand that wait for a Pod',
    [claim(), classes({ ...HAND, bindingMode: 'WaitForFirstConsumer' }), volumes()],
  ],
  [
    'its provisioner was asked a minute ago',
    [claim(), classes({}), said('ExternalProvisioning', 'Waiting', CLAIM, { firstTime: ago(60) })],
  ],
  [
    'a failure of an hour ago',
    [claim(), classes({}), said('ProvisioningFailed', 'rpc error', CLAIM, { lastTime: ago(3600) })],
  ],
  ['classes not to be read, and no word', [claim(), unknown('storage-classes')]],
  ['nothing', []],
];

describe('why a claim has no volume', () => {
  it.each(WAITING)('%s', (_, items, wanted) => {
    expect(found(items)).toEqual(wanted);
    const { causes, symptoms } = judge(bundle(ASK, items));
    expect(causes.map((f) => f.rule)).toEqual(wanted.map((text) => text.split(' ')[0]));
    expect(symptoms.map((f) => f.rule)).toEqual(['pvc-pending']);
  });

  it.each(SILENT)('silent where %s', (_, items) => {
    expect(found(items)).toEqual([]);
  });

  it('a list of volumes that is not whole proves nothing', () => {
    const cut = known('persistent-volumes', { total: 900, volumes: [volume('a', { capacity: '1Gi' })] });
    expect(found([claim(), classes(HAND), cut])).toEqual([]);
  });

  it('volumes by hand that the Pod’s own scheduler missed', () => {
    const word = "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.";
    const items = [claim(), classes({ ...HAND, bindingMode: 'WaitForFirstConsumer' }), volumes(), waits(word)];
    expect(judge(bundle(ASK_WEB, items)).causes.map((f) => f.rule)).toEqual(['pvc-volume-missing']);
  });
});

describe('pvc-pending', () => {
  const verdict = (...items: readonly EvidenceItem[]) => judge(bundle(ASK, items));

  it('waits for the first Pod on purpose: no fault', () => {
    const said = verdict(claim(), classes({ bindingMode: 'WaitForFirstConsumer' }));
    expect(said).toMatchObject({
      verdict: 'no-fault-found',
      causes: [],
      ruledOut: [{ rule: 'pvc-pending', text: 'waits' }],
    });
  });

  it('its first Pod finds no node for another reason: that is the cause', () => {
    const said = verdict(
      claim(),
      classes({ bindingMode: 'WaitForFirstConsumer' }),
      waits('0/2 nodes are available: 2 Insufficient cpu.'),
    );
    expect(said.causes.map((f) => f.rule)).toEqual(['insufficient-cpu']);
    expect(said.symptoms.map((f) => f.rule)).toEqual(['pod-pending', 'pvc-pending']);
  });

  it('bound: how full it is nobody saw, so nothing is called well', () => {
    expect(verdict(claim({ phase: 'Bound', volumeName: 'pv-1', capacity: '10Gi' }))).toMatchObject({
      verdict: 'inconclusive',
      ruledOut: [{ text: 'bound' }],
    });
  });

  it('lost', () => {
    expect(verdict(claim({ phase: 'Lost', volumeName: 'pv-1' })).symptoms).toMatchObject([
      { rule: 'pvc-pending', text: 'lost' },
    ]);
  });

  it.each([
    ['a claim of a moment ago', [claim({ createdAt: ago(5) })], 'no-fault-found'],
    ['a claim that could not be read', [unknown('persistent-volume-claim', CLAIM)], 'inconclusive'],
    ['nothing at all', [], 'inconclusive'],
  ])('%s', (_, items, wanted) => {
    expect(verdict(...items)).toMatchObject({ verdict: wanted, causes: [], symptoms: [] });
  });

  it('explains the Pods that wait for it, from class to Deployment', () => {
    const { causes, symptoms } = judge(bundle(ASK_WEB, [claim(), classes(), waits(UNBOUND)]));
    expect(causes.map((f) => f.rule)).toEqual(['pvc-storage-class-missing']);
    expect(symptoms.map((f) => f.rule)).toEqual(['pvc-pending', 'pod-pending']);
  });

  it('not those that wait for something else', () => {
    const { causes } = judge(
      bundle(ASK_WEB, [claim(), classes(), waits('0/2 nodes are available: 2 Insufficient cpu.')]),
    );
    expect(causes.map((f) => f.rule)).toEqual(['insufficient-cpu']);
  });
});

describe('pvc-missing', () => {
  const WORD = '0/2 nodes are available: 2 persistentvolumeclaim "data" not found.';

  it('finds the claim that the scheduler does not', () => {
    const { verdict, causes } = judge(bundle(ASK_WEB, [waits(WORD)]));
    expect([verdict, causes.map((f) => `${f.rule} ${f.object.name}`)]).toEqual(['cause-found', ['pvc-missing data']]);
  });

  it.each<[string, EvidenceItem[]]>([
    ['a claim that is there by now', [waits(WORD), claim()]],
    ['a Pod that waits for a claim that is there', [waits(UNBOUND), claim()]],
    ['a Pod that has a node', [mounting(pod('web-5d9-a', { claims: ['data'] }))]],
    ['another reason', [mounting(pending('web-5d9-a', '0/2 nodes are available: 2 Insufficient cpu.'))]],
    ['Pods that could not be read', [unknown('pods')]],
  ])('is silent about %s', (_, items) => {
    expect(found(items).filter((text) => text.startsWith('pvc-missing'))).toEqual([]);
  });
});
