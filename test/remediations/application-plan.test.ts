/** From a question to a plan on a whole simulated cluster that somebody changed by hand: collect, judge, read, plan. */
import { describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/object-ref.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { cordonNode } from '../../src/remediations/cordon-node.ts';
import { restartWorkload } from '../../src/remediations/restart-workload.ts';
import { scaleWorkload } from '../../src/remediations/scale-workload.ts';
import { uncordonNode } from '../../src/remediations/uncordon-node.ts';
import { undoRollout } from '../../src/remediations/undo-rollout.ts';
import { generateCluster } from '../../src/sandbox/cluster/simulate/generate.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { planOn } from '../support/plan.ts';
import { drafted, linesOfDraft, refusal, spoken } from './plan-kit.ts';

type Json = Record<string, unknown>;
interface Editable {
  apiVersion: string;
  kind: string;
  metadata: Json & { name: string; namespace?: string; uid?: string; annotations?: Record<string, string> };
  spec: Json;
  status: Json;
}

/** A healthy cluster whose objects may be edited, and one application's Deployment in it. */
function healthy(seed: number) {
  const rendered = renderCluster(generateCluster(seed, { fault: null }).model);
  const objects = structuredClone(rendered.objects) as unknown as Editable[];
  const deployment = objects.find((one) => one.kind === 'Deployment' && one.metadata.namespace !== 'kube-system');
  const node = objects.find((one) => one.kind === 'Node');
  if (deployment === undefined || node === undefined) throw new Error('a cluster without an application');
  return { cluster: { ...rendered, objects }, objects, deployment, node };
}

const refOf = ({ kind, metadata }: Editable): ObjectRef => ({
  kind,
  name: metadata.name,
  ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
});
const wordsOf = ({ kind, metadata }: Editable) => [
  'diagnose',
  kind.toLowerCase(),
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`,
];
const plan = (
  { cluster }: ReturnType<typeof healthy>,
  object: Editable,
  rule: string,
  remediation: Remediation,
  params: Record<string, string | number> = {},
) => planOn(cluster as never, { words: wordsOf(object), rule, object: refOf(object), remediation, params });

const speaks = (remediation: Remediation, lines: ReturnType<typeof linesOfDraft>) => {
  for (const line of lines) expect(spoken(remediation, line)).not.toMatch(/[{}]|undefined/);
};

describe('on whole clusters', () => {
  it.each([31, 32, 33])('seed %d: a Deployment at zero is scaled up', { timeout: 60_000 }, async (seed) => {
    const world = healthy(seed);
    world.deployment.spec['replicas'] = 0;
    world.deployment.status = {};
    const draft = drafted(
      await plan(world, world.deployment, 'deployment-scaled-to-zero', scaleWorkload, { replicas: 1 }),
    );
    expect(draft.steps[0]).toMatchObject({ subresource: 'scale', body: { spec: { replicas: 1 } } });
    expect(draft.object).toEqual(refOf(world.deployment));
    speaks(scaleWorkload, linesOfDraft(draft));
  });

  it.each([41, 42, 43])(
    'seed %d: a cordoned node is uncordoned, a free one is no cause',
    { timeout: 60_000 },
    async (seed) => {
      const world = healthy(seed);
      expect((await plan(world, world.node, 'node-cordoned', uncordonNode)).status).toBe('gone');
      world.node.spec['unschedulable'] = true;
      const draft = drafted(await plan(world, world.node, 'node-cordoned', uncordonNode));
      expect(draft.nodes).toEqual([world.node.metadata.name]);
      speaks(uncordonNode, linesOfDraft(draft));
    },
  );

  it.each([51, 52])('seed %d: a stuck rollout is taken back, and not restarted', { timeout: 60_000 }, async (seed) => {
    const world = healthy(seed);
    breakRollout(world);
    const draft = drafted(await plan(world, world.deployment, 'rollout-stuck', undoRollout));
    expect(JSON.stringify(draft.steps[0])).not.toContain('broken:2');
    expect(JSON.stringify(draft.undo[0])).toContain('broken:2');
    speaks(undoRollout, linesOfDraft(draft));
    const restart = await plan(world, world.deployment, 'workload-unavailable', restartWorkload);
    expect(refusal(restart).text).toBe('running');
  });

  it.each([61, 62, 63])(
    'seed %d: a node whose kubelet is dead may be cordoned where another takes Pods',
    { timeout: 60_000 },
    async (seed) => {
      const { model, expect: wanted } = generateCluster(seed, { fault: 'kubelet-swap-on' });
      const rule = 'node-not-ready';
      const object = { kind: 'Node', name: wanted.nodes[0] ?? '' };
      const result = await planOn(renderCluster(model), {
        words: wanted.question,
        rule,
        object,
        remediation: cordonNode,
      });
      const draft = drafted(result);
      expect([draft.nodes, draft.undo.length]).toEqual([[object.name], 1]);
      speaks(cordonNode, linesOfDraft(draft));
    },
  );
});

/** A second revision whose one Pod does not become ready, while the Pods of the first one serve. */
function breakRollout({ objects, deployment }: ReturnType<typeof healthy>): void {
  const uid = deployment.metadata.uid;
  const owned = (one: Editable) =>
    ((one.metadata['ownerReferences'] ?? []) as { uid: string; name: string }[]).find((owner) => owner.uid === uid);
  const old = objects.find((one) => one.kind === 'ReplicaSet' && owned(one) !== undefined);
  const pod = objects.find(
    (one) =>
      one.kind === 'Pod' &&
      ((one.metadata['ownerReferences'] ?? []) as { name: string }[]).some(
        (owner) => owner.name === old?.metadata.name,
      ),
  );
  if (old === undefined || pod === undefined) throw new Error('a Deployment without Pods');
  const template = structuredClone(deployment.spec['template']) as { spec: { containers: Json[] } };
  template.spec.containers[0] = { ...template.spec.containers[0], image: 'broken:2' };
  deployment.spec['template'] = template;
  deployment.metadata.annotations = { 'deployment.kubernetes.io/revision': '2' };
  const replicas = Number(deployment.spec['replicas']) + 1;
  deployment.spec['replicas'] = replicas;
  const time = '2026-03-17T09:00:00Z';
  deployment.status = {
    observedGeneration: deployment.metadata['generation'],
    replicas,
    updatedReplicas: 1,
    availableReplicas: replicas - 1,
    conditions: [
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: 'timed out',
        lastTransitionTime: time,
      },
    ],
  };
  const name = `${deployment.metadata.name}-new`;
  const set = structuredClone(old);
  set.metadata = { ...set.metadata, name, uid: 'uid-new', annotations: { 'deployment.kubernetes.io/revision': '2' } };
  set.spec = { ...set.spec, replicas: 1, template };
  set.status = { observedGeneration: 1, replicas: 1 };
  const sick = structuredClone(pod);
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: 'uid-new', controller: true };
  sick.metadata = { ...sick.metadata, name: `${name}-1`, uid: 'uid-pod-new', ownerReferences: [owner] };
  sick.status = {
    ...sick.status,
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: time }],
  };
  objects.push(set, sick);
}
