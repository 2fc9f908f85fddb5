/** /healthz, /livez and /readyz: one line per check, as the API server prints them. */

/** A plain-text answer. */
export interface HealthAnswer {
  status: number;
  body: string;
}

/** The checks of a healthy server of this minor version, in its order. */
export function defaultChecks(minor: number): string[] {
  return [
    'ping',
    'log',
    'etcd',
    ...(minor >= 26 ? ['etcd-readiness'] : []),
    ...(minor >= 20 ? ['informer-sync'] : []),
    'poststarthook/start-kube-apiserver-admission-initializer',
    'poststarthook/generic-apiserver-start-informers',
    ...(minor >= 20 ? ['poststarthook/priority-and-fairness-config-consumer'] : []),
    'poststarthook/start-apiextensions-informers',
    'poststarthook/start-apiextensions-controllers',
    'poststarthook/crd-informer-synced',
    'poststarthook/bootstrap-controller',
    'poststarthook/rbac/bootstrap-roles',
    'poststarthook/scheduling/bootstrap-system-priority-classes',
    'poststarthook/start-cluster-authentication-info-controller',
    'poststarthook/start-kube-aggregator-informers',
    'poststarthook/apiservice-registration-controller',
    'poststarthook/apiservice-status-available-controller',
    'poststarthook/kube-apiserver-autoregistration',
    'autoregister-completion',
    'poststarthook/apiservice-openapi-controller',
    'shutdown',
  ];
}

const ONLY_READYZ = new Set(['etcd-readiness', 'informer-sync', 'shutdown']);

/** Answers a health path, or undefined if it is none. `checks` holds "is it ok" by name. */
export function answerHealth(
  path: string,
  query: URLSearchParams,
  checks: ReadonlyMap<string, boolean>,
): HealthAnswer | undefined {
  const match = /^\/(healthz|livez|readyz)(?:\/(.+?))?\/?$/.exec(path);
  if (match === null) return undefined;
  const [, endpoint = '', single] = match;
  const own = [...checks].filter(([name]) => endpoint === 'readyz' || !ONLY_READYZ.has(name));
  if (single !== undefined) return answerSingle(own, single);
  return answerAll(endpoint, own, query);
}

function answerSingle(checks: [string, boolean][], name: string): HealthAnswer {
  const found = checks.find(([own]) => own === name);
  if (found === undefined) return { status: 404, body: '404 page not found\n' };
  return found[1] ? { status: 200, body: 'ok' } : { status: 500, body: `internal server error: ${name} failed\n` };
}

function answerAll(endpoint: string, checks: [string, boolean][], query: URLSearchParams): HealthAnswer {
  const excluded = new Set(query.getAll('exclude'));
  const lines = checks.map(([name, ok]) => {
    if (excluded.has(name)) return `[+]${name} excluded: ok`;
    return ok ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
  });
  const unknown = [...excluded].filter((name) => !checks.some(([own]) => own === name)).map((name) => `"${name}"`);
  if (unknown.length > 0)
    lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.join(', ')}`);
  if (checks.some(([name, ok]) => !ok && !excluded.has(name))) {
    return { status: 500, body: `${lines.join('\n')}\n${endpoint} check failed\n` };
  }
  return query.has('verbose')
    ? { status: 200, body: `${lines.join('\n')}\n${endpoint} check passed\n` }
    : { status: 200, body: 'ok' };
}
