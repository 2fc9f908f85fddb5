import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../src/core/rule.ts';
import { NODE_RULES } from '../../../src/rules/node/index.ts';
import { FATAL_LINES } from '../../../src/rules/node/kubelet-fatal-lines.ts';
import { ago, outcomeOf, said } from '../../support/evidence.ts';
import {
  attempt,
  cluster,
  DIAGNOSE_N1,
  END,
  journal,
  LOOPING,
  NOISE,
  node,
  RUNNING,
  START,
  SWAP_FATAL,
  silent,
  unit,
  units,
} from './kit.ts';

const KUBELET = NODE_RULES.filter((rule) => FATAL_LINES.some((entry) => entry.id === rule.id));
const LOOP = units('n1', unit('kubelet.service', LOOPING));

/** Which rules of the family speak of the last start. */
function spoken(lines: readonly string[], unitItem = LOOP): string[] {
  const items = [...cluster(silent('n1')), unitItem, journal('n1', ...lines)];
  return KUBELET.flatMap((rule) => outcomeOf(rule, DIAGNOSE_N1, items).judgements.map((j) => `${j.rule} ${j.type}`));
}

// Captured lines of many versions: [what, the line, the rule that it belongs to].
const CAPTURED: readonly (readonly [string, string, string])[] = [
  ['swap, v1.18', SWAP_FATAL, 'kubelet-swap-on'],
  [
    'swap, v1.30',
    'E0110 10:00:00.1 1234 run.go:74] "command failed" err="failed to run Kubelet: running with swap on is not supported, please disable swap or set --fail-swap-on flag to false"',
    'kubelet-swap-on',
  ],
  [
    'swap, v1.8',
    'error: failed to run Kubelet: Running with swap on is not supported, please disable swap! or set --fail-swap-on flag to false.',
    'kubelet-swap-on',
  ],
  [
    'LimitedSwap on cgroup v1',
    'E0110 run.go:74] "command failed" err="failed to run Kubelet: swap feature is enabled and LimitedSwap but it is only supported with cgroupv2"',
    'kubelet-swap-needs-cgroup-v2',
  ],
  [
    'cgroup driver, quoted',
    'E0110 server.go:302] "Failed to run kubelet" err="failed to run Kubelet: misconfiguration: kubelet cgroup driver: \\"cgroupfs\\" is different from docker cgroup driver: \\"systemd\\""',
    'kubelet-cgroup-driver-mismatch',
  ],
  [
    'cgroup driver, v1.18',
    'F0526 05:33:01.9 88 server.go:274] failed to run Kubelet: misconfiguration: kubelet cgroup driver: "systemd" is different from docker cgroup driver: "cgroupfs"',
    'kubelet-cgroup-driver-mismatch',
  ],
  [
    'certificate expired at run time',
    'F0110 10:00:00.0 12 transport.go:123] The currently active client certificate has expired and the server is responsive, exiting.',
    'kubelet-client-certificate-expired',
  ],
  [
    'removed flag, v1.24',
    'Error: failed to parse kubelet flag: unknown flag: --network-plugin',
    'kubelet-removed-flag',
  ],
  [
    'removed flag, v1.35',
    'Error: failed to parse kubelet flag: unknown flag: --pod-infra-container-image',
    'kubelet-removed-flag',
  ],
  [
    'built-in cloud provider',
    'E0110 run.go:74] "command failed" err="failed to run Kubelet: cloud provider \\"aws\\" was specified, but built-in cloud providers are disabled"',
    'kubelet-cloud-provider-removed',
  ],
  [
    'no configuration',
    'E0110 run.go:74] "command failed" err="failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: failed to load Kubelet config file /var/lib/kubelet/config.yaml, error failed to read kubelet config file \\"/var/lib/kubelet/config.yaml\\", error: open /var/lib/kubelet/config.yaml: no such file or directory"',
    'kubelet-config-missing',
  ],
  [
    'configuration with an unknown field',
    'E0110 run.go:74] "command failed" err="failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: failed to load Kubelet config file /var/lib/kubelet/config.yaml, error failed to decode: strict decoding error: unknown field \\"foo\\""',
    'kubelet-config-invalid',
  ],
  [
    'configuration that does not validate',
    'E0110 run.go:74] "command failed" err="failed to validate kubelet configuration, error: invalid configuration: maxOpenFiles (--max-open-files) -1 must not be a negative number"',
    'kubelet-config-invalid',
  ],
  [
    'locked feature gate',
    'E0110 run.go:74] "command failed" err="failed to set feature gates from initial flags-based config: cannot set feature gate DynamicKubeletConfig to true, feature is locked to false"',
    'kubelet-config-invalid',
  ],
  [
    'cgroup v1, v1.35',
    'E0110 run.go:72] "command failed" err="failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported and will be removed in a future release"',
    'kubelet-cgroup-v1-unsupported',
  ],
  [
    'kernel flag',
    'E0110 kubelet.go:1431] "Failed to start ContainerManager" err="[invalid kernel flag: vm/overcommit_memory, expected value: 1, actual value: 0]"',
    'kubelet-kernel-flag-wrong',
  ],
  [
    'reservations',
    'E0110 kubelet.go:1431] "Failed to start ContainerManager" err="invalid Node Allocatable configuration. Resource \\"memory\\" has a reservation of {16Gi} but capacity of {8Gi}. Expected capacity >= reservation."',
    'kubelet-allocatable-invalid',
  ],
  [
    'inotify',
    'F0110 10:00:00.0 12 kubelet.go:1331] Failed to start cAdvisor inotify_add_watch /sys/fs/cgroup/cpu,cpuacct: no space left on device',
    'kubelet-inotify-exhausted',
  ],
  [
    'inotify instances',
    'E0110 kubelet.go:1400] "Failed to start cAdvisor" err="inotify_init: too many open files"',
    'kubelet-inotify-exhausted',
  ],
  [
    'port taken',
    'E0110 server.go:180] "Failed to listen and serve" err="listen tcp 0.0.0.0:10250: bind: address already in use"',
    'kubelet-port-in-use',
  ],
  [
    'kubeconfig broken',
    'E0110 run.go:74] "command failed" err="failed to run Kubelet: invalid kubeconfig: invalid configuration: no server found for cluster"',
    'kubelet-credentials-broken',
  ],
  [
    'CA file lost',
    'E0110 run.go:74] "command failed" err="failed to construct kubelet dependencies: unable to load client CA file /etc/kubernetes/pki/ca.crt: open /etc/kubernetes/pki/ca.crt: no such file or directory"',
    'kubelet-credentials-broken',
  ],
  [
    'containerd without CRI',
    'E0110 run.go:74] "command failed" err="failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\"unix:///run/containerd/containerd.sock\\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"',
    'container-runtime-cri-disabled',
  ],
  [
    'wrong architecture',
    'systemd: kubelet.service: Failed to execute command: Exec format error',
    'kubelet-binary-broken',
  ],
  [
    'killed for memory',
    'systemd: kubelet.service: A process of this unit has been killed by the OOM killer.',
    'kubelet-oom-killed',
  ],
];

