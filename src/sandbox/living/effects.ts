/** What an agent does to its simulated machine: programs that run and files that are written (agent/WRITES.md). */
import { z } from 'zod';
import type { SimNode } from '../cluster/simulate/model.ts';
import { hostChanged } from './kubelet.ts';
import { editNode, type Life, nodeNamed } from './life.ts';
import { runSystemctl } from './systemctl.ts';

const path = z.string().regex(/^\/[^\0]{1,500}$/);

/** One change, as the agent posts it. */
export const Effect = z.discriminatedUnion('op', [
  z.object({
    node: z.string().max(253),
    op: z.literal('run'),
    program: z.string().max(100),
    args: z.array(z.string().max(1000)).max(20),
  }),
  z.object({
    node: z.string().max(253),
    op: z.literal('write'),
    path,
    content: z.string().max(1_000_000),
    mode: z.number().int().optional(),
  }),
  z.object({ node: z.string().max(253), op: z.literal('remove'), path }),
]);
export type Effect = z.infer<typeof Effect>;

export type EffectAnswer =
  | { code: number; stdout: string; stderr: string }
  | { error: 'not-found' | 'denied' | 'failed'; message: string };

const DONE: EffectAnswer = { code: 0, stdout: '', stderr: '' };

/** Carries out one change; consequences that take time come later. */
export function applyEffect(life: Life, effect: Effect): EffectAnswer {
  const node = nodeNamed(life, effect.node);
  if (node === undefined) return { error: 'not-found', message: `There is no node ${effect.node}.` };
  if (effect.op === 'write') return write(life, node, effect.path, effect.content);
  if (effect.op === 'remove') return remove(life, node, effect.path);
  const { program, args } = effect;
  if (program === 'swapoff' || program === 'swapon') return swap(life, node, program, args);
  if (program === 'systemctl') return runSystemctl(life, node, args);
  if (program === 'ethtool') return ethtool(life, node, args);
  return { error: 'not-found', message: `running ${program} failed: it does not exist` };
}

function swap(life: Life, node: SimNode, program: 'swapoff' | 'swapon', args: string[]): EffectAnswer {
  const device = args[0] ?? '';
  const known = node.swap;
  const no = (why: string): EffectAnswer => ({
    code: 255,
    stdout: '',
    stderr: `${program}: ${device}: ${program} failed: ${why}\n`,
  });
  if (known?.device !== device) return no(program === 'swapoff' ? 'Invalid argument' : 'No such file or directory');
  const active = program === 'swapon';
  if (known.active === active) return no(active ? 'Device or resource busy' : 'Invalid argument');
  editNode(life, node.name, (one) => ({ ...one, swap: { ...known, active, usedKi: 0 } }));
  hostChanged(life, node.name);
  return DONE;
}

/** `ethtool -K vxlan.calico tx-checksum-ip-generic off`: lost when the device is made anew. */
function ethtool(life: Life, node: SimNode, args: string[]): EffectAnswer {
  const [option, device, feature, state] = args;
  const there = life.model().calico.encapsulation === 'vxlan' && node.containersRun && device === 'vxlan.calico';
  if (!there) return { code: 1, stdout: '', stderr: 'netlink error: No such device\n' };
  if (option !== '-K' || feature !== 'tx-checksum-ip-generic' || (state !== 'on' && state !== 'off')) {
    return { code: 1, stdout: '', stderr: 'ethtool: bad command line argument(s)\n' };
  }
  editNode(life, node.name, (one) => ({ ...one, txChecksum: state }));
  return DONE;
}

function write(life: Life, node: SimNode, file: string, content: string): EffectAnswer {
  editNode(life, node.name, (one) => withFile(one, file, content));
  hostChanged(life, node.name);
  return DONE;
}

function remove(life: Life, node: SimNode, file: string): EffectAnswer {
  if (node.files?.[file] === undefined)
    return { error: 'not-found', message: `removing ${file} failed: it does not exist` };
  editNode(life, node.name, (one) => {
    const { [file]: _removed, ...files } = one.files ?? {};
    return { ...one, files };
  });
  return DONE;
}

/** A node with a written file, and with what the file means to the kernel at once. */
export function withFile(node: SimNode, file: string, content: string): SimNode {
  const next = { ...node, files: { ...node.files, [file]: content } };
  if (file !== '/proc/sys/net/ipv4/ip_forward') return next;
  const { ipForwardOff: _off, ...faults } = node.faults;
  return { ...next, faults: content.trim() === '0' ? { ...faults, ipForwardOff: true } : faults };
}
