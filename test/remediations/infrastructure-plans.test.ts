/** Remediations of the infrastructure the whole way: on the incident, and on generated clusters with one fault. */
import { describe, expect, test } from 'vitest';
import { nodeRef } from '../../src/core/object-ref.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { keepSwapOff } from '../../src/remediations/keep-swap-off.ts';
import { restartCalicoNode } from '../../src/remediations/restart-calico-node.ts';
import { restartKubeProxy } from '../../src/remediations/restart-kube-proxy.ts';
import { setSysctl } from '../../src/remediations/set-sysctl.ts';
import { turnSwapOff } from '../../src/remediations/turn-swap-off.ts';
import type { PlanResult } from '../../src/run/plan.ts';
import { type FaultName, generateCluster } from '../../src/sandbox/cluster/simulate/generate.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { loadStage } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { stageModel } from '../../src/sandbox/incidents/nodeport-30080/stages.ts';
import { planOn } from '../support/plan.ts';
import { drafted, inWords, refusal, soundDraft, spoken } from './plan-kit.ts';

const CEPH = ['diagnose', 'node', 'k8scephnode'];

/** Stage 2 when swap was turned off and the kubelet came back: nothing was done about the next boot. */
function swapOff() {
  const model = stageModel(2);
  const node = model.nodes.find((one) => one.name === 'k8scephnode');
  if (node?.swap === undefined) throw new Error('no swap on k8scephnode');
  const since = new Date(Date.parse(model.now) - 120_000).toISOString();
  node.swap = { ...node.swap, active: false };
  node.kubelet = { state: 'running', since, pid: 4242 };
  node.containersRun = true;
  return renderCluster(model);
}

describe('k8scephnode in stage 2', () => {
  const wish = { rule: 'kubelet-swap-on', object: nodeRef('k8scephnode'), words: CEPH };

  test('turn-swap-off: the device, then the wait', async () => {
    const draft = soundDraft(turnSwapOff, drafted(await planOn(loadStage(2), { ...wish, remediation: turnSwapOff })));
    const words = inWords(turnSwapOff, draft);
    expect(words.title).toBe('Turn swap off on k8scephnode');
    expect(words.steps).toEqual([
      {
        node: 'k8scephnode',
        step: 'swap-device',
        params: { device: '/dev/sda3', state: 'off' },
        says: 'Turn swap off on k8scephnode: /dev/sda3 (0 KiB of 27992060 KiB in use).',
      },
      { wait: { kind: 'node-ready', node: 'k8scephnode' }, seconds: 180 },
    ]);
    expect(words.undo).toEqual([
      {
        node: 'k8scephnode',
        step: 'swap-device',
        params: { device: '/dev/sda3', state: 'on' },
        says: 'Turn swap on again on k8scephnode: /dev/sda3.',
      },
    ]);
    expect(draft.expect).toMatchObject({
      rule: 'kubelet-swap-on',
      object: nodeRef('k8scephnode'),
      nodes: ['k8scephnode'],
    });
    expect(words.rights).toEqual(['get nodes /k8scephnode']);
  });

  test('keep-swap-off: not while swap is on', async () => {
    const plan = await planOn(loadStage(2), { ...wish, remediation: keepSwapOff });
    expect(spoken(keepSwapOff, refusal(plan))).toMatch(/^Swap is still on at k8scephnode \(\/dev\/sda3\)/);
  });

  test('keep-swap-off right afterwards: what was offered for one rule is planned for the other', async () => {
    const draft = soundDraft(keepSwapOff, drafted(await planOn(swapOff(), { ...wish, remediation: keepSwapOff })));
    expect(draft.steps).toMatchObject([
      { action: { step: 'swap-unit', params: { unit: 'dev-sda3.swap', state: 'masked' } } },
    ]);
    expect(draft.undo).toMatchObject([{ action: { params: { state: 'unmasked' } } }]);
    expect(draft.expect.rule).toBe('swap-returns-at-boot');
  });

  test('turn-swap-off afterwards: the cause is gone', async () => {
    expect((await planOn(swapOff(), { ...wish, remediation: turnSwapOff })).status).toBe('gone');
  });
});

/** The plan on the first generated cluster of a fault in which its rule is confirmed. */
async function onFault(
  fault: FaultName,
  remediation: Remediation,
  params: (node: string) => Record<string, string | number> = (node) => ({ node }),
): Promise<PlanResult & { node: string }> {
  for (let number = 1; number < 40; number += 1) {
    const { model, expect: wanted } = generateCluster(number, { fault });
    const [node = ''] = wanted.nodes;
    const wish = { words: wanted.question, rule: fault, object: nodeRef(node), remediation, params: params(node) };
    const plan = await planOn(renderCluster(model), wish);
    if (plan.status === 'draft' || plan.status === 'refused') return { ...plan, node };
  }
  throw new Error(`${fault} was never confirmed`);
}

describe('generated clusters', () => {
  test('rules that were flushed: the Pod on that node is deleted, with its uid in the wait', async () => {
    const plan = await onFault('proxy-rules-flushed', restartKubeProxy);
    const draft = soundDraft(restartKubeProxy, drafted(plan));
    expect(draft.nodes).toEqual([plan.node]);
    const [step, wait] = draft.steps;
    if (step?.type !== 'api' || wait?.type !== 'wait' || wait.until.kind !== 'pod-replaced') throw new Error('steps');
    expect(step).toMatchObject({ verb: 'delete', target: { resource: 'pods', namespace: 'kube-system' } });
    expect(wait.until).toMatchObject({ node: plan.node, selector: 'k8s-app=kube-proxy', uid: step.before.uid });
    expect(inWords(restartKubeProxy, draft).notes[0]).toMatch(/may do so again/);
  });

  test('a kube-proxy that crashes: a restart more does not help', async () => {
    const plan = await onFault('kube-proxy-down', restartKubeProxy);
    expect(spoken(restartKubeProxy, refusal(plan))).toMatch(/CrashLoopBackOff, 41 restarts/);
  });

  test('no BIRD: calico-node restarts on that node alone', async () => {
    const plan = await onFault('calico-bird-not-running', restartCalicoNode);
    const draft = soundDraft(restartCalicoNode, drafted(plan));
    expect(draft.nodes).toEqual([plan.node]);
    expect(draft.expect.questions.map((question) => question.target.name)).toContain('calico');
    expect(draft.noUndo?.text).toBe('no-undo');
  });

  test('a kernel that does not forward', async () => {
    const value = { name: 'net.ipv4.ip_forward', value: 1 };
    const plan = await onFault('ip-forward-off', setSysctl, (node) => ({ node, ...value }));
    const draft = soundDraft(setSysctl, drafted(plan));
    expect(draft.steps).toMatchObject([{ action: { step: 'sysctl', params: { ...value, persist: true } } }]);
    expect(draft.undo).toMatchObject([{ action: { params: { name: value.name, value: 0, persist: false } } }]);
  });

  test('swap, from each source', async () => {
    const plan = await onFault('kubelet-swap-on', turnSwapOff);
    soundDraft(turnSwapOff, drafted(plan));
  });
});
