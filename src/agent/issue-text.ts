/** Says in a few words what is wrong with something that does not fit its schema. */
import type { z } from 'zod';

/** Gives `at requests.0.kind: Invalid option`, of the first thing that is wrong. */
export function issueText(error: z.ZodError): string {
  const issue = error.issues[0];
  return `at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'unknown'}`.slice(0, 400);
}
