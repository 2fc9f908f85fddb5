/** Where each fact of the fixture comes from: a line of ../shared/incident/nodeport-30080.txt, or a reason why it was completed. */
import { CEPH_DOCKER, CEPH_JOURNAL, MASTER2_JOURNAL } from './journal.ts';
import { CONTROLLER_LOG } from './log.ts';
import { READINESS } from './stages.ts';

type Stage = 1 | 2 | 3 | 4;

/** A fact that stands in the text: `text` in that line; `stored` where the fixture writes the same otherwise (times in UTC). */
export interface Literal {
  stage: Stage;
  where: string;
  text: string;
  line: number;
  stored?: string;
}

/** A fact that the text does not show, and why it is as it is. */
export interface Completed {
  stage: Stage;
  where: string;
  completed: string;
}

export type Provenance = Literal | Completed;

type Row = [stages: string, where: string, line: number, text: string, stored?: string];

const NODE = 'Node/k8scephnode';
const CONTROLLERS = 'Pod/kube-system/calico-kube-controllers-5fc5dbfc47-4wkpw';

/** One row per fact; the digits are the stages that hold it. */
const ROWS: Row[] = [
  ['1234', 'Service/ci/jenkins-svc', 54, 'jenkins-svc'],
  ['1234', 'Service/ci/jenkins-svc clusterIP', 54, '10.99.214.53'],
  ['1234', 'Service/ci/jenkins-svc nodePort', 54, '30080'],
  ['1234', 'Service/ci/jenkins-svc nodePort', 54, '30945'],
  ['1234', 'Service/ci/jenkins-svc port', 54, '50000'],
  ['1234', 'Service/ci/jenkins-svc selector', 54, 'k8s-app=jenkins', 'jenkins'],
  ['1234', 'Endpoints/ci/jenkins-svc', 64, '10.109.209.196:8080', '10.109.209.196'],
  ['1234', 'Pod/ci/jenkins', 51, 'jenkins-dc995bb85-7w6t8'],
  ['1234', 'host k8smater1 ip address', 23, 'inet 172.17.73.66/22 brd 172.17.75.255 scope global ens18'],
  ['1234', 'host k8smater1 ip address', 24, 'inet 172.17.73.63/22 scope global secondary ens18'],
  ['1234', 'host k8smaster2 ip address', 35, 'inet 172.17.73.65/22 brd 172.17.75.255 scope global ens18'],
  ['12', `${NODE} InternalIP`, 150, '172.17.73.60'],
  ['12', `${NODE} annotation`, 128, '/var/run/dockershim.sock'],
  ['12', `${NODE} annotation`, 130, 'projectcalico.org/IPv4Address: 10.0.0.63/24', '10.0.0.63/24'],
  ['12', `${NODE} annotation`, 131, 'projectcalico.org/IPv4IPIPTunnelAddr: 10.101.55.64', '10.101.55.64'],
  ['12', `${NODE} creationTimestamp`, 133, 'Sat, 09 May 2020 18:35:16 +0800', '2020-05-09T10:35:16Z'],
  ['12', `${NODE} taint`, 134, 'node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable'],
  ['12', `${NODE} lease`, 140, 'Wed, 20 May 2020 18:39:34 +0800', '2020-05-20T10:39:34.000000Z'],
  ['12', `${NODE} NetworkUnavailable`, 144, 'Sat, 09 May 2020 18:36:29 +0800', '2020-05-09T10:36:29Z'],
  ['12', `${NODE} NetworkUnavailable`, 144, 'Calico is running on this node'],
  ['12', `${NODE} heartbeat`, 148, 'Wed, 20 May 2020 18:37:28 +0800', '2020-05-20T10:37:28Z'],
  ['12', `${NODE} transition`, 148, 'Thu, 21 May 2020 09:46:38 +0800', '2020-05-21T01:46:38Z'],
  ['12', `${NODE} Ready`, 148, 'Kubelet stopped posting node status.'],
  ['12', `${NODE} capacity`, 154, '98299524Ki'],
  ['12', `${NODE} capacity`, 156, '15027980Ki'],
  ['12', `${NODE} allocatable`, 160, '90592841169'],
  ['12', `${NODE} allocatable`, 162, '14925580Ki'],
  ['12', `${NODE} machineID`, 165, '6a2886db0584453694c49ecd6da0c948'],
  ['12', `${NODE} systemUUID`, 166, 'A3285E0C-5CEC-4680-90DE-BC1719BA4FDB'],
  ['12', `${NODE} bootID`, 167, '8ac4656b-ce20-40b3-b796-336a3fc8c8e9'],
  ['12', `${NODE} kernel`, 168, '4.14.148-server'],
  ['12', `${NODE} osImage`, 169, 'Ubuntu 16.04.6 LTS'],
  ['1234', 'Node runtime', 172, 'docker://18.9.7'],
  ['1234', 'Node kubelet', 173, 'v1.18.2'],
  ['12', 'Pod on k8scephnode', 178, 'prometheus-operator-release-prometheus-node-exporter-9dk8c'],
  ['12', 'Pod on k8scephnode, requests', 179, '250m'],
  ['1234', 'Node k8smater1 osImage', 294, 'Ubuntu 16.04 LTS'],
  ['1234', 'Node k8smater1 kernel', 294, '4.4.0-178-generic'],
  ['2', 'host k8scephnode kubelet state change', 204, 'Wed 2020-05-27 10:37:34 CST'],
  ['1234', 'host k8smaster2 kubelet state change', 221, 'Thu 2020-05-21 09:45:25 CST'],
  ['12', 'calico-node image', 460, 'calico/node:v3.9.5'],
  ['3', 'Event of calico-node-96bpx', 394, READINESS],
  ['3', 'Event of calico-node-96bpx, count', 394, '52551'],
  ['1234', `${CONTROLLERS} startTime`, 479, 'Thu, 23 Apr 2020 15:42:47 +0800', '2020-04-23T07:42:47Z'],
  ['1234', `${CONTROLLERS} annotation`, 482, '10.109.169.8/32'],
  [
    '1234',
    `${CONTROLLERS} containerID`,
    491,
    'docker://71a86218c0119198ee2966d56117e54668c6b64c40f3a9cdad57b41efb35cc13',
  ],
  ['1234', `${CONTROLLERS} image`, 492, 'calico/kube-controllers:v3.9.5'],
  [
    '1234',
    `${CONTROLLERS} imageID`,
    493,
    'docker-pullable://calico/kube-controllers@sha256:0fa9d599e2147a5ee6d951c7f18f59144a6459c2346864a4b31c6ab38668a393',
  ],
  ['1234', `${CONTROLLERS} started`, 497, 'Thu, 21 May 2020 09:47:00 +0800', '2020-05-21T01:47:00Z'],
  ['1234', `${CONTROLLERS} lastState`, 501, 'Fri, 24 Apr 2020 15:58:31 +0800', '2020-04-24T07:58:31Z'],
  ['1234', `${CONTROLLERS} lastState`, 502, 'Thu, 21 May 2020 09:40:42 +0800', '2020-05-21T01:40:42Z'],
  ['1234', `${CONTROLLERS} readinessProbe`, 505, '/usr/bin/check-status'],
  ['1234', `${CONTROLLERS} priority`, 476, '2000000000'],
  ['1234', `${CONTROLLERS} priorityClassName`, 477, 'system-cluster-critical'],
  ['1234', `${CONTROLLERS} token`, 520, 'calico-kube-controllers-token-578zn'],
  ['1234', `${CONTROLLERS} nodeSelector`, 523, 'beta.kubernetes.io/os=linux', 'beta.kubernetes.io/os'],
  ['1234', `${CONTROLLERS} toleration`, 525, 'node-role.kubernetes.io/master'],
  ['1234', 'calico-node token', 377, 'calico-node-token-5cbcz'],
  ['1234', 'calico-node toleration', 383, 'CriticalAddonsOnly'],
  [
    '4',
    `Event of ${CONTROLLERS}`,
    531,
    'Readiness probe failed: Error verifying datastore: etcdserver: request timed out',
  ],
  ['4', 'host k8smater1 BIRD', 641, '07:11:05', 'Mesh_172_17_73_65 BGP      master   up     07:11:05    Established'],
  ['4', 'host k8smaster2 BIRD', 662, '07:11:05', 'Mesh_172_17_73_66 BGP      master   up     07:11:05    Established'],
  ['12', 'host k8smater1 BIRD', 703, 'Passive', 'Mesh_172_17_73_65 BGP      master   start  2020-05-21  Passive'],
];

