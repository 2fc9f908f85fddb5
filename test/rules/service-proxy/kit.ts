/** What service proxies, kube-proxies and firewalls of nodes say, as evidence. */
import type { EvidenceValue } from '../../../src/core/evidence/kinds.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, nodeRef } from '../../../src/core/object-ref.ts';
import { known } from '../../support/evidence.ts';
import { IPS, PORT, pod, podIp } from '../service/kit.ts';

type Proxy = EvidenceValue<'node-service-proxy'>;
type Mode = Proxy['modes'][number];
export const DAEMON_SET = namespacedRef('DaemonSet', 'kube-system', 'kube-proxy');

/** Rules of one node: forwards to the Pod on node b unless said otherwise. */
export function rules(
  name: string,
  change: Partial<Proxy> & { mode?: Mode; to?: readonly string[] } = {},
): EvidenceItem {
  const { mode = 'iptables', to = [podIp('b')], ...rest } = change;
  const destinations = to.map((ip) => ({ ip, port: 8080 }));
  const entry = {
    address: mode === 'ipvs' ? (IPS[name] ?? '') : '*',
    port: PORT,
    protocol: 'TCP',
    verdict: destinations.length > 0 ? ('forward' as const) : ('none' as const),
    destinations,
  };
  const value = { modes: [mode], entries: [entry], totalEntries: 40, nodePortAddresses: [], ...rest };
  return known('node-service-proxy', value, nodeRef(name));
}

/** No Service entry at all. */
export function empty(name: string): EvidenceItem {
  return rules(name, { modes: [], entries: [], totalEntries: 0 });
}

/** kube-proxy's health on a node: a status, or a refusal. */
export function health(name: string, status: number | 'refused', more: object = {}): EvidenceItem {
  const { mode, ...rest } = more as { mode?: string };
  const healthz =
    status === 'refused' ? { result: 'refused' as const } : { result: 'answered' as const, status, ...rest };
  return known('node-kube-proxy', { healthz, ...(mode === undefined ? {} : { mode }) }, nodeRef(name));
}

export function daemonSet(desired = 3): EvidenceItem {
  const counts = { desired, ready: desired, available: desired, updated: desired };
  const named = { kind: 'DaemonSet', namespace: 'kube-system', name: 'kube-proxy', labels: {}, annotations: {} };
  return known(
    'workload',
    { ...named, ...counts, owners: [], selector: {}, conditions: [], containers: [] },
    DAEMON_SET,
  );
}

/** kube-proxy's Pods by node: running, or waiting for a reason. */
export function proxyPods(states: Readonly<Record<string, string>>): EvidenceItem {
  const pods = Object.entries(states).map(([nodeName, state]) =>
    pod(nodeName, {
      namespace: 'kube-system',
      name: `kube-proxy-${nodeName}`,
      conditions: [{ type: 'Ready', status: state === 'running' ? 'True' : 'False' }],
      statuses: [
        {
          name: 'kube-proxy',
          init: false,
          ready: state === 'running',
          restartCount: 4,
          state: state === 'running' ? { state: 'running' } : { state: 'waiting', reason: state },
          lastState: { state: 'none' },
        },
      ],
    }),
  );
  return known('pods', { total: pods.length, pods }, DAEMON_SET);
}

type Denial = EvidenceValue<'node-firewall'>['denials'][number];

export function firewall(name: string, denials: readonly Partial<Denial>[], change: object = {}): EvidenceItem {
  const full = denials.map((d) => ({
    backend: 'iptables',
    chain: 'PREROUTING',
    rule: `-A … --dport ${PORT} -j DROP`,
    protocol: 'tcp',
    ports: String(PORT),
    ...d,
  }));
  return known('node-firewall', { policies: [], denials: full, managers: [], ...change }, nodeRef(name));
}

export function sysctl(name: string, value: string): EvidenceItem {
  return known('node-sysctls', { 'net.ipv4.ip_forward': value }, nodeRef(name));
}

export function proxyConfig(change: Partial<EvidenceValue<'kube-proxy-config'>> = {}): EvidenceItem {
  return known('kube-proxy-config', { mode: 'iptables', nodePortAddresses: [], ...change });
}
