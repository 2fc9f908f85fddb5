import { describe, expect, test } from 'vitest';
import { parseIpVs } from '../../../src/agent/parse/ip-vs.ts';
import { parseIptablesSave } from '../../../src/agent/parse/iptables-save.ts';
import { hasKubeIptables, kubeIptables } from '../../../src/agent/parse/kube-iptables.ts';
import { kubeNft } from '../../../src/agent/parse/kube-nft.ts';
import { parseNft } from '../../../src/agent/parse/nft.ts';
import type { ProxyEntry } from '../../../src/core/evidence/node-network.ts';
import { fixture } from '../support/fixture.ts';

const ONE = { ip: '10.109.209.196', port: 8080 };
const TWO = { ip: '10.244.1.9', port: 8080 };
const kubeIptablesEntries = (tables: Parameters<typeof kubeIptables>[0]): ProxyEntry[] =>
  kubeIptables(tables, () => true).entries;
const summary = (entries: readonly ProxyEntry[]): unknown[] =>
  entries.map(({ address, port, verdict, destinations }) => [address, port, verdict, ...destinations]);

describe('ipvs, in the form of the kernel', () => {
  // By hand: this machine's kernel has no ip_vs. Addresses of the incident.
  const text = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
    'TCP  AC114942:7580 rr  ',
    '  -> 0A6DD1C4:1F90      Masq    1      0          0         ',
    'TCP  AC114942:7582 rr  ',
    'TCP  0A63D635:0050 rr  persistent 10800 FFFFFFFF',
    '  -> 0A6DD1C4:1F90      Masq    1      2          9         ',
    '  -> 0AF40109:1F90      Masq    0      0          0         ',
    'FWM  00000001 rr  ',
    '  -> 0A000001:0050      Masq    1      0          0         ',
    'UDP  0A60000A:0035 rr  ',
    '  -> 0A6DA908:0035      Masq    1      0          0         ',
    'TCP  [fd00:0001:0000:0000:0000:0000:0000:0066]:7580 rr  ',
    '  -> [fd00:0002:0000:0000:0000:0000:0000:00c4]:1F90      Masq    1      0          0         ',
  ].join('\n');

  test('virtual servers with their real servers; one without is "none"; weight 0 takes nothing; FWM is not ours', () => {
    expect(parseIpVs(text)).toEqual([
      { address: '172.17.73.66', port: 30080, protocol: 'TCP', verdict: 'forward', destinations: [ONE] },
      { address: '172.17.73.66', port: 30082, protocol: 'TCP', verdict: 'none', destinations: [] },
      { address: '10.99.214.53', port: 80, protocol: 'TCP', verdict: 'forward', destinations: [ONE] },
      {
        address: '10.96.0.10',
        port: 53,
        protocol: 'UDP',
        verdict: 'forward',
        destinations: [{ ip: '10.109.169.8', port: 53 }],
      },
      {
        address: 'fd00:1::66',
        port: 30080,
        protocol: 'TCP',
        verdict: 'forward',
        destinations: [{ ip: 'fd00:2::c4', port: 8080 }],
      },
    ]);
  });
});

describe.each(['iptables-save-legacy.txt', 'iptables-save-nft.txt'])('iptables, captured: %s', (file) => {
  const tables = parseIptablesSave(fixture(file));
  const entries = kubeIptablesEntries(tables);
  const at = (address: string, port: number): unknown =>
    summary(entries.filter((entry) => entry.address === address && entry.port === port));

  test('kube-proxy is there', () => expect(hasKubeIptables(tables)).toBe(true));

  test.each([
    ['a NodePort goes to each endpoint', '*', 30080, ['forward', ONE, TWO]],
    ['a ClusterIP goes to each endpoint', '10.99.214.53', 80, ['forward', ONE, TWO]],
    ['a NodePort without endpoints is rejected', '*', 30082, ['reject']],
    ['a ClusterIP without endpoints is rejected', '10.99.0.82', 80, ['reject']],
    [
      'traffic policy Local without a local endpoint is dropped, though the node itself gets through',
      '*',
      30083,
      ['drop'],
    ],
    ['traffic policy Local with a local endpoint goes there only', '*', 30084, ['forward', TWO]],
  ])('%s', (_, address, port, expected) => {
    expect(at(address, port)).toEqual([[address, port, ...expected]]);
  });

  test('nothing else is made up', () => expect(entries).toHaveLength(6));

  test('what is not wanted is counted and not followed', () => {
    const { entries: some, total } = kubeIptables(tables, ({ port }) => port === 30082);
    expect([some.map(({ port }) => port), total]).toEqual([[30082], 6]);
  });
});

