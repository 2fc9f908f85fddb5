/** Fixes of Services on living clusters: each rightly, wrongly, and taken back; with the rights that they declare and no others. */
import { afterEach, describe, expect, test } from 'vitest';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import { type LivingFix, rightsCompared, startLivingFix } from '../../support/living-fix.ts';
import { decisive, fixOn, undoOn, type Wish } from '../../support/living-fix-run.ts';
import { pathOf, type World, withNode, worldWith } from '../../support/living-worlds.ts';

let living: LivingFix;
afterEach(() => living.close());

const serviceOf = ({ service }: World) => namespacedRef('Service', service.namespace, service.name);
const wishOf = (made: World, rule: string, remediation: string, params: Wish['params'] = {}): Wish => ({
  words: made.words,
  rule,
  object: serviceOf(made),
  remediation,
  params,
});

/** Done and taken back: the fault is there again, and every changed field is as it was. */
async function thereAndBack(made: World, wish: Wish): Promise<void> {
  const done = await fixOn(living, wish);
  expect([done.state, done.wrong]).toEqual(['verified', []]);
  expect((await living.ask(...made.words)).verdict).toBe('no-fault-found');
  const back = await undoOn(living, done);
  expect([back.state, back.wrong]).toEqual(['verified', []]);
  expect(await decisive(living, done.record?.draft as never)).toEqual(done.before);
  await living.cluster.living.settled();
  expect((await living.ask(...made.words)).causes.map(({ rule }) => rule)).toEqual([wish.rule]);
}

/** A change of the Service by somebody else. */
const edit = (made: World, spec: object) => () => living.write('PATCH', pathOf(made.service), { spec });

describe('fix-service-target-port', () => {
  const start = async (): Promise<{ made: World; wish: Wish; pods: readonly string[] }> => {
    const made = worldWith('service-target-port-wrong');
    living = await startLivingFix(made.model);
    const hint = (await living.ask(...made.words)).causes[0]?.remediations?.[0];
    expect(hint?.id).toBe('fix-service-target-port');
    const wish = wishOf(made, 'service-target-port-wrong', 'fix-service-target-port', hint?.params);
    const pods = made.model.pods.filter((pod) => fits(made, pod.labels)).map((pod) => pod.name);
    return { made, wish, pods };
  };
  const fits = ({ service }: World, labels: Readonly<Record<string, string>>): boolean =>
    Object.entries(service.selector ?? {}).every(([key, value]) => labels[key] === value);

  test('to the port that listens', async () => {
    const { made, wish } = await start();
    await thereAndBack(made, wish);
  });

  test('to a port on which nobody is seen to listen: no plan', async () => {
    const { wish } = await start();
    expect(await fixOn(living, { ...wish, params: { targetPort: 4711 } })).toMatchObject({
      state: 'refused',
      why: 'unproven',
    });
  });

  test('to a port that nobody listens on any more: the write stands, and it is not verified', async () => {
    const { wish, pods } = await start();
    const beforeVerify = async (): Promise<void> => {
      living.cluster.living.edit((model) => ({
        ...model,
        pods: model.pods.map((pod) =>
          pods.includes(pod.name)
            ? { ...pod, containers: pod.containers.map((one) => ({ ...one, listens: [] })) }
            : pod,
        ),
      }));
      await living.cluster.living.settled();
    };
    const ended = await fixOn(living, wish, { beforeVerify });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
    expect(ended.wrong.join('\n')).toContain('verify.symptom-there');
  });

  test('on a Service that somebody changes after the plan, after the dry run, after the write', async () => {
    const { made, wish } = await start();
    const other = edit(made, { selector: { app: 'another' } });
    const same = edit(made, { selector: { app: null, ...made.service.selector } });
    expect(await fixOn(living, wish, { beforeDryRun: other })).toMatchObject({ state: 'refused' });
    await same();
    const voided = await fixOn(living, wish, { beforeApply: other });
    expect([voided.state, voided.why]).toEqual(['void', 'fix.object-changed-by']);
    await same();
    const ended = await fixOn(living, wish, { beforeVerify: other });
    expect(ended.state).toBe('not-verified');
    const undone = await undoOn(living, ended);
    expect([undone.state, undone.why]).toEqual(['refused', 'fix.undo-changed-by']);
  });

  test('on a Service that is deleted meanwhile', async () => {
    const { made, wish } = await start();
    const path = pathOf(made.service);
    const gone = { beforeApply: () => living.write('DELETE', path) };
    expect(await fixOn(living, wish, gone)).toMatchObject({ state: 'void', why: 'fix.object-gone' });
  });
});

