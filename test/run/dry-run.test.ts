import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rightsOfSteps } from '../../src/core/plan-rights.ts';
import type { PlanStep, Right } from '../../src/core/remediation.ts';
import { dryRunPlan } from '../../src/run/dry-run.ts';
import { CSR, draftOf, dryRunOf, type FixBench, POD, SIGNAL, startFixBench, WEB } from './support/fix-bench.ts';

const may = (verbs: string[], group: string, ...resources: string[]) => ({ verbs, apiGroups: [group], resources });
const IDENTITIES = {
  reader: { user: 'reader', groups: [], allow: [may(['get'], 'apps', 'deployments')] },
  exact: {
    user: 'exact',
    groups: [],
    allow: [
      may(['get', 'patch'], 'apps', 'deployments'),
      may(['patch'], 'apps', 'deployments/scale'),
      may(['get', 'delete'], '', 'pods'),
      may(['get'], 'certificates.k8s.io', 'certificatesigningrequests'),
      may(['update'], 'certificates.k8s.io', 'certificatesigningrequests/approval'),
      may(['approve'], 'certificates.k8s.io', 'signers'),
    ],
  },
};
let bench: FixBench;
beforeAll(async () => {
  bench = await startFixBench({ identities: IDENTITIES });
});
beforeEach(() => bench.reset());
afterAll(() => bench.stop());

const condition = { type: 'Approved', status: 'True', reason: 'KubewhyApprove', message: 'approved' };
const mode = (value: string) => ({
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: 'web',
            env: [
              { name: 'MODE', value },
              { name: 'DB_PASSWORD', value: 'x' },
            ],
          },
        ],
      },
    },
  },
});

describe('what the server makes of each kind of write', () => {
  test.each([
    ['a strategic patch', { verb: 'patch', patch: 'strategic', target: WEB, body: { spec: { replicas: 5 } } }],
    ['a merge patch', { verb: 'patch', patch: 'merge', target: WEB, body: { spec: { replicas: 5 } } }],
    [
      'a JSON patch',
      { verb: 'patch', patch: 'json', target: WEB, body: [{ op: 'replace', path: '/spec/replicas', value: 5 }] },
    ],
    [
      'a patch of its scale',
      { verb: 'patch', patch: 'merge', target: WEB, subresource: 'scale', body: { spec: { replicas: 5 } } },
    ],
  ] as const)('%s: the diff, and the state that applying it gives', async (_name, change) => {
    const before = await bench.read(WEB);
    const step = await bench.step({ ...change, body: structuredClone(change.body) });
    const outcome = await dryRunOf(bench, [step]);
    expect(outcome).toMatchObject({
      status: 'ok',
      steps: [{ index: 0, diff: [{ path: 'spec.replicas', before: '2', after: '5' }], warnings: [] }],
    });
    expect(await bench.read(WEB)).toEqual(before);
    const expected = outcome.status === 'ok' ? outcome.steps[0]?.after : undefined;
    const { progress } = await bench.apply([step]);
    expect(progress[0]).toMatchObject({ state: 'done', after: expected });
    expect(await bench.stateOf(WEB)).toEqual(expected);
  });

  test('a variable is told by its name, a secret one not at all', async () => {
    const step = await bench.step({ verb: 'patch', patch: 'strategic', target: WEB, body: mode('new') });
    const outcome = await dryRunOf(bench, [step]);
    expect(outcome.status === 'ok' && outcome.steps[0]?.diff).toEqual([
      { path: 'spec.template.spec.containers[web].env[MODE].value', before: 'old', after: 'new' },
      { path: 'spec.template.spec.containers[web].env[DB_PASSWORD].value', before: '<redacted>', after: '<redacted>' },
    ]);
  });

  test('a delete is tried and nothing is deleted', async () => {
    const step = await bench.step({ verb: 'delete', target: POD });
    expect(await dryRunOf(bench, [step])).toEqual({ status: 'ok', steps: [{ index: 0, diff: [], warnings: [] }] });
    expect((await bench.read(POD)).metadata.deletionTimestamp).toBeUndefined();
    expect(bench.api.requests.filter((one) => one.method === 'DELETE')).toMatchObject([{ dryRun: true, status: 200 }]);
  });

  test('the approval of a certificate shows what is added to its status', async () => {
    const body = { status: { conditions: [condition] } };
    const step = await bench.step({ verb: 'update', target: CSR, subresource: 'approval', body });
    const outcome = await dryRunOf(bench, [step]);
    expect(outcome).toMatchObject({ status: 'ok', steps: [{ diff: [{ path: expect.stringMatching(/^status/) }] }] });
    expect((await bench.read(CSR))['status']).toBeUndefined();
  });
});

