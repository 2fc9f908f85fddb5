/** Which autodetection method fits which version and which NICs. */
import { describe, expect, test } from 'vitest';
import {
  chooseMethod,
  type NodeAddresses,
  parseCalicoVersion,
  redetectsWhileRunning,
  supportsMethod,
} from '../../src/core/calico-autodetection.ts';

const version = (text: string) => parseCalicoVersion(text);

describe('versions', () => {
  test.each([
    ['v3.9.5', { major: 3, minor: 9 }],
    ['3.26.1-eksbuild.2', { major: 3, minor: 26 }],
    ['master', undefined],
    [undefined, undefined],
  ])('%s', (text, parsed) => {
    expect(parseCalicoVersion(text)).toEqual(parsed);
  });

  test.each<[string, string, boolean]>([
    ['3.9.5', 'can-reach=1.2.3.4', true],
    ['3.9.5', 'cidr=10.0.0.0/8', false],
    ['3.15.0', 'cidr=10.0.0.0/8', false],
    ['3.16.0', 'cidr=10.0.0.0/8', true],
    ['3.21.4', 'kubernetes-internal-ip', false],
    ['3.22.0', 'kubernetes-internal-ip', true],
    ['3.30.0', 'no-such-method', false],
  ])('Calico %s knows %s: %s', (text, method, known) => {
    expect(supportsMethod(version(text), method)).toBe(known);
  });

  test('a running calico-node looks again from 3.16 on', () => {
    expect([redetectsWhileRunning(version('3.15.0')), redetectsWhileRunning(version('3.16.0'))]).toEqual([false, true]);
  });
});

describe('the method for a cluster', () => {
  const node = (
    name: string,
    ip: string,
    cidrs: readonly string[],
    extra: Partial<NodeAddresses> = {},
  ): NodeAddresses => ({
    name,
    internalIp: ip,
    nics: cidrs.map((cidr, i) => ({ name: `ens${18 + i}`, cidrs: [cidr] })),
    gateway: '172.17.72.1',
    ...extra,
  });
  const lan = [
    node('a', '172.17.73.65', ['172.17.73.65/22']),
    node('b', '172.17.73.66', ['172.17.73.66/22', '10.0.0.66/24']),
  ];
  const vip = [
    node('a', '172.17.73.65', ['172.17.73.65/22']),
    { ...node('b', '172.17.73.66', []), nics: [{ name: 'ens18', cidrs: ['172.17.73.66/22', '172.17.73.63/22'] }] },
  ];

  test.each<[string, string, readonly NodeAddresses[], string]>([
    ['a new version takes the InternalIP', '3.26.1', lan, 'kubernetes-internal-ip'],
    ['3.16 takes the nodes’ own network', '3.16.0', lan, 'cidr=172.17.72.0/22'],
    ['a virtual IP in that network makes cidr= a gamble', '3.16.0', vip, 'can-reach=172.17.72.1'],
    ['3.9 goes by the gateway', '3.9.5', lan, 'can-reach=172.17.72.1'],
    [
      'never by an address that a node holds',
      '3.9.5',
      lan.map((n) => ({ ...n, gateway: '172.17.73.65' })),
      'interface=ens18',
    ],
    [
      'two gateways decide nothing; one NIC name does',
      '3.9.5',
      lan.map((n, i) => ({ ...n, gateway: `172.17.72.${i + 1}` })),
      'interface=ens18',
    ],
    [
      'a gateway outside the nodes’ network decides nothing',
      '3.9.5',
      lan.map((n) => ({ ...n, gateway: '10.0.0.1' })),
      'interface=ens18',
    ],
    ['nothing known, nothing chosen', '3.9.5', lan.map((n) => ({ ...n, nics: undefined, gateway: undefined })), ''],
  ])('%s', (_, text, nodes, method) => {
    expect(chooseMethod(version(text), nodes).method).toBe(method);
  });

  test('nodes whose NICs nobody saw are named', () => {
    const blind = [...lan, { ...node('c', '172.17.73.60', []), nics: undefined }];
    expect(chooseMethod(version('3.9.5'), blind)).toEqual({
      method: 'can-reach=172.17.72.1',
      why: 'can-reach',
      unseen: ['c'],
    });
  });
});
