/** A machine boots anew: what was set only at run time is lost, what is written down is applied. */
import type { SimNode } from '../cluster/simulate/model.ts';
import { derive } from '../cluster/simulate/world.ts';
import { stoppedCalico } from './calico-node.ts';
import { withFile } from './effects.ts';
import { startKubelet } from './kubelet.ts';
import { editNode, type Life, nodeNamed } from './life.ts';
import { fstabTurnsOn } from './systemctl.ts';

const BOOT_SECONDS = 5;
const SETTINGS = '/etc/sysctl.d/99-kubewhy.conf';

/** Boots a node. Its containers end, its kubelet is tried once the machine is up. @throws where there is no such node. */
export function reboot(life: Life, name: string): void {
  const node = nodeNamed(life, name);
  if (node === undefined) throw new Error(`There is no node ${name} to boot.`);
  for (const kind of ['kubelet', 'status']) life.timers.cancel(`${kind} ${name}`);
  const calicoNode = stoppedCalico(derive(life.model()), node);
  editNode(life, name, (one) => ({
    ...booted(one, life.now(), life.memory.withoutForwarding.has(name)),
    calicoNode,
    containersRun: false,
    kubelet: { ...one.kubelet, state: 'stopped', since: life.now() },
  }));
  life.timers.once(`kubelet ${name}`, BOOT_SECONDS, () => startKubelet(life, name));
}

function booted(node: SimNode, now: string, forwardOff: boolean): SimNode {
  const { swap } = node;
  const kept = Object.entries(node.files ?? {}).filter(([file]) => !file.startsWith('/proc/'));
  const { ipForwardOff: _off, ...faults } = node.faults;
  const { txChecksum: _lost, ...lasting } = node;
  const clean: SimNode = {
    ...lasting,
    bootedAt: now,
    files: Object.fromEntries(kept),
    faults: forwardOff ? { ...faults, ipForwardOff: true } : faults,
    ...(swap === undefined ? {} : { swap: { ...swap, active: comesBack(node, swap), usedKi: 0 } }),
  };
  return settingsOf(clean).reduce(
    (one, [name, value]) => withFile(one, `/proc/sys/${name.replaceAll('.', '/')}`, `${value}\n`),
    clean,
  );
}

/** Whether something turns swap on at boot. */
function comesBack(node: SimNode, swap: NonNullable<SimNode['swap']>): boolean {
  if (swap.masked === true) return false;
  return swap.source === 'fstab' ? fstabTurnsOn(node, swap) : true;
}

function settingsOf(node: SimNode): [name: string, value: string][] {
  return (node.files?.[SETTINGS] ?? '').split('\n').flatMap((line): [string, string][] => {
    const match = /^\s*([a-z0-9_.-]+)\s*=\s*(\S+)\s*$/.exec(line);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? '']];
  });
}
