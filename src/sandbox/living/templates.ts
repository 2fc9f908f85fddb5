/** From a workload's template to a Pod of the model, and from templates to revisions. */
import { at, items, text } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import { digest, uidOf } from '../cluster/simulate/address.ts';
import type { SimContainer, SimPod } from '../cluster/simulate/model.ts';
import { type Life, suffix } from './life.ts';

/** A digest of a workload's template as it stands. Labels that controllers add do not count. */
export function templateDigest(workload: KubeObject): string {
  const template = at(workload, 'spec', 'template');
  const labels = Object.entries(labelsOf(at(template, 'metadata', 'labels'))).filter(
    ([key]) => key !== 'pod-template-hash',
  );
  const annotations = labelsOf(at(template, 'metadata', 'annotations'));
  return digest(canonical([at(template, 'spec'), Object.fromEntries(labels), annotations]));
}

/** The name of the revision of a template; the first template of a workload is named as its Pods name it. */
export function revisionOf(life: Life, key: string, workload: KubeObject, first?: string): string {
  const known = life.memory.revisions.get(key) ?? new Map<string, string>();
  life.memory.revisions.set(key, known);
  const hash = templateDigest(workload);
  const name = known.get(hash) ?? first ?? [...Buffer.from(hash, 'hex').subarray(0, 9)].map(letter).join('');
  known.set(hash, name);
  return name;
}

/** The revision that a Pod is of; Pods from before the first change carry no name where nobody looked at it. */
export function podRevision(life: Life, key: string, pod: SimPod): string | undefined {
  return pod.labels['controller-revision-hash'] ?? [...(life.memory.revisions.get(key)?.values() ?? [])][0];
}

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const letter = (byte: number): string => LETTERS[byte % LETTERS.length] ?? 'b';

/** What a template's Pod is besides what the template says. */
export interface PodFacts {
  name: string;
  owner: NonNullable<SimPod['owner']>;
  labels: Record<string, string>;
  node?: string;
}

/** A Pod of a workload's template, as it is before any kubelet has seen it. */
export function podOfTemplate(
  life: Life,
  workload: KubeObject,
  prototype: SimPod | undefined,
  facts: PodFacts,
): SimPod {
  const template = at(workload, 'spec', 'template');
  const spec = at(template, 'spec') as Record<string, unknown>;
  const annotations = labelsOf(at(template, 'metadata', 'annotations'));
  const namespace = workload.metadata.namespace ?? 'default';
  return {
    namespace,
    name: facts.name,
    role: prototype?.role ?? 'app',
    ...(facts.node === undefined ? {} : { node: facts.node }),
    hostNetwork: spec['hostNetwork'] === true,
    labels: { ...labelsOf(at(template, 'metadata', 'labels')), ...facts.labels },
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    owner: facts.owner,
    created: life.now(),
    containers: items(spec, 'containers').map((one) => containerOf(one, prototype)),
    ready: false,
    phase: 'Pending',
    ...(prototype?.tolerateAll === undefined ? {} : { tolerateAll: prototype.tolerateAll }),
    uid: uidOf(`Pod/${namespace}/${facts.name}/${suffix(life, 8)}`),
    spec,
  };
}

function containerOf(spec: unknown, prototype: SimPod | undefined): SimContainer {
  const name = text(spec, 'name');
  const same = prototype?.containers.find((one) => one.name === name);
  const env = Object.fromEntries(
    items(spec, 'env').flatMap((one) =>
      at(one, 'value') === undefined ? [] : [[text(one, 'name'), text(one, 'value')]],
    ),
  );
  const command = items(spec, 'command').map(String);
  const requests = labelsOf(at(spec, 'resources', 'requests'));
  return {
    name,
    image: text(spec, 'image'),
    process: same?.process ?? name,
    ...(command.length === 0 ? {} : { command }),
    env,
    ports: items(spec, 'ports').map((port) => ({
      ...(text(port, 'name') === '' ? {} : { name: text(port, 'name') }),
      containerPort: Number(at(port, 'containerPort')),
    })),
    listens: same?.listens ?? [],
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    restarts: 0,
  };
}

/** A map of strings as JSON has it. */
export function labelsOf(value: unknown): Record<string, string> {
  return typeof value === 'object' && value !== null ? { ...(value as Record<string, string>) } : {};
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
