/** Cause: a Pod has its node and does not start, because a volume cannot be attached or mounted there. */
import type { EventObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { type ObjectRef, refText } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { isStale } from '../model/nodes.ts';
import { type SeenPod, seenPods } from '../model/pods.ts';
import { topOwner } from '../workload/owners.ts';
import { type Claim, claims } from './claims.ts';

/** kubelet tries again every two minutes at the latest. */
const RECENT_MS = 15 * 60_000;
/** A Secret or ConfigMap that is not there is told by rules of its own. */
const NOT_STORAGE =
  /(secret|configmap) "[^"]*" not found|references non-existent|not registered|failed to fetch token/i;
/** What each of them means, the most telling first; the last one only says that time ran out. */
const KINDS = [
  ['multi-attach', /Multi-Attach error|already (exclusively )?attached to (one|another) node|already used by pod/i],
  [
    'driver',
    /driver name \S+ not found in the list of registered CSI drivers|no volume plugin matched|CSINode .* does not contain driver/i,
  ],
  ['file-system', /wrong fs type|bad superblock|unknown filesystem|fsck found errors|structure needs cleaning/i],
  ['denied', /access denied by server|mount error\(13\)|Permission denied/i],
  [
    'server',
    /mount\.nfs|nfs.*(timed out|refused|No route)|No route to host|Connection (timed out|refused)|mount error\(11[0-3]\)/i,
  ],
  ['path', /does not exist|No such file or directory|is not a directory|hostPath type check failed/i],
  ['other', /exit status|MountDevice failed|AttachVolume\.Attach failed|MountVolume\.\w+ failed|rpc error/i],
  ['late', /timed out waiting for the condition|context deadline exceeded|Unable to attach or mount volumes/i],
] as const;
type Kind = (typeof KINDS)[number][0];

const STOPS = 'so {owner} does not start on {nodes}';

export const volumeMountFailed = defineRule({
  id: 'volume-mount-failed',
  role: 'cause',
  severity: 'critical',
  summary: 'a volume that cannot be attached or mounted where its Pod is',
  needs: ['pods', 'events', 'nodes', 'node-leases', 'persistent-volume-claim', 'persistent-volume', 'storage-classes'],
  texts: {
    'multi-attach': `The volume {volume} is still attached to another node, ${STOPS}.`,
    driver: `The storage driver of {volume} does not run on the node, ${STOPS}.`,
    'file-system': `The file system of {volume} cannot be mounted: it is of another type, or damaged, ${STOPS}.`,
    denied: `The storage server does not let the node mount {volume}, ${STOPS}.`,
    server: `The storage server of {volume} does not answer, ${STOPS}.`,
    path: `What {volume} points to is not there, ${STOPS}.`,
    other: `The volume {volume} cannot be attached or mounted, ${STOPS}.`,
    late: `The volume {volume} is not mounted in time, ${STOPS}.`,
    event: 'Pod {pod} on {node}, {count} {count:time|times}, last at {last}: {message}',
    source: 'Volume {volume} is of kind {source}: {detail}.',
    'free-node':
      'End the Pod that holds it, or wait: a node that is gone gives its volumes up after six minutes. If that node is dead for good, taint it node.kubernetes.io/out-of-service.',
    'start-driver': 'Look at the driver’s DaemonSet: it needs a Pod on that node.',
    check: 'Look at the disk itself before anything is written to it; a repair needs it unmounted everywhere.',
    allow: 'Let the server export it to this node’s address.',
    reach: 'Try the server from that node, and look at the firewall between them.',
    look: 'kubelet and the storage driver say more in their logs.',
    restart: 'Deleting the Pod: the next one meets the same volume.',
  },
  explains: { 'pod-pending': { when: namesPods } },
  judge(facts, say) {
    for (const { kind, object, volume, of } of mounts(facts)) {
      const nodes = [...new Set(of.map(({ seen }) => seen.pod.nodeName ?? '?'))].sort();
      const [first] = of;
      if (first === undefined) continue;
      const since = first.event.firstTime;
      const node = nodes[0] ?? '?';
      const check = `journalctl -u kubelet --since -15m | grep -i volume   # on ${node}`;
      say.find({
        object,
        ...(kind === 'late' ? { confidence: 'likely', tryThis: check } : { confidence: 'confirmed' }),
        text: kind,
        data: { volume, owner: ownerText(first.seen), nodes, pods: of.map(({ seen }) => seen.pod.name) },
        because: [...of.slice(0, 2).map(eventProof), ...sourceProof(facts, first.claim)],
        scope: { nodes },
        ...(since === undefined ? {} : { since }),
        advice: [adviceFor(kind, node, check)],
        ...(kind === 'multi-attach' ? {} : { wouldNotHelp: [{ text: 'restart', data: {} }] }),
      });
    }
  },
});

