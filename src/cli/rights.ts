/** `kubewhy rights`: the rights that the remediator needs, as a role for kubectl: what the remediations declare and nothing else. */
import { stringify } from 'yaml';
import { UserError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Remediation, Right } from '../core/remediation.ts';
import { REMEDIATIONS } from '../remediations/index.ts';

/** One rule of a role, in RBAC's words. */
interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/**
 * Gives a ClusterRole (JSON, or YAML for `kubectl apply -f -`) for the named remediations; for all of them without names.
 * @throws UserError where a name is no remediation.
 */
export function rightsText(names: readonly string[], json: boolean): string {
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'kubewhy-remediator' },
    rules: rulesOf(chosen(names)),
  };
  return json ? `${JSON.stringify(role, null, 2)}\n` : stringify(role);
}

function chosen(names: readonly string[]): readonly Remediation[] {
  if (names.length === 0) return REMEDIATIONS;
  return names.map((name) => {
    const found = REMEDIATIONS.find((remediation) => remediation.id === name);
    if (found !== undefined) return found;
    const ids = REMEDIATIONS.map((remediation) => remediation.id);
    const [near] = nearest(name, ids, 1);
    const hint = near === undefined ? `They are: ${ids.join(', ')}.` : `Did you mean ${near}?`;
    throw new UserError('unknown-remediation', `I know no remediation "${name.slice(0, 60)}". ${hint}`);
  });
}

/** Rights of one resource and name become one rule; a right without a name makes those with names superfluous. */
function rulesOf(remediations: readonly Remediation[]): RoleRule[] {
  const rights = remediations.flatMap((remediation) => remediation.rights);
  const unnamed = new Set(rights.filter((right) => right.name === undefined).map(verbKey));
  const needed = rights.filter((right) => right.name === undefined || !unnamed.has(verbKey(right)));
  const byResource = new Map<string, { right: Right; verbs: Set<string> }>();
  for (const right of needed) {
    const key = [right.group, right.resource, right.name ?? ''].join(' ');
    const entry = byResource.get(key) ?? { right, verbs: new Set<string>() };
    entry.verbs.add(right.verb);
    byResource.set(key, entry);
  }
  return [...byResource.keys()].sort().flatMap((key) => {
    const entry = byResource.get(key);
    if (entry === undefined) return [];
    const { group, resource, name } = entry.right;
    const named = name === undefined ? {} : { resourceNames: [name] };
    return [{ apiGroups: [group], resources: [resource], ...named, verbs: [...entry.verbs].sort() }];
  });
}

function verbKey({ verb, group, resource }: Right): string {
  return `${verb} ${group} ${resource}`;
}
