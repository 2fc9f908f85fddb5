/** Who is asking and what they may do: bearer tokens, client certificates, and rules in RBAC's words. */

import type { RequestInfo, ResourceInfo } from './request-info.ts';
import { detailsOf, type GroupResource, qualified, StatusError } from './status-error.ts';
import type { Identity, RightUse, Rule } from './types.ts';

const EVERYTHING_GROUP = 'system:masters';
const AUTHENTICATED = 'system:authenticated';
/** Open to everyone: system:public-info-viewer. */
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
/** Open to every known user: system:discovery. */
const DISCOVERY_PATHS = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', ...PUBLIC_PATHS];

/** The identity of requests without credentials. */
export const ANONYMOUS: Identity = { user: 'system:anonymous', groups: ['system:unauthenticated'], allow: [] };

/** What is to be decided. */
export interface AccessQuestion {
  verb: string;
  group: string;
  /** With the subresource: `pods/log`. */
  resource: string;
  namespace: string | undefined;
  name: string | undefined;
}

/** Whether the identity may do it. */
export function mayAccess(identity: Identity, question: AccessQuestion): boolean {
  if (identity.groups.includes(EVERYTHING_GROUP)) return true;
  return rulesOf(identity).some((rule) => coversResource(rule, question));
}

/** Whether the identity may read a path that is no resource. */
export function mayVisit(identity: Identity, verb: string, path: string): boolean {
  if (identity.groups.includes(EVERYTHING_GROUP)) return true;
  return rulesOf(identity).some(
    (rule) => matches(rule.verbs, verb) && (rule.nonResourceURLs ?? []).some((pattern) => coversPath(pattern, path)),
  );
}

/** All rules that hold for the identity, its own and those that every user has. */
export function rulesOf(identity: Identity): Rule[] {
  if (identity.groups.includes(EVERYTHING_GROUP)) {
    return [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ];
  }
  const open: Rule[] = [{ verbs: ['get'], nonResourceURLs: PUBLIC_PATHS }];
  if (!groupsOf(identity).includes(AUTHENTICATED)) return [...identity.allow, ...open];
  return [
    ...identity.allow,
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    { verbs: ['get'], nonResourceURLs: DISCOVERY_PATHS },
  ];
}

/** The groups of an identity; everyone but the anonymous user is in `system:authenticated`. */
export function groupsOf(identity: Identity): string[] {
  if (identity === ANONYMOUS || identity.groups.includes(AUTHENTICATED)) return identity.groups;
  return [...identity.groups, AUTHENTICATED];
}

/** Throws the 403 that the real server would answer; notes the right in `used`. */
export function authorize(identity: Identity, info: RequestInfo, used: RightUse[] = []): void {
  const { resource: target } = info;
  const allowed =
    target === undefined
      ? mayVisit(identity, info.verb, info.path)
      : mayUse(identity, { ...target, verb: info.verb, group: info.group, resource: fullName(target) }, used);
  if (!allowed) throw forbidden(identity, info);
}

/** Like `mayAccess`, and notes that the right was asked for. */
export function mayUse(identity: Identity, question: AccessQuestion, used: RightUse[]): boolean {
  const { verb, group, resource, namespace = '', name = '' } = question;
  const allowed = mayAccess(identity, question);
  used.push({ verb, group, resource, namespace, name, allowed });
  return allowed;
}

/** The 403 for a request, in the server's words. */
export function forbidden(identity: Identity, info: RequestInfo): StatusError {
  const { user } = identity;
  const { verb, group, resource: target } = info;
  if (target === undefined) {
    return new StatusError(403, 'Forbidden', `forbidden: User "${user}" cannot ${verb} path "${info.path}"`, {});
  }
  const { plural, namespace, name } = target;
  const named: GroupResource = { group, resource: plural };
  const subject = name === undefined ? qualified(named) : `${qualified(named)} "${name}"`;
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const action = `${verb} resource "${fullName(target)}" in API group "${group}" ${scope}`;
  const message = `${subject} is forbidden: User "${user}" cannot ${action}`;
  return new StatusError(403, 'Forbidden', message, detailsOf(named, name));
}

/** With the subresource: `pods/log`. */
export function fullName({ plural, subresource }: ResourceInfo): string {
  return subresource === undefined ? plural : `${plural}/${subresource}`;
}

function coversResource(rule: Rule, question: AccessQuestion): boolean {
  if (!matches(rule.verbs, question.verb) || !matches(rule.apiGroups ?? [], question.group)) return false;
  if (!coversResourceName(rule.resources ?? [], question.resource)) return false;
  if (rule.namespace !== undefined && rule.namespace !== question.namespace) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || (question.name !== undefined && names.includes(question.name));
}

function coversResourceName(allowed: readonly string[], resource: string): boolean {
  const subresource = resource.split('/')[1];
  return matches(allowed, resource) || (subresource !== undefined && allowed.includes(`*/${subresource}`));
}

function matches(allowed: readonly string[], value: string): boolean {
  return allowed.includes('*') || allowed.includes(value);
}

function coversPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}
