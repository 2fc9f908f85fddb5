/** The record of one fix, from the button to the proof: what bot, worker and remediator know of it. Signed by who wrote it. */
import { z } from 'zod';
import { ObjectState } from './api-object.ts';
import { FixState, isOver } from './approval.ts';
import { DiagnosisId, Language, SlackUser } from './jobs.ts';
import { NodeStepResult } from './node-steps.ts';
import { ObjectRef } from './object-ref.ts';
import { Question, questionText } from './question.ts';
import { Draft, Line } from './remediation.ts';
import { Role, Signature } from './signing.ts';

export const FIX_VERSION = 1;
/** The public id of a fix. */
export const FixId = z.string().regex(/^fix-[a-z0-9]{7,16}$/);
export type FixId = z.infer<typeof FixId>;

const Instant = z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]{5,18}Z$/);
const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const SlackId = z.string().regex(/^[A-Z0-9]{1,40}$/);
const Ts = z.string().regex(/^\d{1,12}\.\d{1,9}$/);

/** Who pressed: a person in Slack, or the one at a terminal. */
export const Actor = z.union([SlackUser, z.literal('terminal')]);

/** One line of a diff as the server's dry run gave it; a secret value is `<redacted>`. */
export const DiffLine = z.object({
  path: z.string().max(500),
  before: z.string().max(2000).optional(),
  after: z.string().max(2000).optional(),
});
export type DiffLine = z.infer<typeof DiffLine>;

/** What the dry run of one step gave; only steps of type `api` have a diff. */
export const DryRunStep = z.object({
  index: z.number().int().min(0),
  diff: z.array(DiffLine).max(200),
  /** The object as it will be: tells a write that was carried out from one that was not. */
  after: ObjectState.optional(),
  warnings: z.array(z.string().max(500)).max(10),
});
export type DryRunStep = z.infer<typeof DryRunStep>;

/** The frozen plan: what is shown, approved and applied. Its hash is `digestOf(plan)`. */
export const Plan = z.object({
  version: z.literal(FIX_VERSION),
  fix: FixId,
  cluster: z.string().max(253),
  diagnosis: DiagnosisId,
  draft: Draft,
  dryRun: z.array(DryRunStep).max(60),
  /** Approvals that the policy asked for when it was proposed; who may is looked up at every click. */
  approvals: z.number().int().min(1).max(10),
  requesterMayApprove: z.boolean(),
  /** Minutes for which the object is left alone where this fix does not come true. */
  coolDownMinutes: z.number().int().min(0).max(1440).optional(),
  createdAt: Instant,
  expiresAt: Instant,
});
export type Plan = z.infer<typeof Plan>;

/** What an approval says; signed by the bot (purpose `approval`). */
export const ApprovalClaim = z.object({
  fix: FixId,
  planHash: Hash,
  by: SlackUser,
  at: Instant,
  /** The user group through which the person may, where it was one. */
  via: z.string().max(40).optional(),
});
export type ApprovalClaim = z.infer<typeof ApprovalClaim>;
export const Approval = z.object({ claim: ApprovalClaim, signature: Signature });
export type Approval = z.infer<typeof Approval>;

/** How far one step of the plan is. `unknown`: it may or may not have happened. */
export const StepProgress = z.object({
  index: z.number().int().min(0),
  state: z.enum(['running', 'done', 'already', 'skipped', 'refused', 'failed', 'unknown']),
  at: Instant,
  /** One sentence from the API server or the agent, redacted. */
  note: z.string().max(500).optional(),
  /** Of an API step: the object afterwards, for the undo. */
  after: ObjectState.optional(),
  /** Of a node step. */
  result: NodeStepResult.optional(),
});
export type StepProgress = z.infer<typeof StepProgress>;

/** What verification saw the last time it looked. */
export const Verification = z.object({
  startedAt: Instant,
  lookedAt: Instant,
  looks: z.number().int().min(1),
  /** Since when every look was good. */
  goodSince: Instant.optional(),
  checks: z
    .array(
      z.object({
        says: Line,
        result: z.enum(['ok', 'not-yet', 'wrong', 'unseen']),
        node: z.string().max(253).optional(),
      }),
    )
    .max(300),
  /** Diagnoses of the last look, one for each question. */
  verdicts: z
    .array(
      z.object({
        question: Question,
        verdict: z.enum(['cause-found', 'no-fault-found', 'inconclusive']),
        summary: z.string().max(600),
      }),
    )
    .max(12),
});
export type Verification = z.infer<typeof Verification>;

/** Why a fix is where it is, by a sentence of report/languages (`fix.<code>`), for states that need a reason. */
export const Reason = z.object({
  code: z.string().max(60),
  data: z.record(z.string(), z.union([z.string().max(2000), z.number()])).default({}),
  /** Where the reason is a remediation's own sentence. */
  line: Line.optional(),
  manual: z.array(Line).max(20).optional(),
});
export type Reason = z.infer<typeof Reason>;

