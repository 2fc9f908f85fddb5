/** The three machines of the incident. What the text does not show is marked in provenance.ts. */
import type { Lan, SimNode } from '../../cluster/simulate/model.ts';
import { CEPH_JOURNAL, MASTER2_JOURNAL } from './journal.ts';
import { T } from './times.ts';

/** The nodes' LAN, whose gateway drops what it does not know (line 447: the ping gets no answer, not even "unreachable"). */
export const LANS: Lan[] = [
  { name: 'lan', cidr: '172.17.72.0/22', gateway: '172.17.72.1', unknown: 'drop' },
  { name: 'storage', cidr: '10.0.0.0/24', unknown: 'unreachable' },
];

const COMMON = {
  gateway: '172.17.72.1',
  bootedAt: T.boot,
  containersRun: true,
  runtime: 'docker://18.9.7',
  cgroup: 1 as const,
  systemd: 229,
  timeZone: 'Asia/Shanghai',
  utcOffsetMinutes: 480,
  faults: {},
};

const MASTER = {
  ...COMMON,
  created: T.mastersCreated,
  controlPlane: true,
  agent: true,
  os: 'Ubuntu 16.04 LTS',
  kernel: '4.4.0-178-generic',
  cpu: 4,
  memoryKi: 8_175_512,
  allocatableMemoryKi: 8_073_112,
  diskKi: 98_299_524,
};

/** 73.66: the entry that fails. A second NIC was added to it, and it holds 172.17.73.63 besides its own address. */
export const K8SMATER1: SimNode = {
  ...MASTER,
  name: 'k8smater1',
  hostname: 'k8smater1',
  nics: [
    {
      name: 'ens18',
      ifindex: 2,
      lan: 'lan',
      addresses: [{ cidr: '172.17.73.66/22' }, { cidr: '172.17.73.63/22', secondary: true }],
    },
    { name: 'ens19', ifindex: 3, lan: 'storage', addresses: [{ cidr: '10.0.0.66/24' }] },
  ],
  internalIp: '172.17.73.66',
  kubelet: { state: 'running', since: T.kubeletMater1, pid: 7911 },
  block: '10.109.169.0/26',
  tunnelAddress: '10.109.169.0',
  calicoStarted: T.calicoMater1,
};

/** 73.65: the entry that works; the only endpoint runs here. */
export const K8SMASTER2: SimNode = {
  ...MASTER,
  name: 'k8smaster2',
  hostname: 'k8smaster2',
  nics: [{ name: 'ens18', ifindex: 2, lan: 'lan', addresses: [{ cidr: '172.17.73.65/22' }] }],
  internalIp: '172.17.73.65',
  kubelet: { state: 'running', since: T.kubeletMaster2, pid: 8217, journal: MASTER2_JOURNAL },
  block: '10.109.209.192/26',
  tunnelAddress: '10.109.209.192',
  calicoStarted: T.calicoMaster2,
};

/** The third machine: up, its kubelet in a crash loop since the restart, hence no container of Kubernetes. */
export const K8SCEPHNODE: SimNode = {
  ...COMMON,
  name: 'k8scephnode',
  hostname: 'k8sCephNode',
  created: T.cephCreated,
  controlPlane: false,
  agent: false,
  nics: [
    { name: 'eno1', ifindex: 2, lan: 'lan', addresses: [{ cidr: '172.17.73.60/22' }] },
    { name: 'eno2', ifindex: 3, lan: 'storage', addresses: [{ cidr: '10.0.0.63/24' }] },
  ],
  internalIp: '172.17.73.60',
  kubelet: {
    state: 'crash-loop',
    since: T.kubeletFailed,
    pid: 148906,
    lastHeartbeat: T.cephHeartbeat,
    lastRenew: T.cephLease,
    unknownSince: T.cephUnknown,
    journal: CEPH_JOURNAL,
  },
  containersRun: false,
  os: 'Ubuntu 16.04.6 LTS',
  kernel: '4.14.148-server',
  cpu: 4,
  memoryKi: 15_027_980,
  allocatableMemoryKi: 14_925_580,
  diskKi: 98_299_524,
  allocatableDisk: 90_592_841_169,
  systemInfo: {
    machineID: '6a2886db0584453694c49ecd6da0c948',
    systemUUID: 'A3285E0C-5CEC-4680-90DE-BC1719BA4FDB',
    bootID: '8ac4656b-ce20-40b3-b796-336a3fc8c8e9',
  },
  swap: {
    device: '/dev/sda3',
    sizeKi: 27_992_060,
    usedKi: 0,
    active: true,
    source: 'gpt-auto',
    fstab: ['#UUID=7f1f9ad2-8c1c-4d0e-9f53-0b6a0cf0b6a1 none swap sw 0 0'],
  },
  block: '10.101.55.64/26',
  tunnelAddress: '10.101.55.64',
  calicoStarted: T.cephCreated,
};
