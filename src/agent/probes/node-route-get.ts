/** Probe: the way the kernel would send a packet to each address. */
import { parseRouteGet } from '../parse/iproute.ts';
import { mapLimited, type Probe } from '../probe.ts';

/** One short-lived process for each address: few at a time. */
const WIDTH = 8;
const SHOWN = 3;

export const nodeRouteGet: Probe<'node-route-get'> = {
  kind: 'node-route-get',
  command: ({ to }) =>
    to
      .slice(0, SHOWN)
      .map((address) => `ip route get ${address}`)
      .join('; '),
  read: async (host, { to }, limits) =>
    mapLimited(to, WIDTH, async (address) =>
      parseRouteGet(address, await host.run('ip', ['route', 'get', address], limits)),
    ),
};