export const FixRecord = z.object({
  version: z.literal(FIX_VERSION),
  id: FixId,
  /** Counted up by each change: the compare-and-set rests on it. */
  rev: z.number().int().min(1),
  state: FixState,
  /** `show`: nothing will be run, and `showWhy` says why (asked for, no policy). */
  mode: z.enum(['show', 'propose', 'undo']),
  showWhy: z.enum(['asked', 'no-policy']).optional(),
  cluster: z.string().min(1).max(253),
  diagnosis: DiagnosisId,
  question: Question,
  /** The cause that it is for. */
  rule: z.string().max(80),
  object: ObjectRef,
  remediation: z.string().max(80),
  params: z.record(z.string(), z.union([z.string().max(1000), z.number()])),
  /** Where the card stands: the thread of the diagnosis. `rootTs` is the message that turns to resolved. */
  place: z.object({ channel: SlackId, threadTs: Ts.optional(), rootTs: Ts.optional() }),
  language: Language,
  requestedBy: Actor,
  requestedAt: Instant,
  /** Set for an undo: the fix that it takes back. */
  undoOf: FixId.optional(),
  /** Set on a fix that an undo was asked for. */
  undoneBy: FixId.optional(),
  draft: Draft.optional(),
  /** Signed by the remediator (purpose `plan`). */
  plan: z.object({ plan: Plan, hash: Hash, signature: Signature }).optional(),
  approvals: z.array(Approval).max(10),
  denial: z.object({ by: SlackUser, at: Instant, reason: z.string().max(1000) }).optional(),
  progress: z.array(StepProgress).max(60),
  verification: Verification.optional(),
  reason: Reason.optional(),
  /** Head of the audit log when this was written: the thread quotes it. */
  audit: z.object({ seq: z.number().int().min(0), hash: Hash }).optional(),
  history: z
    .array(z.object({ rev: z.number().int(), at: Instant, state: FixState, by: z.union([Role, Actor]) }))
    .max(200),
  updatedAt: Instant,
});
export type FixRecord = z.infer<typeof FixRecord>;

/**
 * What is noted on a record whose state stays, so that its writer's signature stays too. Signed (purpose `record`) over
 * the note without its signature, with `fix` and `base` (the record's signature) beside it.
 */
export const StoredNote = z.object({
  rev: z.number().int().min(2),
  at: Instant,
  place: FixRecord.shape.place.optional(),
  undoneBy: FixId.optional(),
  role: z.enum(['bot', 'worker']),
  signature: Signature,
});
export type StoredNote = z.infer<typeof StoredNote>;

/** A record as it is stored: the signature is over the record's canonical JSON (purpose `record`). */
export const StoredFix = z.object({ record: FixRecord, role: Role, signature: Signature, note: StoredNote.optional() });
export type StoredFix = z.infer<typeof StoredFix>;

/** What a button of a report stands for; signed by the worker (purpose `offer`). */
export const FixOffer = z.object({
  version: z.literal(FIX_VERSION),
  id: z.string().regex(/^of-[a-z0-9]{10,20}$/),
  cluster: z.string().max(253),
  diagnosis: DiagnosisId,
  question: Question,
  rule: z.string().max(80),
  object: ObjectRef,
  remediation: z.string().max(80),
  params: z.record(z.string(), z.union([z.string().max(1000), z.number()])),
  place: FixRecord.shape.place,
  language: Language,
});
export type FixOffer = z.infer<typeof FixOffer>;

/** What is to be done about a fix; the record has the truth, a job is only a nudge. */
export const FixJob = z.object({
  version: z.literal(FIX_VERSION),
  fix: FixId,
  cluster: z.string().min(1).max(253),
  task: z.enum(['plan', 'show', 'verify', 'dry-run', 'apply']),
  rev: z.number().int().min(1),
});
export type FixJob = z.infer<typeof FixJob>;

/** The worker's queue for fixes (`plan`, `verify`, and `show`: bring the thread in line with the record), one a cluster. */
export function fixQueueName(cluster: string): string {
  return `kubewhy-fix-${cluster}`;
}

/** The remediator's own queue (`dry-run`, `apply`), one a cluster. */
export function remediateQueueName(cluster: string): string {
  return `kubewhy-remediate-${cluster}`;
}

/** What has to happen next, and whose queue it belongs to; undefined where people or nobody is to act. */
export function nextTask(
  state: FixState,
): { readonly queue: 'fix' | 'remediate'; readonly task: FixJob['task'] } | undefined {
  if (state === 'planning') return { queue: 'fix', task: 'plan' };
  if (state === 'drafted') return { queue: 'remediate', task: 'dry-run' };
  if (state === 'approved' || state === 'applying') return { queue: 'remediate', task: 'apply' };
  if (state === 'verifying') return { queue: 'fix', task: 'verify' };
  return undefined;
}

/** True for a fix whose plan changes a field and mends nothing (a cordon): what was asked about stays open. */
export function mendsNothing({ plan, draft }: Pick<FixRecord, 'plan' | 'draft'>): boolean {
  return (plan?.plan.draft ?? draft)?.expect.fieldOnly === true;
}

/**
 * True where a fix mended what was asked about: it is verified, it was to mend something, and its last look did not find the
 * asked question still failing for another cause. Only then the report's first message turns to resolved.
 */
export function resolves(record: FixRecord): boolean {
  const { state, mode, question, verification } = record;
  const asked = questionText(question);
  const other = verification?.checks.some(
    ({ says }) => says.text === 'verify.symptom-other' && says.data['question'] === asked,
  );
  return state === 'verified' && mode !== 'undo' && !mendsNothing(record) && other !== true;
}

/** Fixes that still go on. */
export function isOpen(record: Pick<FixRecord, 'state'>): boolean {
  return !isOver(record.state);
}
