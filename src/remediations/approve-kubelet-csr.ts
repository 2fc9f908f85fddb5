/** Approves the client certificate that a known node's kubelet asks for, after every field of the request (facts §6 R25). */
import { z } from 'zod';
import { type ApiObject, type ApiTarget } from '../core/api-object.ts';
import { stateOf } from '../core/object-state.ts';
import { readCertificateRequest } from '../core/pkcs10.ts';
import {
  type ApiStep,
  type Draft,
  defineRemediation,
  type Line,
  type PlanInput,
  type WaitStep,
  type Wanted,
} from '../core/remediation.ts';
import { COMMON_TEXTS, expectOf, listed, refOf, wrongKind } from './application-parts.ts';
import { nodeRefOf } from './cordon-node.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { isReady, nodeOf } from './nodes.ts';

const SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
const SECONDS = 180;

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Approve the client certificate that kubelet of {node} asks for',
  step: 'CertificateSigningRequest {csr}: approved. The controller manager then signs it.',
  wait: 'Wait until node {node} is Ready.',
  blast: 'kubelet of {node} gets a credential for the API server: it may do what node {node} may do.',
  'no-undo': 'The certificate that is issued stays valid until it ends, also when the request is deleted.',
  own: 'The request is for CN={subject}, O=system:nodes, without other names, and signed with its own key.',
  renews: 'It comes from {requester} itself, with the certificate that it has.',
  joins:
    'It comes from {requester}, a bootstrap token. Whoever has that token can ask for any node: make sure that {node} asked.',
  asked: 'Asked at {time}.',
  after: 'The question is asked again.',
  none: 'No request for a client certificate of {node} waits for an approval.',
  'wrong-name': 'There is no waiting request {csr}.',
  several: '{count} requests of {node} wait, from {requesters}. Say which one: {names}.',
  'node-unknown': 'The cluster has no node {node}. A new node is let in by a person.',
  'node-well':
    'Node {node} is Ready: its kubelet has a valid certificate. Who asks for another by a bootstrap token is not known.',
  signer: 'Request {csr} asks the signer {signer}, not {wanted}.',
  requester: 'Request {csr} comes from {requester}: neither node {node} itself nor a bootstrap token.',
  usages: 'Request {csr} asks for the usages {usages}, not for just those of a client.',
  form: 'Request {csr} cannot be read as a certificate request.',
  subject: 'Request {csr} is for CN={names}, O={organizations}, not for system:node:{node} in system:nodes alone.',
  extra: 'Request {csr} asks for more than a client certificate: {extra}.',
  key: 'Request {csr} is not signed with the key that it is for.',
} as const;
const say = linesOf(TEXTS);

const Csr = z.looseObject({
  metadata: z.looseObject({ name: z.string(), creationTimestamp: z.string().nullish() }),
  spec: z.looseObject({
    request: z.string().max(40_000),
    signerName: z.string().optional(),
    username: z.string().default(''),
    groups: z.array(z.string()).nullish(),
    usages: z.array(z.string()).nullish(),
  }),
  status: z
    .looseObject({
      conditions: z.array(z.looseObject({ type: z.string() })).nullish(),
      certificate: z.string().nullish(),
    })
    .optional(),
});
type Csr = z.infer<typeof Csr>;

const WAITING: Extract<Wanted, { type: 'list' }> = {
  type: 'list',
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  fieldSelector: `spec.signerName=${SIGNER}`,
};

export const approveKubeletCsr = defineRemediation({
  id: 'approve-kubelet-csr',
  summary: "Approve the client certificate that a known node's kubelet asks for",
  fixes: ['kubelet-client-certificate-expired', 'kubelet-credentials-broken', 'node-not-ready'],
  texts: TEXTS,
  rights: [
    { verb: 'get', group: 'certificates.k8s.io', resource: 'certificatesigningrequests' },
    { verb: 'update', group: 'certificates.k8s.io', resource: 'certificatesigningrequests/approval' },
    { verb: 'approve', group: 'certificates.k8s.io', resource: 'signers', name: SIGNER },
    { verb: 'get', group: '', resource: 'nodes' },
  ],
  wants: () => [WAITING],
  plan(input) {
    const { facts, params } = input;
    const ref = nodeRefOf(input);
    if (ref.kind !== 'Node') return wrongKind(ref);
    const node = ref.name;
    if (nodeOf(facts, node) === undefined) return refused(say('node-unknown', { node }));
    const list = listed(input, WAITING, 'the CertificateSigningRequests');
    if (list.refused !== undefined) return list.refused;
    const waiting = list.items.flatMap((object) => {
      const parsed = Csr.safeParse(object);
      return parsed.success && isWaiting(parsed.data) ? [{ object, csr: parsed.data }] : [];
    });
    const named = params['csr'] === undefined ? undefined : String(params['csr']);
    const ours = waiting.filter(({ csr }) => (named === undefined ? isFor(csr, node) : csr.metadata.name === named));
    const [chosen] = ours.sort((a, b) => (timeOf(a.csr) < timeOf(b.csr) ? 1 : -1));
    if (chosen === undefined)
      return refused(named === undefined ? say('none', { node }) : say('wrong-name', { csr: named.slice(0, 253) }));
    const requesters = [...new Set(ours.map(({ csr }) => csr.spec.username))].sort();
    // A kubelet that restarts asks again and again: the newest is meant, as long as one and the same asks.
    if (requesters.length > 1) {
      const names = ours.map(({ csr }) => csr.metadata.name);
      return refused(say('several', { count: ours.length, node, requesters, names }));
    }
    const { csr, object } = chosen;
    const wrong = faultOf(csr, node);
    if (wrong !== undefined) return refused(wrong);
    const itself = csr.spec.username === `system:node:${node}`;
    if (!itself && isReady(facts, node)) return refused(say('node-well', { node }));
    return { status: 'draft', draft: draftOf(input, { csr, object, node, itself }) };
  },
});

