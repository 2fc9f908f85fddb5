/** The report: a diagnosis with every sentence written, as one plain JSON document. Public: `kubewhy schema report`. */
import { z } from 'zod';
import { EVIDENCE_KINDS, type EvidenceKind } from '../core/evidence/kinds.ts';
import { Language } from '../core/jobs.ts';
import { ObjectRef } from '../core/object-ref.ts';
import { Question } from '../core/question.ts';

const evidence = z.enum(EVIDENCE_KINDS as [EvidenceKind, ...EvidenceKind[]]);
const time = z.string().describe('RFC 3339, UTC');
const command = z.string().describe('The command with which a person sees or does the same');

/** One piece of evidence and what it shows. */
export const ReportProof = z.object({
  evidence,
  object: ObjectRef,
  part: z.string().optional(),
  says: z.string(),
  command,
});
export type ReportProof = z.infer<typeof ReportProof>;

/** A sentence about the fix. */
export const ReportAdvice = z.object({ says: z.string(), command: command.optional() });
export type ReportAdvice = z.infer<typeof ReportAdvice>;

/** A finding in words. `chain`: ids of the symptoms that follow from it, in order; only on causes. */
export const ReportFinding = z.object({
  id: z.string(),
  rule: z.string(),
  object: ObjectRef,
  severity: z.enum(['critical', 'warning', 'info']),
  confidence: z.enum(['confirmed', 'likely']),
  message: z.string(),
  since: time.optional(),
  scope: z.object({
    nodes: z.array(z.string()).optional(),
    working: z.array(z.string()).optional(),
    pairs: z.array(z.tuple([z.string(), z.string()])).optional(),
  }),
  because: z.array(ReportProof),
  explains: z.array(z.string()),
  chain: z.array(z.string()).optional(),
  advice: z.array(ReportAdvice).optional(),
  wouldNotHelp: z.array(ReportAdvice).optional(),
  remediations: z.array(z.object({ id: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])) })),
  tryThis: z.string().optional(),
});
export type ReportFinding = z.infer<typeof ReportFinding>;

/** A tempting explanation that the evidence refutes. */
export const ReportCleared = z.object({
  rule: z.string(),
  object: ObjectRef,
  message: z.string(),
  because: z.array(ReportProof),
});
export type ReportCleared = z.infer<typeof ReportCleared>;

/** Evidence that could not be seen. `blocks`: rules that it kept from speaking. */
export const ReportNotSeen = z.object({
  evidence,
  object: ObjectRef,
  part: z.string().optional(),
  reason: z.string(),
  blocks: z.array(z.string()),
  tryThis: z.string(),
});
export type ReportNotSeen = z.infer<typeof ReportNotSeen>;

/** One way in. */
export const ReportPath = z.object({
  from: ObjectRef,
  to: z.string(),
  via: ObjectRef,
  result: z.enum(['open', 'refused', 'timeout', 'no-route', 'error', 'not-asked', 'unknown']),
  ms: z.number(),
  hasEndpoint: z.boolean(),
});
export type ReportPath = z.infer<typeof ReportPath>;

const layer = z.enum([
  'application',
  'endpoints',
  'service',
  'service-proxy',
  'kernel',
  'pod-network',
  'policy',
  'firewall',
  'client',
  'node',
  'unknown',
]);

/** The whole document. Lists are sorted: the same evidence gives the same bytes. */
export const Report = z.object({
  apiVersion: z.literal('kubewhy/v1'),
  kind: z.literal('Diagnosis'),
  id: z.string(),
  language: Language.describe('The language of every sentence in this document'),
  question: Question,
  cluster: z.string(),
  startedAt: time,
  finishedAt: time,
  askedBy: z.string().optional(),
  verdict: z.enum(['cause-found', 'no-fault-found', 'inconclusive']),
  headline: z.string().describe('What is wrong with what was asked about, or that nothing is'),
  summary: z.string().describe('One sentence: the verdict, then the cause'),
  causes: z.array(ReportFinding),
  symptoms: z.array(ReportFinding),
  alsoFound: z.array(ReportFinding),
  ruledOut: z.array(ReportCleared),
  notSeen: z.array(ReportNotSeen),
  paths: z.array(ReportPath),
  unexplained: z.array(z.string()).optional().describe('Failing nodes that none of the causes explains'),
  layer: layer.optional().describe('Where the probes point when no rule explains the symptom'),
  agents: z.object({ asked: z.array(z.string()), total: z.number(), sampled: z.boolean() }),
  rules: z.record(z.string(), z.string()).describe('What each rule named in this document looks for'),
});
export type Report = z.infer<typeof Report>;

/** Gives the JSON Schema of the report (draft 2020-12). Further fields may come in later versions, so they are allowed. */
export function reportJsonSchema(): object {
  return z.toJSONSchema(Report, { io: 'input' });
}
