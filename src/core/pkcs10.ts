/** The decisive fields of a certificate request (PKCS#10, RFC 2986), read strictly: who it is for, and what more it asks. */
import { createPublicKey, verify } from 'node:crypto';
import { DerError, expectTag, membersOf, oidText, readOne, SEQUENCE, SET, stringText } from './der.ts';

/** What a certificate request asks for. */
export interface CertificateRequest {
  readonly commonNames: readonly string[];
  readonly organizations: readonly string[];
  /** Object identifiers of all other parts of the subject. */
  readonly otherNames: readonly string[];
  /** Object identifiers of its attributes: `1.2.840.113549.1.9.14` asks for extensions, names among them. */
  readonly attributes: readonly string[];
  /** It is signed with the key that it is for. */
  readonly selfSigned: boolean;
}

const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';
const ATTRIBUTES = 0xa0;
const MOST_BYTES = 16_384;

/** Digests of the signature algorithms in use; null: the algorithm has its own. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

/**
 * Reads the `spec.request` of a CertificateSigningRequest: base64 of one PEM block.
 * Gives undefined where anything about it is not as it must be: what cannot be read surely is not read at all.
 */
export function readCertificateRequest(request: string): CertificateRequest | undefined {
  const der = derOf(request);
  if (der === undefined) return undefined;
  try {
    return parse(der);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function derOf(request: string): Uint8Array | undefined {
  const pem = base64(request)?.toString('latin1') ?? '';
  const body =
    /^-----BEGIN (NEW )?CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1?CERTIFICATE REQUEST-----\s*$/.exec(
      pem,
    );
  return base64(body?.[2]?.replace(/[\r\n]/g, '') ?? '');
}

/** Buffer.from passes over what is no base64: written again it must be the same. */
function base64(text: string): Buffer | undefined {
  if (text === '' || text.length > MOST_BYTES) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

function parse(der: Uint8Array): CertificateRequest {
  const [info, algorithm, signature, ...more] = membersOf(readOne(der, SEQUENCE), SEQUENCE);
  if (info === undefined || more.length > 0) throw new DerError('expected three parts');
  const [version, subject, key, attributes, ...rest] = membersOf(info, SEQUENCE);
  const number = expectTag(version, 0x02).content;
  if (number.length !== 1 || number[0] !== 0 || rest.length > 0) throw new DerError('expected version 0');
  const names = membersOf(subject, SEQUENCE).flatMap((set) =>
    membersOf(set, SET).map((pair) => {
      const [id, value, ...extra] = membersOf(pair, SEQUENCE);
      if (extra.length > 0) throw new DerError('expected a name and its value');
      return { id: oidText(id), value };
    }),
  );
  const of = (oid: string) => names.filter(({ id }) => id === oid).map(({ value }) => stringText(value));
  const asked = attributes === undefined ? [] : membersOf(attributes, ATTRIBUTES);
  const bits = expectTag(signature, 0x03).content;
  if (bits[0] !== 0) throw new DerError('expected whole bytes');
  return {
    commonNames: of(COMMON_NAME),
    organizations: of(ORGANIZATION),
    otherNames: names.map(({ id }) => id).filter((id) => id !== COMMON_NAME && id !== ORGANIZATION),
    attributes: asked.map((attribute) => oidText(membersOf(attribute, SEQUENCE)[0])),
    selfSigned: isSigned(
      info.whole,
      expectTag(key, SEQUENCE).whole,
      oidText(membersOf(algorithm, SEQUENCE)[0]),
      bits.subarray(1),
    ),
  };
}

function isSigned(info: Uint8Array, key: Uint8Array, algorithm: string, signature: Uint8Array): boolean {
  const digest = DIGESTS[algorithm];
  if (digest === undefined) return false;
  try {
    const publicKey = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' });
    return verify(digest, info, publicKey, signature);
  } catch {
    // OpenSSL does not know such a key, or it is broken: then nothing is proven.
    return false;
  }
}
