/** A remediation: a named way to fix that plans typed steps. Pure: facts and objects in, a draft or a refusal out. */
import { z } from 'zod';
import { type ApiObject, ApiTarget, type ObjectRead, ObjectState } from './api-object.ts';
import type { Diagnosis, RankedFinding } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import { NodeAction, type NodeStepName } from './node-steps.ts';
import { ObjectRef } from './object-ref.ts';
import { Question } from './question.ts';
import type { Texts } from './rule.ts';

/** A sentence by the id of its text and what fills it; the text stands in the remediation (English) or in report/languages. */
export const Line = z.object({
  text: z.string().max(80),
  data: z.record(z.string(), z.union([z.string().max(4000), z.number(), z.array(z.string().max(500)).max(500)])),
  /** A command that a person can copy. */
  command: z.string().max(4000).optional(),
});
export type Line = z.infer<typeof Line>;

/** A write to the API server. It is sent with the resourceVersion that was read just before, and with the uid. */
export const ApiStep = z.object({
  type: z.literal('api'),
  /** `update` is PUT of the subresource with `body` merged over the live object (approval of a CSR). */
  verb: z.enum(['patch', 'delete', 'update']),
  target: ApiTarget,
  subresource: z.string().max(63).optional(),
  patch: z.enum(['strategic', 'merge', 'json']).optional(),
  /** The patch, or for `update` the fields that are set. Without resourceVersion: that is added just before. */
  body: z.unknown().optional(),
  before: ObjectState,
  /** The write is left out where the Pod has become Ready since: its readiness is no part of `before`. */
  onlyWhile: z.literal('not-ready').optional(),
  says: Line,
});
export type ApiStep = z.infer<typeof ApiStep>;

/** A step of the fixed list, done by the agent of one node under a grant. */
export const NodeStep = z.object({
  type: z.literal('node'),
  node: z.string().min(1).max(253),
  action: NodeAction,
  says: Line,
});
export type NodeStep = z.infer<typeof NodeStep>;

/** Waiting for the cluster between two writes; the fix stops where the time is over. */
export const WaitStep = z.object({
  type: z.literal('wait'),
  until: z.discriminatedUnion('kind', [
    /** Another Pod than `uid` is Ready on the node. */
    z.object({
      kind: z.literal('pod-replaced'),
      namespace: z.string().max(253),
      selector: z.string().max(500),
      node: z.string().max(253),
      uid: z.string().max(100),
    }),
    /** observedGeneration is the generation and every wanted Pod is updated and available; `except`: nodes whose kubelet is dead. */
    z.object({ kind: z.literal('rolled-out'), target: ApiTarget, except: z.array(z.string().max(253)).max(5000) }),
    z.object({ kind: z.literal('node-ready'), node: z.string().max(253) }),
  ]),
  seconds: z.number().int().min(1).max(3600),
  says: Line,
});
export type WaitStep = z.infer<typeof WaitStep>;

/** Something that only a person can do: listed, never a button. */
export const ManualStep = z.object({ type: z.literal('manual'), says: Line });

export const PlanStep = z.discriminatedUnion('type', [ApiStep, NodeStep, WaitStep, ManualStep]);
export type PlanStep = z.infer<typeof PlanStep>;

/** A right, in RBAC's words; `name` where one object is enough. */
export const Right = z.object({
  verb: z.string().max(30),
  group: z.string().max(253),
  /** With its subresource: `deployments/scale`. */
  resource: z.string().max(100),
  namespace: z.string().max(253).optional(),
  name: z.string().max(253).optional(),
});
export type Right = z.infer<typeof Right>;

const seenFinding = z.object({ rule: z.string().max(80), object: ObjectRef });

/** What was seen when the plan was made, so that verification can tell what is new, what is gone, and what it could not see. */
export const Baseline = z.object({
  /** One for each question, in their order. `ours`: the cause that is fixed explained it. */
  questions: z
    .array(
      z.object({
        verdict: z.enum(['cause-found', 'no-fault-found', 'inconclusive']),
        symptom: seenFinding.optional(),
        ours: z.boolean(),
      }),
    )
    .max(12),
  /** All that was found. */
  findings: z.array(seenFinding).max(500),
  /** Evidence that the rule wanted and that could not be seen even then (keys). */
  gaps: z.array(z.string().max(600)).max(500),
  /** Evidence that the cause rested on (keys): without it, silence of the rule says nothing. */
  evidence: z
    .array(z.object({ kind: z.string().max(80), object: ObjectRef, part: z.string().max(253).optional() }))
    .max(60),
});
export type Baseline = z.infer<typeof Baseline>;

