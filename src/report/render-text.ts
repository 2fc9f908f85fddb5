/** The report as text for a terminal: the verdict first, then the sections in the order of the thread. */
import { questionText } from '../core/question.ts';
import { word } from './languages/index.ts';
import type { Report } from './report.ts';
import { hang, painter } from './text/layout.ts';
import { type Page, said, sections } from './text/sections.ts';
import { secondsBetween } from './times.ts';
import { nameText, shorten, visible, withStop } from './visible.ts';

export interface TextOptions {
  /** Colour for a terminal; words and marks say the same without it. */
  readonly colour?: boolean;
  /** Columns, at least 40; default 100. */
  readonly width?: number;
  /** IANA zone for times; default UTC. */
  readonly zone?: string;
}

const VERDICT = {
  'cause-found': { mark: '✗', style: 'red' },
  'no-fault-found': { mark: '✓', style: 'green' },
  inconclusive: { mark: '?', style: 'yellow' },
} as const;
const MAX_CAUSES = 5;

/** Gives the report as text with a final newline. Holds no control characters besides newlines and, with `colour`, SGR codes. */
export function renderText(report: Report, options: TextOptions = {}): string {
  const page: Page = {
    report,
    width: Math.max(40, options.width ?? 100),
    zone: options.zone ?? 'UTC',
    paint: painter(options.colour === true),
  };
  return `${[...head(page), ...sections(page)].join('\n')}\n`;
}

function head(page: Page): string[] {
  const { report, paint } = page;
  const { language } = report;
  const { mark, style } = VERDICT[report.verdict];
  const verdict = word(language, `verdict.${report.verdict}`);
  // The summary of `no-fault-found` begins with the verdict and says how it was proven.
  const opening =
    report.verdict === 'no-fault-found'
      ? report.summary
      : `${verdict} · ${withStop(report.headline, word(language, 'stop'))}`;
  const lines = hang(`${mark} `, said(page, opening), page.width).map((line) => paint('bold', paint(style, line)));
  lines.push(...causeLines(page));
  const about = [
    `${word(language, 'root.cluster')} ${nameText(report.cluster)}`,
    nameText(report.id),
    word(language, 'root.seconds', { seconds: secondsBetween(report.startedAt, report.finishedAt) }),
    shorten(visible(questionText(report.question)), 200),
  ];
  return [...lines, ...hang('', about.join(' · '), page.width).map((line) => paint('dim', line))];
}

function causeLines(page: Page): string[] {
  const { report } = page;
  const { language } = report;
  const lines = report.causes.slice(0, MAX_CAUSES).flatMap((cause, i) => {
    const likely = cause.confidence === 'likely';
    const one = word(language, likely ? 'root.likely' : 'root.cause');
    const label = report.causes.length === 1 ? one : word(language, 'root.causes', { number: i + 1 });
    return hang('', `${label}${word(language, 'colon')}${said(page, cause.message)}`, page.width);
  });
  const left = report.causes.length - MAX_CAUSES;
  if (left > 0) lines.push(word(language, 'more', { count: left }));
  const { unexplained = [] } = report;
  if (unexplained.length > 0) {
    lines.push(
      ...hang('', said(page, word(language, 'root.unexplained', { nodes: unexplained.slice(0, 20) })), page.width),
    );
  }
  if (report.layer !== undefined && report.causes.length === 0) {
    lines.push(
      `${word(language, 'root.points-to')}${word(language, 'colon')}${word(language, `layer.${report.layer}`)}`,
    );
  }
  return lines;
}