const COMPLETED: [stages: string, where: string, reason: string][] = [
  [
    '123',
    'Node/k8smater1 annotation projectcalico.org/IPv4Address 10.0.0.66/24',
    'only the address is seen, in the peer’s readiness text (394); the prefix is that of k8scephnode’s 10.0.0.63/24 (130), the same range',
  ],
  [
    '1234',
    'host k8smater1 NIC ens19, index 3, 10.0.0.66/24',
    'line 616 says that a NIC was added; first-found takes the highest index, so it comes after ens18',
  ],
  [
    '12',
    'host k8scephnode NICs eno1 and eno2',
    'the text names neither; 10.0.0.63/24 was chosen by first-found, so its NIC has the higher index',
  ],
  [
    '1234',
    'storage LAN 10.0.0.0/24 without gateway',
    'line 616: the others lack that network; k8scephnode has an address in it (130)',
  ],
  [
    '1234',
    'LAN gateway 172.17.72.1',
    'the first address of 172.17.72.0/22; it drops what it does not know, since the ping of line 447 gets no answer at all',
  ],
  [
    '1234',
    'route tables, rules, neighbours',
    'as kernel, BIRD and Felix of these versions fill them; the text shows none',
  ],
  [
    '1234',
    'host k8smater1 /proc/net/ip_vs',
    'lines 318-328 show k8smaster2 only, and that in part; kube-proxy v1.18 writes the same servers on every node for its own addresses',
  ],
  [
    '1234',
    'IPPool 10.96.0.0/12',
    'the smallest range that holds the blocks 10.101.55.64/26 and 10.109.x; kubeadm’s default Service range is the same',
  ],
  [
    '1234',
    'Service/ci2/jenkins-svc with NodePort 30082',
    'line 325 shows the port without destination, line 93 a Pending Jenkins in ci2; nothing else fits',
  ],
  [
    '1234',
    'Pod/ci2/jenkins requests 16Gi, Insufficient memory',
    'a reason that would keep it Pending for days on these nodes (15027980Ki at most)',
  ],
  [
    '12',
    'DaemonSet Pod 9dk8c Pending',
    'made 15h before line 178 by the DaemonSet, long after the kubelet had died, so it never started',
  ],
  [
    '12',
    'host k8scephnode swap by systemd-gpt-auto-generator',
    'fstab is commented out and swap returns at reboot (line 288): the generator turns on any GPT swap partition of the root disk',
  ],
  [
    '12',
    'host k8scephnode runs no container',
    'it was restarted with the cluster, and its kubelet never came up to start any',
  ],
  [
    '12',
    'Event of calico-node Pods',
    'the same text as line 394 with both unreachable peers and the stage’s moment: k8scephnode was still in the mesh',
  ],
  ['12', 'journal of the start at 10:37:34', 'lines 204-210 show its end only'],
  [
    '3',
    'calico-node Pods of v3.14.0, started 2020-05-27 12:21 +0800',
    'line 604 says only that it did not help; bird of the old Pods ran at 12:00 (419), so it came later',
  ],
  [
    '34',
    'kube-controllers stay at v3.9.5',
    'the same Pod logs on at 08:19:48 UTC (559), and line 594 says "unchanged"',
  ],
  [
    '4',
    'IP_AUTODETECTION_METHOD can-reach=172.17.72.1',
    'the text never states the fix; this method exists in v3.14.0 and its target is no node’s address',
  ],
  [
    '1234',
    'leader records, kubeadm-config, kube-proxy configuration, control plane address 172.17.73.63:6443',
    'as kubeadm v1.18 makes them; the secondary address of line 24 looks like the control plane’s',
  ],
  [
    '1234',
    'creation times',
    'such that the listings of lines 49-110 (2020-05-23), 77-82, 290-295 and 349-363 (2020-05-27) show the ages that stand there',
  ],
  ['1234', 'images, ports and labels of Pods that the text only lists', 'the usual ones of those charts at that time'],
];

