/** The sections of the terminal's report: ways in, causes with their chain, fix, ruled out, also found, not seen. */
import { chainLinks } from '../chain.ts';
import { anyWayTried, entryTable } from '../entry-table.ts';
import { word } from '../languages/index.ts';
import { gapTexts } from '../not-seen.ts';
import type { Report, ReportAdvice, ReportFinding, ReportProof } from '../report.ts';
import { findingTags, taggedMessage } from '../tags.ts';
import { withTimes } from '../times.ts';
import { columns, hang, type painter } from './layout.ts';

/** Everything the sections share. */
export interface Page {
  readonly report: Report;
  readonly width: number;
  readonly zone: string;
  readonly paint: ReturnType<typeof painter>;
}

/** Most rows of the table and entries of a list; `--output json` has them all. */
const MAX_ROWS = 40;
const MAX_ENTRIES = 50;
const STYLE = { open: 'green', failed: 'red', unknown: 'yellow' } as const;

/** Gives the lines of every section that has something to say, each with a blank line before it. */
export function sections(page: Page): string[] {
  return [paths(page), ...causes(page), fix(page), ruledOut(page), alsoFound(page), notSeen(page)].flatMap((lines) =>
    lines.length === 0 ? [] : ['', ...lines],
  );
}

/** Gives a sentence ready to print: times in the reader's zone. One that ends with a quoted line ends as that does. */
export function said(page: Page, text: string): string {
  return withTimes(text, page.zone);
}

function title(page: Page, text: string): string {
  return page.paint('bold', text);
}

function command(page: Page, text: string, indent: string): string {
  return `${indent}${page.paint('cyan', `$ ${text}`)}`;
}

/** A label with its colon at the end of a line. */
function labelled(page: Page, key: 'cause.settle' | 'not-seen.try'): string {
  return `${word(page.report.language, key)}${word(page.report.language, 'colon').trimEnd()}`;
}

function listed<T>(page: Page, entries: readonly T[], lines: (entry: T) => string[]): string[] {
  const left = entries.length - MAX_ENTRIES;
  const shown = entries.slice(0, MAX_ENTRIES).flatMap(lines);
  if (left > 0) shown.push(`  ${word(page.report.language, 'more.json', { count: left })}`);
  return shown;
}

function paths(page: Page): string[] {
  const { report, paint } = page;
  const { language } = report;
  if (!anyWayTried(report)) return [];
  const table = entryTable(report, MAX_ROWS);
  const marked = (has: boolean) => (has ? `● ${word(language, 'paths.yes')}` : word(language, 'paths.no'));
  const head = [
    word(language, 'paths.entry'),
    word(language, 'paths.address'),
    word(language, 'paths.endpoint'),
    word(language, 'paths.result'),
  ];
  const [header = '', ...rows] = columns([
    head,
    ...table.rows.map((row) => [row.node, row.address, marked(row.hasEndpoint), row.result]),
  ]);
  const coloured = rows.map((line, i) => {
    const row = table.rows[i];
    if (row === undefined) return line;
    return line.slice(0, line.length - row.result.length) + paint(STYLE[row.state], row.result);
  });
  const lines = [title(page, word(language, 'section.paths')), `  ${paint('dim', header)}`];
  lines.push(...coloured.map((line) => `  ${line}`), ...hang('  ', table.summary, page.width));
  if (table.leftOut > 0) lines.push(`  ${word(language, 'more.json', { count: table.leftOut })}`);
  return lines;
}

function causes(page: Page): string[][] {
  const { report } = page;
  const { language } = report;
  const count = report.causes.length;
  if (count === 0 && report.symptoms.length > 0) {
    return [
      [title(page, word(language, 'section.symptom')), ...listed(page, report.symptoms, (f) => finding(page, f))],
    ];
  }
  return report.causes.map((cause, i) => {
    const likely = cause.confidence === 'likely';
    const one = word(language, likely ? 'section.likely' : 'section.cause');
    const heading = count === 1 ? one : word(language, 'section.cause-of', { number: i + 1, count });
    const lines = [title(page, heading), ...finding(page, cause)];
    const chain = chainLinks(report, cause);
    if (chain.length > 0) {
      lines.push(`  ${page.paint('dim', word(language, 'cause.leads-to'))}`);
      for (const { symptom, because } of chain) {
        lines.push(...hang('  → ', said(page, symptom.message), page.width), ...proofs(page, because, '    '));
      }
    }
    return lines;
  });
}

