/** set-node-port-addresses: the text that is edited, the list that is chosen, the restart, and the way back. */
import { describe, expect, test } from 'vitest';
import { nodeRef } from '../../src/core/object-ref.ts';
import type { ApiStep } from '../../src/core/remediation.ts';
import { nodePortAddressesIn } from '../../src/remediations/kube-proxy-config.ts';
import { setNodePortAddresses as remediation } from '../../src/remediations/set-node-port-addresses.ts';
import { cluster, node, silent } from '../rules/node/kit.ts';
import { known } from '../support/evidence.ts';
import type { Obj } from '../support/memory-cluster.ts';
import { draftIn, planIn, type World } from './application-kit.ts';
import { inWords, soundDraft, spoken, thereAndBackOn } from './plan-kit.ts';

const HEAD = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: "ipvs"\n';

describe('the text of the configuration', () => {
  const cases: readonly (readonly [string, string, readonly string[] | undefined, string?])[] = [
    ['null', 'a: 1\nnodePortAddresses: null\nb: 2\n', [], 'a: 1\nnodePortAddresses:\n- 192.0.2.9/32\nb: 2\n'],
    ['an empty list', 'nodePortAddresses: []\n', [], 'nodePortAddresses:\n- 192.0.2.9/32\n'],
    ['nothing, at the end', 'a: 1\nnodePortAddresses:\n', [], 'a: 1\nnodePortAddresses:\n- 192.0.2.9/32\n'],
    ['a list in brackets', 'nodePortAddresses: ["10.0.0.0/8", \'127.0.0.0/8\']\n', ['10.0.0.0/8', '127.0.0.0/8']],
    [
      'a list below',
      'nodePortAddresses:\n- 10.0.0.0/8\n- "127.0.0.0/8"\nb: 2\n',
      ['10.0.0.0/8', '127.0.0.0/8'],
      'nodePortAddresses:\n- 192.0.2.9/32\nb: 2\n',
    ],
    ['a list below, indented', 'nodePortAddresses:\n  - 10.0.0.0/8\nb: 2\n', ['10.0.0.0/8']],
    ['a remark behind it', 'nodePortAddresses: [] # all\n', []],
    ['not there', HEAD, [], `${HEAD}nodePortAddresses:\n- 192.0.2.9/32\n`],
    ['twice', 'nodePortAddresses: []\nnodePortAddresses: null\n', undefined],
    ['a text', 'nodePortAddresses: all\n', undefined],
    ['another document', 'kind: Other\n', undefined],
    ['deep inside', `${HEAD}x:\n  nodePortAddresses: []\n`, []],
  ];
  test.each(cases.map(([what, text, list, after]) => ({ what, text, list, after })))(
    '$what',
    ({ text, list, after }) => {
      const found = nodePortAddressesIn(text);
      expect(found?.list).toEqual(list);
      if (after !== undefined) expect(found?.replaced(['192.0.2.9/32'])).toBe(after);
    },
  );
});

const meta = (name: string, more: object = {}) => ({ name, namespace: 'kube-system', uid: `uid-${name}`, ...more });
const pod = (on: string, ready = true) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta(`kube-proxy-${on}`, { labels: { 'k8s-app': 'kube-proxy' } }),
  spec: { nodeName: on, containers: [{ name: 'kube-proxy', image: 'kube-proxy:v1.29.3' }] },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }], containerStatuses: [] },
});
function objects(config: string, change: { readonly map?: object; readonly strategy?: object } = {}): Obj[] {
  const template = {
    metadata: { labels: { 'k8s-app': 'kube-proxy' } },
    spec: { containers: [{ name: 'kube-proxy', image: 'kube-proxy:v1.29.3' }] },
  };
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: meta('kube-proxy', change.map),
      data: { 'config.conf': config, other: 'x' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: meta('kube-proxy', { uid: 'uid-ds' }),
      spec: {
        selector: { matchLabels: { 'k8s-app': 'kube-proxy' } },
        updateStrategy: change.strategy ?? { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        template,
      },
    },
    pod('n1'),
    pod('n2', false),
  ] as unknown as Obj[];
}
const NODES = [node('n1', { ip: '192.0.2.11' }), node('n2', { ip: '192.0.2.12' })];
const nics = (on: string, cidr: string) =>
  known(
    'node-interfaces',
    [{ name: 'eth0', index: 2, state: 'UP', noCarrier: false, addresses: [{ cidr, family: 4, secondary: false }] }],
    nodeRef(on),
  );
const SEEN = [...cluster(...NODES), nics('n1', '192.0.2.11/25'), nics('n2', '192.0.2.12/25')];

function world(config: string, change: Partial<World> = {}): World {
  const data = { node: 'n1', address: '198.51.100.7' };
  return { remediation, object: nodeRef('n1'), data, items: SEEN, objects: objects(config), ...change };
}

