/** What tests of fixes share: keys of three processes in memory, a fix as the bot begins it, and a plan that can be approved. */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { digestOf } from '../../src/core/canonical-json.ts';
import { type Approval, type ApprovalClaim, Plan } from '../../src/core/fix.ts';
import type { FixSeed } from '../../src/core/fix-patch.ts';
import { type Keys, ROLES, type Role, signedText, signValue } from '../../src/core/signing.ts';

/** Makes new keys for the three processes of one installation. */
export function memoryKeys(): Readonly<Record<Role, Keys>> {
  const pairs = new Map(ROLES.map((role) => [role, generateKeyPairSync('ed25519')]));
  const keysOf = (role: Role): Keys => ({
    role,
    sign(purpose, text) {
      const pair = pairs.get(role);
      if (pair === undefined) throw new Error(role);
      return sign(null, Buffer.from(signedText(purpose, text)), pair.privateKey).toString('base64url');
    },
    verify(by, purpose, text, signature) {
      const pair = pairs.get(by);
      const bytes = Buffer.from(signature, 'base64url');
      return pair !== undefined && verify(null, Buffer.from(signedText(purpose, text)), pair.publicKey, bytes);
    },
  });
  return { bot: keysOf('bot'), worker: keysOf('worker'), remediator: keysOf('remediator') };
}

/** A fix as the bot begins it. */
export function seedOf(id = 'fix-aaaaaaa', over: Partial<FixSeed> = {}): FixSeed {
  return {
    id,
    mode: 'propose',
    cluster: 'prod',
    diagnosis: 'dx-7f3k2',
    question: { type: 'why-not-reachable', target: { kind: 'NodePort', nodePort: 30080 } },
    rule: 'kubelet-swap-on',
    object: { kind: 'Node', name: 'k8scephnode' },
    remediation: 'turn-swap-off',
    params: { node: 'k8scephnode' },
    place: { channel: 'C0OPS', threadTs: '1700000000.000100' },
    language: 'en',
    requestedBy: 'U0ALICE01',
    requestedAt: '2026-11-25T01:00:00.000Z',
    ...over,
  };
}

const line = (text: string) => ({ text, data: {} });

/** A plan for the fix of `seedOf`, proposed at 01:00 and void from 01:15. */
export function planOf(over: Partial<Plan> = {}): Plan {
  const node = 'k8scephnode';
  const action = (state: string) => ({ step: 'swap-device' as const, params: { device: '/dev/sda3', state } });
  return Plan.parse({
    version: 1,
    fix: 'fix-aaaaaaa',
    cluster: 'prod',
    diagnosis: 'dx-7f3k2',
    draft: {
      remediation: 'turn-swap-off',
      params: { node },
      object: { kind: 'Node', name: node },
      title: line('title'),
      steps: [{ type: 'node', node, action: action('off'), says: line('off') }],
      undo: [{ type: 'node', node, action: action('on'), says: line('on') }],
      nodes: [node],
      blast: [],
      checksBefore: [],
      checksAfter: [],
      notes: [],
      rights: [],
      expect: {
        questions: [{ type: 'diagnose', target: { kind: 'Node', name: node } }],
        rule: 'kubelet-swap-on',
        object: { kind: 'Node', name: node },
        nodes: [node],
        seconds: 120,
      },
    },
    dryRun: [],
    approvals: 1,
    requesterMayApprove: false,
    createdAt: '2026-11-25T01:00:00.000Z',
    expiresAt: '2026-11-25T01:15:00.000Z',
    ...over,
  });
}

/** An approval as the bot signs it. */
export function approvalOf(plan: Plan, keys: Keys, claim: Partial<ApprovalClaim> = {}): Approval {
  const full = { fix: plan.fix, planHash: digestOf(plan), by: 'U0BOB0001', at: '2026-11-25T01:05:00.000Z', ...claim };
  return { claim: full, signature: signValue(keys, 'approval', full) };
}