describe('the family of fatal lines', () => {
  it.each(CAPTURED)('%s', (_, line, rule) => {
    expect(spoken(attempt(line))).toEqual([`${rule} finding`]);
  });

  it('an expired bootstrap certificate needs both of its lines', () => {
    const stat =
      'F0110 10:00:00.0 12 server.go:266] failed to run Kubelet: unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory';
    const part =
      'E0110 10:00:00.0 12 bootstrap.go:265] part of the existing bootstrap client certificate in /etc/kubernetes/kubelet.conf is expired: 2026-01-01 00:00:00 +0000 UTC';
    expect(spoken([START, part, stat, ...END])).toEqual(['kubelet-client-certificate-expired finding']);
    expect(spoken([START, stat, ...END])).toEqual(['kubelet-credentials-broken finding']);
  });

  it('noise alone proves nothing', () => {
    const swapIsOn = 'I0110 swap_util.go:119] "Swap is on" "/proc/swaps contents"="Filename Type Size Used Priority"';
    const healthz =
      'E0110 server.go:953] "Failed to start healthz server" err="listen tcp 127.0.0.1:10248: bind: address already in use"';
    const gate = 'W0110 feature_gate.go:227] unrecognized feature gate: Foo';
    const volume =
      'E0110 nestedpendingoperations.go:335] MountVolume.SetUp failed: write /data/x: no space left on device';
    expect(spoken([START, ...NOISE, swapIsOn, healthz, gate, volume, ...END])).toEqual([]);
  });

  it('the last start decides: a fault that was mended is history', () => {
    const flag = 'Error: failed to parse kubelet flag: unknown flag: --cni-bin-dir';
    expect(spoken([...attempt(SWAP_FATAL), ...attempt(flag)])).toEqual(['kubelet-removed-flag finding']);
  });

  it('a start that has just begun does not hide the one before it', () => {
    expect(spoken([...attempt(SWAP_FATAL), START, ...NOISE.slice(0, 1)])).toEqual(['kubelet-swap-on finding']);
  });

  it('a kubelet caught between start and end counts as looping', () => {
    const active = units('n1', unit('kubelet.service', { ...RUNNING, restarts: 12 }));
    expect(spoken([...attempt(SWAP_FATAL), START, ...NOISE], active)).toEqual(['kubelet-swap-on finding']);
  });

  it('a kubelet that runs is not accused of the end of an earlier one', () => {
    const running = units('n1', unit('kubelet.service', RUNNING));
    const later = Array.from({ length: 40 }, (_, i) => `I0526 05:34:${i} 1 kubelet.go:1] working`);
    expect(spoken([...attempt(SWAP_FATAL), START, ...later], running)).toEqual([]);
  });

  it('a quiet kubelet that was started hours ago runs', () => {
    const quiet = units('n1', unit('kubelet.service', { ...RUNNING, since: ago(7200) }));
    expect(spoken([...attempt(SWAP_FATAL), START, ...NOISE], quiet)).toEqual([]);
  });

  it('a stopped kubelet is not a crashed one', () => {
    const stopped = units('n1', unit('kubelet.service', { activeState: 'inactive', subState: 'dead' }));
    expect(spoken(attempt(SWAP_FATAL), stopped)).toEqual([]);
  });

  it('a running kubelet with an address that no interface has', () => {
    const line =
      'E0110 kubelet_node_status.go:544] "Failed to set some node status fields" err="failed to validate nodeIP: node IP: \\"192.0.2.9\\" not found in the host\'s network interfaces"';
    const running = units('n1', unit('kubelet.service', RUNNING));
    expect(spoken([START, line], running)).toEqual(['kubelet-node-ip-missing finding']);
  });

  it('nothing is said about a node that is ready and whose kubelet is in time', () => {
    const items = [...cluster(node('n1')), LOOP, journal('n1', ...attempt(SWAP_FATAL))];
    expect(KUBELET.flatMap((rule: Rule) => said(rule, DIAGNOSE_N1, items))).toEqual([]);
  });

  it('a loop within the grace period is found although the node still counts as ready', () => {
    const flag = 'Error: failed to parse kubelet flag: unknown flag: --cni-bin-dir';
    const items = [...cluster(node('n1', { beat: 30 })), LOOP, journal('n1', ...attempt(flag))];
    expect(KUBELET.flatMap((rule: Rule) => said(rule, DIAGNOSE_N1, items))).toEqual(['finding found Node/n1']);
  });

  it('without systemd’s word the line is only likely', () => {
    const flag = 'Error: failed to parse kubelet flag: unknown flag: --cni-bin-dir';
    const items = [...cluster(silent('n1')), journal('n1', ...attempt(flag))];
    expect(KUBELET.flatMap((rule: Rule) => said(rule, DIAGNOSE_N1, items))).toEqual(['finding found Node/n1 (likely)']);
  });

  it('without a journal systemd’s exit code still tells a broken binary', () => {
    const items = [...cluster(silent('n1')), units('n1', unit('kubelet.service', { ...LOOPING, exitCode: 203 }))];
    expect(KUBELET.flatMap((rule: Rule) => said(rule, DIAGNOSE_N1, items))).toEqual(['finding found Node/n1']);
  });
});
