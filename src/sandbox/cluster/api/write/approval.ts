/** `certificatesigningrequests/approval`: needs the right to the signer too, as the CertificateApproval plugin asks. */
import type { ResourceRequest, ServerContext } from '../context.ts';
import { items, text } from '../json.ts';
import type { Reply } from '../reply.ts';
import { qualified, StatusError } from '../status-error.ts';
import { namedKind, namedResource, objectReply } from './commit.ts';
import { patchedObject, requirePatchType } from './patch-object.ts';
import { invalid, invalidError } from './problems.ts';
import { changeObject, existing } from './update-object.ts';
import { asRequested, objectBody } from './write-body.ts';
import { writeOptionsOf } from './write-options.ts';

/** Answers an update or a patch of a request's approval. */
export function approve(context: ServerContext, request: ResourceRequest): Reply {
  const before = existing(context, request);
  const options = writeOptionsOf(request, context.version.minor);
  requireSigner(request, text(before, 'spec', 'signerName'), before.metadata.name);
  if (request.info.verb === 'patch') requirePatchType(context, request);
  const wanted =
    request.info.verb === 'patch'
      ? asRequested(patchedObject(context, request, before), request)
      : objectBody(context, request);
  const types = items(wanted['status'], 'conditions').map((condition) => text(condition, 'type'));
  if (types.includes('Approved') && types.includes('Denied')) {
    const problem = invalid('status.conditions', 'Denied', 'Approved and Denied conditions are mutually exclusive');
    throw invalidError(namedKind(request), before.metadata.name, [problem]);
  }
  return objectReply(context, request, changeObject(context, request, before, wanted, options).object, 200);
}

function requireSigner(request: ResourceRequest, signer: string, name: string): void {
  const [domain = ''] = signer.split('/');
  const question = { verb: 'approve', group: 'certificates.k8s.io', resource: 'signers', namespace: undefined };
  if (request.may({ ...question, name: signer }) || request.may({ ...question, name: `${domain}/*` })) return;
  const message = `${qualified(namedResource(request))} "${name}" is forbidden: user not permitted to approve requests with signerName "${signer}"`;
  throw new StatusError(403, 'Forbidden', message, {
    name,
    group: request.resource.group,
    kind: request.resource.plural,
  });
}
