/** Probe: the routes of every table, IPv4 and IPv6. */
import type { NodeRoute } from '../../core/evidence/node-network.ts';
import { cidrContains, parseCidr } from '../../core/ip.ts';
import { parseRoutes } from '../parse/iproute.ts';
import { orMissing, type Probe, runText } from '../probe.ts';

export const nodeRoutes: Probe<'node-routes'> = {
  kind: 'node-routes',
  command: () => 'ip route show table all',
  read: async (host, { covering }, limits) => {
    const [both, v6] = await Promise.all([
      runText(host, 'ip', ['route', 'show', 'table', 'all'], limits),
      orMissing(runText(host, 'ip', ['-6', 'route', 'show', 'table', 'all'], limits)),
    ]);
    // Some releases of iproute2 print IPv6 for "table all" as well: the same line twice is one route.
    const seen = new Set<string>();
    const routes = parseRoutes(`${both}\n${v6 ?? ''}`).filter(
      (route) => !isServiceAddress(route) && isFirst(seen, route),
    );
    return covering === undefined ? routes : routes.filter((route) => leads(route, covering));
  },
};

/** ipvs binds each Service's address on kube-ipvs0: thousands of local routes that say nothing about the way to a Pod. */
function isServiceAddress(route: NodeRoute): boolean {
  return route.device === 'kube-ipvs0' && route.table === 'local';
}

/** Default routes and those of policy tables always count: without them nobody can tell which way a packet takes. */
function leads(route: NodeRoute, addresses: readonly string[]): boolean {
  if (route.destination === 'default' || !['main', 'local', undefined].includes(route.table)) return true;
  const cidr = parseCidr(route.destination);
  return cidr === undefined || addresses.some((address) => cidrContains(cidr, address));
}

function isFirst(seen: Set<string>, route: NodeRoute): boolean {
  const key = JSON.stringify(route);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
