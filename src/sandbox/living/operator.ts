/** Tigera's operator: what the Installation says becomes the DaemonSet's environment, and what somebody writes there by hand is undone. */
import { isDeepStrictEqual } from 'node:util';
import { at, count, items, text } from '../cluster/api/json.ts';
import type { AdmissionRefusal, AdmissionRequest, KubeObject } from '../cluster/api/types.ts';
import type { Life } from './life.ts';
import { putAs } from './store-write.ts';

const RECONCILE_SECONDS = 2;
/** How long a hand edit lives until the operator looks at the DaemonSet again. */
const REVERT_SECONDS = 20;
const METHOD = 'IP_AUTODETECTION_METHOD';
const FIELD = 'nodeAddressAutodetectionV4';

/** One look of the operator; nothing where Calico was installed from a manifest. */
export function syncOperator(life: Life): void {
  const installation = installationOf(life);
  const set = daemonSetOf(life);
  if (installation === undefined || set === undefined) return;
  if (isDeepStrictEqual(environment(set), wanted(installation, environment(set)))) return;
  const written = generationOf(installation);
  const seconds = life.memory.revisions.get(SEEN)?.has(written) === true ? REVERT_SECONDS : RECONCILE_SECONDS;
  life.timers.once(`operator ${seconds}`, seconds, () => reconcile(life));
}

const SEEN = 'Installation default';

function reconcile(life: Life): void {
  const installation = installationOf(life);
  const set = daemonSetOf(life);
  if (installation === undefined || set === undefined) return;
  rememberInstallation(life);
  const env = wanted(installation, environment(set));
  if (isDeepStrictEqual(environment(set), env)) return;
  const containers = items(set, 'spec', 'template', 'spec', 'containers').map((one) =>
    text(one, 'name') === 'calico-node' ? { ...(one as object), env } : one,
  );
  const spec = at(set, 'spec') as Record<string, unknown>;
  const template = at(spec, 'template') as Record<string, unknown>;
  const podSpec = { ...(at(template, 'spec') as object), containers };
  putAs(life, 'operator', set, { ...set, spec: { ...spec, template: { ...template, spec: podSpec } } });
}

/** Notes which Installation the operator has carried out: what differs afterwards is somebody's hand. */
export function rememberInstallation(life: Life): void {
  life.memory.revisions.set(SEEN, new Map([[generationOf(installationOf(life)), '']]));
}

function generationOf(installation: KubeObject | undefined): string {
  return `${Math.max(1, count(installation, 'metadata', 'generation'))}`;
}

function installationOf(life: Life): KubeObject | undefined {
  return life.store.get({ apiVersion: 'operator.tigera.io/v1', kind: 'Installation', name: 'default' });
}

function daemonSetOf(life: Life): KubeObject | undefined {
  const namespace = 'calico-system';
  return life.store.get({ apiVersion: 'apps/v1', kind: 'DaemonSet', namespace, name: 'calico-node' });
}

function environment(set: KubeObject): unknown[] {
  const container = items(set, 'spec', 'template', 'spec', 'containers').find(
    (one) => text(one, 'name') === 'calico-node',
  );
  return items(container, 'env');
}

/** The environment as the operator writes it: its own variables by the Installation, all others as they are. */
function wanted(installation: KubeObject, env: unknown[]): unknown[] {
  const method = methodOf(at(installation, 'spec', 'calicoNetwork', FIELD));
  const own = [
    { name: 'IP', value: method === undefined ? 'none' : 'autodetect' },
    ...(method === undefined ? [] : [{ name: METHOD, value: method }]),
  ];
  const kept = env.filter((one) => !['IP', METHOD].includes(text(one, 'name')));
  const before = env.filter((one) => ['IP', METHOD].includes(text(one, 'name')));
  const same = before.length === own.length && own.every((one) => before.some((old) => isDeepStrictEqual(old, one)));
  return same ? env : [...kept, ...own];
}

/** The Installation's spelling as calico-node's. */
function methodOf(field: unknown): string | undefined {
  if (field === undefined || field === null) return 'first-found';
  const { firstFound, kubernetes, interface: nic, skipInterface, canReach, cidrs } = field as Record<string, unknown>;
  if (typeof nic === 'string') return `interface=${nic}`;
  if (typeof skipInterface === 'string') return `skip-interface=${skipInterface}`;
  if (typeof canReach === 'string') return `can-reach=${canReach}`;
  if (Array.isArray(cidrs) && cidrs.length > 0) return `cidr=${cidrs.join(',')}`;
  if (kubernetes === 'NodeInternalIP') return 'kubernetes-internal-ip';
  return firstFound === true ? 'first-found' : undefined;
}

/** What the Installation's definition refuses: two methods for one family. */
export function admitInstallation({ object, operation }: AdmissionRequest): AdmissionRefusal | undefined {
  if (operation === 'DELETE' || object?.kind !== 'Installation') return undefined;
  for (const family of [FIELD, 'nodeAddressAutodetectionV6']) {
    const field = at(object, 'spec', 'calicoNetwork', family);
    if (field === undefined || field === null || methods(field) < 2) continue;
    const path = `spec.calicoNetwork.${family}`;
    const detail = 'no more than one node address autodetection method can be specified per-family';
    const message = `Invalid value: "object": ${detail}`;
    return {
      status: 422,
      message: `Installation.operator.tigera.io "${object.metadata.name}" is invalid: ${path}: ${message}`,
      details: {
        name: object.metadata.name,
        group: 'operator.tigera.io',
        kind: 'Installation',
        causes: [{ reason: 'FieldValueInvalid', message, field: path }],
      },
    };
  }
  return undefined;
}

function methods(field: unknown): number {
  const named = ['kubernetes', 'interface', 'skipInterface', 'canReach'].filter((name) => text(field, name) !== '');
  const more = [at(field, 'firstFound') === true, items(field, 'cidrs').length > 0].filter(Boolean);
  return named.length + more.length;
}
