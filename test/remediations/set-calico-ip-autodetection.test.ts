/** set-calico-ip-autodetection on the recorded incident, on generated clusters, and where it must refuse. */
import { describe, expect, test } from 'vitest';
import { nodeRef } from '../../src/core/object-ref.ts';
import type { ApiStep, Draft } from '../../src/core/remediation.ts';
import { setCalicoIpAutodetection as remediation } from '../../src/remediations/set-calico-ip-autodetection.ts';
import type { KubeObject } from '../../src/sandbox/cluster/api/types.ts';
import { autodetect } from '../../src/sandbox/cluster/simulate/autodetect.ts';
import { generateCluster } from '../../src/sandbox/cluster/simulate/generate.ts';
import { RELEASES } from '../../src/sandbox/cluster/simulate/generate-choices.ts';
import type { ClusterModel } from '../../src/sandbox/cluster/simulate/model.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { loadStage, type RecordedStage } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { planOn } from '../support/plan.ts';
import { drafted, inWords, refusal, soundDraft, spoken, thereAndBackOn } from './plan-kit.ts';

const RULE = 'calico-node-ip-mismatch';
const seed = { rule: RULE, object: nodeRef('k8smater1'), remediation, words: ['why-not-reachable', '30080'] };

describe('the recorded incident', () => {
  test('stage 1: refused, since nobody sees the NICs of k8scephnode', async () => {
    const plan = await planOn(loadStage(1), seed);
    expect(spoken(remediation, refusal(plan))).toBe(
      'No agent answers on k8scephnode, and Calico 3.9.5 does not publish a node’s NICs, so nobody can know what can-reach=172.17.72.1 would choose there.',
    );
  });

  test('stage 2: can-reach the gateway; all Pods at once, and the one on the dead kubelet hangs', async () => {
    const draft = soundDraft(remediation, drafted(await planOn(loadStage(2), seed)));
    const words = inWords(remediation, draft);
    const env = (entry: object) => ({
      spec: { template: { spec: { containers: [{ name: 'calico-node', env: [entry] }] } } },
    });
    const wait = {
      kind: 'rolled-out',
      except: ['k8scephnode'],
      target: expect.objectContaining({ namespace: 'kube-system', name: 'calico-node' }),
    };
    expect(words.steps).toEqual([
      {
        'patch strategic apps/daemonsets kube-system/calico-node': env({
          name: 'IP_AUTODETECTION_METHOD',
          value: 'can-reach=172.17.72.1',
        }),
        says: 'Set IP_AUTODETECTION_METHOD=can-reach=172.17.72.1 in DaemonSet kube-system/calico-node.',
      },
      { wait, seconds: 225 },
    ]);
    expect(words.undo).toEqual([
      {
        'patch strategic apps/daemonsets kube-system/calico-node': env({
          name: 'IP_AUTODETECTION_METHOD',
          $patch: 'delete',
        }),
        says: 'Put back what was there: IP_AUTODETECTION_METHOD (not set).',
      },
    ]);
    expect(words.nodes).toEqual(['k8scephnode', 'k8smaster2', 'k8smater1']);
    expect(words.blast).toEqual([
      'calico-node restarts on 2 nodes: k8smaster2, k8smater1.',
      'On k8smaster2, k8smater1 it is not ready now. Such Pods are all replaced at once, whatever maxUnavailable says (1).',
      'On k8scephnode no kubelet answers: the Pod there stays in Terminating and is not replaced until kubelet is back.',
      'Calico’s address of k8smater1 changes from 10.0.0.66 to 172.17.73.66. Its BGP sessions and tunnels are made anew.',
      'Pods that run keep their traffic meanwhile: routes stay, and BGP restarts gracefully for up to 120 s. New Pods on a node wait until its calico-node is back.',
      'About 225 s in all.',
    ]);
    expect(words.before[1]).toContain('k8scephnode 172.17.73.60, k8smaster2 172.17.73.65, k8smater1 172.17.73.66');
    expect(words.rights).toEqual([
      'get daemonsets kube-system/calico-node',
      'patch daemonsets kube-system/calico-node',
    ]);
    expect(draft.expect).toMatchObject({
      rule: RULE,
      object: nodeRef('k8smater1'),
      nodes: ['k8smaster2', 'k8smater1'],
    });
    expect(draft.expect.questions.map((one) => one.target.nodePort ?? one.target.name)).toEqual([
      30080,
      'calico',
      30945,
    ]);
  });

  test('stage 2: not for the node whose kubelet is dead', async () => {
    const plan = await planOn(loadStage(2), { ...seed, object: nodeRef('k8scephnode') });
    expect(spoken(remediation, refusal(plan))).toMatch(/^No kubelet answers on k8scephnode/);
  });

  test('stage 3: the same method in 3.14.0, asked as diagnose calico', async () => {
    const draft = soundDraft(
      remediation,
      drafted(await planOn(loadStage(3), { ...seed, words: ['diagnose', 'calico'] })),
    );
    expect(spoken(remediation, draft.title)).toBe('Calico: choose each node’s address by can-reach=172.17.72.1.');
    expect(draft.nodes).toEqual(['k8smaster2', 'k8smater1']);
    expect(draft.blast.map((line) => line.text)).not.toContain('blast-stuck');
  });

  test('stage 4: there is nothing to repair', async () => {
    expect((await planOn(loadStage(4), seed)).status).toBe('gone');
  });

  test('the undo restores the DaemonSet exactly', async () => {
    const draft = drafted(await planOn(loadStage(2), seed));
    const { before, changed, after } = await thereAndBackOn([daemonSetOf(loadStage(2))], draft);
    expect(changed).not.toEqual(before);
    expect(after).toEqual(before);
  });
});

