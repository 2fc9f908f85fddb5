/** Reviews that a client may create about itself: access, rules, identity. They change nothing. */
import { z } from 'zod';
import { groupsOf, mayAccess, mayVisit, rulesOf } from './access.ts';
import { badRequest } from './status-error.ts';
import type { Identity } from './types.ts';

const resourceAttributes = z.object({
  namespace: z.string().optional(),
  verb: z.string().optional(),
  group: z.string().optional(),
  resource: z.string().optional(),
  subresource: z.string().optional(),
  name: z.string().optional(),
});

const accessReview = z.looseObject({
  spec: z.object({
    resourceAttributes: resourceAttributes.nullish(),
    nonResourceAttributes: z.object({ path: z.string().optional(), verb: z.string().optional() }).nullish(),
  }),
});

const rulesReview = z.looseObject({ spec: z.object({ namespace: z.string().min(1) }) });

type Review = (body: unknown, identity: Identity) => object;

const ANSWERS: Record<string, Review> = {
  SelfSubjectAccessReview: accessOf,
  SelfSubjectRulesReview: rulesReviewOf,
  SelfSubjectReview: userInfoOf,
};

/** The kinds that can be answered. */
export const REVIEWS: ReadonlySet<string> = new Set(Object.keys(ANSWERS));

/** Answers a self review; throws 400 for a body that is none. */
export function answerReview(kind: string, apiVersion: string, body: unknown, identity: Identity): object {
  return { kind, apiVersion, metadata: { creationTimestamp: null }, ...ANSWERS[kind]?.(body, identity) };
}

function userInfoOf(_body: unknown, identity: Identity): object {
  return { status: { userInfo: { username: identity.user, groups: groupsOf(identity) } } };
}

function accessOf(body: unknown, identity: Identity): object {
  const parsed = accessReview.safeParse(body);
  if (!parsed.success) throw badRequest('the SelfSubjectAccessReview has no readable spec');
  const { spec } = parsed.data;
  const asked = spec.resourceAttributes;
  if (asked === undefined || asked === null) {
    const { path = '', verb = '' } = spec.nonResourceAttributes ?? {};
    return { spec, status: { allowed: mayVisit(identity, verb, path) } };
  }
  const resource = asked.subresource ? `${asked.resource ?? ''}/${asked.subresource}` : (asked.resource ?? '');
  const allowed = mayAccess(identity, {
    verb: asked.verb ?? '',
    group: asked.group ?? '',
    resource,
    namespace: asked.namespace || undefined,
    name: asked.name || undefined,
  });
  return { spec, status: { allowed } };
}

function rulesReviewOf(body: unknown, identity: Identity): object {
  const parsed = rulesReview.safeParse(body);
  if (!parsed.success) throw badRequest('no namespace on request');
  const { namespace } = parsed.data.spec;
  const holding = rulesOf(identity).filter((rule) => rule.namespace === undefined || rule.namespace === namespace);
  const status = {
    resourceRules: holding
      .filter((rule) => rule.resources !== undefined)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames === undefined ? {} : { resourceNames }),
      })),
    nonResourceRules: holding
      .filter((rule) => rule.nonResourceURLs !== undefined)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
  return { spec: {}, status };
}
