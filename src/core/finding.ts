/** What rules say: findings, things ruled out, and the proofs that both rest on. */
import type { EvidenceKind } from './evidence/kinds.ts';
import type { ObjectRef } from './object-ref.ts';

export type Severity = 'critical' | 'warning' | 'info';
/** `confirmed`: the evidence proves it. `likely`: it fits, and one decisive fact is missing. */
export type Confidence = 'confirmed' | 'likely';
/** Values that fill a sentence; lists are joined by commas. Times are RFC 3339 and shown in the reader's zone. */
export type TextData = Readonly<Record<string, string | number | readonly string[]>>;

/** One piece of evidence that a judgement rests on, and the sentence that says what it shows. */
export interface Proof<T extends string = string> {
  readonly evidence: EvidenceKind;
  readonly object: ObjectRef;
  readonly part?: string;
  /** Id of the sentence in the rule's texts. */
  readonly text: T;
  readonly data: TextData;
  /** The command with which a person sees the same. */
  readonly command: string;
}

/** Which nodes and paths a finding affects: how a cause shows that it splits the nodes as the symptom does. */
export interface Scope {
  /** Nodes that the fault strikes; for a symptom, the nodes that fail. */
  readonly nodes?: readonly string[];
  /** For a symptom: nodes seen to work. A cause that predicts these to fail is not the cause. */
  readonly working?: readonly string[];
  /** Broken directions of the pod network, from node to node. */
  readonly pairs?: readonly (readonly [string, string])[];
}

/** A named way to fix, with its parameters; planned and applied elsewhere. */
export interface RemediationHint {
  readonly id: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** One judged fact. */
export interface Finding<T extends string = string> {
  readonly type: 'finding';
  readonly rule: string;
  /** What a person would have to change or look at. */
  readonly object: ObjectRef;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** Id of the sentence in the rule's texts, and what fills it. */
  readonly text: T;
  readonly data: TextData;
  readonly because: readonly Proof<T>[];
  readonly scope: Scope;
  /** When it began, RFC 3339 UTC, where the evidence says so. */
  readonly since?: string;
  /** Sentences about the fix: what to change and why this way; then what would not help and why. Ids in the rule's texts. */
  readonly advice?: readonly { readonly text: T; readonly data: TextData; readonly command?: string }[];
  readonly wouldNotHelp?: readonly { readonly text: T; readonly data: TextData }[];
  readonly remediations?: readonly RemediationHint[];
  /** For `likely`: the one command that would settle it. */
  readonly tryThis?: string;
}

/** A tempting explanation that the evidence refutes. */
export interface Cleared<T extends string = string> {
  readonly type: 'cleared';
  readonly rule: string;
  readonly object: ObjectRef;
  readonly text: T;
  readonly data: TextData;
  readonly because: readonly Proof<T>[];
}

export type Judgement = Finding | Cleared;
