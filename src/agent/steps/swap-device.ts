/** Step: one swap device off or on, now; a boot may change it again (facts §3.3, §6 R17). */
import { nodeMemory } from '../probes/node-memory.ts';
import { nodeSwap } from '../probes/node-swap.ts';
import { type AgentStep, already, done, effect, READ, type StepContext, StepFailed, StepRefused } from '../step.ts';

/** What is swapped must fit into that part of the free memory. */
const FITS = 0.8;
/** Reading back what is swapped takes its time. */
const OFF_MS = 120_000;
const LIMITS = { ...READ, tcp: () => 'a step connects to nothing' };

const readSwap = ({ host }: StepContext) => nodeSwap.read(host, {}, LIMITS);

export const swapDevice: AgentStep<'swap-device'> = {
  name: 'swap-device',
  take: async ({ device, state }, context) => {
    const before = await readSwap(context);
    const active = before.active.find((one) => one.device === device);
    const what = `swap on ${device}`;
    if (state === 'off') {
      if (active === undefined) return already(`${device} is not in use as swap`);
      const { availableKiB } = await nodeMemory.read(context.host, {}, LIMITS);
      if (active.usedKiB > FITS * availableKiB) {
        throw new StepRefused(
          `${device} holds ${active.usedKiB} KiB, and only ${availableKiB} KiB of memory are free: turning it off may leave the node without memory`,
        );
      }
      await effect(context, 'swapoff', [device], OFF_MS);
      if ((await readSwap(context)).active.some((one) => one.device === device)) {
        throw new StepFailed(`swapoff ${device} ended without an error, and the device is still in use`);
      }
      context.changed(what, `on, ${active.usedKiB} of ${active.sizeKiB} KiB used`, 'off');
      return done(`${what} is off`);
    }
    if (active !== undefined) return already(`${device} is in use as swap`);
    if (!knownDevices(before).has(device)) {
      throw new StepRefused(
        `${device} is no swap device that this node knows: no unit, no line of fstab, no partition`,
      );
    }
    await effect(context, 'swapon', [device]);
    if (!(await readSwap(context)).active.some((one) => one.device === device)) {
      throw new StepFailed(`swapon ${device} ended without an error, and the device is not in use`);
    }
    context.changed(what, 'off', 'on');
    return done(`${what} is on`);
  },
};

function knownDevices(swap: Awaited<ReturnType<typeof readSwap>>): Set<string | undefined> {
  return new Set([
    ...swap.units.map((unit) => unit.what),
    ...swap.fstab.map((line) => line.device),
    ...swap.partitions.map((partition) => partition.device),
  ]);
}
