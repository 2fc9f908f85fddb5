/** A fix for a terminal: the same sentences as in Slack, as plain text. */
import type { FixState } from '../../core/approval.ts';
import type { FixRecord } from '../../core/fix.ts';
import type { Draft } from '../../core/remediation.ts';
import { fixWord } from '../languages/fix/words.ts';
import { word } from '../languages/index.ts';
import { hang, painter, type Style } from '../text/layout.ts';
import { withTimes } from '../times.ts';
import { nameText, withoutStop } from '../visible.ts';
import { lineText } from './line-text.ts';
import type { FixTextOptions } from './options.ts';
import { type Part, planParts } from './plan-parts.ts';
import { saidText, withPeople } from './says.ts';
import { stateParts } from './state-parts.ts';
import { approvalSays, auditText, statusSays, titleOf } from './status.ts';

const LOOK: Readonly<Partial<Record<FixState, { readonly mark: string; readonly style: Style }>>> = {
  verified: { mark: '✓', style: 'green' },
  'not-verified': { mark: '✗', style: 'red' },
  failed: { mark: '✗', style: 'red' },
  unknown: { mark: '?', style: 'yellow' },
};

/** Gives a fix in its present state as text with a final newline. Without `colour` it holds no control characters but newlines. */
export function renderFixText(record: FixRecord, options: FixTextOptions): string {
  const { language } = options;
  const page = pageOf(options);
  const { mark, style } = LOOK[record.state] ?? { mark: '·', style: 'yellow' as const };
  const opening = `${fixWord(language, `state.${record.state}`)} · ${titleOf(record, options)}`;
  const says = [...statusSays(record, options), ...approvalSays(record, language)].map(saidText);
  const audit = auditText(record, language);
  const about = [
    record.id,
    nameText(record.remediation),
    `${word(language, 'root.cluster')} ${nameText(record.cluster)}`,
    saidText(withPeople(language, 'asked-by', [record.requestedBy])),
    ...(audit === undefined ? [] : [audit]),
  ];
  return page.text([
    ...page.wrapped(`${mark} `, opening).map((line) => page.paint('bold', page.paint(style, line))),
    ...says.flatMap((line) => page.wrapped('', line)),
    ...page.wrapped('', about.join(' · ')).map((line) => page.paint('dim', line)),
    ...page.parts(stateParts(record, options)),
  ]);
}

/** Gives a plan that no record was made for, as text with a final newline. `dryRun`: what the API server said to it, where it was asked. */
export function renderPlanText(draft: Draft, options: FixTextOptions): string {
  const { language, catalogue, dryRun } = options;
  const page = pageOf(options);
  const title = withoutStop(lineText(language, draft.remediation, draft.title, catalogue));
  const opening = `${fixWord(language, 'state.shown')} · ${title}`;
  return page.text([
    ...page.wrapped('', opening).map((line) => page.paint('bold', line)),
    ...page.wrapped('', fixWord(language, 'says.shown')),
    ...page.wrapped('', nameText(draft.remediation)).map((line) => page.paint('dim', line)),
    ...page.parts(planParts(draft, dryRun, options)),
  ]);
}

function pageOf(options: FixTextOptions) {
  const { language } = options;
  const width = Math.max(40, options.width ?? 100);
  const paint = painter(options.colour === true);
  const wrapped = (first: string, text: string): string[] => hang(first, withTimes(text, options.zone ?? 'UTC'), width);
  const entry = ({ says, command, code, bullet }: Part['entries'][number]): string[] => [
    ...wrapped(bullet === false ? '  ' : '  - ', says),
    ...(code ?? []).map((line) => `      ${paint('cyan', line)}`),
    ...(command === undefined ? [] : [`    ${paint('cyan', `$ ${command}`)}`]),
  ];
  return {
    paint,
    wrapped,
    parts: (parts: readonly Part[]): string[] =>
      parts.flatMap((part) => ['', paint('bold', fixWord(language, part.title)), ...part.entries.flatMap(entry)]),
    text: (lines: readonly string[]): string => `${lines.join('\n')}\n`,
  };
}
