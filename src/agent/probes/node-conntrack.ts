/** Probe: how full the connection tracking table is, and what it failed to insert or dropped. */
import { orMissing, type Probe, readText } from '../probe.ts';

const FOLDER = '/proc/sys/net/netfilter';

export const nodeConntrack: Probe<'node-conntrack'> = {
  kind: 'node-conntrack',
  command: () => 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; conntrack -S',
  read: async (host) => {
    const count = await readText(host, `${FOLDER}/nf_conntrack_count`);
    const max = await readText(host, `${FOLDER}/nf_conntrack_max`);
    const stat = (await orMissing(readText(host, '/proc/net/stat/nf_conntrack'))) ?? '';
    const insertFailed = column(stat, 'insert_failed');
    const dropped = column(stat, 'drop');
    return {
      count: Number(count.trim()),
      max: Number(max.trim()),
      ...(insertFailed === undefined ? {} : { insertFailed }),
      ...(dropped === undefined ? {} : { dropped }),
    };
  },
};

/** Sums one column of /proc/net/stat/nf_conntrack: a line for each CPU, values in hexadecimal. */
function column(text: string, name: string): number | undefined {
  const [head = '', ...rows] = text.split('\n').filter((line) => line.trim() !== '');
  const at = head.trim().split(/\s+/).indexOf(name);
  if (at < 0) return undefined;
  return rows.reduce((sum, row) => sum + (Number.parseInt(row.trim().split(/\s+/)[at] ?? '0', 16) || 0), 0);
}
