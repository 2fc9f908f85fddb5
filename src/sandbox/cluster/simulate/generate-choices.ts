/** What the generator chooses from: versions that go together, networks, NIC families, names. */
import type { Random } from './random.ts';

export interface Release {
  kubernetes: string;
  calico: string;
  os: string;
  kernel: string;
  runtime: string;
  systemd: number;
  cgroup: 1 | 2;
  proxies: ('ipvs' | 'iptables' | 'nftables')[];
}

const release = (kubernetes: string, calico: string, platform: number, proxies: Release['proxies']): Release =>
  ({
    kubernetes,
    calico,
    ...PLATFORMS[platform],
    proxies,
  }) as Release;

const PLATFORMS = [
  { os: 'Ubuntu 16.04.7 LTS', kernel: '4.4.0-210-generic', runtime: 'docker://18.9.7', systemd: 229, cgroup: 1 },
  { os: 'Ubuntu 18.04.6 LTS', kernel: '4.15.0-213-generic', runtime: 'docker://20.10.21', systemd: 237, cgroup: 1 },
  { os: 'Ubuntu 20.04.6 LTS', kernel: '5.4.0-170-generic', runtime: 'containerd://1.6.20', systemd: 245, cgroup: 1 },
  {
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0-18-amd64',
    runtime: 'containerd://1.7.13',
    systemd: 252,
    cgroup: 2,
  },
  { os: 'Ubuntu 24.04.2 LTS', kernel: '6.8.0-60-generic', runtime: 'containerd://2.0.5', systemd: 255, cgroup: 2 },
] as const;

/** Kubernetes with a Calico that supports it. */
export const RELEASES: readonly Release[] = [
  release('v1.18.2', '3.9.5', 0, ['ipvs', 'iptables']),
  release('v1.18.20', '3.14.0', 1, ['ipvs', 'iptables']),
  release('v1.20.15', '3.18.4', 1, ['ipvs', 'iptables']),
  release('v1.22.17', '3.21.4', 1, ['ipvs', 'iptables']),
  release('v1.24.17', '3.24.5', 2, ['ipvs', 'iptables']),
  release('v1.26.15', '3.26.4', 2, ['ipvs', 'iptables']),
  release('v1.28.15', '3.27.5', 3, ['ipvs', 'iptables']),
  release('v1.30.14', '3.29.3', 3, ['ipvs', 'iptables']),
  release('v1.32.5', '3.30.1', 3, ['iptables', 'nftables']),
  release('v1.34.2', '3.31.0', 4, ['iptables', 'nftables']),
  release('v1.36.1', '3.32.0', 4, ['iptables', 'nftables']),
];

/** A family of NIC names: the first, and what a NIC added later is called. */
export const NIC_FAMILIES: readonly [first: string, added: string][] = [
  ['ens18', 'ens19'],
  ['ens192', 'ens224'],
  ['eth0', 'eth1'],
  ['bond0', 'bond1'],
  ['bond0.100', 'bond0.200'],
  ['enp3s0', 'enp4s0'],
  ['eno1', 'eno2'],
  ['eth0', 'tailscale0'],
  ['ens3', 'wg0'],
];

/** Ranges that do not touch each other: nodes, a second network, Pods, Services. */
export function networks(r: Random): { lan: string; gateway: string; second: string; pods: string; services: string } {
  const third = r.int(1, 250);
  const lan = r.pick([
    `192.168.${third}.0/24`,
    `172.22.${third}.0/24`,
    `10.20.${third - (third % 4)}.0/22`,
    `10.150.${third}.0/24`,
  ]);
  const base = lan.slice(0, lan.lastIndexOf('.'));
  const gateway = `${base}.${r.pick([1, 254])}`;
  const second = r.pick([
    `10.0.0.0/24`,
    `10.77.${r.int(0, 200)}.0/24`,
    `172.31.${r.int(0, 200)}.0/24`,
    `100.64.${r.int(0, 100)}.0/24`,
  ]);
  const pods = r.pick(['10.244.0.0/16', '10.42.0.0/16', '172.20.0.0/16', '10.200.0.0/16']);
  const services = r.pick(['10.96.0.0/12', '10.43.0.0/16', '172.30.0.0/16']);
  return { lan, gateway, second, pods, services };
}

/** Names of a cluster's nodes. */
export function nodeNames(r: Random, count: number): string[] {
  const style = r.int(0, 3);
  const place = r.pick(['fra', 'bj', 'use1', 'lab', 'prod', 'edge']);
  return Array.from({ length: count }, (_, index) => {
    const n = String(index + 1).padStart(2, '0');
    if (style === 0) return `${place}-node-${n}`;
    if (style === 1) return `k8s-${index === 0 ? 'master' : 'worker'}${index + 1}`;
    if (style === 2) return `${place}${n}.internal.example`;
    return `${place}-${r.suffix(6)}`;
  });
}

export const APPS = [
  'web',
  'shop',
  'orders',
  'grafana',
  'registry',
  'gitea',
  'wiki',
  'billing',
  'search',
  'auth',
] as const;
export const NAMESPACES = ['shop', 'tools', 'ci', 'monitoring', 'team-a', 'default', 'apps'] as const;
export const APP_PORTS = [80, 3000, 5000, 8000, 8080, 8443, 9000] as const;
