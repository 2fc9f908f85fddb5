/** Parses the kernel's /proc/net/ip_vs: virtual servers and real servers, addresses and ports in hexadecimal. */
import type { ProxyEntry } from '../../core/evidence/node-network.ts';
import { formatIpv6 } from './proc-net.ts';

const PROTOCOLS = new Set(['TCP', 'UDP', 'SCTP']);

/**
 * Gives one entry for each virtual server. Real servers of weight 0 take no new connections and are left out;
 * a virtual server without any is `none`. Firewall-mark services (FWM) are not Kubernetes' and are skipped.
 */
export function parseIpVs(text: string): ProxyEntry[] {
  const out: ProxyEntry[] = [];
  let current: ProxyEntry | undefined;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '->') {
      const target = endpoint(words[1] ?? '');
      if (current === undefined || target === undefined || Number(words[3]) === 0) continue;
      current.destinations.push({ ip: target.address, port: target.port });
      current.verdict = 'forward';
      continue;
    }
    const at = PROTOCOLS.has(words[0] ?? '') ? endpoint(words[1] ?? '') : undefined;
    current = undefined;
    if (at === undefined) continue;
    current = { address: at.address, port: at.port, protocol: words[0] ?? '', verdict: 'none', destinations: [] };
    out.push(current);
  }
  return out;
}

function endpoint(text: string): { address: string; port: number } | undefined {
  const v4 = /^([0-9a-f]{8}):([0-9a-f]{4})$/i.exec(text);
  if (v4 !== null) {
    const hex = v4[1] ?? '';
    const address = [0, 2, 4, 6].map((start) => Number.parseInt(hex.slice(start, start + 2), 16)).join('.');
    return { address, port: Number.parseInt(v4[2] ?? '', 16) };
  }
  const v6 = /^\[([0-9a-f:]+)\]:([0-9a-f]{4})$/i.exec(text);
  const groups = v6?.[1]?.split(':').map((group) => Number.parseInt(group, 16)) ?? [];
  if (groups.length !== 8 || groups.some(Number.isNaN)) return undefined;
  return { address: formatIpv6(groups), port: Number.parseInt(v6?.[2] ?? '', 16) };
}
