/** The family of fatal lines with which kubelet ends (facts §3.2, K01–K27): one table, matched on the message only. */
import type { NodeUnit } from '../../core/evidence/node-system.ts';
import type { RemediationHint } from '../../core/finding.ts';
import { REMOVED_FLAGS } from '../../core/node-steps.ts';

/** Sentences of an entry; `found` may use what `lines` and `beside` name in their groups. */
export interface FatalTexts {
  readonly found: string;
  readonly fix: string;
}

/** One fault. The order of the table is the order of matching: what is more exact stands first. */
export interface FatalLine {
  readonly id: string;
  /** What the line says, of all versions; named groups fill the sentences. */
  readonly lines: readonly RegExp[];
  /** A second line that must stand in the same start. */
  readonly beside?: RegExp;
  /** systemd's own word for the same fault, where there is no journal. */
  readonly unit?: (unit: NodeUnit) => boolean;
  /** The line does not end kubelet: it runs and the node stays NotReady. */
  readonly whileRunning?: boolean;
  /** What stands in for groups that a version does not name. */
  readonly defaults?: Readonly<Record<string, string>>;
  readonly summary?: string;
  /** Absent where a rule of its own reads more than the line. */
  readonly texts?: FatalTexts;
  readonly fixCommand?: string;
  /** What is offered for it; `line` is kubelet's own. */
  readonly remedy?: (named: Readonly<Record<string, string>>, node: string, line: string) => RemediationHint[];
}

function sysctl(node: string, name: string, value: number): RemediationHint[] {
  return [{ id: 'set-sysctl', params: { node, name, value } }];
}

const CONFIG = '/var/lib/kubelet/config.yaml';

