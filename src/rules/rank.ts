/** Ranks findings: which are causes, which are their symptoms, which are true and beside the point; and the verdict. */
import type { RankedFinding, Verdict } from '../core/diagnosis.ts';
import type { Facts } from '../core/facts.ts';
import type { Finding } from '../core/finding.ts';
import { compareText, refText } from '../core/object-ref.ts';
import type { Question } from '../core/question.ts';
import type { Rule } from '../core/rule.ts';
import { unexplainedNodes } from './coverage.ts';
import type { Outcome } from './evaluate.ts';
import { ancestors, chainOrder, type Edge, type Graph, sureAncestors } from './graph.ts';
import { aboutTarget } from './model/target.ts';

export interface Ranking {
  readonly verdict: Verdict;
  readonly causes: readonly RankedFinding[];
  readonly symptoms: readonly RankedFinding[];
  readonly alsoFound: readonly RankedFinding[];
  /** Failing nodes that no cause explains. */
  readonly unexplained: readonly string[];
}

const SEVERITY_ORDER = { critical: 0, warning: 1, info: 2 } as const;

/**
 * Causes are the findings that nothing else explains and that explain what was asked about; where nothing that was asked
 * about fails, a fault of the target itself is the cause. A cause counts as confirmed only if the whole way from it to
 * the asked symptom was seen. Everything else is reported beside it.
 */
export function rank(
  findings: readonly Finding[],
  facts: Facts,
  question: Question,
  outcomes: readonly Outcome[],
): Ranking {
  const rules = new Map(outcomes.map((outcome) => [outcome.rule.id, outcome.rule]));
  const sorted = [...findings].sort((a, b) => compareText(findingKey(a), findingKey(b)));
  const graph: Graph = { size: sorted.length, edges: edgesOf(sorted, rules, facts) };
  const asked = indices(sorted, (f) => isAsked(f, rules.get(f.rule), question));
  const reach = ancestors(graph, asked);
  const isCause = (i: number): boolean => isFault(sorted[i], rules);

  const explaining = [...reach].filter((i) => isCause(i) && ancestors(graph, [i]).size === 1);
  const direct = asked.length > 0 ? [] : indices(sorted, (f) => isFault(f, rules) && aboutTarget(f, facts));
  const directTop = direct.filter(
    (i) => ![...ancestors(graph, [i])].some((above) => above !== i && direct.includes(above)),
  );
  const candidates = asked.length > 0 ? explaining : directTop;

  const sure =
    asked.length > 0 ? sureAncestors(graph, asked, (i) => sorted[i]?.confidence === 'confirmed') : new Set(candidates);
  const confirmed = candidates.filter((i) => sorted[i]?.confidence === 'confirmed' && sure.has(i));
  const causes = confirmed.length > 0 ? confirmed : candidates;
  const chain = chainOrder(graph, causes, asked);

  const ids = new Map<number, string>();
  for (const i of [...causes, ...chain]) ids.set(i, `f${ids.size + 1}`);
  const rest = indices(sorted, () => true)
    .filter((i) => !ids.has(i))
    .sort((a, b) => restOrder(sorted[a], sorted[b]));
  for (const i of rest) ids.set(i, `f${ids.size + 1}`);

  const weak = confirmed.length === 0;
  const pick = (list: readonly number[], likely: boolean): RankedFinding[] =>
    list.flatMap((i) => ranked(i, sorted, graph, ids, likely));
  return {
    verdict: verdictOf(confirmed.length, candidates.length, asked.length, question, outcomes),
    causes: pick(causes, weak),
    symptoms: pick(chain, false),
    alsoFound: pick(rest, false),
    unexplained: unexplainedNodes(sorted, graph, asked, causes),
  };
}

function verdictOf(
  confirmed: number,
  candidates: number,
  asked: number,
  question: Question,
  outcomes: readonly Outcome[],
): Verdict {
  if (confirmed > 0) return 'cause-found';
  if (candidates > 0 || asked > 0) return 'inconclusive';
  const blind = outcomes.some((outcome) => outcome.undecided && outcome.rule.answers?.(question) === true);
  return blind ? 'inconclusive' : 'no-fault-found';
}

function isAsked(finding: Finding, rule: Rule | undefined, question: Question): boolean {
  return rule?.role === 'symptom' && rule.answers?.(question, finding) === true;
}

function isFault(finding: Finding | undefined, rules: ReadonlyMap<string, Rule>): boolean {
  return finding !== undefined && finding.severity !== 'info' && rules.get(finding.rule)?.role === 'cause';
}

function edgesOf(findings: readonly Finding[], rules: ReadonlyMap<string, Rule>, facts: Facts): Edge[] {
  const byRule = new Map<string, number[]>();
  findings.forEach((finding, i) => byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), i]));
  const edges: Edge[] = [];
  findings.forEach((cause, from) => {
    for (const [effectRule, link] of Object.entries(rules.get(cause.rule)?.explains ?? {})) {
      for (const to of byRule.get(effectRule) ?? []) {
        const effect = findings[to];
        const fits = effect !== undefined && to !== from && link.when(cause, effect, facts);
        if (fits !== false) edges.push({ from, to, sure: fits === true, proves: link.proves === true });
      }
    }
  });
  return edges;
}

function ranked(
  index: number,
  findings: readonly Finding[],
  graph: Graph,
  ids: ReadonlyMap<number, string>,
  likely: boolean,
): RankedFinding[] {
  const finding = findings[index];
  const id = ids.get(index);
  if (finding === undefined || id === undefined) return [];
  const explains = graph.edges.filter((edge) => edge.from === index).flatMap((edge) => ids.get(edge.to) ?? []);
  const confidence = likely ? 'likely' : finding.confidence;
  return [{ ...finding, confidence, id, explains: explains.sort(byNumber) }];
}

function byNumber(a: string, b: string): number {
  return Number(a.slice(1)) - Number(b.slice(1));
}

function restOrder(a: Finding | undefined, b: Finding | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] || compareText(findingKey(a), findingKey(b));
}

function findingKey(finding: Finding): string {
  return `${finding.rule} ${refText(finding.object)} ${finding.text} ${JSON.stringify(finding.data)}`;
}

function indices(findings: readonly Finding[], test: (finding: Finding) => boolean): number[] {
  return findings.flatMap((finding, i) => (test(finding) ? [i] : []));
}