function daemonSetOf({ objects }: { readonly objects: readonly KubeObject[] }): KubeObject {
  const found = objects.find((one) => one.kind === 'DaemonSet' && one.metadata.name === 'calico-node');
  if (found === undefined) throw new Error('no calico-node');
  return found;
}

/** A DaemonSet as these tests change it. */
interface Loose {
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: {
    updateStrategy?: unknown;
    template: {
      spec: { containers: { image: string; env: { name: string; value?: string; valueFrom?: unknown }[] }[] };
    };
  };
}
type Changed = (daemonSet: Loose, stage: RecordedStage) => void;
const envOf = (set: Loose) => set.spec.template.spec.containers[0]?.env ?? [];

describe('stage 2, changed: what is refused, and with what words', () => {
  const cases: readonly (readonly [what: string, change: Changed, refused: RegExp | undefined])[] = [
    ['nothing', () => undefined, undefined],
    [
      'Argo CD owns the DaemonSet',
      (set) => {
        set.metadata.annotations = {
          'argocd.argoproj.io/tracking-id': 'net:apps/DaemonSet:kube-system/calico-node',
        };
      },
      /^Argo CD \(application net\) keeps DaemonSet kube-system\/calico-node/,
    ],
    [
      'a Helm release owns it: allowed, and said',
      (set) => {
        set.metadata.labels = { ...set.metadata.labels, 'app.kubernetes.io/managed-by': 'Helm' };
        set.metadata.annotations = { 'meta.helm.sh/release-name': 'calico' };
      },
      undefined,
    ],
    [
      'Pods restart only when deleted',
      (set) => {
        set.spec.updateStrategy = { type: 'OnDelete' };
      },
      /updateStrategy OnDelete/,
    ],
    [
      'IP is fixed',
      (set) => void (envOf(set).find((e) => e.name === 'IP')!.value = '10.0.0.66'),
      /IP of calico-node is set/,
    ],
    [
      'the method comes from a ConfigMap',
      (set) =>
        void envOf(set).push({
          name: 'IP_AUTODETECTION_METHOD',
          valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } },
        }),
      /comes from elsewhere/,
    ],
    [
      'the agent of another node is silent',
      (_, stage) => void (stage.hosts = stage.hosts.filter((host) => host.node !== 'k8smaster2')),
      /^No agent answers on k8smaster2/,
    ],
  ];

  test.each(cases)('%s', async (_, change, expected) => {
    const stage = loadStage(2);
    change(daemonSetOf(stage) as never, stage);
    const plan = await planOn(stage, seed);
    if (expected === undefined) soundDraft(remediation, drafted(plan));
    else expect(spoken(remediation, refusal(plan))).toMatch(expected);
  });

  test('an Argo CD owner gets the patch to commit', async () => {
    const stage = loadStage(2);
    cases[1]?.[1](daemonSetOf(stage) as never, stage);
    const plan = await planOn(stage, seed);
    const manual = plan.status === 'refused' ? plan.manual?.[0]?.command : undefined;
    expect(manual).toContain('name: IP_AUTODETECTION_METHOD');
    expect(manual).toContain('can-reach=172.17.72.1');
  });

  test('IP unset and a method that was never heeded: only IP is set, and the undo takes it away', async () => {
    const stage = loadStage(2);
    const env = envOf(daemonSetOf(stage) as never);
    env.splice(
      env.findIndex((e) => e.name === 'IP'),
      1,
    );
    env.push({ name: 'IP_AUTODETECTION_METHOD', value: 'can-reach=172.17.72.1' });
    const draft = soundDraft(remediation, drafted(await planOn(stage, seed)));
    expect(JSON.stringify((draft.steps[0] as ApiStep).body)).toContain('[{"name":"IP","value":"autodetect"}]');
    const { before, after } = await thereAndBackOn([daemonSetOf(stage)], draft);
    expect(after).toEqual(before);
  });
});

