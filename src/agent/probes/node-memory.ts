/** Probe: memory and swap in KiB, from /proc/meminfo. */
import { HostError } from '../host.ts';
import { type Probe, readText } from '../probe.ts';

export const nodeMemory: Probe<'node-memory'> = {
  kind: 'node-memory',
  command: () => 'cat /proc/meminfo',
  read: async (host) => {
    const text = await readText(host, '/proc/meminfo');
    const field = (name: string): number => {
      const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
      if (found === null) throw new HostError('failed', `/proc/meminfo has no ${name}`);
      return Number(found[1]);
    };
    return {
      totalKiB: field('MemTotal'),
      availableKiB: field('MemAvailable'),
      swapTotalKiB: field('SwapTotal'),
      swapFreeKiB: field('SwapFree'),
    };
  },
};
