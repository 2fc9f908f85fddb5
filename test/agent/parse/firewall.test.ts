import { describe, expect, test } from 'vitest';
import { iptablesDenials, nftDenials } from '../../../src/agent/parse/firewall.ts';
import { parseIptablesSave } from '../../../src/agent/parse/iptables-save.ts';
import { parseNft } from '../../../src/agent/parse/nft.ts';
import { fixture } from '../support/fixture.ts';

const saved = parseIptablesSave(fixture('iptables-save-nft.txt'));

describe('iptables, captured', () => {
  const { policies, denials } = iptablesDenials(saved);

  test('policies of the built-in chains, FORWARD DROP among them', () => {
    expect(policies).toContainEqual({ table: 'filter', chain: 'FORWARD', policy: 'DROP' });
    expect(policies.filter(({ policy }) => policy === 'DROP')).toHaveLength(1);
    expect(policies.map(({ chain }) => chain)).not.toContain('KUBE-SERVICES');
  });

  test("only the host's own denials: not kube-proxy's, Calico's, Docker's, kubelet's", () => {
    expect(denials).toEqual([
      {
        backend: 'iptables',
        chain: 'INPUT',
        hook: 'input',
        rule: '-A INPUT -p tcp -m tcp --dport 179 -j DROP',
        protocol: 'tcp',
        ports: '179',
      },
      { backend: 'iptables', chain: 'INPUT', hook: 'input', rule: '-A INPUT -m state --state INVALID -j DROP' },
      {
        backend: 'iptables',
        chain: 'ufw-user-input',
        hook: 'input',
        rule: '-A ufw-user-input -s 10.9.0.0/16 -p tcp -m multiport --dports 30000:32767 -j REJECT --reject-with icmp-port-unreachable',
        protocol: 'tcp',
        ports: '30000:32767',
        source: '10.9.0.0/16',
      },
    ]);
  });

  test('DOCKER-USER is where people write their own rules', () => {
    const text =
      '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -s 10.1.0.0/16 -j DROP\nCOMMIT';
    expect(iptablesDenials(parseIptablesSave(text)).denials).toMatchObject([{ chain: 'DOCKER-USER', hook: 'forward' }]);
  });

  test('a negated match is not taken for its opposite', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ! -s 10.0.0.0/8 -p tcp -m tcp ! --dport 22 -j DROP\nCOMMIT';
    const [denial] = iptablesDenials(parseIptablesSave(text)).denials;
    expect([denial?.source, denial?.ports, denial?.protocol]).toEqual([undefined, undefined, 'tcp']);
  });
});

describe('nft ruleset, captured', () => {
  const { policies, denials } = nftDenials(parseNft(fixture('nft-ruleset.json')), saved);

  test("the host's own table; not kube-proxy's, and not what iptables-save has shown", () => {
    expect(policies).toEqual([{ table: 'inet myfw', chain: 'input', policy: 'DROP' }]);
    expect(denials).toEqual([
      {
        backend: 'nftables',
        chain: 'inet myfw allowed',
        hook: 'input',
        rule: 'tcp dport 179 reject with tcp reset',
        protocol: 'tcp',
        ports: '179',
      },
      {
        backend: 'nftables',
        chain: 'inet myfw input',
        hook: 'input',
        rule: expect.stringMatching(/^tcp dport 30000-32767 ip saddr 10\.8\.0\.0\/16 drop$/),
        protocol: 'tcp',
        ports: '30000-32767',
        source: '10.8.0.0/16',
      },
    ]);
  });

  test('without iptables-save its tables are read from nft', () => {
    const alone = nftDenials(parseNft(fixture('nft-ruleset.json')), new Map());
    expect(alone.policies).toContainEqual({ table: 'ip filter', chain: 'FORWARD', policy: 'DROP' });
    expect(alone.denials.map(({ chain }) => chain)).not.toContain('ip filter KUBE-FIREWALL');
    expect(alone.denials).toContainEqual(expect.objectContaining({ chain: 'ip filter INPUT', ports: '179' }));
  });
});
