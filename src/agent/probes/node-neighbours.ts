/** Probe: the neighbour table (ARP and NDP). */
import { parseNeighbours } from '../parse/iproute.ts';
import { type Probe, runText } from '../probe.ts';

export const nodeNeighbours: Probe<'node-neighbours'> = {
  kind: 'node-neighbours',
  command: () => 'ip neighbour show',
  read: async (host, _params, limits) => parseNeighbours(await runText(host, 'ip', ['neighbour', 'show'], limits)),
};
