/** The moments of the incident. The text mixes +0800 (kubectl, journald) and UTC (Calico's logs); here all is UTC. */

/** `+8('2020-05-27 10:37:37')`: a moment of the text in +0800, as RFC 3339 in UTC. */
export function beijing(text: string): string {
  return new Date(Date.parse(`${text.replace(' ', 'T')}+08:00`)).toISOString();
}

/**
 * One moment per stage, and why.
 * 1 and 2: `systemctl status` says "since Wed 2020-05-27 10:37:34 CST; 3s ago" (line 204); of the same morning are the
 *   node listing (17d, 33d) and `describe node` (node-exporter 15h old). The all-namespace listing is four days older:
 *   its rows are kept, and the creation times are such that it would have shown those ages on 2020-05-23.
 * 3: after 04:00 UTC, when bird still ran since May 21 (line 419), hence after the re-apply; before the readiness event
 *   of 03:45:40 UTC (line 394) expired after an hour.
 * 4: 59 minutes after the last readiness event of kube-controllers, whose cause is logged at 08:19:48 UTC (lines 531, 559).
 */
export const NOW = {
  1: beijing('2020-05-27 10:37:37'),
  2: beijing('2020-05-27 10:37:37'),
  3: beijing('2020-05-27 12:40:00'),
  4: beijing('2020-05-27 17:19:10'),
} as const;

/** When the all-namespace listing was made (lines 90-110): ages of 29d, 28d, 13d and 10d meet only around this day. */
export const LISTING = beijing('2020-05-23 10:00:00');

export const T = {
  mastersCreated: beijing('2020-04-23 15:20:10'),
  systemPods: beijing('2020-04-23 15:42:30'),
  controllersStart: beijing('2020-04-23 15:42:47'),
  jenkins: beijing('2020-04-24 18:00:00'),
  jenkins2: beijing('2020-05-12 18:00:00'),
  cephCreated: beijing('2020-05-09 18:35:16'),
  cephHeartbeat: beijing('2020-05-20 18:37:28'),
  cephLease: beijing('2020-05-20 18:39:34'),
  cephUnknown: beijing('2020-05-21 09:46:38'),
  boot: beijing('2020-05-21 09:43:50'),
  kubeletMaster2: beijing('2020-05-21 09:45:25'),
  kubeletMater1: beijing('2020-05-21 09:44:58'),
  calicoMaster2: beijing('2020-05-21 09:45:50'),
  calicoMater1: beijing('2020-05-21 09:46:52'),
  controllersStarted: beijing('2020-05-21 09:47:00'),
  controllersLastStarted: beijing('2020-04-24 15:58:31'),
  controllersLastFinished: beijing('2020-05-21 09:40:42'),
  elastic: beijing('2020-05-25 17:30:00'),
  prometheus: beijing('2020-05-26 18:40:00'),
  kubeletFailed: beijing('2020-05-27 10:37:34'),
  upgrade: beijing('2020-05-27 12:21:00'),
  repair: beijing('2020-05-27 15:10:30'),
  established: '2020-05-27T07:11:05.000Z',
} as const;
