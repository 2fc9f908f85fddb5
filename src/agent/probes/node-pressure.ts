/** Probe: pressure stall information of CPU, memory and I/O; all absent before Linux 4.20. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { HostError } from '../host.ts';
import { type Probe, readText } from '../probe.ts';

type Pressure = EvidenceValue<'node-pressure'>;
type Pair = NonNullable<Pressure['cpu']>;

export const nodePressure: Probe<'node-pressure'> = {
  kind: 'node-pressure',
  command: () => 'grep . /proc/pressure/*',
  read: async (host) => {
    const out: Pressure = {};
    for (const name of ['cpu', 'memory', 'io'] as const) {
      const text = await readText(host, `/proc/pressure/${name}`).catch((error: unknown) => {
        // Kernels booted with psi=0 have the files and answer EOPNOTSUPP.
        if (error instanceof HostError && (error.code === 'not-found' || error.message.includes('EOPNOTSUPP')))
          return '';
        throw error;
      });
      const pair = parsePressure(text);
      if (pair !== undefined) out[name] = pair;
    }
    return out;
  },
};

function parsePressure(text: string): Pair | undefined {
  const pair: Pair = {};
  for (const match of text.matchAll(/^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+)/gm)) {
    pair[match[1] as 'some' | 'full'] = { avg10: Number(match[2]), avg60: Number(match[3]), avg300: Number(match[4]) };
  }
  return pair.some === undefined && pair.full === undefined ? undefined : pair;
}
