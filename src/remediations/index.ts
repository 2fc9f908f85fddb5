/** All remediations, by id. */
import type { Remediation } from '../core/remediation.ts';
import { APPLICATION } from './application.ts';
import { INFRASTRUCTURE } from './infrastructure.ts';

export const REMEDIATIONS: readonly Remediation[] = [...APPLICATION, ...INFRASTRUCTURE].sort((a, b) =>
  a.id < b.id ? -1 : 1,
);

/** Gives a remediation by its public name. */
export function remediationOf(id: string): Remediation | undefined {
  return REMEDIATIONS.find((remediation) => remediation.id === id);
}
