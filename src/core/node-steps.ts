/** The fixed list of what an agent may change on its node: each step names a desired state, so its undo is the same step. */
import { z } from 'zod';

const device = z
  .string()
  .regex(/^\/dev\/[A-Za-z0-9/_.-]{1,200}$|^\/[A-Za-z0-9/_.-]{1,200}$/, 'a device or a swap file');
const unitName = /^[A-Za-z0-9@._\\-][A-Za-z0-9@._:\\-]{0,199}$/;

/** Sysctls that may be set, with the values that each may take (facts §6 R22, R23; K18). */
export const SYSCTLS: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  'fs.inotify.max_user_instances': { min: 128, max: 1_048_576 },
  'fs.inotify.max_user_watches': { min: 8192, max: 16_777_216 },
  'net.bridge.bridge-nf-call-iptables': { min: 0, max: 1 },
  'net.ipv4.conf.all.rp_filter': { min: 0, max: 2 },
  'net.ipv4.ip_forward': { min: 0, max: 1 },
  'net.netfilter.nf_conntrack_max': { min: 65_536, max: 16_777_216 },
  'vm.overcommit_memory': { min: 0, max: 2 },
};

/** Flags that a kubelet no longer knows (facts §3.2 K10, K11; kubernetes#106907, #133779): the only ones that may be dropped. */
export const REMOVED_FLAGS: readonly string[] = [
  '--cni-bin-dir',
  '--cni-cache-dir',
  '--cni-conf-dir',
  '--container-runtime',
  '--docker-endpoint',
  '--experimental-dockershim-root-directory',
  '--image-pull-progress-deadline',
  '--network-plugin',
  '--network-plugin-mtu',
  '--pod-infra-container-image',
];

const flag = z.string().regex(/^--[a-z][a-z0-9-]{2,80}$/);

/** Parameters of each step. `state` is what shall be true afterwards. */
export const STEP_PARAMS = {
  /** `swapoff` or `swapon` of one device. Off is refused where more than 0.8 of the free memory is swapped (§3.3). */
  'swap-device': z.strictObject({ device, state: z.enum(['off', 'on']) }),
  /** `systemctl mask` or `unmask` of one `.swap` unit. */
  'swap-unit': z.strictObject({
    unit: z.string().regex(unitName).endsWith('.swap'),
    state: z.enum(['masked', 'unmasked']),
  }),
  /** One line of /etc/fstab, to the letter and without its comment sign; the file is kept as /etc/fstab.kubewhy-<grant>. */
  'fstab-line': z.strictObject({
    line: z
      .string()
      .min(1)
      .max(1000)
      .regex(/^[^#\n\r][^\n\r]*$/),
    state: z.enum(['commented', 'active']),
  }),
  /** kubelet.service: started anew. There is no way back from a restart. */
  kubelet: z.strictObject({ state: z.literal('restarted') }),
  /** The container runtime's unit: started where it is not running, left alone where it is. */
  'container-runtime': z.strictObject({
    unit: z.enum(['containerd.service', 'crio.service', 'docker.service', 'cri-docker.service']),
    state: z.literal('started'),
  }),
  /** A kube-proxy that is a systemd unit. */
  'kube-proxy-unit': z.strictObject({
    unit: z.enum(['kube-proxy.service', 'snap.kube-proxy.daemon.service']),
    state: z.literal('started'),
  }),
  /** One flag in one of the three files that hold kubelet's flags; the file is kept beside it, and kubelet restarted. */
  'kubelet-flag': z.strictObject({
    file: z.enum(['/var/lib/kubelet/kubeadm-flags.env', '/etc/default/kubelet', '/etc/sysconfig/kubelet']),
    flag,
    /** `present` puts back `text`, the whole token as it stood (`--cni-bin-dir=/opt/cni/bin`). */
    text: z
      .string()
      .max(500)
      .regex(/^--[^\s"'`$\\]+$/)
      .optional(),
    state: z.enum(['absent', 'present']),
  }),
  /** A sysctl of the list, now and in /etc/sysctl.d/99-kubewhy.conf. `persist: false` takes it out of that file. */
  sysctl: z
    .strictObject({ name: z.string().max(100), value: z.number().int().min(0), persist: z.boolean() })
    .refine(({ name, value }) => {
      const known = Object.hasOwn(SYSCTLS, name) ? SYSCTLS[name] : undefined;
      return known !== undefined && value >= known.min && value <= known.max;
    }, 'a sysctl of the list with a value within its bounds'),
  /** TX checksum offload of a VXLAN device (facts §6 R24). Lost when the device is made anew. */
  'tx-checksum': z.strictObject({
    device: z.enum(['vxlan.calico', 'vxlan-v6.calico', 'flannel.1', 'cilium_vxlan']),
    state: z.enum(['off', 'on']),
  }),
} as const;

export type NodeStepName = keyof typeof STEP_PARAMS;
export const NODE_STEPS = Object.keys(STEP_PARAMS) as readonly NodeStepName[];
export type NodeStepParams<S extends NodeStepName> = z.infer<(typeof STEP_PARAMS)[S]>;

/** A step with its parameters, as plans and grants carry it. */
export const NodeAction = z
  .strictObject({
    step: z.enum(NODE_STEPS as [NodeStepName, ...NodeStepName[]]),
    params: z.record(z.string(), z.union([z.string().max(1000), z.number(), z.boolean()])),
  })
  .refine(({ step, params }) => STEP_PARAMS[step].safeParse(params).success, 'the parameters do not fit the step');
export type NodeAction = z.infer<typeof NodeAction>;

/** One thing that a step changed on the node. */
export const NodeChange = z.object({
  what: z.string().max(300),
  before: z.string().max(1000),
  after: z.string().max(1000),
});

/**
 * What became of a step. `changed`: it is done, and `changes` says what. `already`: it was so before. `refused`: its own
 * precondition does not hold, nothing was changed. `failed`: it was tried and did not come to its end; `changes` says how far.
 */
export const NodeStepResult = z.object({
  outcome: z.enum(['changed', 'already', 'refused', 'failed']),
  /** One sentence. */
  says: z.string().max(500),
  changes: z.array(NodeChange).max(16),
});
export type NodeStepResult = z.infer<typeof NodeStepResult>;
