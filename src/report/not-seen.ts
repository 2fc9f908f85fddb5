/** Groups what could not be seen: one line for each reason, not one for each kind of evidence. */
import { type EvidenceKind, isNodeKind } from '../core/evidence/kinds.ts';
import { type ObjectRef, refText } from '../core/object-ref.ts';
import { evidenceWord, word } from './languages/index.ts';
import type { Report, ReportNotSeen } from './report.ts';
import { nameText, objectText, withoutStop } from './visible.ts';

/** Things of one kind that could not be seen for the same reason. */
export interface Gap {
  readonly objects: readonly ObjectRef[];
  readonly evidence: readonly EvidenceKind[];
  readonly reason: string;
  /** Rules that could not speak. */
  readonly blocks: readonly string[];
  readonly tryThis: string;
}

/** Whose command says most about a node that nobody answers on, best first. */
const BEST_COMMAND: readonly EvidenceKind[] = ['node-units', 'node-journal', 'nodes', 'workload', 'pods'];
const MAX_RULES = 4;
const MAX_KINDS = 6;
/** From here on a node counts as dark: so many kinds of evidence are missing for one reason. */
const DARK = 4;

/** Groups by object and reason, then joins objects of one kind that lack the same for the same reason. Order is kept. */
export function groupNotSeen(notSeen: readonly ReportNotSeen[]): Gap[] {
  const byObject = [...groupBy(notSeen, (gap) => `${refText(gap.object)}\n${gap.reason}`)].map(gapOf);
  const alike = groupBy(byObject, (gap) => [gap.objects[0]?.kind, gap.reason, ...gap.evidence].join('\n'));
  return [...alike].map((gaps) => ({
    ...(gaps[0] as Gap),
    objects: gaps.flatMap((gap) => gap.objects),
    blocks: unique(gaps.flatMap((gap) => gap.blocks)),
  }));
}

/** A gap as people read it: what is missing and why, what it could have shown, and the command that shows it. */
export interface GapText {
  readonly line: string;
  readonly could?: string;
  readonly command?: string;
}

/** Gives the sentences of each gap. */
export function gapTexts(report: Report): GapText[] {
  const { language } = report;
  return groupNotSeen(report.notSeen).map((gap) => {
    const kinds = gap.evidence.map((kind) => evidenceWord(language, kind));
    const inside = gap.evidence.length >= DARK && gap.evidence.every(isNodeKind);
    // Nothing answers there: a command that needs nothing but a shell on the node.
    const command = inside && gap.evidence.includes('node-units') ? shellCommand(gap) : gap.tryThis;
    const line = word(language, inside ? 'not-seen.inside' : 'not-seen.line', {
      objects: gap.objects.map(objectText),
      evidence: few(report, kinds, MAX_KINDS, 'comma'),
      reason: withoutStop(gap.reason),
    }).replace(/([?!？！])[.。]$/u, '$1');
    const rules = few(
      report,
      gap.blocks.map((rule) => withoutStop(report.rules[rule] ?? rule)),
      MAX_RULES,
      'listJoin',
    );
    return {
      line,
      ...(rules === '' ? {} : { could: word(language, 'not-seen.could', { rules }) }),
      ...(command === '' ? {} : { command }),
    };
  });
}

function shellCommand(gap: Gap): string {
  const nodes = gap.objects.slice(0, 3).map((object) => nameText(object.name));
  return `systemctl status kubelet   # on ${nodes.join(', ')}${gap.objects.length > nodes.length ? ', …' : ''}`;
}

function few(report: Report, texts: readonly string[], max: number, between: 'comma' | 'listJoin'): string {
  const join = word(report.language, between);
  if (texts.length <= max + 1) return texts.join(join);
  return `${texts.slice(0, max).join(join)}${join}${word(report.language, 'more', { count: texts.length - max })}`;
}

function gapOf(items: readonly ReportNotSeen[]): Gap {
  const first = items[0] as ReportNotSeen;
  const best = BEST_COMMAND.map((kind) => items.find((item) => item.evidence === kind && item.tryThis !== ''));
  const spoken = best.find((item) => item !== undefined) ?? items.find((item) => item.tryThis !== '');
  return {
    objects: [first.object],
    evidence: unique(items.map((item) => item.evidence)),
    reason: first.reason,
    // What the command would show stands first.
    blocks: unique([...(spoken?.blocks ?? []), ...items.flatMap((item) => item.blocks)]),
    tryThis: spoken?.tryThis ?? '',
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Iterable<T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups.values();
}
