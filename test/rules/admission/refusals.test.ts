/** One table of captured words: which rule says what of them, and that all the others stay silent. */
import { describe, expect, it } from 'vitest';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import { ADMISSION_RULES } from '../../../src/rules/admission/index.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { bundle, known, outcomeOf, unknown } from '../../support/evidence.ts';
import { ASK, event, HOOK, QUOTA, refused, SHOP } from './kit.ts';

const LINES: readonly (readonly [line: string, says: string, object: string, data: object])[] = [
  [
    QUOTA,
    'quota-exceeded found',
    'Namespace/shop',
    { quota: 'compute', sums: ['limits.cpu: 4 + 500m > 4', 'pods: 8 + 1 > 8'] },
  ],
  [
    'pods "web-0" is forbidden: exceeded quota: gold, requested: gold.storageclass.storage.k8s.io/requests.storage=10Gi, used: gold.storageclass.storage.k8s.io/requests.storage=95Gi, limited: gold.storageclass.storage.k8s.io/requests.storage=100Gi',
    'quota-exceeded found',
    'Namespace/shop',
    { sums: ['gold.storageclass.storage.k8s.io/requests.storage: 95Gi + 10Gi > 100Gi'] },
  ],
  [
    'pods "web-5d9-x" is forbidden: failed quota: compute: must specify limits.cpu,limits.memory',
    'quota-exceeded unset',
    'Namespace/shop',
    { what: 'limits.cpu,limits.memory' },
  ],
  [
    'pods "web-5d9-x" is forbidden: failed quota: compute: must specify limits.cpu for: app; limits.memory for: app,sidecar',
    'quota-exceeded unset',
    'Namespace/shop',
    { what: 'limits.cpu for: app; limits.memory for: app,sidecar' },
  ],
  [
    'pods "x" is forbidden: status unknown for quota: compute, resources: pods',
    'quota-exceeded uncounted',
    'Namespace/shop',
    {},
  ],
  [
    'pods "web-5d9-" is forbidden: error looking up service account shop/robot: serviceaccount "robot" not found',
    'service-account-missing found',
    'ServiceAccount/shop/robot',
    { account: 'shop/robot' },
  ],
  [
    HOOK('dial tcp 10.96.7.7:443: connect: connection refused'),
    'admission-webhook-failing refused',
    'Service/sec/hook',
    {},
  ],
  [HOOK('context deadline exceeded'), 'admission-webhook-failing timeout', 'Service/sec/hook', {}],
  [HOOK('no endpoints available for service "hook"'), 'admission-webhook-failing no-endpoints', 'Service/sec/hook', {}],
  [HOOK('service "hook" not found'), 'admission-webhook-failing no-service', 'Service/sec/hook', {}],
  [
    HOOK('x509: certificate signed by unknown authority (possibly because of "crypto/rsa: verification error")'),
    'admission-webhook-failing certificate',
    'Service/sec/hook',
    {},
  ],
  [HOOK('EOF'), 'admission-webhook-failing other', 'Service/sec/hook', {}],
  [
    'Internal error occurred: failed calling webhook "old.example.com": Post https://policy.example.com/v?timeout=30s: dial tcp: lookup policy.example.com: no such host',
    'admission-webhook-failing other',
    'Webhook/old.example.com',
    { service: 'policy.example.com' },
  ],
  [
    'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/shop/x was blocked due to the following policies',
    'admission-policy-denies found',
    'Deployment/shop/web',
    { policy: 'validate.kyverno.svc-fail' },
  ],
  [
    `pods "x" is forbidden: ValidatingAdmissionPolicy 'owners' with binding 'all' denied request: label owner is missing`,
    'admission-policy-denies policy',
    'Deployment/shop/web',
    { policy: 'owners', reason: 'label owner is missing' },
  ],
  [
    'pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true',
    'pod-security-denies found',
    'Deployment/shop/web',
    { level: 'restricted:latest' },
  ],
  [
    'pods "x" is forbidden: unable to validate against any pod security policy: [spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used]',
    'pod-security-denies psp',
    'Deployment/shop/web',
    { reason: 'spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used' },
  ],
  [
    'pods "x" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user]',
    'pod-security-denies scc',
    'Deployment/shop/web',
    {},
  ],
  [
    'pods "x" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, minimum memory usage per Container is 64Mi, but request is 8Mi]',
    'limit-range-refuses found',
    'Deployment/shop/web',
    {
      reason:
        'maximum cpu usage per Container is 1, but limit is 2, minimum memory usage per Container is 64Mi, but request is 8Mi',
    },
  ],
  [
    'pods "x" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    'limit-range-refuses found',
    'Deployment/shop/web',
    {},
  ],
  [
    'pods "x" is forbidden: no PriorityClass with name gold was found',
    'priority-class-missing found',
    'PriorityClass/gold',
    {},
  ],
  [
    'pods "x" is forbidden: unable to create new content in namespace shop because it is being terminated',
    'namespace-terminating found',
    'Namespace/shop',
    {},
  ],
];
const CAUSES = ADMISSION_RULES.filter((rule) => rule.role === 'cause');