describe('what is refused before anybody is asked, with its reason', () => {
  const reasonOf = async (steps: readonly PlanStep[]) => {
    const outcome = await dryRunOf(bench, steps);
    if (outcome.status !== 'refused') throw new Error('it was not refused');
    return outcome.reason;
  };

  test('a right that is missing is named, with the command that says so', async () => {
    const weak = await bench.writer({ identity: 'reader' });
    const draft = draftOf([await bench.patchStep(5)]);
    expect(await dryRunPlan(draft, { reader: weak, writer: weak }, SIGNAL)).toEqual({
      status: 'refused',
      reason: {
        code: 'fix.right-missing',
        data: {
          right: 'patch deployments.apps "web" in namespace shop',
          command: 'kubectl auth can-i patch deployments.apps/web -n shop',
        },
      },
    });
    expect(bench.api.requests.some((one) => one.method === 'PATCH')).toBe(false);
  });

  test('a right that only the draft declares is asked for too', async () => {
    const exact = await bench.writer({ identity: 'exact' });
    const rights = [{ verb: 'list', group: '', resource: 'nodes' }];
    const draft = draftOf([await bench.patchStep(5)], { rights });
    const outcome = await dryRunPlan(draft, { reader: exact, writer: exact }, SIGNAL);
    expect(outcome).toMatchObject({ reason: { code: 'fix.right-missing', data: { right: 'list nodes' } } });
  });

  test('an object that somebody changed: by whom', async () => {
    const step = await bench.patchStep(5);
    await bench.edit(WEB, { spec: { template: { metadata: { annotations: { note: 'mine' } } } } });
    expect(await reasonOf([step])).toMatchObject({
      code: 'fix.object-changed-by',
      data: { object: 'Deployment shop/web', by: 'kubectl-edit' },
    });
  });

  test('an object of the same name that is another one', async () => {
    const step = await bench.patchStep(5);
    expect((await reasonOf([{ ...step, before: { ...step.before, uid: 'other' } }])).code).toMatch(
      /^fix.object-changed/,
    );
  });

  test('an object that is gone', async () => {
    const step = await bench.step({ verb: 'delete', target: POD });
    bench.api.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1' });
    expect(await reasonOf([step])).toMatchObject({ code: 'fix.object-gone', data: { object: 'Pod shop/web-1' } });
  });

  test('what validation refuses (422)', async () => {
    const reason = await reasonOf([await bench.patchStep(-1)]);
    expect(reason).toMatchObject({
      code: 'fix.dry-run-refused',
      data: { why: expect.stringContaining('spec.replicas') },
    });
  });

  test('what a webhook refuses (403)', async () => {
    bench.refuse({ status: 403, message: 'admission webhook "quota" denied the request: too many' });
    const reason = await reasonOf([await bench.patchStep(5)]);
    expect(reason).toMatchObject({ code: 'fix.dry-run-refused', data: { why: expect.stringContaining('too many') } });
  });

  test('a webhook that fails each time (500) is a refusal too, after a few attempts', async () => {
    bench.refuse({ status: 500, message: 'failed calling webhook "quota": no endpoints' });
    const reason = await reasonOf([await bench.patchStep(5)]);
    expect(reason).toMatchObject({
      code: 'fix.dry-run-refused',
      data: { why: expect.stringContaining('no endpoints') },
    });
    expect(bench.api.requests.filter((one) => one.method === 'PATCH')).toHaveLength(3);
  });

  test('steps of which none can be run', async () => {
    expect((await reasonOf([{ type: 'manual', says: { text: 'x', data: {} } }])).code).toBe('fix.only-manual');
  });

  test('an API server that is away gives no reason but an error: it is tried again later', async () => {
    const step = await bench.patchStep(5);
    const away = await bench.writer({ servers: ['https://127.0.0.1:1'] });
    const outcome = dryRunPlan(draftOf([step]), { reader: away, writer: away }, SIGNAL);
    await expect(outcome).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('a server from before dry runs is never sent one: it would carry it out', async () => {
    const old = await startFixBench({ version: 'v1.12.10' });
    try {
      const outcome = await dryRunOf(old, [await old.patchStep(5)]);
      expect(outcome).toMatchObject({ reason: { code: 'fix.no-dry-run', data: { version: 'v1.12.10' } } });
      expect(old.api.requests.some((one) => one.method === 'PATCH')).toBe(false);
    } finally {
      await old.stop();
    }
  });
});

test('the rights that are used, dry run and in earnest, are those that are declared', async () => {
  const exact = await bench.writer({ identity: 'exact' });
  const steps = [
    await bench.patchStep(3),
    await bench.step({ verb: 'delete', target: POD }),
    await bench.step({
      verb: 'update',
      target: CSR,
      subresource: 'approval',
      body: { status: { conditions: [condition] } },
    }),
  ];
  const scale = await bench.step({
    verb: 'patch',
    patch: 'merge',
    target: WEB,
    subresource: 'scale',
    body: { spec: { replicas: 4 } },
  });
  const signer = {
    verb: 'approve',
    group: 'certificates.k8s.io',
    resource: 'signers',
    name: 'kubernetes.io/kubelet-serving',
  };
  bench.api.requests.length = 0;
  const ports = { reader: exact, writer: exact };
  const outcome = await dryRunPlan(draftOf([...steps, scale], { rights: [signer] }), ports, SIGNAL);
  expect(outcome.status).toBe('ok');
  const { outcome: applied } = await bench.apply([...steps, scale], { ports });
  expect(applied).toEqual({ status: 'applied' });
  const word = (right: Right) =>
    [right.verb, right.group, right.resource, right.namespace ?? '', right.name ?? ''].join(' ');
  const used = bench.api.requests
    .flatMap((one) => one.rights)
    .filter((right) => !right.resource.startsWith('selfsubject'));
  const declared = [...rightsOfSteps([...steps, scale]), signer];
  expect([...new Set(used.map(word))].sort()).toEqual([...new Set(declared.map(word))].sort());
});
