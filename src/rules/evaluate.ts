/** Runs every rule over one bundle of evidence and ranks what they say: `judge` is the whole of judgement. */
import type { Diagnosis, NotSeen } from '../core/diagnosis.ts';
import type { EvidenceBundle, EvidenceItem, UnavailableItem } from '../core/evidence.ts';
import { evidenceKey } from '../core/evidence.ts';
import { Facts } from '../core/facts.ts';
import type { Cleared, Finding, Judgement } from '../core/finding.ts';
import { compareText, refText, sameRef } from '../core/object-ref.ts';
import type { Rule } from '../core/rule.ts';
import { RULES } from './index.ts';
import { layerOf } from './model/layer.ts';
import { pathsOf } from './model/paths.ts';
import { resolvedQuestion } from './model/target.ts';
import { rank } from './rank.ts';

/** What one rule said about one bundle, and which unavailable evidence it wanted. */
export interface Outcome {
  readonly rule: Rule;
  readonly judgements: readonly Judgement[];
  readonly undecided: boolean;
  readonly missing: readonly UnavailableItem[];
}

/**
 * Judges evidence. Pure: the same bundle gives the same diagnosis, whatever the order of its items.
 * @throws Error where a rule is broken; evidence alone cannot make it throw.
 */
export function judge(bundle: EvidenceBundle, rules: readonly Rule[] = RULES): Diagnosis {
  const facts = Facts.from(bundle);
  const question = resolvedQuestion(facts);
  const outcomes = rules.map((rule) => runRule(rule, facts));
  const findings = outcomes.flatMap((outcome) => outcome.judgements).filter((j): j is Finding => j.type === 'finding');
  // A NodePort that was asked about stays one: its Service's ClusterIP is another question.
  const asked = facts.question.target.kind === 'NodePort' ? facts.question : question;
  const ranked = rank(findings, facts, asked, outcomes);
  const layer = ranked.verdict === 'inconclusive' ? layerOf(facts) : undefined;
  return {
    id: bundle.id,
    cluster: bundle.cluster,
    question,
    startedAt: bundle.startedAt,
    finishedAt: bundle.finishedAt,
    verdict: ranked.verdict,
    causes: ranked.causes,
    symptoms: ranked.symptoms,
    alsoFound: ranked.alsoFound,
    ruledOut: ruledOut(outcomes, findings),
    notSeen: notSeen(outcomes),
    paths: pathsOf(facts),
    ...(ranked.unexplained.length === 0 ? {} : { unexplained: ranked.unexplained }),
    ...(layer === undefined ? {} : { layer }),
    agents: bundle.agents,
  };
}

/** Runs one rule. Reads of unavailable evidence are kept; the same evidence read twice counts once. */
export function runRule(rule: Rule, facts: Facts): Outcome {
  const judgements: Judgement[] = [];
  const missing = new Map<string, UnavailableItem>();
  let undecided = false;
  const observe = (item: EvidenceItem | undefined): void => {
    if (item?.status === 'unavailable') missing.set(evidenceKey(item.kind, item.object, item.part), item);
  };
  rule.judge(facts.observed(observe), {
    find: (draft) => judgements.push({ type: 'finding', rule: rule.id, severity: rule.severity, ...draft }),
    clear: (draft) => judgements.push({ type: 'cleared', rule: rule.id, ...draft }),
    undecided: () => {
      undecided = true;
    },
  });
  return { rule, judgements, undecided, missing: [...missing.values()] };
}

/** What was refuted; an explanation that stands for the same object cannot be ruled out as well. */
function ruledOut(outcomes: readonly Outcome[], findings: readonly Finding[]): Cleared[] {
  return outcomes
    .flatMap((outcome) => outcome.judgements)
    .filter((j): j is Cleared => j.type === 'cleared')
    .filter((cleared) => !findings.some((f) => f.rule === cleared.rule && sameRef(f.object, cleared.object)))
    .sort((a, b) => compareText(clearedKey(a), clearedKey(b)));
}

function clearedKey(cleared: Cleared): string {
  return `${cleared.rule} ${refText(cleared.object)} ${cleared.text} ${JSON.stringify(cleared.data)}`;
}

/** Evidence that rules wanted and nobody could read; a rule that spoke all the same was not kept from speaking. */
function notSeen(outcomes: readonly Outcome[]): NotSeen[] {
  const byKey = new Map<string, { item: UnavailableItem; blocks: Set<string> }>();
  for (const outcome of outcomes) {
    for (const item of outcome.missing) {
      if (outcome.judgements.some((j) => j.type === 'finding' && sameRef(j.object, item.object))) continue;
      const key = evidenceKey(item.kind, item.object, item.part);
      const entry = byKey.get(key) ?? { item, blocks: new Set<string>() };
      entry.blocks.add(outcome.rule.id);
      byKey.set(key, entry);
    }
  }
  return [...byKey.keys()].sort(compareText).flatMap((key) => {
    const entry = byKey.get(key);
    if (entry === undefined) return [];
    const { item, blocks } = entry;
    return [
      {
        evidence: item.kind,
        object: item.object,
        ...(item.part === undefined ? {} : { part: item.part }),
        reason: item.reason,
        blocks: [...blocks].sort(compareText),
        tryThis: item.command,
      },
    ];
  });
}