const found = (items: Parameters<typeof outcomeOf>[2]) =>
  CAUSES.flatMap((rule) => outcomeOf(rule, ASK, items).judgements.map((j) => ({ ...j, says: `${j.rule} ${j.text}` })));

describe('captured words', () => {
  it.each(LINES)('%s', (line, says, object, data) => {
    const list = found(refused(line));
    expect(list.map((one) => one.says)).toEqual([says]);
    const { kind, namespace, name } = list[0]?.object ?? { kind: '', name: '' };
    expect([kind, namespace, name].filter((part) => part !== undefined).join('/')).toBe(object);
    expect(list[0]).toMatchObject({ confidence: 'confirmed', data: { ...data, workloads: ['Deployment/shop/web'] } });
  });

  it('every rule of the family has its words in the table', () => {
    const seen = new Set(LINES.map(([, says]) => says.split(' ')[0]));
    expect(CAUSES.map((rule) => rule.id).filter((id) => !seen.has(id))).toEqual([]);
  });

  it.each(LINES)('%s: it explains the refusal', (line, says) => {
    const { verdict, causes } = judge(bundle(ASK, refused(line)));
    expect([verdict, causes.map((f) => `${f.rule} ${f.text}`)]).toEqual(['cause-found', [says]]);
  });

  it.each([
    'pods "x" already exists',
    'Pod "x" is invalid: spec.containers[0].image: Required value',
    'etcdserver: request timed out',
    'the server was unable to return a response in the time allotted',
  ])('%s: no rule of the family claims it', (line) => {
    expect(found(refused(line))).toEqual([]);
  });

  it('an old refusal is no proof', () => {
    const list = found(refused(event(QUOTA, { lastTime: '2026-01-15T11:20:00Z' })));
    expect(list).toMatchObject([{ confidence: 'likely', tryThis: expect.stringContaining('get events') }]);
  });
});

describe('what stands beside the words', () => {
  const quota = (used: Record<string, string>) =>
    known('resource-quotas', [{ name: 'compute', hard: { 'limits.cpu': '4', pods: '8' }, used }], SHOP);

  it.each([
    ['full, as was said', [quota({ 'limits.cpu': '4', pods: '8' })], 'confirmed', ['word', 'now']],
    ['room for it now', [quota({ 'limits.cpu': '2', pods: '4' })], 'likely', ['word', 'now']],
    ['room in one of two', [quota({ 'limits.cpu': '4', pods: '4' })], 'confirmed', ['word', 'now']],
    ['gone', [known('resource-quotas', [], SHOP)], 'likely', ['word', 'gone']],
    ['not to be read', [unknown('resource-quotas', SHOP)], 'confirmed', ['word']],
  ])('a quota: %s', (_, items, confidence, proofs) => {
    const list = found([...refused(QUOTA), ...items]);
    expect(list.map((one) => ('confidence' in one ? one.confidence : ''))).toEqual([confidence]);
    expect(list[0]?.because.map((one) => one.text)).toEqual(proofs);
  });

  it.each([
    [false, 'confirmed', 'absent'],
    [true, 'likely', 'present'],
  ])('an account that is there: %s', (exists, confidence, text) => {
    const line = 'error looking up service account shop/robot: serviceaccount "robot" not found';
    const items = [
      ...refused(line),
      known('service-account', { exists }, namespacedRef('ServiceAccount', 'shop', 'robot')),
    ];
    expect(found(items)).toMatchObject([{ confidence, because: [{}, { text }] }]);
  });

  it('the webhook’s Service is counted', () => {
    const ports = [{ port: 443, protocol: 'TCP' }];
    const down = { ip: '10.0.0.1', ready: false, serving: false, terminating: false, ports };
    const endpoints = { source: 'EndpointSlice' as const, objects: 1, endpoints: [down] };
    const items = [...refused(HOOK('EOF')), known('endpoints', endpoints, namespacedRef('Service', 'sec', 'hook'))];
    expect(found(items)).toMatchObject([{ because: [{}, { text: 'endpoints', data: { ready: 0, total: 1 } }] }]);
  });

  it.each([
    ['narrow', [{ name: 'caps', limits: [] }], 'confirmed', 'ranges'],
    ['gone', [], 'likely', 'none'],
  ])('a LimitRange: %s', (_, ranges, confidence, text) => {
    const items = [...refused('maximum cpu usage per Pod is 1, but limit is 2'), known('limit-ranges', ranges, SHOP)];
    expect(found(items)).toMatchObject([{ confidence, because: [{}, { text }] }]);
  });
});
