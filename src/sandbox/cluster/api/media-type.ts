/** What a client wants back: plain JSON, a Table, or only metadata. */
import { notAcceptable } from './status-error.ts';

/** The form of an answer. */
export interface Format {
  as: 'json' | 'table' | 'metadata';
  /** `meta.k8s.io/v1` or `/v1beta1`, for tables and metadata. */
  metaVersion: string;
}

/** Picks the first form in an Accept header that we have; throws 406 if there is none. */
export function negotiate(accept: string | undefined): Format {
  const plain: Format = { as: 'json', metaVersion: 'meta.k8s.io/v1' };
  if (accept === undefined || accept.trim() === '') return plain;
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const parameter = (name: string) => parameters.find((p) => p.startsWith(`${name}=`))?.slice(name.length + 1);
    if (!['application/json', '*/*', 'application/*'].includes(type)) continue;
    const as = parameter('as');
    if (as === undefined) return plain;
    if (parameter('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(parameter('v') ?? '')) continue;
    const metaVersion = `meta.k8s.io/${parameter('v') ?? ''}`;
    if (as === 'Table') return { as: 'table', metaVersion };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { as: 'metadata', metaVersion };
  }
  throw notAcceptable();
}
