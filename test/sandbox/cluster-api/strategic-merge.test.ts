/** Strategic merge patches against expected objects, after Kubernetes' documentation of kubectl patch. */
import { describe, expect, it } from 'vitest';
import { rulesOfKind } from '../../../src/sandbox/cluster/api/write/list-types.ts';
import { strategicMerge } from '../../../src/sandbox/cluster/api/write/strategic-merge.ts';

type Json = Record<string, unknown>;

const deployment = (podSpec: Json, more: Json = {}): Json => ({ spec: { template: { spec: podSpec }, ...more } });
const main = { name: 'main', image: 'a:1' };
const side = { name: 'side', image: 'b:1' };

const CASES: [title: string, kind: string, before: Json, patch: Json, after: Json][] = [
  [
    'a scalar is replaced',
    'Deployment',
    { spec: { replicas: 1 } },
    { spec: { replicas: 3 } },
    { spec: { replicas: 3 } },
  ],
  [
    'a container is found by its name',
    'Deployment',
    deployment({ containers: [main, side] }),
    deployment({ containers: [{ name: 'side', image: 'b:2' }] }),
    deployment({ containers: [main, { name: 'side', image: 'b:2' }] }),
  ],
  [
    'a new container comes first, as in the documentation',
    'Deployment',
    deployment({ containers: [main] }),
    deployment({ containers: [side] }),
    deployment({ containers: [side, main] }),
  ],
  [
    '$setElementOrder puts a new container last',
    'Deployment',
    deployment({ containers: [main] }),
    deployment({ containers: [side], '$setElementOrder/containers': [{ name: 'main' }, { name: 'side' }] }),
    deployment({ containers: [main, side] }),
  ],
  [
    '$setElementOrder alone sorts',
    'Deployment',
    deployment({ containers: [main, side] }),
    deployment({ '$setElementOrder/containers': [{ name: 'side' }, { name: 'main' }] }),
    deployment({ containers: [side, main] }),
  ],
  [
    'an item that the order does not name stays where it was',
    'Deployment',
    deployment({ containers: [{ ...main, env: [{ name: 'A' }, { name: 'X' }, { name: 'B' }] }] }),
    deployment({
      containers: [
        { name: 'main', env: [{ name: 'B', value: '2' }], '$setElementOrder/env': [{ name: 'A' }, { name: 'B' }] },
      ],
    }),
    deployment({ containers: [{ ...main, env: [{ name: 'A' }, { name: 'X' }, { name: 'B', value: '2' }] }] }),
  ],
  [
    '$patch: delete takes an item away',
    'Deployment',
    deployment({ containers: [main, side] }),
    deployment({ containers: [{ name: 'side', $patch: 'delete' }] }),
    deployment({ containers: [main] }),
  ],
  [
    '$patch: replace in a list keeps only the given items',
    'Deployment',
    deployment({ containers: [main, side] }),
    deployment({ containers: [{ name: 'new', image: 'c:1' }, { $patch: 'replace' }] }),
    deployment({ containers: [{ name: 'new', image: 'c:1' }] }),
  ],
  [
    '$patch: replace in a map',
    'Deployment',
    { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { $patch: 'replace', type: 'Recreate' } } },
    { spec: { strategy: { type: 'Recreate' } } },
  ],
  [
    '$patch: delete empties a map',
    'Node',
    { metadata: { labels: { a: '1' } } },
    { metadata: { labels: { $patch: 'delete' } } },
    { metadata: { labels: {} } },
  ],
  [
    '$retainKeys drops what it does not name',
    'Deployment',
    { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    { spec: { strategy: { type: 'Recreate' } } },
  ],
  [
    'null deletes, and leaves no trace where there was nothing',
    'Node',
    { metadata: { labels: { a: '1', b: '2' } } },
    { metadata: { labels: { a: null, c: null } }, spec: { unschedulable: null } },
    { metadata: { labels: { b: '2' } }, spec: {} },
  ],
  [
    'an environment variable is found by name, a port by number',
    'DaemonSet',
    deployment({
      containers: [{ ...main, env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80, name: 'x' }] }],
    }),
    deployment({
      containers: [{ name: 'main', env: [{ name: 'A', value: '2' }], ports: [{ containerPort: 80, name: 'y' }] }],
    }),
    deployment({
      containers: [{ ...main, env: [{ name: 'A', value: '2' }], ports: [{ containerPort: 80, name: 'y' }] }],
    }),
  ],
  [
    'arguments, tolerations and taints are replaced as a whole',
    'Pod',
    { spec: { tolerations: [{ key: 'a' }], containers: [{ ...main, args: ['a', 'b'] }] } },
    { spec: { tolerations: [{ key: 'b' }], containers: [{ name: 'main', args: ['c'] }] } },
    { spec: { tolerations: [{ key: 'b' }], containers: [{ ...main, args: ['c'] }] } },
  ],
  [
    'taints are replaced as a whole',
    'Node',
    { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
    { spec: { taints: [{ key: 'b', effect: 'NoExecute' }] } },
    { spec: { taints: [{ key: 'b', effect: 'NoExecute' }] } },
  ],
  [
    'conditions and addresses of a node merge by type',
    'Node',
    { status: { conditions: [{ type: 'Ready', status: 'True' }], addresses: [{ type: 'InternalIP', address: '1' }] } },
    { status: { conditions: [{ type: 'Ready', status: 'False' }], addresses: [{ type: 'Hostname', address: 'n' }] } },
    {
      status: {
        conditions: [{ type: 'Ready', status: 'False' }],
        addresses: [
          { type: 'Hostname', address: 'n' },
          { type: 'InternalIP', address: '1' },
        ],
      },
    },
  ],
  [
    'a Service port is found by its number; its selector merges key by key',
    'Service',
    { spec: { selector: { app: 'web', tier: 'x' }, ports: [{ port: 80, targetPort: 8080 }] } },
    { spec: { selector: { tier: null }, ports: [{ port: 80, targetPort: 8081 }] } },
    { spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8081 }] } },
  ],
  [
    'finalizers merge as a set, and lose one by $deleteFromPrimitiveList',
    'Node',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { finalizers: ['b', 'c'], '$deleteFromPrimitiveList/finalizers': ['a'] } },
    { metadata: { finalizers: ['b', 'c'] } },
  ],
  [
    'a PodDisruptionBudget’s selector is replaced',
    'PodDisruptionBudget',
    { spec: { selector: { matchLabels: { a: '1' } } } },
    { spec: { selector: { matchLabels: { b: '2' } } } },
    { spec: { selector: { matchLabels: { b: '2' } } } },
  ],
  [
    'volumes merge by name, and change their kind with $retainKeys',
    'Pod',
    { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
    { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] } },
    { spec: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] } },
  ],
];

