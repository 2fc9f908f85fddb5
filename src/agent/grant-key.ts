/** The remediator's public key (`--grant-key`): a PEM file, or the trust file in which it is one of three. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { errorText, UserError } from '../core/errors.ts';
import { Signature, signedText } from '../core/signing.ts';

const MAX_BYTES = 64 * 1024;
const TrustFile = z.object({ version: z.literal(1), remediator: z.string().max(4096) });

/** Reads the key. @throws UserError `agent-grant-key` with one sentence: which file, what is wrong. */
export function readGrantKey(file: string): KeyObject {
  const wrong = (what: string, cause?: unknown): UserError =>
    new UserError('agent-grant-key', `the remediator's public key (--grant-key) ${file} ${what}`, {}, cause);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(`cannot be read: ${errorText(error)}`, error);
  }
  if (text.length > MAX_BYTES) throw wrong(`is larger than ${MAX_BYTES} bytes`);
  const pem = text.trimStart().startsWith('{') ? trusted(text) : text;
  if (pem === undefined) throw wrong('is no trust file of version 1 with a member "remediator"');
  if (pem.includes('PRIVATE KEY')) throw wrong('holds a private key: an agent gets the public one only');
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw wrong(`holds no public key in PEM: ${errorText(error)}`, error);
  }
  throw wrong('is not an Ed25519 key');
}

/** True where the remediator signed this text as a grant. One spelling of the signature only. */
export function signedGrant(key: KeyObject, text: string, signature: string): boolean {
  if (!Signature.safeParse(signature).success) return false;
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.toString('base64url') !== signature) return false;
  return verify(null, Buffer.from(signedText('grant', text)), key, bytes);
}

function trusted(text: string): string | undefined {
  try {
    const parsed = TrustFile.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.remediator : undefined;
  } catch {
    return undefined;
  }
}
