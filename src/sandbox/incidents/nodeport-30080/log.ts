/** calico-kube-controllers' log (lines 544-560), cut at a stage's moment. */

const URL = 'https://10.96.0.1:443/apis/crd.projectcalico.org/v1/clusterinformations/default';
const LATE = `error=Get ${URL}: context deadline exceeded`;
const INFO = 'client.go 255: Error getting cluster information config ClusterInformation="default"';
const VERIFY = 'main.go 202: Failed to verify datastore';
const REACH = 'main.go 233: Failed to reach apiserver';

/** Text and the line of the incident that it comes from. The first one's beginning is cut off there. */
export const CONTROLLER_LOG: { text: string; line: number; completed?: string }[] = [
  {
    text: `2020-05-25 10:33:47.237 [ERROR][1] ${INFO} ${LATE}`,
    line: 544,
    completed:
      'the text begins with "t.go 255:"; its beginning as in line 550, its time as in line 545, which follows at once',
  },
  { text: `2020-05-25 10:33:47.237 [ERROR][1] ${VERIFY} ${LATE}`, line: 545 },
  { text: `2020-05-25 10:33:50.292 [ERROR][1] ${REACH} ${LATE}`, line: 546 },
  { text: `2020-05-26 12:42:35.947 [ERROR][1] ${INFO} error=etcdserver: leader changed`, line: 547 },
  { text: `2020-05-26 12:42:35.947 [ERROR][1] ${VERIFY} error=etcdserver: leader changed`, line: 548 },
  { text: `2020-05-26 12:42:37.950 [ERROR][1] ${REACH} error=etcdserver: leader changed`, line: 549 },
  { text: `2020-05-26 12:53:54.237 [ERROR][1] ${INFO} ${LATE}`, line: 550 },
  { text: `2020-05-26 12:53:54.237 [ERROR][1] ${VERIFY} ${LATE}`, line: 551 },
  { text: `2020-05-26 12:53:56.242 [ERROR][1] ${REACH} ${LATE}`, line: 552 },
  { text: `2020-05-26 12:56:14.306 [ERROR][1] ${INFO} error=etcdserver: request timed out`, line: 553 },
  { text: `2020-05-26 12:56:14.306 [ERROR][1] ${VERIFY} error=etcdserver: request timed out`, line: 554 },
  {
    text: '2020-05-27 03:17:18.790 [INFO][1] kdd.go 154: Cleaning up IPAM resources for deleted node node="k8scephnode"',
    line: 555,
  },
  {
    text: "2020-05-27 03:17:18.790 [INFO][1] ipam.go 1166: Releasing all IPs with handle 'ipip-tunnel-addr-k8scephnode'",
    line: 556,
  },
  {
    text: `2020-05-27 03:17:18.867 [INFO][1] ipam.go 1469: Node doesn't exist, no need to release affinity cidr=10.101.55.64/26 host="k8scephnode"`,
    line: 557,
  },
  { text: '2020-05-27 03:17:18.978 [INFO][1] kdd.go 167: Node and IPAM data is in sync', line: 558 },
  { text: `2020-05-27 08:19:48.249 [ERROR][1] ${INFO} error=etcdserver: request timed out`, line: 559 },
  { text: `2020-05-27 08:19:48.249 [ERROR][1] ${VERIFY} error=etcdserver: request timed out`, line: 560 },
];

/** The log as it stood at a moment; its times are UTC. */
export function controllerLog(now: string): string {
  const moment = `${now.slice(0, 10)} ${now.slice(11, 23)}`;
  const until = CONTROLLER_LOG.filter((entry) => entry.text.slice(0, 23) <= moment);
  return until.map((entry) => `${entry.text}\n`).join('');
}
