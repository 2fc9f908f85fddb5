/** Small builders for the tests of node rules: nodes, leases, units, journals. */
import type { NodeObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceValue } from '../../../src/core/evidence/kinds.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { ago, known } from '../../support/evidence.ts';

export const DIAGNOSE_N1: Question = { type: 'diagnose', target: { kind: 'Node', name: 'n1' } };
export const REACH: Question = { type: 'why-not-reachable', target: { kind: 'NodePort', nodePort: 31000 } };

interface NodeOptions {
  readonly status?: 'True' | 'False' | 'Unknown' | 'none';
  readonly reason?: string;
  readonly message?: string;
  /** Seconds since the last heartbeat. */
  readonly beat?: number;
  readonly ip?: string;
  readonly runtime?: string;
}

/** A node; healthy unless said otherwise. */
export function node(name: string, options: NodeOptions = {}): NodeObject {
  const { status = 'True', reason, message, beat = 10, ip = '192.0.2.1', runtime = 'containerd://1.7.2' } = options;
  const ready = {
    type: 'Ready',
    status,
    lastHeartbeatTime: ago(beat),
    lastTransitionTime: ago(Math.max(0, beat - 40)),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
  return {
    name,
    createdAt: ago(9_000_000),
    labels: {},
    annotations: {},
    addresses: [{ type: 'InternalIP', address: ip }],
    podCIDRs: [],
    taints: [],
    unschedulable: false,
    conditions: status === 'none' ? [] : [ready],
    containerRuntime: runtime,
    capacity: {},
    allocatable: {},
  };
}

/** The nodes and their leases, renewed as many seconds ago as their heartbeat. */
export function cluster(...nodes: readonly NodeObject[]): EvidenceItem[] {
  return [
    known('nodes', { total: nodes.length, nodes: [...nodes] }),
    known(
      'node-leases',
      nodes.flatMap((n) => {
        const renewTime = n.conditions[0]?.lastHeartbeatTime;
        return renewTime === undefined ? [] : [{ node: n.name, renewTime, durationSeconds: 40 }];
      }),
    ),
  ];
}

/** A node whose kubelet has been silent for an hour. */
export function silent(name: string, ip = '192.0.2.1'): NodeObject {
  return node(name, {
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    beat: 3600,
    ip,
  });
}

type Unit = EvidenceValue<'node-units'>[number];
export const LOOPING: Partial<Unit> = {
  activeState: 'activating',
  subState: 'auto-restart',
  result: 'exit-code',
  exitCode: 255,
  restarts: 41,
};
export const RUNNING: Partial<Unit> = { activeState: 'active', subState: 'running', result: 'success' };

export function unit(name: string, state: Partial<Unit> = RUNNING): Unit {
  return { name, loadState: 'loaded', activeState: 'active', subState: 'running', ...state };
}

export function units(on: string, ...list: readonly Unit[]): EvidenceItem {
  return known('node-units', [...list], nodeRef(on));
}

/** A journal of kubelet's unit; each line is a second after the one before it, the last one 5 s ago. Lines of systemd begin with `systemd: `. */
export function journal(on: string, ...lines: readonly string[]): EvidenceItem {
  const value = {
    lines: lines.map((line, i) => ({
      time: ago(5 + lines.length - i),
      source: line.startsWith('systemd: ') ? 'systemd' : 'kubelet',
      text: line.replace(/^systemd: /, ''),
    })),
    truncated: false,
  };
  return known('node-journal', value, nodeRef(on), 'kubelet.service');
}

export const START = 'systemd: Started kubelet: The Kubernetes Node Agent.';
export const NOISE = [
  "Flag --cgroup-driver has been deprecated, This parameter should be set via the config file specified by the Kubelet's --config flag.",
  'I0526 05:33:01.905628  886002 server.go:417] Version: v1.18.2',
  'I0526 05:33:01.923715  886002 certificate_store.go:130] Loading cert/key pair from "/var/lib/kubelet/pki/kubelet-client-current.pem".',
];
export const END = [
  'systemd: kubelet.service: Main process exited, code=exited, status=255/n/a',
  "systemd: kubelet.service: Failed with result 'exit-code'.",
];

/** One start that ends with a line. */
export function attempt(fatal: string): string[] {
  return [START, ...NOISE, fatal, ...END];
}

export const SWAP_FATAL =
  'F0526 05:33:01.977085  886002 server.go:274] failed to run Kubelet: running with swap on is not supported, please disable swap! or set --fail-swap-on flag to false. /proc/swaps contained: [Filename Type Size Used Priority /dev/sda3 partition 27992060 0 -2]';

type Swap = EvidenceValue<'node-swap'>;
/** Swap on /dev/sda3, turned on by the GPT generator, with fstab commented out. */
export function swap(on: string, change: Partial<Swap> = {}): EvidenceItem {
  const value: Swap = {
    active: [{ device: '/dev/sda3', type: 'partition', sizeKiB: 27_992_060, usedKiB: 0, priority: -2 }],
    units: [
      {
        name: 'dev-sda3.swap',
        what: '/dev/sda3',
        loadState: 'loaded',
        activeState: 'active',
        fragmentPath: '/run/systemd/generator.late/dev-sda3.swap',
      },
    ],
    fstab: [{ device: 'UUID=1', line: '#UUID=1 none swap sw 0 0', commented: true }],
    partitions: [{ device: '/dev/sda3', partType: '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f', fsType: 'swap' }],
    zramGenerator: false,
    ...change,
  };
  return known('node-swap', value, nodeRef(on));
}
