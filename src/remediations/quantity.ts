/** Quantities of Kubernetes (`500m`, `2Gi`), and what Pods ask for, added up. */

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Gives a quantity as a number of its unit (cores, bytes, pieces); undefined where it cannot be read. */
export function quantityOf(text: string | number | undefined): number | undefined {
  if (typeof text === 'number') return text;
  const match = /^([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(text ?? '');
  const factor = FACTORS[match?.[2] ?? ''];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** What containers set: `{requests: {cpu: '100m'}, limits: {…}}`. */
export interface ContainerResources {
  readonly requests?: Readonly<Record<string, string | number>> | undefined;
  readonly limits?: Readonly<Record<string, string | number>> | undefined;
}

/**
 * Gives what one Pod takes of a quota's resource: `requests.cpu` (also spelled `cpu`), `limits.memory`, `pods`, `count/pods`.
 * A request that is not set is the limit. Undefined for resources that Pods do not take. NaN where it cannot be read.
 */
export function takenBy(resource: string, containers: readonly ContainerResources[]): number | undefined {
  if (resource === 'pods' || resource === 'count/pods') return 1;
  const match = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(resource);
  const name = match?.[2];
  if (name === undefined) return undefined;
  const side = match?.[1] === 'limits' ? 'limits' : 'requests';
  return containers.reduce((sum, one) => {
    const value = side === 'limits' ? one.limits?.[name] : (one.requests?.[name] ?? one.limits?.[name]);
    return value === undefined ? sum : sum + (quantityOf(value) ?? Number.NaN);
  }, 0);
}