/** A finding with its tags and proofs. */
function finding(page: Page, it: ReportFinding): string[] {
  const lines = hang('  ', said(page, it.message), page.width);
  lines.push(
    ...hang('  ', said(page, findingTags(page.report, it)), page.width).map((line) => page.paint('dim', line)),
  );
  lines.push(...proofs(page, it.because, '  '));
  if (it.tryThis !== undefined) {
    lines.push(`  ${labelled(page, 'cause.settle')}`, command(page, it.tryThis, '    '));
  }
  return lines;
}

function proofs(page: Page, because: readonly ReportProof[], indent: string): string[] {
  return because.flatMap((proof) => [
    ...hang(`${indent}- `, said(page, proof.says), page.width),
    ...(proof.command === '' ? [] : [command(page, proof.command, `${indent}  `)]),
  ]);
}

const PLAN_COMMAND = 'kubewhy fix diagnosis.json --plan';

/** True where `kubewhy fix` can plan: it fixes what is proven, and nothing else. */
function isPlannable({ verdict, causes }: Report): boolean {
  const fixable = causes.some(({ confidence, remediations }) => confidence === 'confirmed' && remediations.length > 0);
  return verdict === 'cause-found' && fixable;
}

function fix(page: Page): string[] {
  const { report } = page;
  const advice = report.causes.flatMap((cause) => cause.advice ?? []);
  const futile = report.causes.flatMap((cause) => cause.wouldNotHelp ?? []);
  const lines: string[] = [];
  if (advice.length > 0) lines.push(title(page, word(report.language, 'section.fix')), ...advices(page, advice));
  if (advice.length > 0 && isPlannable(report)) {
    lines.push(...hang('  - ', word(report.language, 'fix.plan'), page.width), command(page, PLAN_COMMAND, '    '));
  }
  if (futile.length > 0) {
    lines.push(title(page, word(report.language, 'section.would-not-help')), ...advices(page, futile));
  }
  return lines;
}

function advices(page: Page, advice: readonly ReportAdvice[]): string[] {
  return advice.flatMap((it) => [
    ...hang('  - ', said(page, it.says), page.width),
    ...(it.command === undefined ? [] : [command(page, it.command, '    ')]),
  ]);
}

function ruledOut(page: Page): string[] {
  const { report, width } = page;
  if (report.ruledOut.length === 0) return [];
  const lines = listed(page, report.ruledOut, (it) => [
    ...hang('  - ', said(page, it.message), width),
    ...it.because.flatMap((proof) => [
      ...hang('      ', said(page, proof.says), width),
      ...(proof.command === '' ? [] : [command(page, proof.command, '      ')]),
    ]),
  ]);
  return [title(page, word(report.language, 'section.ruled-out')), ...lines];
}

function alsoFound(page: Page): string[] {
  const { report } = page;
  if (report.alsoFound.length === 0) return [];
  const lines = listed(page, report.alsoFound, (it) => {
    return [
      ...hang('  - ', said(page, taggedMessage(report, it)), page.width),
      ...it.because
        .slice(0, 1)
        .flatMap((proof) => (proof.command === '' ? [] : [command(page, proof.command, '      ')])),
    ];
  });
  return [title(page, word(report.language, 'section.also-found')), ...lines];
}

function notSeen(page: Page): string[] {
  const { report, width } = page;
  if (report.notSeen.length === 0) return [];
  const lines = listed(page, gapTexts(report), (gap) => [
    ...hang('  - ', withTimes(gap.line, page.zone), width),
    ...(gap.could === undefined ? [] : hang('    ', gap.could, width)),
    ...(gap.command === undefined
      ? []
      : [`    ${labelled(page, 'not-seen.try')}`, command(page, gap.command, '      ')]),
  ]);
  return [title(page, word(report.language, 'section.not-seen')), ...lines];
}
