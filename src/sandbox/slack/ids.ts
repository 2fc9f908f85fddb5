/** Seeded ids and timestamps in Slack's own shapes, so that two runs with one seed name everything alike. */
import type { Clock } from './clock.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

type IdPrefix = 'T' | 'U' | 'W' | 'C' | 'G' | 'D' | 'A' | 'B' | 'V' | 'F' | 'S' | 'Ev';

export interface Ids {
  /** A number in [0, 1). */
  random(): number;
  /** `prefix` and ten upper-case letters and digits. */
  id(prefix: IdPrefix): string;
  /** Lower-case hexadecimal digits. */
  hex(length: number): string;
  /** Letters and digits, as in block ids and one-time addresses. */
  token(length: number): string;
  uuid(): string;
  /** `<unix seconds>.<6 digits>`, strictly increasing across the workspace. */
  ts(): string;
}

/** Makes the id source of one workspace. `seed` is any integer. */
export function makeIds(seed: number, clock: Clock): Ids {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const pick = (alphabet: string, length: number): string => {
    let out = '';
    for (let i = 0; i < length; i += 1) out += alphabet.charAt(Math.floor(random() * alphabet.length));
    return out;
  };
  const hex = (length: number): string => pick('0123456789abcdef', length);
  let lastMicros = 0n;
  return {
    random,
    id: (prefix) => prefix + pick(ALPHABET, 10),
    hex,
    token: (length) => pick(`${ALPHABET}abcdefghijklmnopqrstuvwxyz`, length),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    ts() {
      const wanted = BigInt(Math.floor(clock.now())) * 1000n;
      lastMicros = wanted > lastMicros ? wanted : lastMicros + 1n;
      const text = lastMicros.toString();
      return `${text.slice(0, -6)}.${text.slice(-6)}`;
    },
  };
}

/** Whether a value has the form of a message timestamp: a string, never a float. */
export function isTs(value: unknown): value is string {
  return typeof value === 'string' && /^\d{9,11}\.\d{6}$/.test(value);
}
