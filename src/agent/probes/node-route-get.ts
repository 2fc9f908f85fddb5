/** Probe: the way the kernel would send a packet to each address. */
import { HostError } from '../host.ts';
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
  read: async (host, { to }, limits) => {
    let failure: HostError | undefined;
    const answers = await mapLimited(to, WIDTH, async (address) => {
      try {
        return parseRouteGet(address, await host.run('ip', ['route', 'get', address], limits));
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        failure = error;
        return undefined;
      }
    });
    // An address that could not be asked about is left out: the kernel has not said that there is no way to it.
    const known = answers.filter((answer) => answer !== undefined);
    if (known.length === 0 && failure !== undefined) throw failure;
    return known;
  },
};
