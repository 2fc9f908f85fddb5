/** What every remediation says about owners: spread OWNER_TEXTS into its texts, then use ownerNotes and refusedByOwner. */
import type { ApiObject } from '../core/api-object.ts';
import type { Line, PlanOutcome } from '../core/remediation.ts';
import { type Owner, objectText, ownerOf } from './owner.ts';
import { yamlText } from './yaml-text.ts';

/** Texts by owner: `reverts-<kind>` where an edit would be put back, `lasts-<kind>` where it stays for a while. */
export const OWNER_TEXTS = {
  'reverts-operator': 'An operator keeps {object} as {owner} says and would put the old value back. Change {owner}.',
  'reverts-argo-cd':
    'Argo CD ({owner}) keeps {object} as Git says and would put the old value back within minutes. Commit the change there.',
  'reverts-flux':
    'Flux ({owner}) keeps {object} as Git says and would put the old value back. Commit the change there.',
  'reverts-olm': 'OLM keeps {object} as {owner} says and would put the old value back. Change it there.',
  'reverts-controller': '{owner} made {object} and keeps it as it is. Change {owner}.',
  'lasts-operator': 'The operator behind {owner} was told to leave {object} alone. Nobody puts this change back.',
  'lasts-helm':
    'Helm ({owner}) owns {object}: the change lasts until the next upgrade. Change the value in the release too.',
  'lasts-argo-cd':
    'Argo CD ({owner}) owns {object} and does not heal it by itself: the change lasts until the next sync. Commit it there too.',
  'lasts-flux':
    'Flux ({owner}) owns {object} and does not put edits back now: the change lasts until its next upgrade. Commit it there too.',
  'lasts-kustomize':
    '{object} comes from kustomize ({owner}): the change lasts until the next apply. Change it there too.',
  'lasts-helm-chart-config':
    '{owner} of k3s or RKE2 owns {object}: the change lasts until that is applied again, at the latest when the server restarts. Set it in a HelmChartConfig too.',
  'lasts-controller': '{owner} made {object}: the change is gone when it is replaced.',
  'lasts-apply':
    '{object} was made with kubectl apply: the next apply of its file puts the old value back. Change the file too.',
  'commit-patch': 'The change of {object}, to commit where it comes from:',
} as const;

/** A kustomize patch or a piece of a manifest: what a person commits in place of the change. */
export function commitLine(object: ApiObject, change: Readonly<Record<string, unknown>>): Line {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const { metadata: changed, ...rest } = change;
  const own = typeof changed === 'object' && changed !== null ? changed : {};
  return {
    text: 'commit-patch',
    data: { object: objectText(object) },
    command: yamlText({ apiVersion, kind, metadata: { name, namespace, ...own }, ...rest }).slice(0, 4000),
  };
}

/**
 * Gives the refusal where an owner would put the edit back; undefined where it would last.
 * `change`: the fields as they should be, without apiVersion, kind and name; shown as YAML to commit.
 */
export function refusedByOwner(
  object: ApiObject,
  change: Readonly<Record<string, unknown>>,
  owner: Owner | undefined = ownerOf(object),
): Extract<PlanOutcome, { status: 'refused' }> | undefined {
  if (owner?.reverts !== true) return undefined;
  const why = { text: `reverts-${owner.kind}`, data: owner.data };
  // Above a controller stands an object of the cluster, not a file.
  return owner.kind === 'controller'
    ? { status: 'refused', why }
    : { status: 'refused', why, manual: [commitLine(object, change)] };
}

/** Gives what an approver should know of the owner of an object that is edited all the same. */
export function ownerNotes(object: ApiObject, owner: Owner | undefined = ownerOf(object)): Line[] {
  if (owner !== undefined) return [{ text: `lasts-${owner.kind}`, data: owner.data }];
  const applied = object.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] !== undefined;
  return applied ? [{ text: 'lasts-apply', data: { object: objectText(object) } }] : [];
}
