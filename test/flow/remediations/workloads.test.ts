/** Fixes of workloads and Pods, on living clusters: rightly, wrongly, and taken back. */
import { afterEach, describe, expect, test } from 'vitest';
import { namespacedRef, type ObjectRef } from '../../../src/core/object-ref.ts';
import type { SimPod } from '../../../src/sandbox/cluster/simulate/model.ts';
import { stageModel } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type LivingFix, rightsCompared, startLivingFix } from '../../support/living-fix.ts';
import { decisive, type Ended, fixOn, undoOn, type Wish } from '../../support/living-fix-run.ts';

let living: LivingFix;
afterEach(() => living.close());

const JENKINS = namespacedRef('Deployment', 'ci', 'jenkins');
const ALERTS = namespacedRef('StatefulSet', 'default', 'alertmanager-prometheus-operator-releas-alertmanager');
const EXPORTER = namespacedRef('DaemonSet', 'default', 'prometheus-operator-release-prometheus-node-exporter');
const about = ({ kind, namespace, name }: ObjectRef): string[] => [
  'diagnose',
  kind.toLowerCase(),
  `${namespace}/${name}`,
];
const pathOf = ({ kind, namespace, name }: ObjectRef): string =>
  `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
const ofWorkload =
  ({ namespace, name }: ObjectRef) =>
  (pod: SimPod): boolean =>
    pod.namespace === namespace && pod.name.startsWith(`${name}-`);

/** Pods of a workload hang: they run and are not ready. A new one is. */
async function hang(ref: ObjectRef, only: (pod: SimPod) => boolean = () => true): Promise<void> {
  const mine = ofWorkload(ref);
  living.cluster.living.edit((model) => ({
    ...model,
    pods: model.pods.map((pod) => (mine(pod) && only(pod) ? { ...pod, ready: false } : pod)),
  }));
  await living.cluster.living.settled();
}

/** The fix was seen to hold. */
const verified = (ended: Ended): void =>
  expect([ended.state, ended.why, ended.wrong]).toEqual(['verified', undefined, []]);

/** It is taken back, and every field that was changed is as it was. */
async function takenBack(done: Ended): Promise<void> {
  verified(await undoOn(living, done));
  expect(await decisive(living, done.record?.draft as never)).toEqual(done.before);
}

describe('scale-workload', () => {
  const wish = (object: ObjectRef): Wish => ({
    words: about(object),
    rule: 'deployment-scaled-to-zero',
    object,
    remediation: 'scale-workload',
    params: { replicas: 1 },
  });
  const start = async (ref: ObjectRef): Promise<void> => {
    living = await startLivingFix(stageModel(4));
    await living.write('PATCH', pathOf(ref), { spec: { replicas: 0 } });
    await living.cluster.living.settled();
    expect((await living.ask(...about(ref))).causes[0]?.remediations?.[0]?.id).toBe('scale-workload');
  };

  test.each([JENKINS, ALERTS])('$kind from 0 to 1', async (ref) => {
    await start(ref);
    const done = await fixOn(living, wish(ref));
    verified(done);
    await takenBack(done);
  });

  test('where no node takes its Pod: the wait ends, and it failed', async () => {
    await start(JENKINS);
    for (const node of ['k8smaster2', 'k8smater1'])
      await living.write('PATCH', `/api/v1/nodes/${node}`, { spec: { unschedulable: true } });
    await living.cluster.living.settled();
    const ended = await fixOn(living, wish(JENKINS));
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.wait-rollout']);
    await takenBack(ended);
  });

  test('scaled down again by somebody else: not verified', async () => {
    await start(JENKINS);
    const beforeVerify = async (): Promise<void> => {
      await living.write('PATCH', pathOf(JENKINS), { spec: { replicas: 0 } });
      await living.cluster.living.settled();
    };
    expect(await fixOn(living, wish(JENKINS), { beforeVerify })).toMatchObject({ state: 'not-verified' });
  });
});

describe('restart-workload', () => {
  const wish = (object: ObjectRef): Wish => ({
    words: about(object),
    rule: 'workload-unavailable',
    object,
    remediation: 'restart-workload',
  });

  test.each([JENKINS, ALERTS, EXPORTER])('$kind whose Pods hang', async (ref) => {
    living = await startLivingFix(stageModel(4));
    await hang(ref);
    verified(await fixOn(living, wish(ref)));
  });

  test('Pods that hang in every life: the wait ends, and it failed', async () => {
    const model = stageModel(4);
    const mine = ofWorkload(JENKINS);
    const pods = model.pods.map((pod) => (mine(pod) ? { ...pod, ready: false } : pod));
    living = await startLivingFix({ ...model, pods });
    const ended = await fixOn(living, wish(JENKINS));
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.wait-rollout']);
  });

  test('Pods that hang again after a while: not verified', async () => {
    living = await startLivingFix(stageModel(4));
    await hang(JENKINS);
    const ended = await fixOn(living, wish(JENKINS), { afterLook: () => hang(JENKINS) });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
  });
});

describe('undo-rollout', () => {
  const GONE = 'jenkins/does-not-exist-any-more:lts';
  const wish: Wish = { words: about(JENKINS), rule: 'rollout-stuck', object: JENKINS, remediation: 'undo-rollout' };
  const rollOut = async (image: string): Promise<void> => {
    const template = { spec: { containers: [{ name: 'jenkins', image }] } };
    await living.write('PATCH', pathOf(JENKINS), { spec: { progressDeadlineSeconds: 60, template } }, 'strategic');
    await living.cluster.living.settled();
  };
  const progress = () => {
    const { conditions } = living.get('apps/v1', 'Deployment', JENKINS.name, JENKINS.namespace)['status'] as {
      conditions: { type: string; status: string; reason: string; message: string }[];
    };
    const found = conditions.find(({ type }) => type === 'Progressing');
    return [found?.status, found?.reason, found?.message.replace(/"jenkins-\w+"/, '"jenkins-…"')];
  };
  const STUCK = ['False', 'ProgressDeadlineExceeded', 'ReplicaSet "jenkins-…" has timed out progressing.'];
  const DONE = ['True', 'NewReplicaSetAvailable', 'ReplicaSet "jenkins-…" has successfully progressed.'];
  const imagesOf = (): (string | undefined)[] =>
    living.cluster.living
      .model()
      .pods.filter(ofWorkload(JENKINS))
      .map(({ containers }) => containers[0]?.image);
  /** The newest revision cannot be pulled. The one before it runs, by default of an image that can. */
  const start = async (image?: string): Promise<void> => {
    const model = stageModel(4);
    const mine = ofWorkload(JENKINS);
    const pods = model.pods.map((pod) =>
      mine(pod) && image !== undefined ? { ...pod, containers: pod.containers.map((one) => ({ ...one, image })) } : pod,
    );
    living = await startLivingFix({ ...model, pods });
    expect(progress()).toEqual(DONE);
    await rollOut('jenkins/no-such-jenkins:lts');
    expect(progress()).toEqual(STUCK);
    const [cause] = (await living.ask(...about(JENKINS))).causes;
    expect([cause?.rule, cause?.remediations?.map(({ id }) => id)]).toEqual(['rollout-stuck', ['undo-rollout']]);
  };
  /** The Pod that works goes, as in a drain. */
  const lose = (image: string) => async (): Promise<void> => {
    const pods = living.cluster.living.model().pods.filter(ofWorkload(JENKINS));
    const works = pods.find(({ containers }) => containers[0]?.image === image);
    await living.write('DELETE', `/api/v1/namespaces/${JENKINS.namespace}/pods/${works?.name}`);
    await living.cluster.living.settled();
  };

  test('to the revision whose Pod works, and back to the template that is stuck', async () => {
    await start();
    const done = await fixOn(living, wish);
    verified(done);
    expect([progress(), imagesOf()]).toEqual([DONE, ['jenkins/jenkins:lts']]);
    expect((await living.ask(...about(JENKINS))).verdict).toBe('no-fault-found');
    await takenBack(done);
    await living.cluster.living.settled();
    expect(progress()).toEqual(STUCK);
    expect((await living.ask(...about(JENKINS))).causes.map(({ rule }) => rule)).toEqual(['rollout-stuck']);
  });

  test('to a revision whose last Pod goes and whose image cannot be pulled any more: the wait ends, and it failed', async () => {
    await start(GONE);
    const ended = await fixOn(living, wish, { beforeApply: lose(GONE) });
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.wait-rollout']);
    // As in life, the Pod that hangs stays while the one that should replace it hangs too.
    expect(new Set(imagesOf())).toEqual(new Set([GONE, 'jenkins/no-such-jenkins:lts']));
    await takenBack(ended);
  });

  test('to a revision of which no Pod works: no plan', async () => {
    await start(GONE);
    await lose(GONE)();
    const ended = await fixOn(living, { ...wish, rule: 'workload-unavailable' });
    expect([ended.state, ended.why]).toEqual(['refused', 'unproven']);
  });

  test.each([
    ['beforeDryRun', 'refused'],
    ['beforeApply', 'void'],
    ['beforeStep', 'void'],
  ] as const)('rolled out anew by somebody else, %s: %s', async (when, state) => {
    await start();
    const ended = await fixOn(living, wish, { [when]: () => rollOut('jenkins/jenkins:lts-jdk17') });
    expect([ended.state, ended.why]).toEqual([state, 'fix.object-changed-by']);
    expect([progress(), imagesOf()]).toEqual([DONE, ['jenkins/jenkins:lts-jdk17']]);
  });

  test('Pods that hang after a rollout was done, and a rollout that is paused, are not stuck', async () => {
    living = await startLivingFix(stageModel(4));
    await hang(JENKINS);
    await living.cluster.living.settled();
    expect(progress()).toEqual(DONE);
    await living.write('PATCH', pathOf(JENKINS), { spec: { paused: true } });
    await rollOut('jenkins/no-such-jenkins:lts');
    expect(progress()).toEqual(['True', 'NewReplicaSetCreated', 'Created new replica set "jenkins-…"']);
    await living.write('PATCH', pathOf(JENKINS), { spec: { paused: false } });
    await living.cluster.living.settled();
    expect(progress()).toEqual(STUCK);
  });

  test('and the bad revision again by somebody else: not verified', async () => {
    await start();
    const beforeVerify = (): Promise<void> => rollOut('jenkins/no-such-jenkins:lts');
    const ended = await fixOn(living, wish, { beforeVerify });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
    expect(ended.wrong.join('\n')).toContain('is stuck: no Pod of revision 4 becomes available');
  });
});

describe('delete-pod', () => {
  const podsOf = (ref: ObjectRef): SimPod[] => living.cluster.living.model().pods.filter(ofWorkload(ref));
  const wish = (object: ObjectRef, owner: ObjectRef): Wish => ({
    words: about(object),
    rule: 'pod-not-ready',
    object: owner,
    remediation: 'delete-pod',
    params: { pod: podsOf(object)[0]?.name ?? '' },
  });
  test.each([JENKINS, EXPORTER])('one of $kind that hangs', async (ref) => {
    living = await startLivingFix(stageModel(4));
    const [first] = podsOf(ref);
    await hang(ref, (pod) => pod.name === first?.name);
    const { causes, symptoms, alsoFound } = await living.ask(...about(ref));
    const found = [...causes, ...symptoms, ...alsoFound].find(({ rule }) => rule === 'pod-not-ready');
    verified(await fixOn(living, wish(ref, found?.object ?? ref)));
    expect(podsOf(ref).map(({ name }) => name)).not.toContain(first?.name);
  });

  test('whose successor hangs too', async () => {
    const model = stageModel(4);
    const mine = ofWorkload(JENKINS);
    living = await startLivingFix({
      ...model,
      pods: model.pods.map((pod) => (mine(pod) ? { ...pod, ready: false } : pod)),
    });
    const found = (await living.ask(...about(JENKINS))).symptoms.find(({ rule }) => rule === 'pod-not-ready');
    const ended = await fixOn(living, wish(JENKINS, found?.object ?? JENKINS));
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
    expect(ended.wrong.join('\n')).toContain('none of 1 Pod available');
  });

  test('that is ready again just before: it is left alone', async () => {
    living = await startLivingFix(stageModel(4));
    await hang(JENKINS);
    const found = (await living.ask(...about(JENKINS))).symptoms.find(({ rule }) => rule === 'pod-not-ready');
    const heal = async (): Promise<void> => {
      living.cluster.living.edit((model) => ({
        ...model,
        pods: model.pods.map((pod) => (ofWorkload(JENKINS)(pod) ? { ...pod, ready: true } : pod)),
      }));
      await living.cluster.living.settled();
    };
    const ended = await fixOn(living, wish(JENKINS, found?.object ?? JENKINS), { beforeApply: heal });
    expect([ended.state, ended.why]).toEqual(['void', 'fix.pod-ready']);
    expect(podsOf(JENKINS).map(({ ready }) => ready)).toEqual([true]);
  });
});

test('the rights that are declared are those that are used', () => {
  for (const id of ['scale-workload', 'restart-workload', 'undo-rollout', 'delete-pod'])
    expect.soft([id, rightsCompared(id)]).toEqual([id, { unused: [], undeclared: [] }]);
});
