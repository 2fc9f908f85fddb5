/** The root message: one while it runs, edited in place, and what it becomes when it ends. */
import type { ActionsBlock, KnownBlock } from '@slack/types';
import type { Language } from '../../core/jobs.ts';
import type { Step } from '../../core/ports.ts';
import type { Question } from '../../core/question.ts';
import { fixWord } from '../languages/fix/words.ts';
import { word } from '../languages/index.ts';
import type { Report } from '../report.ts';
import { targetWords } from '../summary.ts';
import { secondsBetween } from '../times.ts';
import { nameText, visible, withStop } from '../visible.ts';
import { context, fallback, type Message, section } from './message.ts';
import { code, mrkdwn, sentence, within } from './mrkdwn.ts';

const EMOJI = {
  'cause-found': ':large_red_square:',
  'no-fault-found': ':large_green_square:',
  inconclusive: ':large_yellow_square:',
  resolved: ':large_green_square:',
  running: ':large_blue_square:',
  cancelled: ':black_large_square:',
  failed: ':large_orange_square:',
} as const;
const MARK = { done: '✓', running: '…', failed: '✗', partial: '✗' } as const;
const MAX_CAUSES = 3;
/** A line of the verdict: headline, three causes and a command stay under 3,000 together. */
const MAX_LINE = 550;

/** What is known of a diagnosis before it has a report. */
export interface Running {
  readonly id: string;
  readonly cluster: string;
  readonly question: Question;
  readonly language: Language;
  /** A Slack user's id. */
  readonly askedBy?: string | undefined;
}

/** Gives the message shown while a diagnosis waits or runs, with a button to cancel it. No steps: it waits for a worker. */
export function renderProgress(running: Running, steps: readonly Step[], seconds?: number): Message {
  const { language } = running;
  const target = targetWords(language, running.question.target);
  const headline = word(language, steps.length === 0 ? 'root.waits' : 'root.running', { target });
  const spent = seconds === undefined ? '' : word(language, 'root.seconds', { seconds: seconds.toFixed(1) });
  return {
    key: 'root',
    text: fallback(language, progressText(language, headline, steps)),
    blocks: [
      section(`${EMOJI.running} *${within(MAX_LINE, headline, mrkdwn)}*`),
      context(about(running)),
      ...(steps.length === 0 ? [] : [context(stepsLine(language, steps, spent))]),
      button('diagnosis_cancel', word(language, 'button.cancel'), running.id, label(language, 'cancel', running.id)),
    ],
  };
}

/** Gives the message of a diagnosis that ended without a report. `reason`: one sentence for the person who asked. */
export function renderEnded(running: Running, state: 'cancelled' | 'failed', reason: string): Message {
  const { language } = running;
  const headline = word(language, `root.${state}`, { target: targetWords(language, running.question.target) });
  return {
    key: 'root',
    text: fallback(language, `${withStop(headline, word(language, 'stop'))} ${reason}`),
    blocks: [
      section(`${EMOJI[state]} *${within(MAX_LINE, headline, mrkdwn)}*\n${within(MAX_LINE, reason, sentence)}`),
      context(about(running)),
      again(language, running.id),
    ],
  };
}

/** Gives the message of a finished diagnosis: verdict and headline, cause, who asked, steps and seconds, *Run again*. */
export function renderRoot(report: Report, steps: readonly Step[], hasThread: boolean): Message {
  const { language } = report;
  const seconds = secondsBetween(report.startedAt, report.finishedAt);
  const spent = word(language, 'root.seconds', { seconds });
  const fixed = report.causes.some((cause) => (cause.advice ?? []).length > 0);
  const next = hasThread ? ` ${word(language, fixed ? 'root.in-thread.fix' : 'root.in-thread')}` : '';
  const asked = report.symptoms.length === 0 ? '' : ` ${withStop(report.headline, word(language, 'stop'))}`;
  const text = `${withStop(report.summary, word(language, 'stop'))}${asked}${next}`;
  return {
    key: 'root',
    text: fallback(language, text),
    blocks: [
      section(verdictLines(report).join('\n')),
      context(steps.length === 0 ? `${about(report)} · ${spent}` : about(report)),
      ...(steps.length === 0 ? [] : [context(stepsLine(language, steps, spent))]),
      again(language, report.id),
    ],
  };
}

/** The fix after which the same question found no fault any more. */
export interface Fixed {
  readonly fix: string;
  readonly remediation: string;
  /** When that was seen, RFC 3339. */
  readonly at: string;
}

