/** Signatures as ports: each process has one key of its own, and everybody knows the public keys of the others. */
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';

/** The processes that sign. An agent signs nothing; it believes the remediator alone. */
export const ROLES = ['bot', 'worker', 'remediator'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** What a signature is for: one made for one purpose is worth nothing for another. */
export type Purpose = 'record' | 'plan' | 'approval' | 'grant' | 'audit' | 'offer' | 'job';

/** Ed25519 in base64url. */
export const Signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);

/** Signs with the process' own key, which is in no store. */
export interface Signer {
  readonly role: Role;
  sign(purpose: Purpose, text: string): string;
}

/** Checks a signature of any role; false for whatever does not fit. Never throws. */
export interface Verifier {
  verify(role: Role, purpose: Purpose, text: string, signature: string): boolean;
}

/** The key of this process and the public keys of all three. */
export interface Keys extends Signer, Verifier {}

/** Gives the bytes that are signed: purposes are kept apart by what stands in front. */
export function signedText(purpose: Purpose, text: string): string {
  return `kubewhy/v1 ${purpose}\n${text}`;
}

/** Signs a value in its canonical form. */
export function signValue(signer: Signer, purpose: Purpose, value: unknown): string {
  return signer.sign(purpose, canonicalJson(value));
}

/** True where the role signed exactly this value for this purpose. */
export function verifyValue(
  verifier: Verifier,
  role: Role,
  purpose: Purpose,
  value: unknown,
  signature: string,
): boolean {
  return verifier.verify(role, purpose, canonicalJson(value), signature);
}
