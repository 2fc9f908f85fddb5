/** Ed25519 keys in files: each process has the private key of its role, and everybody the trust file with the public ones. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { errorText, UserError } from '../../core/errors.ts';
import { type Keys, ROLES, type Role, Signature, signedText, type Verifier } from '../../core/signing.ts';

export { createKeyFiles, type KeyFiles } from './create-key-files.ts';

/** Keys are a few hundred bytes; what is much larger is another file. */
const MOST_BYTES = 16 * 1024;

/** The public keys of the three processes, SPKI PEM. Nothing in it is secret, and whoever changes it decides who is believed. */
export const TrustFile = z.strictObject({
  version: z.literal(1),
  bot: z.string().max(2000),
  worker: z.string().max(2000),
  remediator: z.string().max(2000),
});
export type TrustFile = z.infer<typeof TrustFile>;

export interface KeyOptions {
  readonly role: Role;
  /** Path of the private key, PKCS8 PEM. */
  readonly keyFile: string;
  /** Path of the trust file. */
  readonly trustFile: string;
}

/**
 * Reads the key of this process and the public keys of all three.
 * @throws UserError `keys-…` with one sentence: which file, what is wrong, what to do.
 */
export function loadKeys({ role, keyFile, trustFile }: KeyOptions): Keys {
  const trusted = readTrust(trustFile);
  const own = privateKey(keyFile);
  const holder = ROLES.find((other) => trusted[other].equals(createPublicKey(own)));
  if (holder !== role) {
    const whose = holder === undefined ? 'of none of the three processes' : `the ${holder}'s`;
    throw new UserError(
      'keys-mismatch',
      `The key ${keyFile} is not the ${role}'s: by the trust file ${trustFile} it is ${whose}. Give each process the key and the trust file that \`kubewhy keys\` made together.`,
      { file: keyFile, role },
    );
  }
  return {
    role,
    sign: (purpose, text) => sign(null, Buffer.from(signedText(purpose, text)), own).toString('base64url'),
    ...verifierOf(trusted),
  };
}

/**
 * Reads the public keys of all three processes.
 * @throws UserError `keys-…` with one sentence.
 */
export function loadTrust(trustFile: string): Verifier {
  return verifierOf(readTrust(trustFile));
}

function verifierOf(trusted: Readonly<Record<Role, KeyObject>>): Verifier {
  return {
    verify(role, purpose, text, signature) {
      if (!Signature.safeParse(signature).success || !Object.hasOwn(trusted, role)) return false;
      const bytes = Buffer.from(signature, 'base64url');
      // 86 characters carry four bits more than a signature has: only one of the sixteen spellings counts.
      if (bytes.toString('base64url') !== signature) return false;
      return verify(null, Buffer.from(signedText(purpose, text)), trusted[role], bytes);
    },
  };
}

function readTrust(file: string): Readonly<Record<Role, KeyObject>> {
  const wrong = (what: string): UserError =>
    new UserError('keys-trust', `The trust file ${file} ${what}. \`kubewhy keys DIR\` makes one.`, { file });
  let value: unknown;
  try {
    value = JSON.parse(readKeyFile(file));
  } catch (error) {
    throw error instanceof UserError ? error : wrong('is not JSON');
  }
  const parsed = TrustFile.safeParse(value);
  if (!parsed.success) throw wrong('must hold version 1 and the public keys of bot, worker and remediator');
  const keys = Object.fromEntries(
    ROLES.map((role) => {
      const key = ed25519(() => createPublicKey(parsed.data[role]));
      // A private key gives a public one too: whoever put it here has given it to everybody.
      if (key === undefined || parsed.data[role].includes('PRIVATE'))
        throw wrong(`has no Ed25519 public key (PEM) for ${role}`);
      return [role, key];
    }),
  ) as Record<Role, KeyObject>;
  const twice = ROLES.find((role, i) => ROLES.slice(0, i).some((other) => keys[other].equals(keys[role])));
  if (twice !== undefined) throw wrong(`gives ${twice} the key of another process; each has its own`);
  return keys;
}

function privateKey(file: string): KeyObject {
  const pem = readKeyFile(file);
  const key = ed25519(() => createPrivateKey(pem));
  if (key !== undefined) return key;
  throw new UserError(
    'keys-private',
    `The key ${file} is not an Ed25519 private key (PKCS8 PEM). \`kubewhy keys DIR\` makes one for each process.`,
    { file },
  );
}

function ed25519(read: () => KeyObject): KeyObject | undefined {
  try {
    const key = read();
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

function readKeyFile(file: string): string {
  try {
    if (statSync(file).size > MOST_BYTES) throw new Error('it is too large');
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError('keys-unreadable', `The key file ${file} cannot be read: ${errorText(error)}.`, { file });
  }
}
