/** Probe: the routes of every table, IPv4 and IPv6. */
import type { NodeRoute } from '../../core/evidence/node-network.ts';
import { parseRoutes } from '../parse/iproute.ts';
import { orMissing, type Probe, runText } from '../probe.ts';

export const nodeRoutes: Probe<'node-routes'> = {
  kind: 'node-routes',
  command: () => 'ip route show table all',
  read: async (host, _params, limits) => {
    const [both, v6] = await Promise.all([
      runText(host, 'ip', ['route', 'show', 'table', 'all'], limits),
      orMissing(runText(host, 'ip', ['-6', 'route', 'show', 'table', 'all'], limits)),
    ]);
    // Some releases of iproute2 print IPv6 for "table all" as well: the same line twice is one route.
    const seen = new Set<string>();
    return parseRoutes(`${both}\n${v6 ?? ''}`).filter((route) => isFirst(seen, route));
  },
};

function isFirst(seen: Set<string>, route: NodeRoute): boolean {
  const key = JSON.stringify(route);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