describe('fix-service-selector', () => {
  const start = async (): Promise<{ made: World; wish: Wish }> => {
    const made = worldWith('service-selector-mismatch');
    living = await startLivingFix(made.model);
    return { made, wish: wishOf(made, 'service-selector-mismatch', 'fix-service-selector') };
  };

  test('to the labels of the Pods', async () => {
    const { made, wish } = await start();
    await thereAndBack(made, wish);
  });

  test('put back by somebody after the first look: not verified, and by whom', async () => {
    const { made, wish } = await start();
    const afterLook = edit(made, { selector: { ...made.service.selector } });
    const ended = await fixOn(living, wish, { afterLook });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
    expect(ended.wrong.join('\n')).toContain('verify.change-reversed');
  });

  test('where another workload has the same labels by now: no plan', async () => {
    const { made, wish } = await start();
    const found = (await living.ask(...made.words)).causes[0];
    const pod = made.model.pods.find(({ name }) => name === found?.data['closest']);
    const twin = { ...pod, name: `twin-${pod?.name}`, owner: { kind: 'ReplicaSet', name: 'twin-5f6c7d8e9f' } };
    living.cluster.living.edit((model) => ({ ...model, pods: [...model.pods, twin as never] }));
    await living.cluster.living.settled();
    expect(await fixOn(living, wish)).toMatchObject({ state: 'refused', why: 'others' });
  });
});

describe('set-external-traffic-policy', () => {
  const start = async (change: (made: World) => World['model'] = ({ model }) => model) => {
    const made = worldWith('external-traffic-policy-local');
    living = await startLivingFix(change(made));
    const wish = wishOf(made, 'external-traffic-policy-local', 'set-external-traffic-policy', { policy: 'Cluster' });
    return { made, wish };
  };

  test('to Cluster', async () => {
    const { made, wish } = await start();
    await thereAndBack(made, wish);
  });

  test('beside a firewall that drops the port on a node: the port stays shut there', async () => {
    const { wish } = await start(({ model, service }) => {
      const homes = new Set(model.pods.filter((pod) => pod.namespace === service.namespace).map((pod) => pod.node));
      const away = model.nodes.find((node) => !homes.has(node.name))?.name ?? '';
      const firewallDrops = service.ports.flatMap((port) => port.nodePort ?? []);
      return withNode(model, away, (node) => ({ ...node, faults: { firewallDrops } }));
    });
    const ended = await fixOn(living, wish);
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
    expect(ended.wrong.join('\n')).toMatch(/wrong verify\.symptom-there[^]+wrong verify\.new .*The firewall of/);
  });
});

test('asked for in a world with another fault, or with none: the cause is not there', async () => {
  const made = worldWith('app-not-listening');
  living = await startLivingFix(made.model);
  for (const [rule, remediation, params] of [
    ['service-target-port-wrong', 'fix-service-target-port', { targetPort: 80 }],
    ['service-selector-mismatch', 'fix-service-selector', {}],
    ['external-traffic-policy-local', 'set-external-traffic-policy', { policy: 'Cluster' }],
  ] as const)
    expect(await fixOn(living, wishOf(made, rule, remediation, params))).toMatchObject({ state: 'gone' });
});

test('the rights that are declared are those that are used', () => {
  for (const id of ['fix-service-target-port', 'fix-service-selector', 'set-external-traffic-policy'])
    expect([id, rightsCompared(id)]).toEqual([id, { unused: [], undeclared: [] }]);
});
