/** Writes to the API server as one identity, and reads as the same one: the remediator's, or the person's at a terminal. */
import { z } from 'zod';
import { ClusterError } from '../../core/errors.ts';
import type { ClusterWrite, ClusterWriter } from '../../core/ports.ts';
import type { Right } from '../../core/remediation.ts';
import { type ApiClient, type ApiClientOptions, createApiClient } from './api-client.ts';
import { type KubeReader, parsed, readerOver } from './cluster-reader.ts';
import { writeError } from './write-errors.ts';

export interface KubeWriter extends ClusterWriter, KubeReader {}

/** Who wrote, as managedFields name it (and run/changed-by.ts knows it). */
export const FIELD_MANAGER = 'kubewhy';

const MAX_JSON = 16 * 1024 * 1024;
const PATCHES = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
} as const;
const REVIEW = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * Opens nothing yet: the first request connects. A write has a connection of its own and is sent once: what becomes of it
 * is for the caller to find out. Unknown fields are refused where the server knows how (`fieldValidation=Strict`, v1.25).
 * @throws UserError where the kubeconfig or its credentials cannot be used (see kubeconfig.ts and credentials.ts).
 */
export async function createClusterWriter(options: ApiClientOptions = {}): Promise<KubeWriter> {
  const client = await createApiClient(options);
  return {
    ...readerOver(client),
    write: (request, signal, warned) => write(client, request, signal, warned),
    may: (right, signal) => may(client, right, signal),
  };
}

async function write(
  client: ApiClient,
  request: ClusterWrite,
  signal: AbortSignal,
  warned?: (warning: string) => void,
): Promise<unknown> {
  const { method, path, body, query } = request;
  const options = method === 'DELETE' ? {} : { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' };
  const what = `${method} ${path}`;
  const answer = await client.send(
    {
      path,
      query: { ...options, ...query },
      accept: 'application/json',
      maxBytes: MAX_JSON,
      write: { method, contentType: contentType(request), body: body === undefined ? '' : JSON.stringify(body) },
    },
    signal,
  );
  if (answer.status < 200 || answer.status >= 300) throw writeError(answer.status, what, answer.body);
  if (warned !== undefined) for (const warning of warningsIn(answer.warning)) warned(warning);
  try {
    return parsed(answer, path);
  } catch (error) {
    // Whoever answered this was no API server; whether one was asked, nobody knows.
    throw new ClusterError('unknown-outcome', `${what} has an answer that is not JSON`, answer.status, error);
  }
}

function contentType({ method, patch }: ClusterWrite): string {
  return method === 'PATCH' ? PATCHES[patch ?? 'merge'] : 'application/json';
}

/** The texts of a `Warning` header: `299 - "text", 299 - "another"`. */
export function warningsIn(header: string | undefined): string[] {
  if (header === undefined) return [];
  const found = header.slice(0, 16_384).matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g);
  return [...found].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
}

const Review = z.object({
  status: z.object({ allowed: z.boolean().default(false), reason: z.string().max(2000).default('') }),
});

async function may(
  client: ApiClient,
  right: Right,
  signal: AbortSignal,
): Promise<{ readonly allowed: boolean; readonly reason: string }> {
  const { verb, group, namespace, name } = right;
  const [resource = '', subresource] = right.resource.split('/');
  const attributes = { verb, group, resource, subresource, namespace, name };
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: attributes },
  };
  const review = Review.safeParse(await write(client, { method: 'POST', path: REVIEW, body }, signal));
  if (!review.success) throw new ClusterError('malformed', `the API server's answer to ${REVIEW} is no review`);
  return review.data.status;
}
