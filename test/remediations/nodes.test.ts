/** Cordon, uncordon, and the client certificate of a kubelet: what is planned, what must be refused, there and back. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeRef } from '../../src/core/object-ref.ts';
import { stateOf } from '../../src/core/object-state.ts';
import { readCertificateRequest } from '../../src/core/pkcs10.ts';
import { approveKubeletCsr } from '../../src/remediations/approve-kubelet-csr.ts';
import { cordonNode } from '../../src/remediations/cordon-node.ts';
import { uncordonNode } from '../../src/remediations/uncordon-node.ts';
import { cluster, node, silent } from '../rules/node/kit.ts';
import type { Obj } from '../support/memory-cluster.ts';
import { draftIn, LIVING, refusedAs, thereAndBack, type World } from './application-kit.ts';
import { linesOfDraft, spoken } from './plan-kit.ts';

const nodeObject = (spec: object = {}, metadata: object = {}): Obj => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1', ...metadata },
  spec: { podCIDR: '10.1.0.0/24', ...spec },
});
const by = (manager: string, time?: string) => ({
  managedFields: [
    { manager: 'kubelet', operation: 'Update', fieldsV1: { 'f:status': {} } },
    {
      manager,
      operation: 'Update',
      ...(time === undefined ? {} : { time }),
      fieldsV1: { 'f:spec': { 'f:unschedulable': {} } },
    },
  ],
});
const CORDON: World = { remediation: cordonNode, object: nodeRef('n1'), objects: [nodeObject()] };
const UNCORDON: World = {
  remediation: uncordonNode,
  object: nodeRef('n1'),
  objects: [nodeObject({ unschedulable: true })],
};

describe('cordon-node', () => {
  it('sets one field, and counts the Pods that stay', async () => {
    const pod: Obj = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'shop' },
      spec: { nodeName: 'n1' },
    };
    const draft = await draftIn({ ...CORDON, objects: [nodeObject(), pod] });
    expect(draft.steps).toMatchObject([{ patch: 'merge', body: { spec: { unschedulable: true } } }]);
    expect(draft.blast.map((line) => spoken(cordonNode, line))).toContain('1 Pod is on n1 and stays there.');
    for (const line of linesOfDraft(draft)) expect(spoken(cordonNode, line)).not.toMatch(/[{}]|undefined/);
  });

  it.each<[string, Partial<World>, string]>([
    ['it is cordoned already', { objects: [nodeObject({ unschedulable: true })] }, 'already'],
    ['it is the last one that takes Pods', { items: cluster(node('n1'), silent('n2')) }, 'last'],
    ['all others are cordoned', { items: cluster(node('n1'), { ...node('n2'), unschedulable: true }) }, 'last'],
    ['nodes could not be listed', { items: [] }, 'nodes-unread'],
    ['it cannot be read', { forbidden: /nodes/ }, 'unreadable'],
    ['it is gone', { objects: [] }, 'absent'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...CORDON, ...change })).toBe(text);
  });

  it('there and back restores the node exactly', async () => {
    const { before, changed, after } = await thereAndBack(CORDON);
    expect(changed['spec']).toMatchObject({ unschedulable: true });
    expect(after['spec']).not.toHaveProperty('unschedulable');
    expect(stateOf(after)).toEqual(stateOf(before));
  });
});

describe('uncordon-node', () => {
  it.each<[string, object, string]>([
    [
      'a person',
      by('kubectl-cordon', '2026-01-15T09:00:00Z'),
      'kubectl-cordon cordoned it at 2026-01-15T09:00:00Z. Ask whether the reason is gone.',
    ],
    ['somebody, when is not known', by('kubectl'), 'kubectl cordoned it. Ask whether the reason is gone.'],
    ['nobody knows', {}, 'Who cordoned it is not known. Ask whether the reason is gone.'],
  ])('says who cordoned it: %s', async (_, metadata, sentence) => {
    const draft = await draftIn({ ...UNCORDON, objects: [nodeObject({ unschedulable: true }, metadata)] });
    expect(draft.notes.map((line) => spoken(uncordonNode, line))).toEqual([sentence]);
    for (const line of linesOfDraft(draft)) expect(spoken(uncordonNode, line)).not.toMatch(/[{}]|undefined/);
  });

  const cordoned = (metadata: object, spec: object = {}): Partial<World> => ({
    objects: [nodeObject({ unschedulable: true, ...spec }, metadata)],
  });
  it.each<[string, Partial<World>, string]>([
    ['it is free', { objects: [nodeObject()] }, 'free'],
    ['it is silent', { items: cluster(silent('n1'), node('n2')) }, 'not-ready'],
    ['it is not Ready', { items: cluster(node('n1', { status: 'False' }), node('n2')) }, 'not-ready'],
    ['nothing is known of it', { items: [] }, 'node-unknown'],
    ['the cluster autoscaler did it', cordoned(by('cluster-autoscaler')), 'machine'],
    [
      'it is about to be removed',
      cordoned({}, { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }),
      'machine',
    ],
    ['kured is rebooting it', cordoned({ annotations: { 'weave.works/kured-reboot-in-progress': 'x' } }), 'machine'],
    ['it cannot be read', { forbidden: /nodes/ }, 'unreadable'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...UNCORDON, ...change })).toBe(text);
  });

  it('there and back restores the node exactly', async () => {
    const { before, changed, after } = await thereAndBack(UNCORDON);
    expect(changed['spec']).not.toHaveProperty('unschedulable');
    expect(stateOf(after)).toEqual(stateOf(before));
  });
});

/** Requests by what they ask for; made once, since keys take time. */
const requests = new Map<string, string>();
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SUBJECTS: [id: string, name: string, sans?: string][] = [
  ['good', 'O=system:nodes,CN=system:node:n1'],
  ['other node', 'O=system:nodes,CN=system:node:n2'],
  ['masters', 'O=system:masters,CN=system:node:n1'],
  ['two groups', 'O=system:nodes,O=system:masters,CN=system:node:n1'],
  ['two names', 'O=system:nodes,CN=system:node:n1,CN=admin'],
  ['a unit more', 'O=system:nodes,OU=x,CN=system:node:n1'],
  ['no group', 'CN=system:node:n1'],
  ['with a name', 'O=system:nodes,CN=system:node:n1', 'kubernetes.default'],
];

beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = (await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])) as never;
  for (const [id, name, san] of SUBJECTS) {
    const extensions =
      san === undefined ? [] : [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: san }])];
    const made = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: EC, extensions });
    requests.set(id, Buffer.from(`${made.toString('pem')}\n`).toString('base64'));
  }
  const good = Buffer.from(requests.get('good') ?? '', 'base64').toString();
  const der = Buffer.from(good.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const altered = Buffer.from(der);
  altered[altered.length - 1] = (altered[altered.length - 1] ?? 0) ^ 1;
  const pem = (bytes: Buffer) =>
    Buffer.from(
      `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`,
    ).toString('base64');
  requests.set('altered signature', pem(altered));
  requests.set('bytes behind it', pem(Buffer.concat([der, Buffer.from([0])])));
  requests.set('cut off', pem(der.subarray(0, -9)));
  requests.set('two blocks', Buffer.from(good + good).toString('base64'));
});

interface Ask {
  readonly id?: string;
  readonly name?: string;
  readonly spec?: object;
  readonly status?: object;
  readonly created?: string;
}
const csr = ({
  id = 'good',
  name = 'csr-1',
  spec = {},
  status = {},
  created = '2026-01-15T11:59:00Z',
}: Ask = {}): Obj => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name, creationTimestamp: created },
  spec: {
    request: requests.get(id) ?? id,
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    username: 'system:node:n1',
    groups: ['system:nodes', 'system:authenticated'],
    usages: ['digital signature', 'client auth'],
    ...spec,
  },
  status,
});
const TOKEN = { username: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:authenticated'] };
const DEAD = cluster(silent('n1'), node('n2'));
const world = (asks: readonly Ask[], change: Partial<World> = {}): World => ({
  remediation: approveKubeletCsr,
  object: nodeRef('n1'),
  items: LIVING,
  objects: asks.map(csr),
  ...change,
});

describe('approve-kubelet-csr', () => {
  it('approves the one request, and says that this cannot be taken back', async () => {
    const draft = await draftIn(world([{}]));
    expect(draft.steps).toMatchObject([
      {
        verb: 'update',
        subresource: 'approval',
        target: { name: 'csr-1' },
        body: { status: { conditions: [{ type: 'Approved', status: 'True' }] } },
      },
      { type: 'wait', until: { kind: 'node-ready', node: 'n1' } },
    ]);
    expect([draft.undo, draft.noUndo?.text]).toEqual([[], 'no-undo']);
    expect(draft.rights.map((right) => `${right.verb} ${right.resource} ${right.name}`)).toEqual([
      'get certificatesigningrequests csr-1',
      'update certificatesigningrequests/approval csr-1',
      'get nodes n1',
      'approve signers kubernetes.io/kube-apiserver-client-kubelet',
    ]);
    for (const line of linesOfDraft(draft)) expect(spoken(approveKubeletCsr, line)).not.toMatch(/[{}]|undefined/);
  });

  it('lets a bootstrap token join a known node that is not Ready, with a warning', async () => {
    const draft = await draftIn(world([{ spec: TOKEN }], { items: DEAD }));
    expect(draft.notes.map((line) => line.text)).toContain('joins');
  });

  it('takes the newest of those that one and the same asks', async () => {
    const draft = await draftIn(
      world([
        { name: 'old', created: '2026-01-15T11:00:00Z' },
        { name: 'new' },
        { name: 'older', created: '2026-01-15T10:00:00Z' },
      ]),
    );
    expect(draft.params).toEqual({ node: 'n1', csr: 'new' });
  });

  it.each<[string, Ask, string]>([
    ['it is for the serving certificate', { spec: { signerName: 'kubernetes.io/kubelet-serving' } }, 'none'],
    ['it is approved', { status: { conditions: [{ type: 'Approved' }] } }, 'none'],
    ['it is denied', { status: { conditions: [{ type: 'Denied' }] } }, 'none'],
    ['it is issued', { status: { certificate: 'x' } }, 'none'],
    ['it is for another node', { id: 'other node' }, 'none'],
    ['another node asks', { spec: { username: 'system:node:n2' } }, 'requester'],
    ['a person asks', { spec: { username: 'eve', groups: ['system:masters'] } }, 'requester'],
    ['a node name without its group', { spec: { groups: ['system:authenticated'] } }, 'requester'],
    ['a made-up token name', { spec: { ...TOKEN, username: 'system:bootstrap:x' } }, 'requester'],
    ['a token without its group', { spec: { ...TOKEN, groups: [] } }, 'requester'],
    ['a token asks for a node that is well', { spec: TOKEN }, 'node-well'],
    [
      'a serving usage is asked for',
      { spec: { usages: ['digital signature', 'client auth', 'server auth'] } },
      'usages',
    ],
    ['a signing usage is asked for', { spec: { usages: ['client auth', 'cert sign'] } }, 'usages'],
    ['no usages', { spec: { usages: [] } }, 'usages'],
    ['it is for masters', { id: 'masters' }, 'subject'],
    ['it is for a second group', { id: 'two groups' }, 'subject'],
    ['it has a second name', { id: 'two names' }, 'subject'],
    ['it has no group', { id: 'no group' }, 'subject'],
    ['its subject has more', { id: 'a unit more' }, 'extra'],
    ['it asks for a DNS name', { id: 'with a name' }, 'extra'],
    ['its signature does not fit', { id: 'altered signature' }, 'key'],
  ])('refuses where %s', async (_, ask, text) => {
    expect(await refusedAs(world([ask]))).toBe(text);
  });

  it.each(['bytes behind it', 'cut off', 'two blocks', 'bm90IGEgcmVxdWVzdA==', ''])('does not read %j', async (id) => {
    expect(readCertificateRequest(requests.get(id) ?? id)).toBeUndefined();
    expect(await refusedAs(world([{ id }], { params: { csr: 'csr-1' } }))).toBe('form');
  });

  it.each<[string, Partial<World>, string]>([
    ['the node is not known', { object: nodeRef('n9') }, 'node-unknown'],
    ['nodes could not be listed', { items: [] }, 'node-unknown'],
    ['requests cannot be listed', { forbidden: /certificatesigningrequests/ }, 'unreadable'],
    ['another request is named', { params: { csr: 'csr-9' } }, 'wrong-name'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs(world([{}], change))).toBe(text);
  });

  it('leaves it to a person where two different ones ask for the same node', async () => {
    expect(await refusedAs(world([{ name: 'a' }, { name: 'b', spec: TOKEN }], { items: DEAD }))).toBe('several');
  });

  it('is carried out on a server', async () => {
    const { changed } = await thereAndBack(world([{}]));
    expect(changed['status']).toMatchObject({ conditions: [{ type: 'Approved', status: 'True' }] });
  });
});
