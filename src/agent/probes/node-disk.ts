/** Probe: space and inodes of the file systems on which a node's health hangs. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { type Probe, readText } from '../probe.ts';

const MOUNTS = ['/', '/var', '/var/lib/kubelet', '/var/lib/containerd', '/var/lib/docker', '/var/log'];
type Disk = EvidenceValue<'node-disk'>[number];

export const nodeDisk: Probe<'node-disk'> = {
  kind: 'node-disk',
  command: () => 'df -k / /var /var/lib/kubelet; df -i / /var /var/lib/kubelet',
  read: async (host) => {
    const mounts = parseMounts(await readText(host, '/proc/mounts'));
    const out: Disk[] = [];
    for (const mount of MOUNTS) {
      const known = mounts.get(mount);
      if (known === undefined && mount !== '/') continue;
      const size = await host.statFs(mount);
      out.push({
        mount,
        device: known?.device ?? 'unknown',
        ...(known === undefined ? {} : { fsType: known.fsType }),
        sizeKiB: size.sizeKiB,
        availableKiB: size.availableKiB,
        usedPercent: percent(size.sizeKiB - size.availableKiB, size.sizeKiB),
        // btrfs and the like make inodes as they need them and say 0.
        ...(size.inodes === 0 ? {} : { inodesUsedPercent: percent(size.inodes - size.inodesFree, size.inodes) }),
      });
    }
    return out;
  },
};

/** The last mount on a folder is the one that is seen. */
function parseMounts(text: string): Map<string, { device: string; fsType: string }> {
  const mounts = new Map<string, { device: string; fsType: string }>();
  for (const line of text.split('\n')) {
    const [device, mount, fsType] = line.split(' ');
    if (device === undefined || mount === undefined || fsType === undefined) continue;
    mounts.set(mount.replaceAll('\\040', ' '), { device, fsType });
  }
  return mounts;
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;
}