interface Failed {
  readonly seen: SeenPod;
  readonly event: EventObject;
  readonly claim: Claim | undefined;
}

/** The volumes that fail, each once with the Pods that wait for it. */
function mounts(facts: Facts) {
  const out = new Map<string, { kind: Kind; object: ObjectRef; volume: string; of: Failed[] }>();
  for (const seen of seenPods(facts)) {
    const found = failureOf(facts, seen);
    if (found === undefined) continue;
    const { kind, event } = found;
    const claim = claimOf(facts, seen, event);
    const object = claim?.ref ?? topOwner(seen.pod);
    const volume =
      claim === undefined ? (volumeOf(event.message) ?? '?') : `${claim.value.namespace}/${claim.value.name}`;
    const key = `${refText(object)} ${kind}`;
    const entry = out.get(key) ?? { kind, object, volume, of: [] };
    entry.of.push({ seen, event, claim });
    out.set(key, entry);
  }
  return [...out.keys()].sort().flatMap((key) => out.get(key) ?? []);
}

/** The most telling of the recent failures of a Pod that has a node and has not started. */
function failureOf(facts: Facts, { pod, events }: SeenPod): { kind: Kind; event: EventObject } | undefined {
  const started = pod.statuses.some((one) => one.state.state === 'running' || one.state.state === 'terminated');
  if (pod.phase !== 'Pending' || pod.nodeName === undefined || pod.deletionTime !== undefined || started)
    return undefined;
  if (isStale(facts, pod.nodeName)) return undefined;
  const recent = (events?.value ?? []).filter(
    (one) =>
      (one.reason === 'FailedMount' || one.reason === 'FailedAttachVolume') &&
      facts.now - Date.parse(one.lastTime ?? one.firstTime ?? '') <= RECENT_MS,
  );
  // Where a Secret is what is missing, the time-outs that follow are about it.
  if (recent.some((one) => NOT_STORAGE.test(one.message))) return undefined;
  for (const [kind, pattern] of KINDS) {
    const event = recent.find((one) => pattern.test(one.message));
    if (event !== undefined) return { kind, event };
  }
  return undefined;
}

function volumeOf(message: string): string | undefined {
  return /for volume "([^"]+)"/.exec(message)?.[1] ?? /unmounted volumes=\[([^\],\s]+)/.exec(message)?.[1];
}

/** The claim behind the volume that the event names; the Pod's only one where it names none of them. */
function claimOf(facts: Facts, { pod }: SeenPod, { message }: EventObject): Claim | undefined {
  const own = claims(facts).filter(
    ({ value }) => value.namespace === pod.namespace && pod.claims?.includes(value.name) === true,
  );
  const named = /for volume "([^"]+)"/.exec(message)?.[1];
  if (named !== undefined) return own.find(({ value }) => value.volumeName === named);
  return pod.claims?.length === 1 ? own[0] : undefined;
}

function eventProof({ seen, event }: Failed) {
  const { namespace, name, nodeName = '?' } = seen.pod;
  const { count, message } = event;
  const data = { pod: `${namespace}/${name}`, node: nodeName, count, last: event.lastTime ?? '?', message };
  const command = `kubectl -n ${namespace} describe pod ${name}`;
  return proof(seen.events ?? seen.list, 'event' as const, data, command);
}

function sourceProof(facts: Facts, claim: Claim | undefined) {
  const name = claim?.value.volumeName;
  if (name === undefined) return [];
  const volume = facts.get('persistent-volume', { kind: 'PersistentVolume', name });
  if (!volume.known || volume.value.source === undefined) return [];
  const { source, detail = '?' } = volume.value;
  return [proof(volume, 'source' as const, { volume: name, source, detail })];
}

function adviceFor(kind: Kind, node: string, look: string) {
  const one = {
    'multi-attach': ['free-node', 'kubectl get volumeattachments'],
    driver: [
      'start-driver',
      `kubectl get csinode ${node} -o yaml; kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`,
    ],
    'file-system': ['check', `dmesg | tail; lsblk -f   # on ${node}`],
    denied: ['allow', `showmount -e SERVER   # on ${node}`],
    server: ['reach', `nc -vz -w 2 SERVER 2049   # on ${node}`],
  } as const;
  const [text, command] = kind in one ? one[kind as keyof typeof one] : (['look', look] as const);
  return { text, data: {}, command };
}

function ownerText({ pod }: SeenPod): string {
  const { kind, name } = topOwner(pod);
  return `${kind}/${name}`;
}

/** Pods of the same namespace that wait on a node for this volume. */
function namesPods(mine: Finding, theirs: Finding): boolean {
  const [ours, others] = [mine.data['pods'], theirs.data['pods']];
  if (theirs.text !== 'starting' || mine.object.namespace !== theirs.object.namespace) return false;
  return Array.isArray(ours) && Array.isArray(others) && others.some((name) => ours.includes(name));
}
