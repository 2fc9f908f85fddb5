/** The recorded incident: one cause, and what happens to the verdict when a fact of its chain is taken away. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../../src/core/diagnosis.ts';
import type { EvidenceKind } from '../../../src/core/evidence/kinds.ts';
import type { EvidenceBundle, EvidenceItem } from '../../../src/core/evidence.ts';
import { refText } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { renderCluster } from '../../../src/sandbox/cluster/simulate/render.ts';
import { loadStage } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { stageModel } from '../../../src/sandbox/incidents/nodeport-30080/stages.ts';
import { simulatedEvidence } from '../../support/simulated-evidence.ts';

const CAUSE = 'calico-node-ip-mismatch Node/k8smater1';

function causes(diagnosis: Diagnosis): string[] {
  return diagnosis.causes.map((cause) => `${cause.rule} ${refText(cause.object)}`);
}

async function stage(number: 1 | 3 | 4): Promise<EvidenceBundle> {
  const recorded = loadStage(number);
  return simulatedEvidence(recorded, recorded.question);
}

describe('the stages', () => {
  test.each([
    [1, 'cause-found', [CAUSE]],
    [3, 'cause-found', [CAUSE]],
    [4, 'no-fault-found', []],
  ] as const)('stage %i: %s', async (number, verdict, expected) => {
    const diagnosis = judge(await stage(number));
    expect(diagnosis.verdict).toBe(verdict);
    expect(causes(diagnosis)).toEqual(expected);
  });
});

describe('stage 1 with a fact taken away', () => {
  let whole: EvidenceBundle;
  beforeAll(async () => {
    whole = await stage(1);
  });

  const on =
    (kind: EvidenceKind, ...names: string[]) =>
    (item: EvidenceItem) =>
      item.kind === kind && (names.length === 0 || names.includes(item.object.name));
  const CASES: [string, (item: EvidenceItem) => boolean][] = [
    ['BIRD of k8smater1', on('node-bird', 'k8smater1')],
    ['BIRD of k8smaster2', on('node-bird', 'k8smaster2')],
    ['BIRD of both', on('node-bird')],
    ['routes of k8smater1', on('node-routes', 'k8smater1')],
    ['route lookups of k8smater1', on('node-route-get', 'k8smater1')],
    ['connects from k8smater1', on('node-tcp', 'k8smater1')],
    ['connects from k8smaster2', on('node-tcp', 'k8smaster2')],
    ['all connects', on('node-tcp')],
    ['NICs of k8smater1', on('node-interfaces', 'k8smater1')],
    ['all NICs', on('node-interfaces')],
    ['events', on('events')],
    ['logs', on('pod-log')],
    ['Pods', on('pods')],
    ['leases', on('node-leases')],
    ['IP pools', on('calico-ip-pools')],
    ['the installation', on('calico-install')],
    ['Felix’ configuration', on('calico-felix-config')],
    ['endpoints', on('endpoints')],
    ['services', on('services')],
    ['nodes', on('nodes')],
    ['BIRD and events', (item) => on('node-bird')(item) || on('events')(item)],
    ['all of the agents', (item) => item.kind.startsWith('node-') && item.kind !== 'node-leases'],
    ['routes and lookups of both', (item) => on('node-routes')(item) || on('node-route-get')(item)],
  ];

  test.each(CASES)('%s, not readable: never another cause', (_, gone) => {
    for (const change of [unavailable, absent]) {
      const items = whole.items.flatMap((item) => (gone(item) ? change(item) : [item]));
      expect(items).not.toEqual(whole.items);
      const diagnosis = judge({ ...whole, items });
      expect(diagnosis.verdict).not.toBe('no-fault-found');
      expect([[], [CAUSE]]).toContainEqual(causes(diagnosis));
      if (diagnosis.verdict === 'cause-found') expect(causes(diagnosis)).toEqual([CAUSE]);
    }
  });

  test.each([
    ['BIRD of k8smater1'],
    ['BIRD of k8smaster2'],
    ['BIRD of both'],
    ['logs'],
    ['NICs of k8smater1'],
    ['events'],
  ])('%s: other witnesses still prove it', (name) => {
    const gone = CASES.find(([title]) => title === name)?.[1];
    const items = whole.items.flatMap((item) => (gone?.(item) === true ? unavailable(item) : [item]));
    expect(judge({ ...whole, items }).verdict).toBe('cause-found');
  });

  test('the annotation of k8smater1: what is left names no cause', () => {
    const items = whole.items.map((item) => withoutAnnotation(item, 'k8smater1'));
    const diagnosis = judge({ ...whole, items });
    expect(diagnosis.verdict).toBe('inconclusive');
    expect(causes(diagnosis)).toEqual([]);
  });

  test('the order of the items changes no byte', () => {
    const expected = JSON.stringify(judge(whole));
    const turned = [...whole.items].reverse();
    const shuffled = [...whole.items].sort((a, b) => spread(a) - spread(b));
    expect(JSON.stringify(judge({ ...whole, items: turned }))).toBe(expected);
    expect(JSON.stringify(judge({ ...whole, items: shuffled }))).toBe(expected);
  });

  test('500 healthy objects that have nothing to do with it change no byte', async () => {
    const recorded = loadStage(1);
    const objects = [...recorded.objects, ...Array.from({ length: 500 }, (_, i) => bystander(i))];
    const bundle = await simulatedEvidence({ ...recorded, objects }, recorded.question);
    expect(JSON.stringify(judge(bundle))).toBe(JSON.stringify(judge(whole)));
  });
});

test('a session over the wrong network: Ready there, and still the same cause', async () => {
  const model = stageModel(1);
  const third = model.nodes.find((node) => node.name === 'k8scephnode');
  if (third === undefined) throw new Error('the incident has a third node');
  // The third node is well again, with its second NIC in the same storage LAN.
  const { lastHeartbeat: _, lastRenew: __, unknownSince: ___, journal: ____, ...kubelet } = third.kubelet;
  Object.assign(third, { containersRun: true, agent: true, kubelet: { ...kubelet, state: 'running' } });
  delete third.taints;
  delete third.swap;
  const bundle = await simulatedEvidence(renderCluster(model), ['why-not-reachable', '30080']);
  const bird = bundle.items.find((item) => item.kind === 'node-bird' && item.object.name === 'k8smater1');
  expect(JSON.stringify(bird)).toContain('"info":"Established"');
  const diagnosis = judge(bundle);
  expect(diagnosis.verdict).toBe('cause-found');
  expect(causes(diagnosis).sort()).toEqual(['calico-node-ip-mismatch Node/k8scephnode', CAUSE]);
  expect(diagnosis.causes.map((cause) => cause.text)).toEqual(['found-some', 'found-some']);
  const notReady = [...diagnosis.symptoms, ...diagnosis.alsoFound].find((f) => f.rule === 'calico-node-not-ready');
  expect(notReady?.scope.nodes).toEqual(['k8smaster2']);
});

function unavailable(item: EvidenceItem): EvidenceItem[] {
  const { kind, object, part, source, at, command } = item;
  const rest = { kind, object, source, at, command, ...(part === undefined ? {} : { part }) };
  return [{ ...rest, status: 'unavailable', reason: 'could not be read' }];
}

function absent(): EvidenceItem[] {
  return [];
}

function withoutAnnotation(item: EvidenceItem, name: string): EvidenceItem {
  if (item.kind !== 'nodes' || item.status !== 'collected') return item;
  const value = item.value as { total: number; nodes: { name: string; annotations: Record<string, string> }[] };
  const nodes = value.nodes.map((node) => (node.name === name ? { ...node, annotations: {} } : node));
  return { ...item, value: { ...value, nodes } } as EvidenceItem;
}

/** A fixed order that has nothing to do with the item's place. */
function spread(item: EvidenceItem): number {
  let sum = 7;
  for (const char of `${item.kind} ${refText(item.object)} ${item.part ?? ''}`)
    sum = (sum * 31 + char.charCodeAt(0)) % 65_521;
  return sum;
}

/** A Deployment, a Pod or a Service of another namespace, in order. */
function bystander(i: number): { apiVersion: string; kind: string } {
  const metadata = { namespace: `team-${i % 20}`, name: `app-${i}`, uid: `uid-${i}`, labels: { app: `app-${i}` } };
  const kinds = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { replicas: 0, selector: { matchLabels: metadata.labels }, template: { spec: { containers: [] } } },
      status: {},
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      spec: {
        type: 'ClusterIP',
        clusterIP: `10.98.${i % 250}.9`,
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      },
      status: {},
    },
    { apiVersion: 'v1', kind: 'ConfigMap', data: { some: 'value' } },
  ];
  return { ...(kinds[i % kinds.length] as { apiVersion: string; kind: string }), metadata } as {
    apiVersion: string;
    kind: string;
  };
}
