/** Verification node by node: is it Ready, and is what was asked about open through it? Pure. */
import type { Diagnosis, RankedFinding } from '../core/diagnosis.ts';
import type { Language } from '../core/jobs.ts';
import { CLUSTER } from '../core/object-ref.ts';
import { targetText } from '../core/question.ts';
import type { Draft } from '../core/remediation.ts';
import { findingsOf } from './baseline.ts';
import { findingSentence } from './finding-sentence.ts';
import { answered, type Check, check, DOWN, isOthers, type Seen } from './verify-checks.ts';

/** Symptoms that say through which nodes a Service does not answer. */
const CLOSED = new Set(['node-port-unreachable', 'service-unreachable']);
/** At most so many nodes are listed one by one; what is not well comes first. */
const MOST_LISTED = 120;

/** Gives the checks of each node, those that are not well first; of many nodes that are well, only how many there are. */
export function nodeChecks(draft: Draft, seen: readonly Seen[], language: Language): Check[] {
  const all = answered(seen);
  if (all.length === 0) return [];
  const each = draft.expect.nodes.map((node) => ({
    node,
    checks: [...readyCheck(draft, seen, node, language), ...wayChecks(draft, seen, node)],
  }));
  const bad = each.filter(({ checks }) => checks.some(({ result }) => result !== 'ok'));
  const good = each.filter(({ checks }) => checks.length > 0 && checks.every(({ result }) => result === 'ok'));
  const room = Math.max(0, MOST_LISTED - Math.min(bad.length, MOST_LISTED));
  const listed = [...bad.slice(0, MOST_LISTED), ...good.slice(0, good.length > room ? 0 : room)];
  const hidden = bad.length - Math.min(bad.length, MOST_LISTED);
  const fine = good.length > room ? good.length : 0;
  const sampled = all.map(({ answer }) => answer.diagnosis.agents).find((agents) => agents.sampled);
  return [
    ...listed.flatMap(({ checks }) => checks).slice(0, 2 * MOST_LISTED),
    // The worst of those that are not listed decides.
    ...(hidden > 0 ? [check(worst(bad.slice(MOST_LISTED)), 'verify.more', { count: hidden })] : []),
    ...(fine > 0 ? [check('ok', 'verify.nodes-fine', { count: fine })] : []),
    ...(sampled === undefined
      ? []
      : [check('ok', 'verify.sampled', { asked: sampled.asked.length, total: sampled.total })]),
  ];
}

function worst(nodes: readonly { readonly checks: readonly Check[] }[]): Check['result'] {
  return nodes.some(({ checks }) => checks.some(({ result }) => result === 'wrong')) ? 'wrong' : 'unseen';
}

function readyCheck(draft: Draft, seen: readonly Seen[], node: string, language: Language): Check[] {
  const all = answered(seen);
  const down = all
    .flatMap(({ answer }) => findingsOf(answer.diagnosis))
    .find((one) => DOWN.has(one.rule) && one.object.kind === 'Node' && one.object.name === node);
  if (down !== undefined) {
    if (asBefore(draft, node)) return [check('ok', 'verify.node-as-before', {}, node)];
    return [check('wrong', 'verify.node-not-ready', { says: findingSentence(down, language) }, node)];
  }
  const lists = all.flatMap(({ answer }) => answer.bundle.items.filter((item) => item.kind === 'nodes'));
  const listed = lists.find(
    (item) =>
      item.status === 'collected' &&
      item.object.kind === CLUSTER.kind &&
      (item.value as { nodes: { name: string }[] }).nodes.some(({ name }) => name === node),
  );
  if (listed !== undefined) return [check('ok', 'verify.node-ready', {}, node)];
  const failed = lists.find((item) => item.status === 'unavailable');
  const why = failed?.status === 'unavailable' ? failed.reason.replace(/\.$/, '') : 'it is not in the list of nodes';
  return [check('unseen', 'verify.node-unseen', { why }, node)];
}

/** It was down when the plan was made, and the plan is not about that. */
function asBefore(draft: Draft, node: string): boolean {
  const about = draft.expect.object;
  const works = draft.steps.some(
    (step) => (step.type === 'node' && step.node === node) || (step.type === 'wait' && waitsFor(step.until, node)),
  );
  if (works || (about.kind === 'Node' && about.name === node)) return false;
  return (draft.expect.before?.findings ?? []).some(
    ({ rule, object }) => DOWN.has(rule) && object.kind === 'Node' && object.name === node,
  );
}

function waitsFor(until: Extract<Draft['steps'][number], { type: 'wait' }>['until'], node: string): boolean {
  return (until.kind === 'node-ready' || until.kind === 'pod-replaced') && until.node === node;
}

function wayChecks(draft: Draft, seen: readonly Seen[], node: string): Check[] {
  return seen.flatMap(({ question, answer }, i): Check[] => {
    if (answer === undefined || question.type !== 'why-not-reachable' || isOthers(draft, i)) return [];
    const { diagnosis } = answer;
    const ways = diagnosis.paths.filter((path) => path.via.name === node);
    if (ways.length === 0) return [];
    const target = targetText(question.target);
    const told = ways.filter(({ result }) => result !== 'unknown' && result !== 'not-asked');
    const open = told.filter(({ result }) => result === 'open').length;
    if (closedOn(diagnosis, node) || (told.length > 0 && open === 0)) {
      const results = [...new Set(told.map(({ result }) => result).filter((result) => result !== 'open'))];
      return [check('wrong', 'verify.way-closed', { target, results }, node)];
    }
    if (open === 0) {
      // Where a sample was asked, nobody promised to see every node.
      return diagnosis.agents.sampled ? [] : [check('unseen', 'verify.way-unseen', { target }, node)];
    }
    return [check('ok', 'verify.way-open', { target, open, total: told.length }, node)];
  });
}

function closedOn(diagnosis: Diagnosis, node: string): boolean {
  const fits = (one: RankedFinding): boolean => CLOSED.has(one.rule) && one.confidence === 'confirmed';
  return findingsOf(diagnosis).some((one) => fits(one) && one.scope.nodes?.includes(node) === true);
}
