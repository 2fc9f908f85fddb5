/** `kubewhy schema evidence|report|agent`: JSON Schema of each public format. */
import { z } from 'zod';
import { AskAnswer, AskRequest, PROBE_PARAMS } from '../core/agent-api.ts';
import { UserError } from '../core/errors.ts';
import { EVIDENCE_SCHEMAS, NODE_SCHEMAS } from '../core/evidence/kinds.ts';
import { EvidenceBundle } from '../core/evidence.ts';
import { Report } from '../report/index.ts';

const definitions = (schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output' = 'output') =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema, io)]));

function bare(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

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
  throw new UserError(
    'schema-unknown',
    `schema takes evidence, report or agent, not "${(format ?? '').slice(0, 40)}".`,
  );
}
