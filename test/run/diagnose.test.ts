/** A diagnosis from question to judgement: over the real API reader, and with the steps told to the end. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectEvidence } from '../../src/collect/collect.ts';
import { evidenceKey, parseEvidenceBundle } from '../../src/core/evidence.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import type { Step } from '../../src/core/ports.ts';
import { judge } from '../../src/rules/evaluate.ts';
import { runDiagnosis } from '../../src/run/diagnose.ts';
import { type Bench, startBench } from '../adapters/kube/support.ts';
import { clock, GROUPS, smallCluster } from '../support/cluster-objects.ts';
import { type Host, MemoryAgents } from '../support/memory-agents.ts';
import { MemoryCluster } from '../support/memory-cluster.ts';

/** Everything answers but the pod network of n2: no way to the endpoint, nor to the NodePort through n2. */
const host =
  (self: string): Host =>
  ({ kind, params }) => {
    if (kind !== 'node-tcp') return undefined;
    const targets = params?.['targets'] as { address: string; port: number }[];
    return targets.map(({ address, port }) => {
      const broken = (self === 'n2' && address === '10.20.1.5') || (address === '192.0.2.2' && port === 30080);
      return { address, port, result: broken ? 'timeout' : 'open', ms: broken ? 2000 : 1 };
    });
  };
const agents = () => new MemoryAgents({ n1: host('n1'), n2: host('n2') });
const question = parseQuestion(['why-not-reachable', '30080']);

let bench: Bench;
beforeAll(async () => {
  const objects = smallCluster().map((object) => ({ apiVersion: 'v1', ...object }));
  bench = await startBench({ objects });
});
afterAll(() => bench.stop());

test('the symptom is seen, and replaying the saved evidence gives the same judgement', async () => {
  const told: (readonly Step[])[] = [];
  const reader = await bench.reader();
  const ports = { cluster: reader, agents: agents(), clock };
  const { bundle, diagnosis } = await runDiagnosis(question, ports, {
    id: 'dx-1',
    onProgress: (steps) => told.push(steps),
  });
  expect(diagnosis.question.target).toMatchObject({ kind: 'Service', namespace: 'shop', name: 'web', nodePort: 30080 });
  expect(diagnosis.paths).toContainEqual(expect.objectContaining({ to: '192.0.2.2:30080', result: 'timeout' }));
  expect(diagnosis.paths).toContainEqual(expect.objectContaining({ to: '192.0.2.1:30080', result: 'open' }));
  expect([...diagnosis.causes, ...diagnosis.symptoms].map((finding) => finding.rule)).toContain(
    'node-port-unreachable',
  );
  expect(judge(parseEvidenceBundle(JSON.parse(JSON.stringify(bundle))))).toEqual(diagnosis);
  expect(told.at(-1)?.at(-1)).toEqual({ name: 'judge', state: 'done' });
  expect(reader.stats().requests).toBeLessThan(60);
});

test('the API server and the one in memory give the same evidence', async () => {
  const memory = new MemoryCluster(smallCluster());
  memory.groups = GROUPS;
  const keys = async (cluster: MemoryCluster | Awaited<ReturnType<Bench['reader']>>) => {
    const bundle = await collectEvidence(question, { cluster, agents: agents(), clock }, { id: 'dx-1' });
    const logs = /^(pod-log|events) /;
    return bundle.items
      .map((item) => `${evidenceKey(item.kind, item.object, item.part)}${item.status}`)
      .filter((key) => !logs.test(key));
  };
  expect(await keys(await bench.reader())).toEqual(await keys(memory));
});

test('an API server that cuts, truncates and delays: still one judgement', async () => {
  bench.api.faults.set({ path: /\/nodes\b/ }, { truncateBody: true });
  bench.api.faults.set({ path: /ippools/ }, { reset: true });
  bench.api.faults.set({ path: /endpointslices/ }, { status: 410 });
  const ports = { cluster: await bench.reader(), agents: agents(), clock };
  const { bundle, diagnosis } = await runDiagnosis(question, ports, { id: 'dx-1' });
  bench.api.faults.clear();
  expect(diagnosis.verdict).not.toBe('no-fault-found');
  const reasons = bundle.items.flatMap((item) => (item.status === 'unavailable' ? [item.reason] : []));
  expect(reasons.filter((reason) => /broke off|cuts the connection|410/.test(reason)).length).toBeGreaterThanOrEqual(3);
});
