/** Probe: cgroup version 1 or 2. */
import { orMissing, type Probe, readText } from '../probe.ts';

export const nodeCgroup: Probe<'node-cgroup'> = {
  kind: 'node-cgroup',
  command: () => 'stat -fc %T /sys/fs/cgroup',
  read: async (host) => {
    const controllers = await orMissing(readText(host, '/sys/fs/cgroup/cgroup.controllers'));
    return { version: controllers === undefined ? 1 : 2 };
  },
};
