/** The kubelet's journals of the incident: the captured lines (239-282, 199-210, 230-231), and what their cut ends must have said. */
import { beijing } from './times.ts';

export interface Line {
  time: string;
  source: string;
  pid?: number;
  text: string;
  /** The line of the incident's text that it comes from; absent where it is completed. */
  line?: number;
  completed?: string;
}

const FLAG =
  "Flag --cgroup-driver has been deprecated, This parameter should be set via the config file specified by the Kubelet's --config flag. See https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/ for more information.";
const SWAP =
  'server.go:274] failed to run Kubelet: running with swap on is not supported, please disable swap! or set --fail-swap-on flag to false. /proc/swaps contained: [Filename                               Type            Size    Used    Priority /dev/sda3                               partition      27992060        0       -2]';
const CUT = 'the line is cut at 200 columns in the text (its beginning stands there); its end as in lines 273 and 280';
const EXITED = 'kubelet.service: Main process exited, code=exited, status=255/n/a';
const FAILED = 'kubelet.service: Unit entered failed state.';
const RESULT = "kubelet.service: Failed with result 'exit-code'.";
const HOLD = 'kubelet.service: Service hold-off time over, scheduling restart.';
const STOPPED = 'Stopped kubelet: The Kubernetes Node Agent.';
const STARTED = 'Started kubelet: The Kubernetes Node Agent.';

const systemd = (time: string, text: string, line: number): Line => ({
  time: beijing(time),
  source: 'systemd',
  text,
  line,
});
const kubelet = (time: string, pid: number, text: string, line: number, completed?: string): Line => ({
  time: beijing(time),
  source: 'kubelet',
  pid,
  text,
  line,
  ...(completed === undefined ? {} : { completed }),
});

/** k8sCephNode: two of some fifty thousand starts, and the last one before "3s ago". */
export const CEPH_JOURNAL: Line[] = [
  systemd('2020-05-26 05:32:51', EXITED, 239),
  systemd('2020-05-26 05:32:51', FAILED, 240),
  systemd('2020-05-26 05:32:51', RESULT, 241),
  systemd('2020-05-26 05:33:01', HOLD, 242),
  systemd('2020-05-26 05:33:01', STOPPED, 243),
  systemd('2020-05-26 05:33:01', STARTED, 244),
  kubelet('2020-05-26 05:33:01', 886002, FLAG, 245, CUT),
  kubelet('2020-05-26 05:33:01', 886002, FLAG, 246, CUT),
  kubelet('2020-05-26 05:33:01.905', 886002, 'I0526 05:33:01.905628  886002 server.go:417] Version: v1.18.2', 247),
  kubelet(
    '2020-05-26 05:33:01.906',
    886002,
    'I0526 05:33:01.906023  886002 plugins.go:100] No cloud provider specified.',
    248,
  ),
  kubelet(
    '2020-05-26 05:33:01.906',
    886002,
    'I0526 05:33:01.906055  886002 server.go:837] Client rotation is on, will bootstrap in background',
    249,
  ),
  kubelet(
    '2020-05-26 05:33:01.923',
    886002,
    'I0526 05:33:01.923715  886002 certificate_store.go:130] Loading cert/key pair from "/var/lib/kubelet/pki/kubelet-client-current.pem".',
    250,
  ),
  kubelet(
    '2020-05-26 05:33:01.976',
    886002,
    'I0526 05:33:01.976570  886002 server.go:646] --cgroups-per-qos enabled, but --cgroup-root was not specified.  defaulting to /',
    251,
  ),
  kubelet('2020-05-26 05:33:01.977', 886002, `F0526 05:33:01.977085  886002 ${SWAP}`, 252, CUT),
  systemd('2020-05-26 05:33:01.980', EXITED, 253),
  systemd('2020-05-26 05:33:01.980', FAILED, 254),
  systemd('2020-05-26 05:33:01.980', RESULT, 255),
  kubelet('2020-05-27 00:17:27.394', 38152, 'I0527 00:17:27.394073   38152 server.go:417] Version: v1.18.2', 266),
  kubelet(
    '2020-05-27 00:17:27.394',
    38152,
    'I0527 00:17:27.394422   38152 plugins.go:100] No cloud provider specified.',
    267,
  ),
  kubelet(
    '2020-05-27 00:17:27.394',
    38152,
    'I0527 00:17:27.394455   38152 server.go:837] Client rotation is on, will bootstrap in background',
    268,
  ),
  kubelet(
    '2020-05-27 00:17:27.411',
    38152,
    'I0527 00:17:27.411586   38152 certificate_store.go:130] Loading cert/key pair from "/var/lib/kubelet/pki/kubelet-client-current.pem".',
    269,
  ),
  kubelet(
    '2020-05-27 00:17:27.448',
    38152,
    'I0527 00:17:27.448683   38152 server.go:646] --cgroups-per-qos enabled, but --cgroup-root was not specified.  defaulting to /',
    272,
  ),
  kubelet('2020-05-27 00:17:27.449', 38152, `F0527 00:17:27.449453   38152 ${SWAP}`, 273),
  systemd('2020-05-27 00:17:27.452', EXITED, 274),
  systemd('2020-05-27 00:17:27.452', FAILED, 275),
  systemd('2020-05-27 00:17:27.452', RESULT, 276),
  systemd('2020-05-27 00:17:37.600', HOLD, 277),
  systemd('2020-05-27 00:17:37.600', STOPPED, 278),
  systemd('2020-05-27 00:17:37.600', STARTED, 279),
  kubelet('2020-05-27 00:17:37.800', 38182, FLAG, 280),
  kubelet('2020-05-27 00:17:37.800', 38182, FLAG, 281),
  {
    time: beijing('2020-05-27 10:37:34.102'),
    source: 'kubelet',
    pid: 148906,
    text: `F0527 10:37:34.102211  148906 ${SWAP}`,
    completed:
      'the write-up shows only what systemd said of this start (lines 207-210); the kubelet ended as before, with status 255',
  },
  {
    time: beijing('2020-05-27 10:37:34.105'),
    source: 'systemd',
    text: EXITED,
    completed: 'as at every other start; line 206 has "(code=exited, status=255)"',
  },
  systemd('2020-05-27 10:37:34.105', FAILED, 209),
  systemd('2020-05-27 10:37:34.105', RESULT, 210),
];

