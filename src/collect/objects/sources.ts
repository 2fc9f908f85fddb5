/** Secrets and ConfigMaps that a Pod takes files and variables from: their names, never what is in them. */
import { z } from 'zod';
import type { Container, PodObject } from '../../core/evidence/workload.ts';
import { list, opt, pruned } from './raw.ts';

export type VolumeSource = NonNullable<PodObject['sources']>[number];

const Named = opt(z.object({ name: opt(z.string()), optional: opt(z.boolean()) }));
const RawSecret = opt(z.object({ secretName: opt(z.string()), optional: opt(z.boolean()) }));

/** Fields of a volume that are made of Secrets and ConfigMaps. */
export const RawSources = {
  secret: RawSecret,
  configMap: Named,
  projected: opt(z.object({ sources: list(z.object({ secret: Named, configMap: Named })) })),
};
const RawVolumeSources = z.object({ name: z.string(), ...RawSources });

export const RawEnvFrom = z.object({ configMapRef: Named, secretRef: Named });

/** Gives the Secrets and ConfigMaps behind a Pod's volumes, projected ones one by one. */
export function sourcesOf(volumes: readonly z.output<typeof RawVolumeSources>[]): VolumeSource[] {
  return volumes.flatMap(({ name: volume, secret, configMap, projected }) => {
    const secretRef = secret === undefined ? undefined : { name: secret.secretName, optional: secret.optional };
    const parts = [{ secret: secretRef, configMap }, ...(projected?.sources ?? [])];
    return parts.flatMap((part) =>
      [...named('Secret', part.secret), ...named('ConfigMap', part.configMap)].map((one) => ({ ...one, volume })),
    );
  });
}

/** Gives what one entry of `envFrom` names. */
export function envSourceOf(raw: z.output<typeof RawEnvFrom>): NonNullable<Container['envFrom']> {
  return [...named('ConfigMap', raw.configMapRef), ...named('Secret', raw.secretRef)];
}

/** Gives the places of the volumes that have such a source; other mounts are nobody's business here. */
export function mountsOf(
  mounts: readonly { readonly name: string; readonly mountPath: string }[],
  sources: readonly VolumeSource[],
): NonNullable<Container['mounts']> {
  return mounts
    .filter(({ name }) => sources.some(({ volume }) => volume === name))
    .map(({ name, mountPath }) => ({ volume: name, path: mountPath }));
}

/** Undefined for an empty list. */
export function some<T>(items: T[]): T[] | undefined {
  return items.length === 0 ? undefined : items;
}

/** Undefined for Kubernetes' own default, which most Pods have: evidence says what is out of the ordinary. */
export function otherThan<T>(usual: T, value: T | undefined): T | undefined {
  return value === usual ? undefined : value;
}

function named(kind: 'Secret' | 'ConfigMap', ref: z.output<typeof Named>): NonNullable<Container['envFrom']> {
  if (ref?.name === undefined || ref.name === '') return [];
  return [pruned({ kind, name: ref.name, optional: ref.optional })];
}