describe('a strategic merge patch', () => {
  it.each(CASES)('%s', (_title, kind, before, patch, after) => {
    const untouched = structuredClone({ before, patch });
    expect(strategicMerge(before, patch, rulesOfKind(kind, true))).toEqual(after);
    expect({ before, patch }).toEqual(untouched);
  });

  it('keeps items in the order that the documentation promises', () => {
    const result = strategicMerge(
      deployment({ containers: [main] }),
      deployment({ containers: [side] }),
      rulesOfKind('Deployment', true),
    );
    expect(JSON.stringify(result)).toContain('[{"name":"side","image":"b:1"},{"name":"main","image":"a:1"}]');
  });

  it.each([
    [
      'an item without its key',
      { spec: { containers: [{ image: 'x' }] } },
      'does not contain declared merge key: name',
    ],
    ['an unknown directive', { metadata: { labels: { $patch: 'burn' } } }, 'unknown patch type: "burn"'],
    [
      'an order list without the item',
      { spec: { containers: [main], '$setElementOrder/containers': [] } },
      "doesn't match $setElementOrder",
    ],
    ['a retainKeys list without the field', { spec: { $retainKeys: ['a'], nodeName: 'x' } }, 'retainKeys'],
  ])('refuses %s', (_title, patch, message) => {
    expect(() => strategicMerge({}, patch, rulesOfKind('Pod', true))).toThrow(message);
  });

  it('a key named __proto__ is a key', () => {
    const patch = JSON.parse('{"metadata":{"labels":{"__proto__":{"polluted":"yes"}}}}') as Json;
    strategicMerge({ metadata: { labels: {} } }, patch, rulesOfKind('Pod', true));
    expect(({} as Json)['polluted']).toBeUndefined();
  });
});
