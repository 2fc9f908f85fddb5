/** A recording of the incident's sick node, small: enough for every probe to have something to read. */
import type { HostRecordingInput } from '../../../src/agent/recording.ts';
import { showUnits } from '../../../src/agent/unit-states.ts';
import { fixture, iprouteOutput } from './fixture.ts';

export const RECORDED_AT = '2020-05-27T02:37:37.000Z';
export const POD_UID = 'be551d56-f58b-45ba-bc03-6c9a0f6fa795';

const SOCKETS_HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const listening = (local: string, inode: number): string =>
  `   0: ${local} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0\n`;

export function recording(): HostRecordingInput {
  const ip = (command: string): [string, { code: number; stdout: string; stderr: string }] => [
    `ip ${command}`,
    iprouteOutput(command),
  ];
  return {
    version: 1,
    node: 'k8scephnode',
    recordedAt: RECORDED_AT,
    files: {
      '/proc/net/tcp': SOCKETS_HEAD + listening('00000000:7580', 101),
      '/proc/net/udp': SOCKETS_HEAD,
      '/proc/812/comm': 'kube-proxy\n',
      '/proc/812/cgroup': '0::/kubepods/besteffort/podaaaa/1\n',
      '/proc/900/comm': 'java\n',
      '/proc/900/cgroup': `11:memory:/kubepods.slice/kubepods-pod${POD_UID.replaceAll('-', '_')}.slice/x\n`,
      '/proc/900/net/tcp': SOCKETS_HEAD + listening('00000000:1F90', 202),
      '/proc/net/ip_vs':
        'IP Virtual Server version 1.2.1 (size=4096)\nTCP  AC114942:7580 rr  \n  -> 0A6DD1C4:1F90      Masq    1      0          0\n',
      '/proc/sys/net/ipv4/ip_forward': '1\n',
      '/proc/sys/net/ipv4/conf/all/rp_filter': '1\n',
      '/proc/sys/net/ipv4/conf/ens18.100/rp_filter': '2\n',
      '/proc/sys/net/ipv4/conf/cali123/rp_filter': '1\n',
      '/proc/sys/net/netfilter/nf_conntrack_count': '120\n',
      '/proc/sys/net/netfilter/nf_conntrack_max': '131072\n',
      '/proc/net/stat/nf_conntrack':
        'entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop\n00000078  0 0 0 0 0 0 0 0 0000000a 00000001 0\n00000078  0 0 0 0 0 0 0 0 00000010 00000002 0\n',
      '/proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n/dev/sda3 partition 27992060 0 -2\n',
      '/etc/fstab': '#UUID=12 none swap sw 0 0\n',
      '/proc/cmdline': 'root=/dev/sda2 ro\n',
      '/proc/meminfo': 'MemTotal: 16 kB\nMemFree: 1 kB\nMemAvailable: 8 kB\nSwapTotal: 4 kB\nSwapFree: 4 kB\n',
      '/proc/pressure/cpu': 'some avg10=0.50 avg60=1.00 avg300=2.00 total=1\n',
      '/proc/mounts': '/dev/sda2 / ext4 rw 0 0\n/dev/sdb1 /var xfs rw 0 0\n',
      '/proc/uptime': '3600.00 100.00\n',
      '/etc/cni/net.d/10-calico.conflist':
        '{"name":"k8s-pod-network","plugins":[{"type":"calico"},{"type":"portmap"}]}',
      '/etc/cni/net.d/99-broken.conf': '{',
      '/etc/cni/net.d/calico-kubeconfig': 'token: abc',
    },
    links: {
      '/proc/812/fd/5': 'socket:[101]',
      '/proc/900/fd/7': 'socket:[202]',
      '/etc/localtime': '/usr/share/zoneinfo/Asia/Shanghai',
    },
    fileSystems: {
      '/': { sizeKiB: 1000, availableKiB: 250, inodes: 100, inodesFree: 90 },
      '/var': { sizeKiB: 1000, availableKiB: 1000, inodes: 0, inodesFree: 0 },
    },
    commands: Object.fromEntries<NonNullable<HostRecordingInput['commands']>[string]>([
      ip('-o link show'),
      ip('-o address show'),
      ip('route show table all'),
      ip('-6 route show table all'),
      ip('rule show'),
      ip('neighbour show'),
      ip('route get 10.109.209.196'),
      ['iptables-save', { stdout: fixture('iptables-save-nft.txt') }],
      [
        ['systemctl', ...showUnits()].join(' '),
        {
          stdout:
            'Id=kubelet.service\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\nResult=exit-code\nExecMainCode=1\nExecMainStatus=255\nStateChangeTimestamp=Wed 2020-05-27 02:37:34 UTC\n\nId=ufw.service\nLoadState=loaded\nActiveState=active\nSubState=exited\n',
        },
      ],
      [
        'systemctl list-units --type=swap --all --no-legend --plain --no-pager',
        { stdout: 'dev-sda3.swap loaded active active /dev/sda3\n' },
      ],
      [
        'systemctl show dev-sda3.swap --property=Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,SourcePath,What --no-pager',
        {
          stdout:
            'Id=dev-sda3.swap\nLoadState=loaded\nActiveState=active\nSubState=active\nUnitFileState=\nFragmentPath=/run/systemd/generator.late/dev-sda3.swap\nSourcePath=\nWhat=/dev/sda3\n',
        },
      ],
      [
        'lsblk -P -o NAME,PARTTYPE,FSTYPE',
        { stdout: 'NAME="sda3" PARTTYPE="0657fd6d-a4ab-43c4-84e5-0933c84b4f4f" FSTYPE="swap"\n' },
      ],
      [
        'journalctl --unit kubelet.service --lines 50 --no-pager --output json',
        {
          stdout: `${JSON.stringify({ __REALTIME_TIMESTAMP: '1590547051000000', SYSLOG_IDENTIFIER: 'kubelet', MESSAGE: 'F0527 running with swap on, token=abc' })}\n`,
        },
      ],
    ]),
    connects: { '10.109.209.196:8080': { result: 'refused', ms: 1, detail: 'ECONNREFUSED' } },
    connectDefault: { result: 'timeout', ms: 2000 },
    sockets: {
      '/var/run/calico/bird.ctl': { answers: { 'show protocols all': fixture('bird-1.6-iso-long.txt') } },
      '/var/run/calico/bird6.ctl': { error: 'refused', message: 'asking the socket failed: connection refused' },
    },
    http: {
      'http://127.0.0.1:10256/healthz': {
        status: 200,
        body: '{"lastUpdated": "2020-05-27 02:37:30.1 +0000 UTC m=+1.0","currentTime": "2020-05-27 02:37:37 +0000 UTC"}',
      },
      'http://127.0.0.1:10249/proxyMode': { status: 200, body: 'ipvs' },
    },
  };
}