/** dockerd's two warnings in the syslog between them (lines 270-271). */
export const CEPH_DOCKER: Line[] = [270, 271].map((line) => ({
  time: beijing(line === 270 ? '2020-05-27 00:17:27.425' : '2020-05-27 00:17:27.438'),
  source: 'dockerd',
  pid: 1608,
  text: `time="2020-05-27T00:17:27.${line === 270 ? '425337313' : '438915840'}+08:00" level=warning msg="failed to retrieve runc version: unknown output format: runc version spec: 1.0.1-dev\\n"`,
  line,
}));

const OWNERSHIP =
  'Setting volume ownership for /var/lib/kubelet/pods/be551d56-f58b-45ba-bc03-6c9a0f6fa795/volumes/kubernetes.io~secret/config and fsGroup set. If the volume has a lot of files then setting volume ownership could be slow, see https://github.com/kubernetes/kubernetes/issues/69699';
const OWNERSHIP_CUT = 'the terminal cut the line; its end as kubelet v1.18.2 writes it (volume_linux.go)';

/** k8smaster2, whose kubelet is well. */
export const MASTER2_JOURNAL: Line[] = [
  {
    time: beijing('2020-05-27 10:07:28.875'),
    source: 'kubelet',
    pid: 8217,
    text: `W0527 10:07:28.875839    8217 volume_linux.go:49] ${OWNERSHIP}`,
    line: 230,
    completed: OWNERSHIP_CUT,
  },
  {
    time: beijing('2020-05-27 10:07:28.876'),
    source: 'kubelet',
    pid: 8217,
    text: `W0527 10:07:28.876636    8217 volume_linux.go:49] ${OWNERSHIP}`,
    line: 231,
    completed: OWNERSHIP_CUT,
  },
];
