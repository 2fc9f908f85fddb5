/** Kubernetes quantities (`250m`, `512Mi`, `2e3`) as plain numbers, and back to what people read. */

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
  Ei: 1024 ** 6,
};

/** Gives cores or bytes; undefined where the text is no quantity. */
export function parseQuantity(text: string | undefined): number | undefined {
  const match = /^([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(text?.trim() ?? '');
  const factor = SUFFIXES[match?.[2] ?? ''];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** Gives `1500m` as `1.5`, bytes in Mi or Gi. */
export function quantityText(value: number, resource: 'cpu' | 'memory'): string {
  if (resource === 'cpu') return String(Math.round(value * 1000) / 1000);
  const gi = value / 1024 ** 3;
  return gi >= 1 ? `${Math.round(gi * 10) / 10}Gi` : `${Math.round(value / 1024 ** 2)}Mi`;
}
