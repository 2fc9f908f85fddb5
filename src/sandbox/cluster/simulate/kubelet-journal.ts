/** kubelet's journal as `journalctl --output json` prints it: recorded lines, or those of a version made up around its fatal text. */
import { atLeast } from './address.ts';
import { fatalReason } from './kubelet-fatal.ts';
import { nodeOf } from './lookups.ts';
import type { ClusterModel, SimNode } from './model.ts';

export type JournalEntry = Record<string, string>;

/** Entries, oldest first. */
export function kubeletJournal(model: ClusterModel, node: SimNode): JournalEntry[] {
  const given = node.kubelet.journal;
  if (given !== undefined) return given.map((line) => entry(node, line.time, line.source, line.text, line.pid));
  return node.kubelet.state === 'crash-loop' ? crashLoop(model, node) : quiet(model, node);
}

function entry(node: SimNode, time: string, source: string, text: string, pid?: number): JournalEntry {
  const micros = `${Date.parse(time)}000`;
  const common = {
    __REALTIME_TIMESTAMP: micros,
    _HOSTNAME: node.hostname,
    SYSLOG_IDENTIFIER: source,
    MESSAGE: text,
    PRIORITY: '6',
  };
  if (source === 'systemd') return { ...common, _PID: '1', UNIT: 'kubelet.service' };
  return { ...common, _PID: String(pid ?? node.kubelet.pid), _SYSTEMD_UNIT: 'kubelet.service' };
}

function quiet(model: ClusterModel, node: SimNode): JournalEntry[] {
  const now = Date.parse(model.now);
  const time = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString();
  const head = (secondsAgo: number): string => klogHead(node, time(secondsAgo), 'I');
  const lines = [
    entry(node, node.kubelet.since, 'systemd', 'Started kubelet: The Kubernetes Node Agent.'),
    entry(node, time(400), 'kubelet', `${head(400)} kubelet_getters.go:178] "Pod status updated" status="Running"`),
    entry(node, time(90), 'kubelet', `${head(90)} setters.go:77] Using node IP: "${node.internalIp}"`),
  ];
  if (node.kubelet.state === 'stopped') {
    lines.push(entry(node, node.kubelet.since, 'systemd', 'Stopped kubelet: The Kubernetes Node Agent.'));
  }
  return lines;
}

/** `E0527 00:17:27.449453   38152`. */
export function klogHead(node: SimNode, time: string, level: string): string {
  const local = new Date(Date.parse(time) + node.utcOffsetMinutes * 60_000).toISOString();
  return `${level}${local.slice(5, 7)}${local.slice(8, 10)} ${local.slice(11, 23)}000 ${String(node.kubelet.pid).padStart(7)}`;
}

/** The text with which this version gives up because swap is on. */
export function swapFatal(model: ClusterModel, node: SimNode, time: string): string {
  const swap = nodeOf(model, node.name).swap;
  const row = `${swap?.device.padEnd(39)} partition      ${swap?.sizeKi}        ${swap?.usedKi}       -2`;
  const head = 'running with swap on is not supported, please disable swap';
  const old = `failed to run Kubelet: ${head}! or set --fail-swap-on flag to false. /proc/swaps contained: [Filename                               Type            Size    Used    Priority ${row}]`;
  if (!atLeast(model.kubernetes, '1.21.0')) return `${klogHead(node, time, 'F')} server.go:274] ${old}`;
  const quoted = JSON.stringify(
    atLeast(model.kubernetes, '1.25.0') ? `failed to run Kubelet: ${head} or set --fail-swap-on flag to false` : old,
  );
  if (!atLeast(model.kubernetes, '1.25.0'))
    return `${klogHead(node, time, 'E')} server.go:302] "Failed to run kubelet" err=${quoted}`;
  return `${klogHead(node, time, 'E')} run.go:74] "command failed" err=${quoted}`;
}

/** The last words of a start that fails. */
function fatalText(model: ClusterModel, node: SimNode, time: string): string {
  const reason = fatalReason(model, node);
  if (reason === undefined || reason.kind === 'swap') return swapFatal(model, node, time);
  if (reason.kind === 'certificate') return `${klogHead(node, time, 'F')} transport.go:151] ${EXPIRED}`;
  const text =
    reason.kind === 'flag' ? `failed to parse kubelet flag: unknown flag: ${reason.flag}` : runtimeText(model, node);
  if (atLeast(model.kubernetes, '1.25.0')) {
    return `${klogHead(node, time, 'E')} run.go:74] "command failed" err=${JSON.stringify(text)}`;
  }
  return `${klogHead(node, time, 'F')} server.go:274] ${text}`;
}

const EXPIRED = 'The currently active client certificate has expired and the server is responsive, exiting.';

function runtimeText(model: ClusterModel, node: SimNode): string {
  if (node.runtime.startsWith('docker')) {
    return 'failed to run Kubelet: failed to get docker version: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
  }
  const socket = `/run/${node.runtime.startsWith('cri-o') ? 'crio/crio' : 'containerd/containerd'}.sock`;
  const api = atLeast(model.kubernetes, '1.26.0') ? 'v1' : 'v1alpha2';
  return `failed to run Kubelet: validate service connection: validate CRI ${api} runtime API for endpoint "unix://${socket}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${socket}: connect: no such file or directory"`;
}

function crashLoop(model: ClusterModel, node: SimNode): JournalEntry[] {
  const out: JournalEntry[] = [];
  const last = Date.parse(node.kubelet.since);
  const fatalOld = !atLeast(model.kubernetes, '1.21.0');
  const status = fatalOld ? 'status=255/n/a' : 'status=1/FAILURE';
  for (let round = 5; round >= 0; round--) {
    const end = new Date(last - round * 10_700);
    const start = new Date(end.getTime() - 600).toISOString();
    const pid = node.kubelet.pid - round * 30;
    const at = end.toISOString();
    out.push(
      entry(node, start, 'systemd', 'Started kubelet: The Kubernetes Node Agent.'),
      entry(node, start, 'kubelet', `${klogHead(node, start, 'I')} server.go:417] Version: ${model.kubernetes}`, pid),
      entry(
        node,
        start,
        'kubelet',
        `${klogHead(node, start, 'I')} server.go:837] Client rotation is on, will bootstrap in background`,
        pid,
      ),
      entry(
        node,
        start,
        'kubelet',
        `${klogHead(node, start, 'I')} server.go:646] --cgroups-per-qos enabled, but --cgroup-root was not specified.  defaulting to /`,
        pid,
      ),
      entry(node, at, 'kubelet', fatalText(model, node, at), pid),
      entry(node, at, 'systemd', `kubelet.service: Main process exited, code=exited, ${status}`),
      entry(node, at, 'systemd', 'kubelet.service: Unit entered failed state.'),
      entry(node, at, 'systemd', "kubelet.service: Failed with result 'exit-code'."),
    );
    if (round > 0) {
      const next = new Date(end.getTime() + 10_000).toISOString();
      out.push(entry(node, next, 'systemd', 'kubelet.service: Service hold-off time over, scheduling restart.'));
    }
  }
  return out;
}
