/** A judged diagnosis, free of language: what `rules/` gives and `report/` renders. */
import type { EvidenceKind } from './evidence/kinds.ts';
import type { Cleared, Finding } from './finding.ts';
import type { ObjectRef } from './object-ref.ts';
import type { Question } from './question.ts';

export type Verdict = 'cause-found' | 'no-fault-found' | 'inconclusive';

/** A finding with its place in the graph: `explains` holds the ids of what it explains directly. */
export interface RankedFinding extends Finding {
  readonly id: string;
  readonly explains: readonly string[];
}

/** Evidence that could not be seen, which rules it kept from speaking, and what a person could run instead. */
export interface NotSeen {
  readonly evidence: EvidenceKind;
  readonly object: ObjectRef;
  readonly part?: string;
  readonly reason: string;
  readonly blocks: readonly string[];
  readonly tryThis: string;
}

/** One way in (P1): from where, to which address, through which entry node. */
export interface Path {
  readonly from: ObjectRef;
  readonly to: string;
  readonly via: ObjectRef;
  readonly result: 'open' | 'refused' | 'timeout' | 'no-route' | 'error' | 'not-asked' | 'unknown';
  readonly ms: number;
  /** True where the entry node also runs an endpoint. */
  readonly hasEndpoint: boolean;
}

/** Where the five probes point when no rule explains the symptom (facts §4.2). */
export type Layer =
  | 'application'
  | 'endpoints'
  | 'service'
  | 'service-proxy'
  | 'kernel'
  | 'pod-network'
  | 'policy'
  | 'firewall'
  | 'client'
  | 'node'
  | 'unknown';

/** Lists are sorted: the same evidence gives the same bytes. */
export interface Diagnosis {
  readonly id: string;
  readonly cluster: string;
  /** The question as asked, with the target resolved to the Service or object that was found. */
  readonly question: Question;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly verdict: Verdict;
  readonly causes: readonly RankedFinding[];
  /** What the causes explain, the asked symptom last, in the order of the chain. */
  readonly symptoms: readonly RankedFinding[];
  readonly alsoFound: readonly RankedFinding[];
  readonly ruledOut: readonly Cleared[];
  readonly notSeen: readonly NotSeen[];
  readonly paths: readonly Path[];
  /** Nodes that fail as asked and that none of the causes explains; left out where there are none. */
  readonly unexplained?: readonly string[];
  /** Only where the verdict is inconclusive and probes answered. */
  readonly layer?: Layer;
  readonly agents: { readonly asked: readonly string[]; readonly total: number; readonly sampled: boolean };
}