/** Every fact with its source. */
export function provenance(): Provenance[] {
  const literals = ROWS.flatMap(([stages, where, line, text, stored]) =>
    each(stages).map((stage): Literal => ({ stage, where, text, line, ...(stored === undefined ? {} : { stored }) })),
  );
  const completed = COMPLETED.flatMap(([stages, where, reason]) =>
    each(stages).map((stage): Completed => ({ stage, where, completed: reason })),
  );
  return [...literals, ...completed, ...journals(), ...log()];
}

function each(stages: string): Stage[] {
  return Array.from(stages, (digit) => Number(digit) as Stage);
}

function journals(): Provenance[] {
  const all = [...CEPH_JOURNAL, ...CEPH_DOCKER].map((line) => ({
    line,
    stages: [2] as Stage[],
    where: 'journal of k8scephnode',
  }));
  const healthy = MASTER2_JOURNAL.map((line) => ({
    line,
    stages: [1, 2, 3, 4] as Stage[],
    where: 'journal of k8smaster2',
  }));
  return [...all, ...healthy].flatMap(({ line, stages, where }) =>
    stages.map((stage) => sourced(stage, where, line.text, line.line, line.completed)),
  );
}

function log(): Provenance[] {
  const until: Record<Stage, number> = { 1: 554, 2: 554, 3: 558, 4: 560 };
  return each('1234').flatMap((stage) =>
    CONTROLLER_LOG.filter((entry) => entry.line <= until[stage]).map((entry) =>
      sourced(stage, 'log of calico-kube-controllers', entry.text, entry.line, entry.completed),
    ),
  );
}

function sourced(
  stage: Stage,
  where: string,
  text: string,
  line: number | undefined,
  completed: string | undefined,
): Provenance {
  if (completed !== undefined || line === undefined)
    return { stage, where, completed: completed ?? 'as at every start' };
  return { stage, where, text, line };
}