describe('the plan', () => {
  test('adds one address to a list, and restarts kube-proxy everywhere', async () => {
    const draft = soundDraft(remediation, await draftIn(world(`${HEAD}nodePortAddresses:\n- 192.0.2.0/25\n`)));
    const words = inWords(remediation, draft);
    expect((draft.steps[0] as ApiStep).body).toEqual({
      data: { 'config.conf': `${HEAD}nodePortAddresses:\n- 192.0.2.0/25\n- 198.51.100.7/32\n` },
    });
    expect(draft.steps.map((step) => step.type)).toEqual(['api', 'api', 'wait']);
    expect(words.nodes).toEqual(['n1', 'n2']);
    expect(words.notes[0]).toContain('Every NodePort of the cluster');
    expect(words.rights).toEqual([
      'get configmaps kube-system/kube-proxy',
      'patch configmaps kube-system/kube-proxy',
      'get daemonsets kube-system/kube-proxy',
      'patch daemonsets kube-system/kube-proxy',
    ]);
  });

  test('adds the addresses of all nodes that are left out for the same reason, and of no others', async () => {
    const left = (on: string, address: string, confidence: 'confirmed' | 'likely') => ({
      rule: 'node-port-address-excluded',
      object: nodeRef(on),
      confidence,
      data: { node: on, address },
    });
    const causes = [left('n2', '198.51.100.8', 'confirmed'), left('n3', '198.51.100.9', 'likely')];
    const draft = await draftIn(world(`${HEAD}nodePortAddresses:\n- 192.0.2.0/25\n`, { causes }));
    expect(JSON.stringify((draft.steps[0] as ApiStep).body)).toContain(
      '- 192.0.2.0/25\\n- 198.51.100.7/32\\n- 198.51.100.8/32\\n',
    );
    expect(draft.expect.nodes).toEqual(['n1', 'n2']);
    expect(inWords(remediation, draft).title).toBe('Serve NodePorts on 198.51.100.7, 198.51.100.8 too');
  });

  test('without a list the nodes’ own networks stay served', async () => {
    const draft = await draftIn(world(`${HEAD}nodePortAddresses: null\n`));
    expect(JSON.stringify((draft.steps[0] as ApiStep).body)).toContain(
      'nodePortAddresses:\\n- 192.0.2.0/25\\n- 198.51.100.7/32\\n',
    );
  });

  test('the undo restores the ConfigMap and the DaemonSet exactly', async () => {
    const given = world(`${HEAD}nodePortAddresses: ["192.0.2.0/25"]\n`);
    const { before, changed, after } = await thereAndBackOn(given.objects.slice(0, 2), await draftIn(given));
    expect(changed).not.toEqual(before);
    expect(after).toEqual(before);
  });

  const refusals: readonly (readonly [what: string, given: World, refused: RegExp])[] = [
    [
      'it lies in the list',
      world(`${HEAD}nodePortAddresses: ["198.51.100.0/24"]\n`),
      /lies in nodePortAddresses already/,
    ],
    ['a text of another form', world(`${HEAD}nodePortAddresses: all\n`), /not the form/],
    ['networks of nodes unseen', world(HEAD, { items: cluster(...NODES) }), /networks of n1, n2 were not seen/],
    ['no ConfigMap', world(HEAD, { objects: objects(HEAD).slice(1) }), /no ConfigMap/],
    ['no DaemonSet', world(HEAD, { objects: objects(HEAD).filter((one) => one.kind !== 'DaemonSet') }), /no DaemonSet/],
    ['the ConfigMap may not be read', world(HEAD, { forbidden: /configmaps/ }), /could not be read/],
    ['OnDelete', world(HEAD, { objects: objects(HEAD, { strategy: { type: 'OnDelete' } }) }), /OnDelete/],
    [
      'Flux owns the ConfigMap',
      world(HEAD, { objects: objects(HEAD, { map: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'net' } } }) }),
      /^Flux/,
    ],
    ['no address', world(HEAD, { data: {} }), /not known which address/],
  ];
  test.each(refusals)('refused: %s', async (_, given, wanted) => {
    const outcome = await planIn(given);
    if (outcome.status === 'draft') throw new Error('a draft');
    expect(spoken(remediation, outcome.why)).toMatch(wanted);
  });

  test('a node without kubelet keeps its old configuration, and the wait leaves it out', async () => {
    const items = [...cluster(node('n1', { ip: '192.0.2.11' }), silent('n2', '192.0.2.12')), ...SEEN.slice(2)];
    const draft = await draftIn(world(HEAD, { items }));
    expect(draft.steps.at(-1)).toMatchObject({ until: { kind: 'rolled-out', except: ['n2'] } });
    expect(inWords(remediation, draft).blast.join('\n')).toContain('On n2 no kubelet answers');
  });
});
