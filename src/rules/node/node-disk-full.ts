/** Cause: a file system of the node is full, of bytes or of inodes (K19). */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { type Fact, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { nodeRef, sameRef } from '../../core/object-ref.ts';
import { defineRule, type Link } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { isReady } from '../model/nodes.ts';
import { kubelets } from './kubelet.ts';
import { KUBELET_PROOFS, kubeletProofs } from './kubelet-fatal-rule.ts';
import { nodesToRead } from './suspects.ts';

/** Full enough that writes fail or are about to: file systems keep a few percent for root. */
const FULL_PERCENT = 99;
const MOUNTS = [
  '/',
  '/var',
  '/var/lib',
  '/var/lib/kubelet',
  '/var/lib/containerd',
  '/var/lib/docker',
  '/var/log',
  '/etc',
];
/** Images that are full by nature. */
const READ_ONLY = new Set(['squashfs', 'erofs', 'iso9660']);
type Mount = EvidenceValue<'node-disk'>[number];

/** A full disk that kubelet itself did not complain of is true, and explains nothing yet. */
const ifComplained: Link = {
  when: (mine, theirs) => mine.data['complained'] === 1 && sameRef(mine.object, theirs.object),
};

export const nodeDiskFull = defineRule({
  id: 'node-disk-full',
  role: 'cause',
  severity: 'critical',
  summary: 'a node with a full disk',
  needs: ['nodes', 'node-leases', 'node-units', 'node-journal', 'node-disk'],
  texts: {
    found: 'A file system on {node} is full: {mounts}.',
    line: KUBELET_PROOFS.line,
    unit: KUBELET_PROOFS.unit,
    'kubelet-says': 'kubelet on {node} cannot write: no space was left on its disk.',
    disk: '{mount} on {node}: {used} % of the space and {inodes} of the inodes are used.',
    free: 'Free space: old journals, unused images, what fills /var/log. Then find what filled it.',
  },
  explains: {
    'kubelet-crash-loop': ifComplained,
    'kubelet-start-limit-hit': ifComplained,
    'node-not-ready': ifComplained,
    'node-disk-pressure': sameObjectLink,
  },
  judge(facts, say) {
    const byNode = new Map(kubelets(facts).map((kubelet) => [kubelet.node, kubelet]));
    for (const node of nodesToRead(facts)) {
      const disk = facts.get('node-disk', nodeRef(node.name));
      const full = disk.known ? disk.value.filter(isFull) : [];
      const kubelet = byNode.get(node.name);
      const line = kubelet?.hit?.id === 'node-disk-full' && (!disk.known || full.length > 0);
      if (full.length === 0 && !line) continue;
      say.find({
        object: nodeRef(node.name),
        severity: isReady(node) ? 'warning' : 'critical',
        ...wording(node.name, full),
        data: { node: node.name, mounts: full.map((mount) => mount.mount), complained: line ? 1 : 0 },
        because: [
          ...(line ? kubeletProofs(kubelet) : []),
          ...(disk.known ? full.map((mount) => diskProof(disk, node.name, mount)) : []),
        ],
        scope: { nodes: [node.name] },
        advice: [
          {
            text: 'free',
            data: {},
            command: 'journalctl --vacuum-size=500M; crictl rmi --prune; du -xsh /var/* | sort -h | tail',
          },
        ],
      });
    }
  },
});

function wording(node: string, full: readonly Mount[]) {
  if (full.length > 0) return { text: 'found' as const, confidence: 'confirmed' as const };
  return { text: 'kubelet-says' as const, confidence: 'likely' as const, tryThis: `df -h; df -i   # on ${node}` };
}

function diskProof(disk: Extract<Fact<'node-disk'>, { known: true }>, node: string, mount: Mount): Proof<'disk'> {
  const inodes = mount.inodesUsedPercent === undefined ? '?' : `${Math.round(mount.inodesUsedPercent)} %`;
  const data = { node, mount: mount.mount, used: Math.round(mount.usedPercent), inodes };
  return proof(disk, 'disk', data, `df -h ${mount.mount}; df -i ${mount.mount}   # on ${node}`);
}

function isFull(mount: Mount): boolean {
  if (!MOUNTS.includes(mount.mount) || READ_ONLY.has(mount.fsType ?? '')) return false;
  return (
    mount.usedPercent >= FULL_PERCENT || mount.availableKiB === 0 || (mount.inodesUsedPercent ?? 0) >= FULL_PERCENT
  );
}
