import { describe, expect, test } from 'vitest';
import { formatIpv6, parseListening } from '../../../src/agent/parse/proc-net.ts';
import { parseActiveSwap, parseFstabSwap, parseSwapPartitions, zramConfigured } from '../../../src/agent/parse/swap.ts';
import { parseJournal, parseSystemdTime, parseUnits } from '../../../src/agent/parse/systemd.ts';

describe('listening sockets of /proc/net', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const row = (local: string, state: string, inode: number): string =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

  test('TCP: only state 0A; the address is little-endian, the port is not', () => {
    const text =
      head +
      row('0100007F:1F90', '0A', 11) +
      row('42491  1AC:7580', '0A', 0) +
      row('424911AC:7580', '0A', 12) +
      row('424911AC:0016', '01', 13);
    expect(parseListening(text, 'tcp', 4)).toEqual([
      { protocol: 'tcp', family: 4, address: '127.0.0.1', port: 8080, inode: '11' },
      { protocol: 'tcp', family: 4, address: '172.17.73.66', port: 30080, inode: '12' },
    ]);
  });

  test('TCP over IPv6: each 32 bits are little-endian', () => {
    const text =
      head +
      row('00000000000000000000000000000000:1F90', '0A', 1) +
      row('0100 00', '0A', 2) +
      row('010000FD000000000000000066000000:0050', '0A', 3);
    expect(parseListening(text, 'tcp', 6).map(({ address, port }) => [address, port])).toEqual([
      ['::', 8080],
      ['fd00:1::66', 80],
    ]);
  });

  test('UDP: bound without a peer', () => {
    const text = head + row('00000000:0044', '07', 5) + row('00000000:0045', '01', 6);
    expect(parseListening(text, 'udp', 4)).toMatchObject([{ port: 68 }]);
  });

  test.each([
    [[0, 0, 0, 0, 0, 0, 0, 1], '::1'],
    [[0xfe80, 0, 0, 0, 1, 0, 0, 0], 'fe80::1:0:0:0'],
    [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1'],
    [[1, 0, 0, 0, 0, 0, 0, 0], '1::'],
  ])('IPv6 is written as RFC 5952 asks: %j', (groups, text) => expect(formatIpv6(groups)).toBe(text));
});

describe('units', () => {
  test('a crash loop on old systemd, which knows no NRestarts', () => {
    const text = [
      'Id=kubelet.service',
      'LoadState=loaded',
      'ActiveState=activating',
      'SubState=auto-restart',
      'UnitFileState=enabled',
      'Result=exit-code',
      'ExecMainCode=1',
      'ExecMainStatus=255',
      'StateChangeTimestamp=Wed 2020-05-27 02:37:34 UTC',
      '',
      'Id=docker.service',
      'LoadState=not-found',
      'ActiveState=inactive',
      'SubState=dead',
      'UnitFileState=',
      'ExecMainCode=0',
      'ExecMainStatus=0',
      'NRestarts=0',
      'StateChangeTimestamp=n/a',
    ].join('\n');
    expect(parseUnits(text)).toEqual([
      {
        name: 'kubelet.service',
        loadState: 'loaded',
        activeState: 'activating',
        subState: 'auto-restart',
        unitFileState: 'enabled',
        result: 'exit-code',
        exitCode: 255,
        exitKind: 'exited',
        since: '2020-05-27T02:37:34.000Z',
      },
      { name: 'docker.service', loadState: 'not-found', activeState: 'inactive', subState: 'dead', restarts: 0 },
    ]);
  });

  test.each([
    ['Wed 2020-05-27 10:37:34 +0800', '2020-05-27T02:37:34.000Z'],
    ['Wed 2020-05-27 10:37:34 CST', undefined],
    ['', undefined],
  ])('time %s', (text, expected) => expect(parseSystemdTime(text)).toBe(expected));
});

describe('journal', () => {
  const entry = (fields: object): string => JSON.stringify({ __REALTIME_TIMESTAMP: '1590546847449453', ...fields });

  test('text, bytes, a field that is there twice, one that is too long', () => {
    const text = [
      entry({ SYSLOG_IDENTIFIER: 'kubelet', MESSAGE: 'F0527 failed to run Kubelet: running with swap on' }),
      entry({ _COMM: 'systemd', MESSAGE: [104, 195, 169] }),
      entry({ MESSAGE: ['one', 'two'] }),
      entry({ MESSAGE: null }),
      '-- No entries --',
      '{"MESSAGE": "cut of',
    ].join('\n');
    const time = '2020-05-27T02:34:07.449Z';
    expect(parseJournal(text)).toEqual([
      { time, source: 'kubelet', text: 'F0527 failed to run Kubelet: running with swap on' },
      { time, source: 'systemd', text: 'hé' },
      { time, text: 'one\ntwo' },
      { time, text: '' },
    ]);
  });
});

describe('swap', () => {
  test('what is on now', () => {
    const text =
      'Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n/dev/sda3                               partition\t27992060\t0\t-2\n/swap\\040file file 1024 12 -3\n';
    expect(parseActiveSwap(text)).toEqual([
      { device: '/dev/sda3', type: 'partition', sizeKiB: 27992060, usedKiB: 0, priority: -2 },
      { device: '/swap file', type: 'file', sizeKiB: 1024, usedKiB: 12, priority: -3 },
    ]);
    expect(parseActiveSwap('Filename Type Size Used Priority\n')).toEqual([]);
  });

  test('fstab: lines that count, lines that are commented out, and prose', () => {
    const text =
      '# swap was on /dev/sda3 during installation\n#UUID=1234 none swap sw 0 0\n/swap.img\tnone\tswap\tsw\t0\t0\nUUID=9 / ext4 defaults 0 1\n';
    expect(parseFstabSwap(text)).toEqual([
      { device: 'UUID=1234', line: '#UUID=1234 none swap sw 0 0', commented: true },
      { device: '/swap.img', line: '/swap.img\tnone\tswap\tsw\t0\t0', commented: false },
    ]);
  });

  test('partitions: by GPT type, by MBR type, by content', () => {
    const text = [
      'NAME="sda" PARTTYPE="" FSTYPE=""',
      'NAME="sda2" PARTTYPE="0fc63daf-8483-4772-8e79-3d69d8477de4" FSTYPE="ext4"',
      'NAME="sda3" PARTTYPE="0657fd6d-a4ab-43c4-84e5-0933c84b4f4f" FSTYPE="swap"',
      'NAME="sdb1" PARTTYPE="0x82" FSTYPE=""',
      'NAME="sdc" PARTTYPE="" FSTYPE="swap"',
    ].join('\n');
    expect(parseSwapPartitions(text)).toEqual([
      { device: '/dev/sda3', partType: '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f', fsType: 'swap' },
      { device: '/dev/sdb1', partType: '0x82' },
      { device: '/dev/sdc', fsType: 'swap' },
    ]);
  });

  test('zram-generator: a section counts, an empty file switches it off', () => {
    expect([
      zramConfigured('[zram0]\nzram-size = ram / 2\n'),
      zramConfigured(''),
      zramConfigured('# [zram0]\n'),
    ]).toEqual([true, false, false]);
  });
});
