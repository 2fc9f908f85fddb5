/** The plan in words: what is changed, what it touches, what is checked, how it is undone. The same for Slack and terminals. */
import type { DiffLine, DryRunStep } from '../../core/fix.ts';
import type { ApiStep, Draft, Line as PlanLine, PlanStep } from '../../core/remediation.ts';
import { type FixWordKey, fixWord } from '../languages/fix/words.ts';
import { word } from '../languages/index.ts';
import { visible, withoutStop } from '../visible.ts';
import { lineText } from './line-text.ts';
import type { FixOptions } from './options.ts';

/** One entry of a part: a sentence, and what stands under it. */
export interface Entry {
  readonly says: string;
  /** A command that a person can copy. */
  readonly command?: string;
  /** Shown to the letter: lines of a diff. */
  readonly code?: readonly string[];
  readonly bullet?: false;
}

/** A heading and its entries. */
export interface Part {
  readonly title: FixWordKey;
  readonly entries: readonly Entry[];
}

/** Gives the parts of a plan in the order of reading: the change, its reach, the checks, the way back, what is left to people. */
export function planParts(draft: Draft, dryRun: readonly DryRunStep[] | undefined, options: FixOptions): Part[] {
  const { language } = options;
  const says = (lines: readonly PlanLine[]): Entry[] =>
    lines.map((line) => lineEntry(draft.remediation, line, options));
  const machine = draft.steps.flatMap((step, index) => (step.type === 'manual' ? [] : [{ step, index }]));
  const manual = draft.steps.flatMap((step) => (step.type === 'manual' ? [step.says] : []));
  const numbered = (text: string, i: number) => (machine.length === 1 ? text : `${i + 1}. ${text}`);
  const change = machine.map(({ step, index }, i): Entry => {
    const entry = stepEntry(
      draft,
      step,
      dryRun?.find((run) => run.index === index),
      dryRun !== undefined,
      options,
    );
    return { ...entry, says: numbered(entry.says, i), bullet: false };
  });
  const undo = draft.undo.map((step): Entry => ({ says: stepSays(draft, step, options) }));
  const noUndo = [
    { says: fixWord(language, 'undo.none') },
    ...(draft.noUndo === undefined ? [] : says([draft.noUndo])),
  ];
  const parts: Part[] = [
    { title: 'part.change', entries: change },
    { title: 'part.blast', entries: says(draft.blast) },
    {
      title: 'part.undo',
      entries: undo.length === 0 ? noUndo : [...undo, ...(draft.noUndo === undefined ? [] : says([draft.noUndo]))],
    },
    { title: 'part.before', entries: says(draft.checksBefore) },
    { title: 'part.after', entries: says(draft.checksAfter) },
    { title: 'part.manual', entries: says(manual) },
    { title: 'part.notes', entries: says(draft.notes) },
  ];
  return parts.filter((part) => part.entries.length > 0);
}

/** Gives a remediation's line as an entry. */
export function lineEntry(remediation: string, line: PlanLine, { language, catalogue }: FixOptions): Entry {
  const text = lineText(language, remediation, line, catalogue);
  return line.command === undefined ? { says: text } : { says: text, command: visible(line.command) };
}

/** Gives one step in a sentence. */
export function stepSays(draft: Draft, step: PlanStep, { language, catalogue }: FixOptions): string {
  return lineText(language, draft.remediation, step.says, catalogue);
}

function stepEntry(
  draft: Draft,
  step: PlanStep,
  run: DryRunStep | undefined,
  ran: boolean,
  options: FixOptions,
): Entry {
  const { language } = options;
  const text = stepSays(draft, step, options);
  const stands = {
    says:
      step.type === 'wait' ? `${withoutStop(text)}${word(language, 'tags', { tags: exactly(step, options) })}` : text,
    ...(step.says.command === undefined ? {} : { command: visible(step.says.command) }),
  };
  if (step.type === 'node') return { ...stands, code: [exactly(step, options)] };
  if (step.type !== 'api') return stands;
  return { ...stands, code: [exactly(step, options), ...apiCode(step, run, ran, options)] };
}

/** Where a step is done and what is done there, to the letter: the one line that the sentence is held against. */
function exactly(step: PlanStep, { language }: FixOptions): string {
  switch (step.type) {
    case 'api': {
      const { kind, namespace, name } = step.target;
      const target = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}${step.subresource === undefined ? '' : `/${step.subresource}`}`;
      return visible(fixWord(language, `step.api.${step.verb}`, { target }));
    }
    case 'node':
      return visible(fixWord(language, 'step.node', { node: step.node, step: nodeStepText(step) }));
    case 'wait':
      return fixWord(language, 'step.wait', { seconds: step.seconds });
    case 'manual':
      return fixWord(language, 'step.manual');
  }
}

/** What the grant for the agent will carry. */
function nodeStepText(step: Extract<PlanStep, { type: 'node' }>): string {
  const params = Object.entries(step.action.params).map(([name, value]) => `${name}=${String(value)}`);
  return [step.action.step, ...params].join(' ');
}

function apiCode(step: ApiStep, run: DryRunStep | undefined, ran: boolean, { language }: FixOptions): string[] {
  if (!ran) return step.body === undefined ? [] : bodyLines(step.body);
  if (run === undefined) return [fixWord(language, 'diff.no-dry-run')];
  const none = step.verb === 'delete' ? 'diff.none.delete' : 'diff.none';
  const lines =
    run.diff.length === 0 ? [fixWord(language, none)] : run.diff.flatMap((line) => diffText(line, language));
  return [...lines, ...run.warnings.map((warning) => fixWord(language, 'diff.warning', { warning }))];
}

/** One changed field on up to three lines, as people know it from diffs. */
function diffText(line: DiffLine, language: FixOptions['language']): string[] {
  const unset = fixWord(language, 'diff.unset');
  const [before, after] = [line.before, line.after].map((value) => (value === undefined ? unset : visible(value)));
  const path = visible(line.path);
  const short = `${path}: ${before} → ${after}`;
  return short.length <= 100 ? [short] : [path, `  - ${before}`, `  + ${after}`];
}

/** A patch that no server has seen yet. */
function bodyLines(body: unknown): string[] {
  const text = typeof body === 'string' ? body : (JSON.stringify(body, undefined, 1) ?? '');
  return text.split('\n').slice(0, 200).map(visible);
}
