/** Settings of calico-node that do nothing: a method that is ignored, an edit that the operator reverts. */
import { describe, expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { calicoAutodetectionIgnored } from '../../../src/rules/calico/calico-autodetection-ignored.ts';
import { calicoDatastoreSlow } from '../../../src/rules/calico/calico-datastore-slow.ts';
import { calicoOperatorRevertsEdit } from '../../../src/rules/calico/calico-operator-reverts-edit.ts';
import { known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { CALICO, calicoPod, install, node, nodes } from './kit.ts';

describe('calico-autodetection-ignored', () => {
  const MIXED = nodes(node('n1', { calico: '198.51.100.1/24' }), node('n2'));
  const nics = known(
    'node-interfaces',
    (['eth0 192.0.2.1/24', 'stor0 198.51.100.1/24'] as const).map((text, index) => {
      const [name = '', cidr = ''] = text.split(' ');
      return {
        name,
        index,
        state: 'UP',
        noCarrier: false,
        addresses: [{ cidr, family: 4 as const, secondary: false }],
      };
    }),
    nodeRef('n1'),
  );
  const env = (method: string, ip?: string) =>
    install({ env: { IP_AUTODETECTION_METHOD: method, ...(ip === undefined ? {} : { IP: ip }) } });
  const found = 'finding found DaemonSet/kube-system/calico-node';

  test.each<[string, EvidenceItem[], string[]]>([
    ['IP is not set', [...MIXED, env('kubernetes-internal-ip')], [found]],
    ['IP is none', [...MIXED, env('cidr=192.0.2.0/24', 'none')], [found]],
    ['an interface that is the node’s', [...MIXED, env('interface=eth.*'), nics], [found]],
    ['what the method would take is not known', [...MIXED, env('interface=eth.*')], [`${found} (likely)`]],
    ['can-reach cannot be told from here', [...MIXED, env('can-reach=192.0.2.254')], [`${found} (likely)`]],
    ['the method would take the wrong NIC anyway', [...MIXED, env('interface=stor.*'), nics], []],
    ['a range that does not hold the node address', [...MIXED, env('cidr=198.51.100.0/24')], []],
    ['IP is autodetect', [...MIXED, env('kubernetes-internal-ip', 'autodetect')], []],
    ['IP is fixed: somebody’s choice', [...MIXED, env('kubernetes-internal-ip', '198.51.100.1')], []],
    ['no method', [...MIXED, install({ env: {} })], []],
    [
      'IP comes from a ConfigMap',
      [
        ...MIXED,
        install({ env: { IP_AUTODETECTION_METHOD: 'cidr=192.0.2.0/24' }, envFrom: { IP: 'ConfigMap a key b' } }),
      ],
      [],
    ],
    ['no node is wrong', [...nodes(node('n1'), node('n2')), env('kubernetes-internal-ip')], []],
    [
      'an operator install',
      [...MIXED, install({ kind: 'operator', env: { IP_AUTODETECTION_METHOD: 'cidr=192.0.2.0/24' } })],
      [],
    ],
    ['the installation is not known', [...MIXED, unknown('calico-install')], []],
  ])('%s', (_, items, expected) => {
    expect(said(calicoAutodetectionIgnored, CALICO, items)).toEqual(expected);
  });
});

describe('calico-operator-reverts-edit', () => {
  const operator = (actual: string | undefined, wanted: string | undefined, more = {}) =>
    install({
      kind: 'operator',
      env: actual === undefined ? {} : { IP_AUTODETECTION_METHOD: actual },
      ...(wanted === undefined ? {} : { operatorMethod: wanted }),
      ...more,
    });
  test.each<[string, EvidenceItem, string[]]>([
    ['an edit', operator('can-reach=192.0.2.254', 'first-found'), ['finding found Installation/default']],
    [
      'the operator is told to stay away',
      operator('can-reach=192.0.2.254', 'first-found', { ignoreAnnotation: true }),
      ['finding ignored Installation/default'],
    ],
    ['the same', operator('first-found', 'first-found'), []],
    ['the Installation says nothing', operator('first-found', undefined), []],
    ['a manifest install', install({ env: { IP_AUTODETECTION_METHOD: 'first-found' } }), []],
    ['not known', unknown('calico-install'), []],
  ])('%s', (_, item, expected) => {
    expect(said(calicoOperatorRevertsEdit, CALICO, [item])).toEqual(expected);
  });
});

describe('calico-datastore-slow', () => {
  /** The same Pod and events as calico-node's, of kube-controllers. */
  const controllers = (message: string): EvidenceItem[] =>
    JSON.parse(
      JSON.stringify(calicoPod('n1', false, [60, message])).replaceAll('calico-node', 'calico-kube-controllers'),
    ) as EvidenceItem[];
  test.each<[string, EvidenceItem[], string[]]>([
    [
      'etcd was late',
      controllers('Error verifying datastore: etcdserver: request timed out'),
      ['finding found Deployment/kube-system/calico-kube-controllers'],
    ],
    ['another complaint', controllers('something else'), []],
    ['calico-node itself', calicoPod('n1', false, [60, 'Error verifying datastore: x']), []],
  ])('%s', (_, items, expected) => {
    expect(said(calicoDatastoreSlow, CALICO, items)).toEqual(expected);
  });

  test('Pods could not be listed: nothing is said, and it is noted', () => {
    const outcome = outcomeOf(calicoDatastoreSlow, CALICO, [unknown('pods')]);
    expect(outcome.judgements).toEqual([]);
    expect(outcome.missing.map((item) => item.kind)).toEqual(['pods']);
  });
});