describe('iptables of kube-proxy before v1.24, by hand', () => {
  const save = (nat: string[], filter: string[] = []): string =>
    ['*nat', ':KUBE-NODEPORTS - [0:0]', ...nat, 'COMMIT', '*filter', ...filter, 'COMMIT'].join('\n');

  test('KUBE-NODEPORTS jumps straight to KUBE-SVC, beside a rule that only marks', () => {
    const entries = kubeIptablesEntries(
      parseIptablesSave(
        save([
          '-A KUBE-NODEPORTS -p tcp -m comment --comment "ci/jenkins-svc:http" -m tcp --dport 30080 -j KUBE-MARK-MASQ',
          '-A KUBE-NODEPORTS -p tcp -m comment --comment "ci/jenkins-svc:http" -m tcp --dport 30080 -j KUBE-SVC-AAAA',
          '-A KUBE-SVC-AAAA -j KUBE-SEP-AAAA',
          '-A KUBE-SEP-AAAA -s 10.109.209.196/32 -j KUBE-MARK-MASQ',
          '-A KUBE-SEP-AAAA -p tcp -m tcp -j DNAT --to-destination 10.109.209.196:8080',
        ]),
      ),
    );
    expect(summary(entries)).toEqual([['*', 30080, 'forward', ONE]]);
  });

  test('KUBE-XLB without local endpoints marks for drop; what Pods and the node get does not count', () => {
    const entries = kubeIptablesEntries(
      parseIptablesSave(
        save([
          '-A KUBE-NODEPORTS -p tcp -m tcp --dport 30083 -j KUBE-XLB-AAAA',
          '-A KUBE-XLB-AAAA -s 10.244.0.0/16 -j KUBE-SVC-AAAA',
          '-A KUBE-XLB-AAAA -m addrtype --src-type LOCAL -j KUBE-SVC-AAAA',
          '-A KUBE-XLB-AAAA -m comment --comment "web/local has no local endpoints" -j KUBE-MARK-DROP',
          '-A KUBE-SVC-AAAA -j KUBE-SEP-AAAA',
          '-A KUBE-SEP-AAAA -p tcp -m tcp -j DNAT --to-destination 10.244.1.9:8080',
        ]),
      ),
    );
    expect(summary(entries)).toEqual([['*', 30083, 'drop']]);
  });

  test('IPv6 destinations, and session affinity that names an endpoint twice', () => {
    const entries = kubeIptablesEntries(
      parseIptablesSave(
        save([
          '-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-SVC-AAAA',
          '-A KUBE-SVC-AAAA -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-AAAA --mask ffff::ffff --rsource -j KUBE-SEP-AAAA',
          '-A KUBE-SVC-AAAA -j KUBE-SEP-AAAA',
          '-A KUBE-SEP-AAAA -p tcp -m recent --set --name KUBE-SEP-AAAA -m tcp -j DNAT --to-destination [fd00:2::c4]:8080',
        ]),
      ),
    );
    expect(summary(entries)).toEqual([['*', 30080, 'forward', { ip: 'fd00:2::c4', port: 8080 }]]);
  });

  test('chains that loop end', () => {
    const nat = ['-A KUBE-NODEPORTS -p tcp -m tcp --dport 1 -j KUBE-SVC-A', '-A KUBE-SVC-A -j KUBE-SVC-A'];
    expect(summary(kubeIptablesEntries(parseIptablesSave(save(nat))))).toEqual([['*', 1, 'none']]);
  });

  test("ipvs mode's own chains are no iptables mode, and flushed chains still are", () => {
    expect(hasKubeIptables(parseIptablesSave('*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-NODE-PORT - [0:0]\nCOMMIT'))).toBe(
      false,
    );
    const flushed = parseIptablesSave('*nat\n:KUBE-NODEPORTS - [0:0]\n:KUBE-SVC-A - [0:0]\nCOMMIT');
    expect([hasKubeIptables(flushed), kubeIptablesEntries(flushed)]).toEqual([true, []]);
  });
});

