/** Calico's choice of address, held against its captured log lines and the documented methods of each version. */
import { describe, expect, it } from 'vitest';
import { autodetect, excludes, knowsMethod } from '../../../src/sandbox/cluster/simulate/autodetect.ts';
import { calicoLog } from '../../../src/sandbox/cluster/simulate/calico-log.ts';
import { linksOf } from '../../../src/sandbox/cluster/simulate/links.ts';
import { derive } from '../../../src/sandbox/cluster/simulate/world.ts';
import { K8SMATER1 } from '../../../src/sandbox/incidents/nodeport-30080/nodes.ts';
import { stageModel } from '../../../src/sandbox/incidents/nodeport-30080/stages.ts';

const model = stageModel(1);
const interfaces = linksOf(model, K8SMATER1).map((link) => ({
  name: link.name,
  ifindex: link.ifindex,
  cidrs: link.addresses.map((address) => address.cidr),
}));

function choose(version: string, method?: string): { cidr?: string; log: string } {
  const env: Record<string, string> = method === undefined ? {} : { IP_AUTODETECTION_METHOD: method };
  return autodetect({ version, env }, K8SMATER1, interfaces);
}

describe('on k8smater1, whose second NIC is 10.0.0.66', () => {
  it.each(['3.9.5', '3.14.0', '3.32.0'])(
    'first-found of v%s takes the NIC with the highest index, as in the incident',
    (version) => {
      expect(choose(version).cidr).toBe('10.0.0.66/24');
      expect(choose(version, 'first-found').log).toBe(
        'Using autodetected IPv4 address on interface ens19: 10.0.0.66/24',
      );
    },
  );

  it.each([
    ['can-reach=172.17.72.1', '172.17.73.66/22'],
    ['can-reach=172.17.73.65', '172.17.73.66/22'],
    ['can-reach=8.8.8.8', '172.17.73.66/22'],
    ['can-reach=172.17.73.63', '172.17.73.63/22'], // its own VIP: the trap
    ['can-reach=10.0.0.63', '10.0.0.66/24'],
    ['interface=ens18', '172.17.73.66/22'],
    ['interface=ens.*', '10.0.0.66/24'], // not anchored, and the new NIC matches too
    ['skip-interface=ens19', '172.17.73.66/22'],
  ])('%s takes %s in v3.9.5', (method, cidr) => {
    expect(choose('3.9.5', method).cidr).toBe(cidr);
  });

  it.each([
    ['cidr=172.17.72.0/22', '3.14.0', undefined],
    ['cidr=172.17.72.0/22', '3.16.0', '172.17.73.66/22'],
    ['kubernetes-internal-ip', '3.21.4', undefined],
    ['kubernetes-internal-ip', '3.22.0', '172.17.73.66/22'],
    ['nonsense', '3.32.0', undefined],
  ])('%s in v%s gives %s', (method, version, cidr) => {
    expect(choose(version, method).cidr).toBe(cidr);
    if (cidr === undefined) expect(choose(version, method).log).toBe(`Invalid IP autodetection method: ${method}`);
    expect(knowsMethod(version, method)).toBe(cidr !== undefined);
  });

  it('the log of calico-node shows the choice', () => {
    expect(calicoLog(derive(model), K8SMATER1)).toContain(
      'Using autodetected IPv4 address on interface ens19: 10.0.0.66/24',
    );
  });
});

describe('exclude lists', () => {
  const skips = (version: string, name: string): boolean => new RegExp(`(${excludes(version).join(')|(')})`).test(name);
  it('were not anchored in v3.9.5: wlo1 contains "lo"', () => {
    expect(skips('3.9.5', 'wlo1')).toBe(true);
    expect(skips('3.32.0', 'wlo1')).toBe(false);
  });
  it('learnt of bridges later', () => {
    expect(skips('3.9.5', 'br-1a2b')).toBe(false);
    expect(skips('3.32.0', 'br-1a2b')).toBe(true);
  });
  it.each(['docker0', 'kube-ipvs0', 'tunl0', 'cali123', 'lo'])('both leave out %s', (name) => {
    expect(skips('3.9.5', name) && skips('3.32.0', name)).toBe(true);
  });
  it.each(['tailscale0', 'wg0', 'bond0.200', 'ens19'])('neither leaves out %s', (name) => {
    expect(skips('3.9.5', name) || skips('3.32.0', name)).toBe(false);
  });
});