function isWaiting({ spec, status }: Csr): boolean {
  const decided = (status?.conditions ?? []).length > 0 || (status?.certificate ?? '') !== '';
  return !decided && spec.signerName === SIGNER;
}

function timeOf({ metadata }: Csr): string {
  return metadata.creationTimestamp ?? '';
}

/** Whom a request is for says its subject; only a hint here, since every field is checked afterwards. */
function isFor({ spec }: Csr, node: string): boolean {
  return readCertificateRequest(spec.request)?.commonNames.includes(`system:node:${node}`) === true;
}

/** What is wrong with a request; undefined where nothing is. */
function faultOf({ metadata, spec }: Csr, node: string): Line | undefined {
  const csr = metadata.name;
  if (spec.signerName !== SIGNER) return say('signer', { csr, signer: spec.signerName ?? '?', wanted: SIGNER });
  const groups = spec.groups ?? [];
  const itself = spec.username === `system:node:${node}` && groups.includes('system:nodes');
  const token = /^system:bootstrap:[a-z0-9]{6}$/.test(spec.username) && groups.includes('system:bootstrappers');
  if (!itself && !token) return say('requester', { csr, node, requester: spec.username.slice(0, 253) });
  if (!isClientUse(spec.usages ?? [])) return say('usages', { csr, usages: (spec.usages ?? []).slice(0, 20) });
  return contentFault(csr, spec.request, node);
}

/** What is wrong with the PKCS#10 itself. */
function contentFault(csr: string, encoded: string, node: string): Line | undefined {
  const request = readCertificateRequest(encoded);
  if (request === undefined) return say('form', { csr });
  const { commonNames: names, organizations, otherNames, attributes } = request;
  const [name] = names;
  const right = names.length === 1 && name === `system:node:${node}` && organizations.join(',') === 'system:nodes';
  if (!right) return say('subject', { csr, node, names: names.slice(0, 9), organizations: organizations.slice(0, 9) });
  // kubelet asks for no names, addresses or other extensions.
  const extra = [...otherNames, ...attributes];
  if (extra.length > 0) return say('extra', { csr, extra: extra.slice(0, 20) });
  return request.selfSigned ? undefined : say('key', { csr });
}

/** Exactly what kubelet asks: RSA keys may also encipher keys. */
function isClientUse(usages: readonly string[]): boolean {
  const asked = [...new Set(usages)].sort().join(',');
  return asked === 'client auth,digital signature' || asked === 'client auth,digital signature,key encipherment';
}

interface Chosen {
  readonly csr: Csr;
  readonly object: ApiObject;
  readonly node: string;
  readonly itself: boolean;
}

function draftOf(input: PlanInput, { csr, object, node, itself }: Chosen): Draft {
  const { group, version, resource, kind } = WAITING;
  const target: ApiTarget = { group, version, resource, kind, name: csr.metadata.name };
  const requester = csr.spec.username;
  const data = { csr: csr.metadata.name, node, requester, subject: `system:node:${node}` };
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: 'KubewhyApproved',
    message: 'Approved by a person through kubewhy.',
  };
  const step: ApiStep = {
    type: 'api',
    verb: 'update',
    target,
    subresource: 'approval',
    body: { status: { conditions: [condition] } },
    before: stateOf(object),
    says: say('step', data),
  };
  const wait: WaitStep = {
    type: 'wait',
    until: { kind: 'node-ready', node },
    seconds: SECONDS,
    says: say('wait', data),
  };
  const steps = [step, wait];
  const time = timeOf(csr);
  return {
    remediation: 'approve-kubelet-csr',
    params: { node, csr: csr.metadata.name },
    object: refOf(object),
    title: say('title', data),
    steps,
    undo: [],
    noUndo: say('no-undo'),
    nodes: [node],
    blast: [say('blast', data)],
    checksBefore: [say('own', data), say(itself ? 'renews' : 'joins', data)],
    checksAfter: [say('after')],
    notes: [...(itself ? [] : [say('joins', data)]), ...(time === '' ? [] : [say('asked', { time })])],
    rights: [...rightsOf(steps), { verb: 'approve', group: 'certificates.k8s.io', resource: 'signers', name: SIGNER }],
    expect: expectOf(input, [node], SECONDS),
  };
}
