/** Probe: the node's network interfaces with their addresses. */
import { parseInterfaces } from '../parse/iproute.ts';
import { type Probe, runText } from '../probe.ts';

export const nodeInterfaces: Probe<'node-interfaces'> = {
  kind: 'node-interfaces',
  command: () => 'ip -o link show; ip -o address show',
  read: async (host, _params, limits) => {
    const [links, addresses] = await Promise.all([
      runText(host, 'ip', ['-o', 'link', 'show'], limits),
      runText(host, 'ip', ['-o', 'address', 'show'], limits),
    ]);
    // ipvs binds the address of every Service there: not one of them is the node's own.
    return parseInterfaces(links, addresses).map((nic) =>
      nic.name === 'kube-ipvs0' ? { ...nic, addresses: [] } : nic,
    );
  },
};