/** What the plan would have every calico-node choose, by the simulator's own code. */
function choices(model: ClusterModel, draft: Draft): string[] {
  const { body } = draft.steps[0] as ApiStep;
  const method = methodIn(body);
  const calico = { version: model.calico.version, env: { IP: 'autodetect', IP_AUTODETECTION_METHOD: method } };
  return model.nodes.map((node) => {
    const nics = node.nics.map(({ name, ifindex, addresses }) => ({
      name,
      ifindex,
      cidrs: addresses.map((a) => a.cidr),
    }));
    return autodetect(calico, node, nics).cidr?.split('/')[0] ?? 'none';
  });
}

function methodIn(body: unknown): string {
  const text = JSON.stringify(body);
  const env = /"IP_AUTODETECTION_METHOD","value":"([^"]+)"/.exec(text)?.[1];
  if (env !== undefined) return env;
  if (text.includes('"kubernetes":"NodeInternalIP"')) return 'kubernetes-internal-ip';
  return `cidr=${/"cidrs":\["([^\]]+)"\]/.exec(text)?.[1]?.replaceAll('","', ',') ?? ''}`;
}

describe('generated clusters, every release', () => {
  test.each(RELEASES.map((release) => [`Calico ${release.calico}`, release] as const))('%s', async (_, release) => {
    let drafts = 0;
    for (let number = 1; number <= 6; number += 1) {
      const { model, expect: wanted } = generateCluster(number, { fault: RULE, release });
      const cluster = renderCluster(model);
      const [node = ''] = wanted.nodes;
      const plan = await planOn(cluster, { ...seed, words: wanted.question, object: nodeRef(node) });
      if (plan.status !== 'draft') continue;
      drafts += 1;
      const draft = soundDraft(remediation, plan.draft);
      expect(choices(model, draft), `seed ${number}`).toEqual(model.nodes.map((one) => one.internalIp));
      expect(draft.object.kind).toBe(model.calico.install === 'operator' ? 'Installation' : 'DaemonSet');
      if (number > 2) continue;
      const { before, after } = await thereAndBackOn(cluster.objects, draft);
      expect(after).toEqual(before);
    }
    expect(drafts).toBeGreaterThanOrEqual(3);
  });

  test('an operator’s old method is nulled and put back', async () => {
    for (let number = 1; number < 60; number += 1) {
      const { model, expect: wanted } = generateCluster(number, { fault: RULE });
      if (model.calico.install !== 'operator') continue;
      const cluster = renderCluster(model);
      const plan = await planOn(cluster, { ...seed, words: wanted.question, object: nodeRef(wanted.nodes[0] ?? '') });
      if (plan.status !== 'draft') continue;
      const draft = plan.draft;
      const [step, back] = [draft.steps[0] as ApiStep, draft.undo[0] as ApiStep];
      expect(JSON.stringify(step.body)).toContain('"firstFound":null');
      expect(JSON.stringify(back.body)).toContain('"firstFound":true');
      return;
    }
    throw new Error('no operator install with a draft');
  });

  test('a node without an agent: only where calico-node itself publishes its NICs (since v3.31)', async () => {
    const release = RELEASES.find((one) => one.calico === '3.32.0');
    for (let number = 1; number < 30; number += 1) {
      const { model, expect: wanted } = generateCluster(number, { fault: RULE, ...(release && { release }) });
      const wish = { ...seed, words: wanted.question, object: nodeRef(wanted.nodes[0] ?? '') };
      // A node that is on no path of the question.
      const other = model.nodes.find((one) => !wanted.nodes.includes(one.name) && !one.controlPlane);
      if (other === undefined) continue;
      other.agent = false;
      const cluster = renderCluster(model);
      if ((await planOn(cluster, wish)).status !== 'draft') continue;
      const object = cluster.objects.find((one) => one.kind === 'Node' && one.metadata.name === other.name);
      expect(Object.keys(object?.metadata.annotations ?? {})).toContain('projectcalico.org/Interfaces');
      delete object?.metadata.annotations?.['projectcalico.org/Interfaces'];
      expect(spoken(remediation, refusal(await planOn(cluster, wish)))).toBe(
        `No agent answers on ${other.name}, and the annotation projectcalico.org/Interfaces is not there either, so nobody can know what kubernetes-internal-ip would choose there.`,
      );
      return;
    }
    throw new Error('no cluster with such a node');
  });
});
