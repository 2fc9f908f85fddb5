/** Probe: TCP connects without payload from the node's own network namespace, only to addresses of the cluster. */
import { mapLimited, type Probe } from '../probe.ts';

/** Connects at a time, of one request. */
const CONCURRENCY = 32;
/** Left for the answer to travel when the deadline cuts the list short. */
const MARGIN_MS = 50;

export const nodeTcp: Probe<'node-tcp'> = {
  kind: 'node-tcp',
  command: ({ targets }) => {
    const [first] = targets;
    return first === undefined ? 'nc -vz -w 2 ADDRESS PORT' : `nc -vz -w 2 ${first.address} ${first.port}`;
  },
  read: async (host, { targets, timeoutMs }, limits) => {
    const started = Date.now();
    return mapLimited(targets, CONCURRENCY, async ({ address, port }) => {
      const left = limits.timeoutMs - MARGIN_MS - (Date.now() - started);
      const refusal = left < MARGIN_MS ? 'no time was left before the deadline' : limits.tcp(address);
      if (refusal !== undefined) return { address, port, result: 'not-asked' as const, ms: 0, detail: refusal };
      if (left < timeoutMs) {
        const short = await host.connect(address, port, left);
        // Silence for less than the time-out asked for proves nothing.
        if (short.result !== 'timeout') return { address, port, ...short };
        return {
          address,
          port,
          result: 'not-asked' as const,
          ms: short.ms,
          detail: 'the deadline came before the time-out',
        };
      }
      return { address, port, ...(await host.connect(address, port, timeoutMs)) };
    });
  },
};
