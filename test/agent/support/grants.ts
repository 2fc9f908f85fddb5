/** Grants as the remediator signs them, with a key made for the test. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Grant, StepRequest } from '../../../src/core/grant.ts';
import type { NodeAction } from '../../../src/core/node-steps.ts';
import { type Purpose, signedText } from '../../../src/core/signing.ts';

export interface Granter {
  /** SPKI PEM. */
  readonly publicPem: string;
  readonly privatePem: string;
  /** Gives a grant that begins now and ends in a minute; `over` replaces members. */
  grant(node: string, action: NodeAction, over?: Partial<Record<keyof Grant, unknown>>): Grant;
  /** Signs it, by default as a grant. */
  request(grant: unknown, purpose?: Purpose): StepRequest;
}

export function createGranter(): Granter {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = (key: KeyObject, type: 'spki' | 'pkcs8'): string => String(key.export({ type, format: 'pem' }));
  return {
    publicPem: pem(publicKey, 'spki'),
    privatePem: pem(privateKey, 'pkcs8'),
    grant: (node, action, over = {}) =>
      ({
        version: 1,
        id: grantId(),
        node,
        action,
        fix: 'fx-test1',
        planHash: 'a'.repeat(64),
        approvedBy: ['U0APPROVER'],
        notBefore: new Date().toISOString(),
        notAfter: new Date(Date.now() + 60_000).toISOString(),
        ...over,
      }) as Grant,
    request: (grant, purpose = 'grant') => {
      const text = typeof grant === 'string' ? grant : JSON.stringify(grant);
      const signature = sign(null, Buffer.from(signedText(purpose, text)), privateKey).toString('base64url');
      return { version: 1, grant: text, signature };
    },
  };
}

export function grantId(): string {
  return `gr-${randomBytes(16).toString('hex')}`;
}