/** What verification has to see. */
export const Expectation = z.object({
  /** Asked again, in this order; the first is the question of the diagnosis. */
  questions: z.array(Question).min(1).max(12),
  /** The rule that named the cause must have nothing to say about this object, and must have been able to. */
  rule: z.string().max(80),
  object: ObjectRef,
  /** Nodes of which something is said one by one. */
  nodes: z.array(z.string().max(253)).max(5000),
  /**
   * The plan mends nothing and says so (a cordon): it is verified by what it wrote and by no new fault, and the question
   * stays open. The rule and the symptom are expected to speak as before.
   */
  fieldOnly: z.literal(true).optional(),
  /** Rules that speak of the changed object because it was changed (a node that is cordoned now): no new fault. */
  brings: z.array(z.string().max(80)).max(10).optional(),
  /** Nodes that were down and come back: what is found on them afterwards was hidden before, and is told as that. */
  revives: z.array(z.string().max(253)).max(50).optional(),
  /** The cluster's own time for it: verification looks again and again until then. */
  seconds: z.number().int().min(1).max(3600),
  /** For so long every look must be good, where somebody could put the change back; default by the kind of the steps. */
  steadySeconds: z.number().int().min(0).max(600).optional(),
  /** Set by whoever plans (run/baseline.ts), not by the remediation. */
  before: Baseline.optional(),
});
export type Expectation = z.infer<typeof Expectation>;

const lines = z.array(Line).max(40);

/** A plan before the server saw it. */
export const Draft = z.object({
  remediation: z.string().max(80),
  params: z.record(z.string(), z.union([z.string().max(1000), z.number()])),
  /** The object that is changed, for policies, locks and people. */
  object: ObjectRef,
  title: Line,
  steps: z.array(PlanStep).min(1).max(60),
  /** Steps that take it back, in the order they are run; empty where there is no way back, and then `noUndo` says why. */
  undo: z.array(PlanStep).max(60),
  noUndo: Line.optional(),
  /** Which nodes are touched, for the limits of the policy. */
  nodes: z.array(z.string().max(253)).max(5000),
  /** Blast radius: which nodes, pods and traffic, for how long. */
  blast: lines,
  checksBefore: lines,
  checksAfter: lines,
  /** What else the approver should know: the owner of the object, what reverts it, what a person must do. */
  notes: lines,
  rights: z.array(Right).max(60),
  expect: Expectation,
});
export type Draft = z.infer<typeof Draft>;

/** What a plan is asked to read: one object, or a list by label selector. */
export type Wanted =
  | { readonly type: 'object'; readonly target: ApiTarget }
  | {
      readonly type: 'list';
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      readonly kind: string;
      readonly namespace?: string;
      readonly labelSelector?: string;
      readonly fieldSelector?: string;
    };

/** Objects that were read for a plan. Asking for one that was not wanted gives `unreadable`. */
export interface Objects {
  get(target: ApiTarget): ObjectRead;
  list(
    wanted: Extract<Wanted, { type: 'list' }>,
  ): { readonly status: 'read'; readonly items: readonly ApiObject[] } | Exclude<ObjectRead, { status: 'read' }>;
}

export interface PlanInput {
  readonly facts: Facts;
  readonly diagnosis: Diagnosis;
  /** The finding of the fresh diagnosis that offers this remediation. */
  readonly finding: RankedFinding;
  readonly params: Readonly<Record<string, string | number>>;
  readonly objects: Objects;
  /** The question to ask again, as it was asked. */
  readonly question: Question;
}

/** Why there is no plan, or a draft. A refusal is final for these facts. `manual`: what a person can do instead. */
export type PlanOutcome =
  | { readonly status: 'draft'; readonly draft: Draft }
  | { readonly status: 'refused'; readonly why: Line; readonly manual?: readonly Line[] };

export interface Remediation<T extends Texts = Texts> {
  /** The public name. */
  readonly id: string;
  /** One line for people who browse the catalogue. */
  readonly summary: string;
  /** Rules whose findings offer it. */
  readonly fixes: readonly string[];
  readonly texts: T;
  /** The most that it may ever ask for, over all its plans: what a role is made of. Names are left out where they vary. */
  readonly rights: readonly Right[];
  /** Steps that it may ever have an agent do, undo and all; none where it is missing. The remediator grants no others. */
  readonly nodeSteps?: readonly NodeStepName[];
  /**
   * Objects that the plan needs, given those read so far; called again until it asks for nothing new (at most 5 times).
   */
  readonly wants: (input: PlanInput) => readonly Wanted[];
  /** Pure and synchronous. */
  readonly plan: (input: PlanInput) => PlanOutcome;
}

/** Declares a remediation. */
export function defineRemediation<const T extends Texts>(remediation: Remediation<T>): Remediation<T> {
  return remediation;
}
