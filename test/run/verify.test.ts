/** Verification over the recorded incident: the fault before, the repair after, and what only looks like a repair. */
import { describe, expect, test } from 'vitest';
import type { Verification } from '../../src/core/fix.ts';
import { reasonText } from '../../src/core/fix-reasons.ts';
import type { Draft } from '../../src/core/remediation.ts';
import { lineText } from '../../src/report/index.ts';
import { withBaseline } from '../../src/run/baseline.ts';
import { runDiagnosis } from '../../src/run/diagnose.ts';
import { type Verified, verifyFix } from '../../src/run/verify.ts';
import type { ClusterModel } from '../../src/sandbox/cluster/simulate/model.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { K8SCEPHNODE } from '../../src/sandbox/incidents/nodeport-30080/nodes.ts';
import { stageModel } from '../../src/sandbox/incidents/nodeport-30080/stages.ts';
import { calicoStep, draftOf } from '../support/drafts.ts';
import { type Simulated, withSimulatedPorts } from '../support/simulated-evidence.ts';

/** A model as the tests' cluster in memory takes it; the API server gives each object a version. */
function simulated(model: ClusterModel): Simulated {
  const rendered = renderCluster(model);
  const objects = rendered.objects.map((object, i) => ({
    ...object,
    metadata: { resourceVersion: String(i + 1), ...object.metadata },
  }));
  return { ...rendered, objects };
}

/** The DaemonSet as its owner has it, without the method; the Pods have not been replaced yet. */
function reverted(model: ClusterModel): Simulated {
  const rendered = simulated(model);
  const objects = rendered.objects.map((object) => {
    const { kind, metadata } = object as unknown as { kind: string; metadata: { name: string } };
    if (kind !== 'DaemonSet' || metadata.name !== 'calico-node') return object;
    return JSON.parse(JSON.stringify(object).replaceAll('IP_AUTODETECTION_METHOD', 'OTHER')) as typeof object;
  });
  return { ...rendered, objects };
}

const BROKEN = stageModel(3);
const REPAIRED = stageModel(4);

async function planned(draft: Draft = draftOf(), model = BROKEN): Promise<Draft> {
  return withSimulatedPorts(simulated(model), async (ports) => {
    const [question] = draft.expect.questions;
    if (question === undefined) throw new Error('a draft asks at least one question');
    const { diagnosis } = await runDiagnosis(question, ports, { id: 'dx-test1' });
    return withBaseline(draft, diagnosis, ports, { id: 'dx-test1' });
  });
}

const clusterOf = (given: ClusterModel | Simulated): Simulated => ('hosts' in given ? given : simulated(given));

interface Run {
  readonly verified: Verified | undefined;
  readonly looks: readonly Verification[];
  readonly waits: readonly number[];
}

/** Verifies; `at` gives the cluster at each second since the beginning. No time passes but by the test's own clock. */
async function verify(
  draft: Draft,
  at: (seconds: number) => ClusterModel | Simulated,
  options: { readonly undo?: boolean; readonly before?: Verification; readonly start?: number } = {},
): Promise<Run> {
  const start = options.start ?? Date.parse('2026-11-25T10:00:00Z');
  let now = start;
  const looks: Verification[] = [];
  const waits: number[] = [];
  const request = { draft, undo: options.undo === true, language: 'en' as const, diagnosis: 'dx-test1' };
  const verified = await verifyFix(request, (use) => withSimulatedPorts(clusterOf(at((now - start) / 1000)), use), {
    signal: new AbortController().signal,
    before: options.before,
    waiting: {
      now: () => now,
      sleep: async (ms) => {
        waits.push(ms);
        now += ms;
      },
    },
    onLook: async (verification) => {
      looks.push(verification);
      return true;
    },
  });
  return { verified, looks, waits };
}

/** A change that both clusters have: the DaemonSet has it, and Calico has not come to it yet. */
const STANDING = draftOf({
  steps: [
    {
      ...calicoStep(),
      body: {
        spec: {
          template: { spec: { containers: [{ name: 'calico-node', env: [{ name: 'IP', value: 'autodetect' }] }] } },
        },
      },
    },
  ],
});

