/** Probe: kube-proxy's own health and mode, asked on the node's loopback address. */
import type { z } from 'zod';
import type { NodeKubeProxy } from '../../core/evidence/node-network.ts';
import { type Host, HostError, type Limits } from '../host.ts';
import { orNothing, type Probe } from '../probe.ts';

const HEALTHZ = 'http://127.0.0.1:10256/healthz';
const MODE = 'http://127.0.0.1:10249/proxyMode';
type Healthz = z.infer<typeof NodeKubeProxy>['healthz'];

export const nodeKubeProxy: Probe<'node-kube-proxy'> = {
  kind: 'node-kube-proxy',
  command: () => `curl -s ${HEALTHZ}; curl -s ${MODE}`,
  read: async (host, _params, limits) => {
    const short = { ...limits, timeoutMs: Math.min(limits.timeoutMs, 3000), maxBytes: 64 * 1024 };
    const [healthz, mode] = await Promise.all([healthOf(host, short), orNothing(host.http(MODE, short))]);
    const name = mode?.status === 200 ? mode.body.trim() : '';
    return { healthz, ...(/^[a-z]{1,20}$/.test(name) ? { mode: name } : {}) };
  },
};

async function healthOf(host: Host, limits: Limits): Promise<Healthz> {
  try {
    const { status, body } = await host.http(HEALTHZ, limits);
    const said = parseObject(body);
    const { lastUpdated, currentTime, nodeEligible } = said;
    return {
      result: 'answered',
      status,
      ...(typeof lastUpdated === 'string' ? { lastUpdated } : {}),
      ...(typeof currentTime === 'string' ? { currentTime } : {}),
      ...(typeof nodeEligible === 'boolean' ? { nodeEligible } : {}),
    };
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'not-found') throw error;
    if (error.code === 'refused' || error.code === 'timeout') return { result: error.code };
    return { result: 'error', detail: error.message.slice(0, 300) };
  }
}

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
