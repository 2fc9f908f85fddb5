/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { admissionWebhookFailing } from './admission-webhook-failing.ts';
import { createRejected } from './create-rejected.ts';
import { quotaExceeded } from './quota-exceeded.ts';
import {
  admissionPolicyDenies,
  limitRangeRefuses,
  namespaceTerminating,
  podSecurityDenies,
  priorityClassMissing,
  serviceAccountMissing,
} from './refusal-table.ts';

export const ADMISSION_RULES: readonly Rule[] = [
  admissionPolicyDenies,
  admissionWebhookFailing,
  createRejected,
  limitRangeRefuses,
  namespaceTerminating,
  podSecurityDenies,
  priorityClassMissing,
  quotaExceeded,
  serviceAccountMissing,
];