const told = (verification: Verification | undefined, result: string): string[] =>
  (verification?.checks ?? [])
    .filter((check) => check.result === result)
    .map((check) => `${check.node === undefined ? '' : `${check.node}: `}${lineText('en', 'x', check.says)}`);

describe('a fix that mends it', () => {
  test('is verified only after it has been good for a while, node by node and question by question', async () => {
    const { verified, looks, waits } = await verify(await planned(), () => REPAIRED);
    expect(told(verified?.verification, 'wrong')).toEqual([]);
    expect(verified?.outcome).toBe('verify');
    expect(verified?.reason).toBeUndefined();
    // The owner of a DaemonSet may put it back: 25 s.
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(25_000);
    expect(looks.length).toBeGreaterThanOrEqual(2);
    const well = told(verified?.verification, 'ok');
    expect(well).toContain('The change of DaemonSet kube-system/calico-node stands.');
    expect(well).toContain('why-not-reachable 30080: what was wrong is gone.');
    expect(well).toContain('why-not-reachable 30945: what was wrong is gone.');
    expect(well).toContain('k8smater1: Ready');
    expect(well).toContainEqual(expect.stringMatching(/^k8smater1: 30080 is open through it \(1 of 1 try\)/));
    expect(well).toContainEqual(expect.stringMatching(/cause is gone: calico-node-ip-mismatch finds nothing/));
    expect(verified?.verification.verdicts.map(({ verdict }) => verdict)).toEqual(['no-fault-found', 'no-fault-found']);
  });

  test('is waited for while the cluster takes its time', async () => {
    const { verified, looks } = await verify(await planned(STANDING), (seconds) => (seconds < 20 ? BROKEN : REPAIRED));
    expect(verified?.outcome).toBe('verify');
    expect(told(looks[0], 'not-yet')).not.toEqual([]);
    // While there is time, nothing is called wrong.
    expect(looks.flatMap((one) => told(one, 'wrong'))).toEqual([]);
  });

  test('may come good just before the deadline, and is watched beyond it', async () => {
    const { verified } = await verify(await planned(STANDING), (seconds) => (seconds < 55 ? BROKEN : REPAIRED));
    expect(verified?.outcome).toBe('verify');
  });

  test('a step that nobody puts back needs no second look', async () => {
    const draft = await planned(draftOf({ expect: { ...draftOf().expect, steadySeconds: 0 } }));
    const { verified, waits } = await verify(draft, () => REPAIRED);
    expect([verified?.outcome, waits]).toEqual(['verify', []]);
  });
});

describe('a fix that does not mend it', () => {
  test('is refuted at the deadline, with what is still wrong', async () => {
    const { verified, waits } = await verify(await planned(STANDING), () => BROKEN);
    expect(verified?.outcome).toBe('refute');
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(60_000);
    const wrong = told(verified?.verification, 'wrong');
    expect(wrong).toContainEqual(expect.stringMatching(/^The cause is still found: .*k8smater1/));
    expect(wrong).toContainEqual(expect.stringMatching(/^why-not-reachable 30080: .*does not answer/));
    expect(wrong).toContainEqual(expect.stringMatching(/^k8smater1: 30080 is not open through it: timeout/));
    expect(verified?.reason === undefined ? '' : reasonText(verified.reason)).toMatch(
      /After 6\d s \d+ checks are still not/,
    );
  });

  test('an edit that its owner puts back is noticed at once, though it was good before', async () => {
    const draft = await planned();
    const { verified, looks, waits } = await verify(draft, (seconds) => (seconds < 18 ? REPAIRED : reverted(REPAIRED)));
    expect(looks[0]?.goodSince).toBeDefined();
    expect(verified?.outcome).toBe('refute');
    expect(told(verified?.verification, 'wrong')).toContainEqual(
      expect.stringMatching(
        /^The change of DaemonSet kube-system\/calico-node does not stand: spec\.template\.spec\.containers\[calico-node\]\.env\[IP_AUTODETECTION_METHOD\] was changed again/,
      ),
    );
    // Not the whole minute.
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(40_000);
  });

  test('a fault on another node that was not there before is named', async () => {
    const draft = await planned(draftOf(), BROKEN);
    const { kubelet } = K8SCEPHNODE;
    const nodes = REPAIRED.nodes.map((node) => (node.name === 'k8smaster2' ? { ...node, kubelet } : node));
    const { verified } = await verify(draft, () => ({ ...REPAIRED, nodes }));
    expect(verified?.outcome).toBe('refute');
    const wrong = told(verified?.verification, 'wrong');
    expect(wrong).toContainEqual(expect.stringMatching(/^New since the fix: .*k8smaster2/));
    expect(wrong).toContainEqual(expect.stringMatching(/^k8smaster2: Not Ready: /));
  });
});

