/** `kubewhy schema evidence|report|agent|fix`: JSON Schema of each public format. */
import { z } from 'zod';
import { AskAnswer, AskRequest, PROBE_PARAMS } from '../core/agent-api.ts';
import { FixState } from '../core/approval.ts';
import { UserError } from '../core/errors.ts';
import { EVIDENCE_SCHEMAS, NODE_SCHEMAS } from '../core/evidence/kinds.ts';
import { EvidenceBundle } from '../core/evidence.ts';
import { DryRunStep, StepProgress, Verification } from '../core/fix.ts';
import { Draft } from '../core/remediation.ts';
import { Report } from '../report/index.ts';

const definitions = (schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output' = 'output') =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema, io)]));

function bare(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

const fixDocument = { apiVersion: z.literal('kubewhy/v1') };

/** What `kubewhy fix -o json` prints: a plan, why there is none, or how a fix ended. */
export const FixDocument = z.discriminatedUnion('kind', [
  z.object({
    ...fixDocument,
    kind: z.literal('FixPlan'),
    plan: Draft,
    /** What the API server said to each step; left out where it refused one, and then `dryRunRefused` says why. */
    dryRun: z.array(DryRunStep).optional(),
    dryRunRefused: z.string().optional(),
  }),
  z.object({
    ...fixDocument,
    kind: z.literal('FixRefused'),
    remediation: z.string(),
    why: z.string(),
    /** What a person can do instead. */
    manual: z.array(z.string()),
  }),
  z.object({
    ...fixDocument,
    kind: z.literal('Fix'),
    state: FixState,
    remediation: z.string(),
    why: z.string().optional(),
    plan: Draft.optional(),
    progress: z.array(StepProgress),
    verification: Verification.optional(),
    /** Commands that take the changes back. */
    undo: z.array(z.string()),
  }),
]);

/** Gives the JSON Schema (2020-12) of a format. `$defs` holds the value of each kind of evidence. */
export function schemaOf(format: string | undefined): Record<string, unknown> {
  const $schema = 'https://json-schema.org/draft/2020-12/schema';
  if (format === 'report') return { $schema, title: 'kubewhy report', ...bare(Report, 'output') };
  if (format === 'evidence') {
    return {
      $schema,
      title: 'kubewhy evidence',
      ...bare(EvidenceBundle, 'input'),
      $defs: definitions(EVIDENCE_SCHEMAS, 'input'),
    };
  }
  if (format === 'agent') {
    const parts = {
      AskRequest: bare(AskRequest, 'input'),
      AskAnswer: bare(AskAnswer, 'output'),
      params: definitions(PROBE_PARAMS, 'input'),
      values: definitions(NODE_SCHEMAS),
    };
    return {
      $schema,
      title: 'kubewhy agent',
      description: 'POST /v1/ask takes AskRequest and gives AskAnswer.',
      $defs: parts,
      $ref: '#/$defs/AskRequest',
    };
  }
  if (format === 'fix') return { $schema, title: 'kubewhy fix', ...bare(FixDocument, 'output') };
  throw new UserError(
    'schema-unknown',
    `schema takes evidence, report, agent or fix, not "${(format ?? '').slice(0, 40)}".`,
  );
}