test('5,000 Services with 50,000 endpoints: one port is found among all their rules without a long wait', () => {
  const lines = ['*nat', ':KUBE-NODEPORTS - [0:0]'];
  for (let at = 0; at < 5000; at += 1) {
    lines.push(
      `-A KUBE-NODEPORTS -p tcp -m comment --comment "ns/svc-${at}:http" -m tcp --dport ${10_000 + at} -j KUBE-EXT-${at}`,
    );
    lines.push(
      `-A KUBE-EXT-${at} -m comment --comment "masquerade traffic for ns/svc-${at}:http external destinations" -j KUBE-MARK-MASQ`,
    );
    lines.push(`-A KUBE-EXT-${at} -j KUBE-SVC-${at}`);
    for (let pod = 0; pod < 10; pod += 1) {
      const ip = `10.${100 + pod}.${at % 250}.${Math.floor(at / 250) + 1}`;
      lines.push(
        `-A KUBE-SVC-${at} -m comment --comment "ns/svc-${at}:http -> ${ip}:8080" -m statistic --mode random --probability 0.1 -j KUBE-SEP-${at}-${pod}`,
      );
      lines.push(`-A KUBE-SEP-${at}-${pod} -s ${ip}/32 -m comment --comment "ns/svc-${at}:http" -j KUBE-MARK-MASQ`);
      lines.push(
        `-A KUBE-SEP-${at}-${pod} -p tcp -m comment --comment "ns/svc-${at}:http" -m tcp -j DNAT --to-destination ${ip}:8080`,
      );
    }
  }
  const text = [...lines, 'COMMIT'].join('\n');
  const started = performance.now();
  const { entries, total } = kubeIptables(parseIptablesSave(text), ({ port }) => port === 14_999);
  expect([total, entries.length, entries[0]?.destinations.length]).toEqual([5000, 1, 10]);
  expect(performance.now() - started).toBeLessThan(3000);
});

describe('nftables, captured', () => {
  const { entries, nodePortAddresses } = kubeNft(parseNft(fixture('nft-kube-proxy.json')));

  test.each([
    ['a NodePort goes to each endpoint', '*', 30080, ['forward', ONE, TWO]],
    ['a ClusterIP goes to each endpoint', '10.99.214.53', 80, ['forward', ONE, TWO]],
    ['a NodePort without endpoints is rejected', '*', 30082, ['reject']],
    ['a ClusterIP without endpoints is rejected', '10.99.0.82', 80, ['reject']],
    ['a NodePort without local endpoints is dropped', '*', 30083, ['drop']],
    ['traffic policy Local goes to the local endpoint only', '*', 30084, ['forward', TWO]],
  ])('%s', (_, address, port, expected) => {
    const found = entries.filter((entry) => entry.address === address && entry.port === port);
    expect(summary(found)).toEqual([[address, port, ...expected]]);
  });

  test('the addresses that serve NodePorts', () => expect(nodePortAddresses).toEqual(['172.17.73.66']));

  test('text that is no listing is refused with a sentence', () => {
    expect(() => parseNft('Error: syntax')).toThrow('nft printed something that is not JSON');
    expect(() => parseNft('{"nftables":{}}')).toThrow('nft printed JSON that is not a listing of its own');
  });
});