export const FATAL_LINES: readonly FatalLine[] = [
  { id: 'kubelet-swap-on', lines: [/running with swap on is not supported, please disable swap/i] },
  {
    id: 'kubelet-swap-needs-cgroup-v2',
    summary: 'kubelet set to LimitedSwap on a host with cgroup v1',
    lines: [/swap feature is enabled and LimitedSwap but it is only supported with cgroupv2/i],
    texts: {
      found: 'kubelet on {node} is set to LimitedSwap, which needs cgroup v2. The host has cgroup v1.',
      fix: 'Set memorySwap.swapBehavior to NoSwap in kubelet’s configuration, or boot the host with cgroup v2.',
    },
    fixCommand: `grep -n -A2 memorySwap ${CONFIG}`,
  },
  {
    id: 'kubelet-cgroup-driver-mismatch',
    summary: 'kubelet and the container runtime with different cgroup drivers',
    lines: [
      /kubelet cgroup driver: [\\"]*(?<kubelet>[a-z]+)[\\"]* is different from docker cgroup driver: [\\"]*(?<runtime>[a-z]+)/i,
    ],
    texts: {
      found: 'kubelet on {node} uses cgroup driver {kubelet}, docker uses {runtime}. kubelet refuses to start.',
      fix: 'Give kubelet the driver of the runtime: cgroupDriver in its configuration. Drain the node first where Pods still run on it.',
    },
    fixCommand: `docker info --format '{{.CgroupDriver}}'; grep cgroupDriver ${CONFIG}`,
  },
  {
    id: 'kubelet-client-certificate-expired',
    summary: 'a kubelet whose client certificate has expired',
    lines: [/unable to load bootstrap kubeconfig/i],
    beside: /existing bootstrap client certificate.*? is expired: (?<expired>\d[^"]*)/i,
    texts: {
      found: 'The client certificate of kubelet on {node} has expired ({expired}).',
      fix: 'Make a new kubelet.conf on a control plane node, or join the node again with a token. "kubeadm certs renew" does not touch kubelet.conf.',
    },
    fixCommand: 'openssl x509 -noout -enddate -in /var/lib/kubelet/pki/kubelet-client-current.pem',
  },
  {
    id: 'kubelet-client-certificate-expired',
    lines: [
      /The currently active client certificate has expired and the server is responsive, exiting/i,
      /No valid client certificate is found and the server is responsive, exiting/i,
    ],
    defaults: { expired: 'and was not renewed' },
  },
  {
    id: 'kubelet-removed-flag',
    summary: 'a kubelet started with a flag that its version no longer has',
    lines: [/unknown flag: (?<flag>--[\w-]+)/],
    texts: {
      found: 'kubelet on {node} is started with {flag}, which its version does not know.',
      fix: 'Take the flag out of the file that sets it, then reload systemd and restart kubelet.',
    },
    remedy: ({ flag = '' }, node) =>
      REMOVED_FLAGS.includes(flag) ? [{ id: 'remove-kubelet-flag', params: { node, flag } }] : [],
    fixCommand:
      'grep -rn -e NETWORK -e KUBELET_ /var/lib/kubelet/kubeadm-flags.env /etc/default/kubelet /etc/sysconfig/kubelet /etc/systemd/system/kubelet.service.d',
  },
  {
    id: 'kubelet-cloud-provider-removed',
    summary: 'a kubelet set to a cloud provider that its version no longer has built in',
    lines: [
      /cloud provider [\\"]*(?<provider>[\w-]+)[\\"]* was specified, but built-in cloud providers are disabled/i,
      /unknown cloud provider [\\"]*(?<provider>[\w-]+)/i,
    ],
    texts: {
      found: 'kubelet on {node} is set to cloud provider {provider}, which its version no longer has built in.',
      fix: 'Use --cloud-provider=external together with the provider’s own controller, or take the flag out.',
    },
    fixCommand: 'systemctl cat kubelet; cat /var/lib/kubelet/kubeadm-flags.env',
  },
  {
    id: 'kubelet-config-missing',
    summary: 'a kubelet without its configuration file',
    lines: [/failed to (?:load|read) kubelet config file.*open (?<file>[^\s:"]+): no such file/is],
    texts: {
      found: 'kubelet on {node} has no configuration: {file} does not exist. The node never joined, or was reset.',
      fix: 'Join the node to the cluster, or restore the file.',
    },
    fixCommand: 'kubeadm join --help',
  },
  {
    id: 'kubelet-cgroup-v1-unsupported',
    summary: 'a kubelet that no longer runs on cgroup v1',
    lines: [/kubelet is configured to not run on a host using cgroup v1/i],
    texts: {
      found: 'kubelet on {node} no longer runs on cgroup v1, and the host has cgroup v1.',
      fix: 'Boot the host with cgroup v2 (systemd.unified_cgroup_hierarchy=1). For the time being, failCgroupV1: false lets kubelet start.',
    },
    fixCommand: 'stat -fc %T /sys/fs/cgroup',
  },
  {
    id: 'kubelet-config-invalid',
    summary: 'a kubelet whose configuration has an error',
    lines: [
      /cannot set feature gate (?<problem>\S+ to (?:true|false), feature is locked to (?:true|false))/i,
      /failed to validate kubelet configuration, error: (?<problem>.+)/is,
      /failed to (?:load|decode) kubelet config.*?err(?:or)?[:=] ?(?<problem>.+)/is,
      /(?<problem>no kind [\\"]*KubeletConfiguration[\\"]* is registered.*)/i,
    ],
    texts: {
      found: 'The configuration of kubelet on {node} has an error: {problem}',
      fix: 'Correct the field that the line names, then restart kubelet.',
    },
    fixCommand: `cat ${CONFIG}`,
  },
  {
    id: 'kubelet-kernel-flag-wrong',
    summary: 'kernel settings that kubelet refuses (protectKernelDefaults)',
    lines: [/invalid kernel flag: (?<flag>[\w/]+), expected value: (?<want>-?\d+), actual value: (?<have>-?\d+)/],
    texts: {
      found: 'The kernel setting {flag} on {node} is {have}. kubelet asks for {want} and refuses to start.',
      fix: 'Set it now and in /etc/sysctl.d, so that the next boot keeps it.',
    },
    remedy: ({ flag, want }, node) =>
      flag === 'vm/overcommit_memory' ? sysctl(node, 'vm.overcommit_memory', Number(want)) : [],
    fixCommand: 'sysctl vm.overcommit_memory kernel.panic kernel.panic_on_oops',
  },
  {
    id: 'kubelet-allocatable-invalid',
    summary: 'reservations or cgroups with which kubelet cannot set up its containers',
    lines: [
      /(?<problem>invalid Node Allocatable configuration.*)/i,
      /(?<problem>failed to initialize top level QOS containers.*)/i,
      /(?<problem>system validation failed.*)/i,
    ],
    texts: {
      found: 'kubelet on {node} cannot set up the resources of the node: {problem}',
      fix: 'Make the reservations (kubeReserved, systemReserved, evictionHard) smaller than the node, or clear left-over cgroups by a reboot.',
    },
    fixCommand: `grep -n -i -A4 -e reserved -e evictionHard ${CONFIG}`,
  },
  {
    id: 'kubelet-inotify-exhausted',
    summary: 'a node that has used up its inotify watches',
    lines: [/inotify_init\d?: too many open files|inotify_add_watch .*no space left on device/i],
    texts: {
      found: 'kubelet on {node} cannot watch files: the kernel’s inotify limit is used up. The disk is not full.',
      fix: 'Raise fs.inotify.max_user_instances and fs.inotify.max_user_watches, now and in /etc/sysctl.d.',
    },
    // Instances are used up where none can be made, watches where none can be added.
    remedy: (_, node, line) =>
      /inotify_init/i.test(line)
        ? sysctl(node, 'fs.inotify.max_user_instances', 8192)
        : sysctl(node, 'fs.inotify.max_user_watches', 1_048_576),
    fixCommand: 'sysctl fs.inotify.max_user_instances fs.inotify.max_user_watches',
  },
  { id: 'node-disk-full', lines: [/no space left on device/i] },
  {
    id: 'kubelet-port-in-use',
    summary: 'another process on kubelet’s port',
    lines: [/listen tcp[46]? (?<address>\S*:10250): bind: address already in use/],
    texts: {
      found: 'kubelet on {node} cannot listen on {address}: another process holds the port.',
      fix: 'Find the process that holds the port, often a second kubelet (k3s, microk8s), and stop it.',
    },
    fixCommand: "ss -ltnp 'sport = :10250'",
  },
  {
    id: 'kubelet-node-ip-missing',
    summary: 'a kubelet set to an address that no interface has',
    lines: [
      /node IP: [\\"]*(?<ip>[0-9a-fA-F.:]+)[\\"]* not found in the host's network interfaces/i,
      /bad --node-ip [\\"]*(?<ip>[0-9a-fA-F.:]+)/i,
      /nodeIP can't be loopback address/i,
    ],
    whileRunning: true,
    defaults: { ip: 'a loopback address' },
    texts: {
      found: 'kubelet on {node} is set to the address {ip}, which the node does not have.',
      fix: 'Correct --node-ip, or bring back the interface that had the address.',
    },
    fixCommand: 'ip -br address; cat /var/lib/kubelet/kubeadm-flags.env',
  },
  {
    id: 'kubelet-credentials-broken',
    summary: 'a kubelet whose kubeconfig or CA file is missing or damaged',
    lines: [
      /(?<problem>invalid kubeconfig: .+)/is,
      /(?<problem>unable to load client CA file .+)/is,
      /(?<problem>unable to load bootstrap kubeconfig: .+)/is,
    ],
    texts: {
      found: 'kubelet on {node} cannot read its credentials: {problem}',
      fix: 'Restore the file that the line names, or join the node again. Empty files point to a disk that was full.',
    },
    fixCommand: 'ls -l /etc/kubernetes /etc/kubernetes/pki /var/lib/kubelet/pki; df -h /etc /var',
  },
  {
    id: 'container-runtime-cri-disabled',
    summary: 'a containerd without its Kubernetes plugin',
    lines: [/unknown service runtime\.v1(?:alpha2)?\.RuntimeService/i],
    texts: {
      found: 'containerd on {node} runs without its Kubernetes interface (CRI), so kubelet cannot start.',
      fix: 'Take "cri" out of disabled_plugins in /etc/containerd/config.toml and restart containerd. If it is not there, containerd is too old for this kubelet.',
    },
    fixCommand: 'grep -n disabled_plugins /etc/containerd/config.toml; containerd --version',
  },
  {
    id: 'container-runtime-down',
    lines: [
      /validate service connection: .*endpoint [\\"]*(?<endpoint>[^\s"\\]+).*(?:no such file or directory|connection refused|DeadlineExceeded)/is,
      /failed to get docker version: .*Cannot connect to the Docker daemon at (?<endpoint>\S+?)\.? /is,
      /Cannot connect to the Docker daemon/i,
      /unable to determine runtime API version: .*(?:no such file or directory|connection refused)/is,
    ],
  },
  {
    id: 'kubelet-binary-broken',
    summary: 'a kubelet that the host cannot run',
    lines: [
      /(?<problem>Exec format error)/i,
      /(?<problem>status=203\/EXEC)/,
      /(?<problem>open \/var\/lib\/kubelet\S*: permission denied)/i,
    ],
    unit: (unit) => unit.exitCode === 203,
    defaults: { problem: 'status=203/EXEC' },
    texts: {
      found: 'The host {node} cannot run kubelet: {problem}.',
      fix: 'Install kubelet again for this architecture; look at mount options (noexec) and at SELinux or AppArmor.',
    },
    fixCommand: 'file -L "$(command -v kubelet)"; ls -lZ "$(command -v kubelet)"',
  },
  {
    id: 'kubelet-oom-killed',
    summary: 'a kubelet that was killed for want of memory',
    lines: [/killed by the OOM killer/i],
    unit: (unit) => unit.result === 'oom-kill',
    texts: {
      found: 'The kernel killed kubelet on {node}: the node had no memory left.',
      fix: 'Find what eats the memory, give it a limit, and reserve memory for the system (systemReserved).',
    },
    fixCommand: 'journalctl -k --grep "Out of memory" --no-pager | tail -n 20',
  },
  {
    id: 'node-clock-skew',
    whileRunning: true,
    lines: [/certificate has expired or is not yet valid: current time (?<now>\S+) is before (?<from>\S+)/i],
  },
];
