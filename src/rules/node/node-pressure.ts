/** Causes: a node is short of disk, memory or process ids; kubelet says so, ends Pods and takes no new ones. One rule each. */
import type { Condition, NodeObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding, Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule, type Link, type Rule } from '../../core/rule.ts';
import { isReady, isStale, nodesByName } from '../model/nodes.ts';
import { type Evicted, evictions } from '../workload/evictions.ts';

/** File systems that are this full are worth showing: kubelet evicts at 85 % (images) and 90 % by default. */
const SHOWN_PERCENT = 80;
const EVICTED_SHOWN = 3;

type TextId = 'found' | 'was' | 'condition' | 'evicted' | 'disk' | 'memory' | 'mend' | 'taint';

interface Pressure {
  readonly id: string;
  readonly type: string;
  readonly shortage: 'disk' | 'memory' | 'pid';
  readonly taint: string;
  readonly summary: string;
  readonly what: string;
  readonly mend: string;
  readonly command: string;
}

const PRESSURES: readonly Pressure[] = [
  {
    id: 'node-disk-pressure',
    type: 'DiskPressure',
    shortage: 'disk',
    taint: 'node.kubernetes.io/disk-pressure',
    summary: 'a node that is short of disk space, by its own word',
    what: 'disk space',
    mend: 'Free space: unused images, old logs, what Pods write to emptyDir. Then find what filled it.',
    command: 'df -h; df -i; crictl rmi --prune; du -xsh /var/lib/* /var/log/* | sort -h | tail',
  },
  {
    id: 'node-memory-pressure',
    type: 'MemoryPressure',
    shortage: 'memory',
    taint: 'node.kubernetes.io/memory-pressure',
    summary: 'a node that is short of memory, by its own word',
    what: 'memory',
    mend: 'Find what uses it, a Pod without a memory limit or a process beside Kubernetes. Give Pods requests that are true.',
    command: 'kubectl top pods -A --sort-by=memory | head; ps aux --sort=-rss | head',
  },
  {
    id: 'node-pid-pressure',
    type: 'PIDPressure',
    shortage: 'pid',
    taint: 'node.kubernetes.io/pid-pressure',
    summary: 'a node that is short of process ids, by its own word',
    what: 'process ids',
    mend: 'Find what makes processes or threads without end, and limit it (podPidsLimit in kubelet’s configuration).',
    command: 'ps -eLf | wc -l; cat /proc/sys/kernel/pid_max; ps -eo pid,nlwp,comm --sort=-nlwp | head',
  },
];

/** Evicted for want of the same, from this node. */
const evictedThere: Link = {
  when: (mine, theirs) => {
    const places = theirs.data['places'];
    return Array.isArray(places) && places.includes(`${mine.object.name} ${String(mine.data['shortage'])}`);
  },
};

/** The taint of this pressure, on this node, keeps Pods away. */
const keepsAway: Link = {
  when: (mine: Finding, theirs: Finding) =>
    mine.text === 'found' &&
    theirs.text === 'trouble' &&
    theirs.data['taint'] === mine.data['taint'] &&
    theirs.scope.nodes?.includes(mine.object.name) === true,
};

function pressureRule(pressure: Pressure): Rule {
  const { id, type, shortage, taint, summary, what, mend, command } = pressure;
  return defineRule({
    id,
    role: 'cause',
    severity: 'critical',
    summary,
    needs: ['nodes', 'node-leases', 'pods', 'events', ...proofKinds(shortage)],
    texts: {
      found: `{node} is short of ${what}, so it ends Pods and takes no new ones.`,
      was: `{node} was short of ${what} and ended Pods for it. It says that this is over.`,
      condition: 'Condition {type} of {node} is {status} since {since}: {message}',
      evicted: 'Pod {pod} was evicted at {at}: {message}',
      disk: '{mount} on {node}: {used} % of the space and {inodes} of the inodes are used.',
      memory: '{available} of {total} MiB of memory are left on {node}.',
      mend,
      taint: 'Taking the taint off by hand: kubelet goes on evicting, and Kubernetes puts it back.',
    } satisfies Record<TextId, string>,
    explains: { 'pod-evicted': evictedThere, 'taint-not-tolerated': keepsAway },
    judge(facts, say) {
      const nodes = facts.get('nodes');
      if (!nodes.known) return;
      for (const node of nodesByName(facts).values()) {
        const condition = node.conditions.find((one) => one.type === type);
        const evicted = evictions(facts).filter((one) => one.node === node.name && one.shortage === shortage);
        // What a silent node last said is no word on how it is now; that it evicted Pods stays true.
        const now = condition?.status === 'True' && !isStale(facts, node.name);
        if (!now && evicted.length === 0) continue;
        const since = now ? condition.lastTransitionTime : evicted.flatMap((one) => one.at ?? []).sort()[0];
        say.find({
          object: nodeRef(node.name),
          severity: now && !isReady(node) ? 'critical' : 'warning',
          confidence: 'confirmed',
          text: now ? 'found' : 'was',
          data: { node: node.name, taint, shortage },
          because: [
            ...(condition === undefined ? [] : [proof(nodes, 'condition' as const, words(node, condition))]),
            ...evicted.slice(0, EVICTED_SHOWN).map(evictedProof),
            ...(now ? measured(facts, node.name, shortage) : []),
          ],
          scope: { nodes: [node.name] },
          ...(since === undefined ? {} : { since }),
          advice: [{ text: 'mend', data: {}, command: `${command}   # on ${node.name}` }],
          ...(now ? { wouldNotHelp: [{ text: 'taint', data: {} }] } : {}),
        });
      }
    },
  });
}

function proofKinds(shortage: Pressure['shortage']): ('node-disk' | 'node-memory')[] {
  if (shortage === 'disk') return ['node-disk'];
  return shortage === 'memory' ? ['node-memory'] : [];
}

function words(node: NodeObject, { type, status, lastTransitionTime, message }: Condition) {
  return { type, node: node.name, status, since: lastTransitionTime ?? '?', message: message ?? '?' };
}

function evictedProof({ seen, message, at }: Evicted): Proof<'evicted'> {
  const { namespace, name } = seen.pod;
  const command = `kubectl -n ${namespace} get pod ${name} -o jsonpath='{.status.message}'`;
  return proof(seen.list, 'evicted', { pod: `${namespace}/${name}`, at: at ?? '?', message }, command);
}

/** What the agent sees of it: only a node's own word makes it pressure. */
function measured(facts: Facts, node: string, shortage: Pressure['shortage']): Proof<'disk' | 'memory'>[] {
  if (shortage === 'memory') {
    const memory = facts.get('node-memory', nodeRef(node));
    if (!memory.known) return [];
    const mib = (kib: number): number => Math.round(kib / 1024);
    const { availableKiB, totalKiB } = memory.value;
    return [proof(memory, 'memory', { node, available: mib(availableKiB), total: mib(totalKiB) })];
  }
  if (shortage === 'pid') return [];
  const disk = facts.get('node-disk', nodeRef(node));
  if (!disk.known) return [];
  return disk.value
    .filter((one) => Math.max(one.usedPercent, one.inodesUsedPercent ?? 0) >= SHOWN_PERCENT)
    .map((one) => {
      const inodes = one.inodesUsedPercent === undefined ? '?' : `${Math.round(one.inodesUsedPercent)} %`;
      return proof(disk, 'disk' as const, { node, mount: one.mount, used: Math.round(one.usedPercent), inodes });
    });
}

export const NODE_PRESSURE_RULES: readonly Rule[] = PRESSURES.map(pressureRule);
