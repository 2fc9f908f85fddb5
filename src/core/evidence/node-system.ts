/** Evidence from the agent about one node's system: swap, units, journal, memory, disk, clock, cgroup, CNI files. */
import { z } from 'zod';
import { Time } from './cluster.ts';

/** What is swapping now (`/proc/swaps`) and everything that could turn it on again at boot. */
export const NodeSwap = z.object({
  active: z.array(
    z.object({ device: z.string(), type: z.string(), sizeKiB: z.number(), usedKiB: z.number(), priority: z.number() }),
  ),
  units: z.array(
    z.object({
      name: z.string(),
      what: z.string().optional(),
      loadState: z.string(),
      activeState: z.string(),
      unitFileState: z.string().optional(),
      /** Where the unit comes from: `/etc/fstab`, a generator's folder, a unit file. */
      fragmentPath: z.string().optional(),
      sourcePath: z.string().optional(),
    }),
  ),
  fstab: z.array(z.object({ device: z.string(), line: z.string(), commented: z.boolean() })),
  /** GPT type 0657fd6d-a4ab-43c4-84e5-0933c84b4f4f or file system `swap`. */
  partitions: z.array(z.object({ device: z.string(), partType: z.string().optional(), fsType: z.string().optional() })),
  zramGenerator: z.boolean(),
  kernelCommandLine: z.string().optional(),
});
export type NodeSwap = z.infer<typeof NodeSwap>;

/** systemd's own view of the units that matter to Kubernetes; a unit that does not exist has loadState `not-found`. */
export const NodeUnit = z.object({
  name: z.string(),
  loadState: z.string(),
  activeState: z.string(),
  subState: z.string(),
  unitFileState: z.string().optional(),
  result: z.string().optional(),
  exitCode: z.number().optional(),
  exitKind: z.string().optional(),
  restarts: z.number().optional(),
  since: Time.optional(),
});
export type NodeUnit = z.infer<typeof NodeUnit>;
export const NodeUnits = z.array(NodeUnit);

/** The last lines of one unit's journal, full width, redacted, oldest first. Part: the unit's name. */
export const NodeJournal = z.object({
  lines: z.array(z.object({ time: Time.optional(), source: z.string().optional(), text: z.string() })),
  truncated: z.boolean(),
});

export const NodeMemory = z.object({
  totalKiB: z.number(),
  availableKiB: z.number(),
  swapTotalKiB: z.number(),
  swapFreeKiB: z.number(),
});

const Stall = z.object({ avg10: z.number(), avg60: z.number(), avg300: z.number() });
const StallPair = z.object({ some: Stall.optional(), full: Stall.optional() });
/** Pressure stall information in percent of time; absent before Linux 4.20. */
export const NodePressure = z.object({
  cpu: StallPair.optional(),
  memory: StallPair.optional(),
  io: StallPair.optional(),
});

export const NodeDisk = z.array(
  z.object({
    mount: z.string(),
    device: z.string(),
    fsType: z.string().optional(),
    sizeKiB: z.number(),
    availableKiB: z.number(),
    usedPercent: z.number(),
    inodesUsedPercent: z.number().optional(),
  }),
);

/** `now` is the node's clock when the agent answered; `synchronised` as systemd says it, where it says it. */
export const NodeClock = z.object({
  now: Time,
  bootedAt: Time,
  synchronised: z.boolean().optional(),
  timeZone: z.string().optional(),
});

export const NodeCgroup = z.object({ version: z.union([z.literal(1), z.literal(2)]) });

/** Files in /etc/cni/net.d in the order in which the runtime reads them; the first one wins. */
export const NodeCni = z.object({
  files: z.array(
    z.object({
      file: z.string(),
      network: z.string().optional(),
      plugins: z.array(z.string()),
      error: z.string().optional(),
    }),
  ),
});