describe('what nobody could see', () => {
  test('without agents nothing is claimed: unknown, with the evidence that is missing', async () => {
    const draft = await planned();
    const blind = { ...REPAIRED, nodes: REPAIRED.nodes.map((node) => ({ ...node, agent: false })) };
    const { verified } = await verify(draft, () => blind);
    expect(verified?.outcome).toBe('lose');
    expect(verified?.reason === undefined ? '' : reasonText(verified.reason)).toMatch(/could not be seen at all/);
    expect(told(verified?.verification, 'wrong')).toEqual([]);
    expect(told(verified?.verification, 'unseen')).toContainEqual(
      expect.stringMatching(/the rule calico-node-ip-mismatch had no node-/),
    );
  });

  test('one agent that answers no more is enough for that', async () => {
    const draft = await planned();
    const half = { ...REPAIRED, nodes: REPAIRED.nodes.map((n) => ({ ...n, agent: n.name !== 'k8smater1' })) };
    const { verified } = await verify(draft, () => half);
    expect(verified?.outcome).toBe('lose');
  });

  test('a cluster that cannot be opened is looked at again, then unknown', async () => {
    const draft = await planned();
    let now = 0;
    const verified = await verifyFix(
      { draft, undo: false, language: 'en', diagnosis: 'dx-test1' },
      () => Promise.reject(new Error('the kubeconfig is gone')),
      {
        signal: new AbortController().signal,
        waiting: { now: () => now, sleep: async (ms) => void (now += ms) },
        onLook: () => Promise.resolve(true),
      },
    );
    expect(verified?.outcome).toBe('lose');
    expect(told(verified?.verification, 'unseen').join()).toContain('the kubeconfig is gone');
  });
});

describe('a worker that takes over', () => {
  test('counts the deadline from the first look of the one before', async () => {
    const draft = await planned(STANDING);
    const first = await verify(draft, () => BROKEN);
    const before = first.looks[0];
    const late = Date.parse(before?.startedAt ?? '') + 61_000;
    const { verified, looks } = await verify(draft, () => BROKEN, { ...(before && { before }), start: late });
    expect(verified?.outcome).toBe('refute');
    expect(looks).toEqual([]);
    expect(verified?.verification.startedAt).toBe(before?.startedAt);
    expect(verified?.verification.looks).toBe(2);
  });

  test('stops where another one looked first', async () => {
    const draft = await planned();
    const verified = await withSimulatedPorts(simulated(BROKEN), (ports) =>
      verifyFix({ draft, undo: false, language: 'en', diagnosis: 'dx-test1' }, (use) => use(ports), {
        signal: new AbortController().signal,
        waiting: { now: () => 0, sleep: () => Promise.reject(new Error('must not wait')) },
        onLook: () => Promise.resolve(false),
      }),
    );
    expect(verified).toBeUndefined();
  });
});

test('an undo is verified by the fields, whatever becomes of the fault', async () => {
  const draft = draftOf({ steps: [calicoStep(), { ...calicoStep() }] });
  const { verified } = await verify(draft, () => REPAIRED, { undo: true });
  expect(verified?.outcome).toBe('verify');
  const other = draftOf({ steps: [calicoStep('first-found')] });
  expect((await verify(other, () => REPAIRED, { undo: true })).verified?.outcome).toBe('refute');
});