/** Gives the root message of a diagnosis whose fault is gone: resolved, by which fix, and what it had been. */
export function renderResolved(report: Report, fixed: Fixed, steps: readonly Step[] = []): Message {
  const { language } = report;
  const resolved = fixWord(language, 'resolved.word');
  const { fix: id, remediation, at } = fixed;
  const by = fixWord(language, 'resolved.by', { id, remediation: nameText(remediation), at });
  const spent = word(language, 'root.seconds', { seconds: secondsBetween(report.startedAt, report.finishedAt) });
  const stop = word(language, 'stop');
  // The first line is the old verdict's, which no longer holds.
  const [, ...causes] = verdictLines(report);
  const headline = `${EMOJI.resolved} *${resolved}* · *${within(MAX_LINE, report.headline, sentence)}*`;
  return {
    key: 'root',
    text: fallback(
      language,
      `${resolved}${word(language, 'colon')}${withStop(report.headline, stop)} ${by} ${report.summary}`,
    ),
    blocks: [
      section([headline, within(MAX_LINE, by, sentence), ...causes].join('\n')),
      context(steps.length === 0 ? `${about(report)} · ${spent}` : about(report)),
      ...(steps.length === 0 ? [] : [context(stepsLine(language, steps, spent))]),
      again(language, report.id),
    ],
  };
}

function verdictLines(report: Report): string[] {
  const { language } = report;
  const emoji = EMOJI[report.verdict];
  const colon = word(language, 'colon');
  const line = (text: string) => within(MAX_LINE, text, sentence);
  if (report.verdict === 'no-fault-found') return [`${emoji} *${line(report.summary)}*`];
  const verdict = word(language, `verdict.${report.verdict}`);
  const lines = [`${emoji} *${verdict}* · *${line(report.headline)}*`];
  const { causes } = report;
  for (const [i, cause] of causes.slice(0, MAX_CAUSES).entries()) {
    const one = word(language, cause.confidence === 'likely' ? 'root.likely' : 'root.cause');
    const name = causes.length === 1 ? one : word(language, 'root.causes', { number: i + 1 });
    lines.push(`${name}${colon}${line(cause.message)}`);
  }
  if (causes.length > MAX_CAUSES) lines.push(word(language, 'root.rest', { count: causes.length - MAX_CAUSES }));
  const settle = causes.find((cause) => cause.tryThis !== undefined)?.tryThis;
  if (report.verdict === 'inconclusive' && settle !== undefined) {
    lines.push(`${word(language, 'root.settle')}${colon}${within(400, settle, code)}`);
  }
  const { unexplained = [] } = report;
  if (unexplained.length > 0) lines.push(line(word(language, 'root.unexplained', { nodes: unexplained.slice(0, 20) })));
  if (causes.length === 0 && report.layer !== undefined) {
    lines.push(`${word(language, 'root.points-to')}${colon}${word(language, `layer.${report.layer}`)}`);
  }
  return lines;
}

function about(running: Running): string {
  const { language } = running;
  const asked = running.askedBy === undefined ? [] : [`${word(language, 'root.asked-by')} ${person(running.askedBy)}`];
  return [...asked, `${word(language, 'root.cluster')} ${within(300, running.cluster, code)}`, running.id].join(' · ');
}

/** A mention of the person who asked, only where the id has the form of one; anything else is shown as text. */
function person(id: string): string {
  return /^[UW][A-Z0-9]{2,30}$/.test(id) ? `<@${id}>` : within(100, id, mrkdwn);
}

function stepText(language: Language, step: Step): string {
  const count = step.total === undefined ? '' : ` ${step.done ?? 0}/${step.total}`;
  return `${word(language, `step.${step.name}`)}${count}`;
}

function stepsLine(language: Language, steps: readonly Step[], spent: string): string {
  const line = steps.map((step) => `${MARK[step.state]} ${stepText(language, step)}`).join(' ');
  return [code(line), ...(spent === '' ? [] : [mrkdwn(spent)])].join(' · ');
}

/** The same in words, for those who hear it read. */
function progressText(language: Language, headline: string, steps: readonly Step[]): string {
  const named = (states: readonly Step['state'][]) =>
    steps.filter((step) => states.includes(step.state)).map((step) => stepText(language, step));
  const parts = [headline];
  const done = named(['done']);
  const waits = named(['running']);
  const failed = named(['failed', 'partial']);
  if (done.length > 0) parts.push(word(language, 'progress.done', { steps: done }));
  if (failed.length > 0) parts.push(word(language, 'progress.failed', { steps: failed }));
  if (waits.length > 0) parts.push(word(language, 'progress.waits', { steps: waits }));
  return visible(parts.join(word(language, 'listJoin')));
}

function again(language: Language, id: string): KnownBlock {
  return button('diagnosis_again', word(language, 'button.again'), id, label(language, 'again', id));
}

function label(language: Language, name: 'cancel' | 'again', id: string): string {
  return word(language, `button.${name}.label`, { id }).slice(0, 75);
}

function button(action: string, text: string, value: string, accessibilityLabel: string): ActionsBlock {
  return {
    type: 'actions',
    elements: [
      {
        type: 'button',
        action_id: action,
        text: { type: 'plain_text', text },
        value,
        accessibility_label: accessibilityLabel,
      },
    ],
  };
}
