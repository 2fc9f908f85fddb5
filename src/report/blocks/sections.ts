/** The sections of the thread, in the order of reading: ways in, causes, fix, ruled out, also found, not seen. */
import type { KnownBlock, TableBlock } from '@slack/types';
import type { FixOffer } from '../../core/fix.ts';
import { chainLinks } from '../chain.ts';
import { anyWayTried, type EntryRow, entryTable } from '../entry-table.ts';
import { offerButtons } from '../fix/buttons.ts';
import { word } from '../languages/index.ts';
import { gapTexts } from '../not-seen.ts';
import type { Report, ReportAdvice, ReportFinding, ReportProof } from '../report.ts';
import { findingTags, taggedMessage } from '../tags.ts';
import { withStop } from '../visible.ts';
import { LIMITS, type Section } from './message.ts';
import { literal } from './mrkdwn.ts';
import { BREAK, command, type Line, prose, richBlocks } from './rich.ts';

/** Most rows of ways in, entries of a list, and causes with a card of their own. */
const MAX_ROWS = 150;
const MAX_ENTRIES = 80;
const MAX_CAUSES = 5;
/** Text of one table; Slack takes 10,000 in cells, and a message here 9,000 in all. */
const MAX_TABLE = 7000;

/** Gives every section that has something to say. `offers`: fixes that buttons stand for. */
export function threadSections(report: Report, offers: readonly FixOffer[] = []): Section[] {
  return [
    paths(report),
    ...causes(report),
    fix(report, offers),
    ruledOut(report),
    alsoFound(report),
    notSeen(report),
  ].filter((section) => section !== undefined);
}

function stopped(report: Report, text: string): string {
  return withStop(text, word(report.language, 'stop'));
}

function joined(report: Report, texts: readonly string[]): string {
  return texts
    .slice(0, 10)
    .map((text) => stopped(report, text))
    .join(' ');
}

function paths(report: Report): Section | undefined {
  const { language } = report;
  if (!anyWayTried(report)) return undefined;
  const table = entryTable(report, MAX_ROWS);
  const pieces: KnownBlock[][] = [richBlocks([{ elements: prose(table.summary) }])];
  let rows: EntryRow[] = [];
  let size = 0;
  for (const row of table.rows) {
    const cost = row.node.length + row.address.length + row.result.length + 10;
    if (rows.length === LIMITS.rows - 1 || (rows.length > 0 && size + cost > MAX_TABLE)) {
      pieces.push([tableOf(report, rows)]);
      rows = [];
      size = 0;
    }
    rows.push(row);
    size += cost;
  }
  pieces.push([tableOf(report, rows)]);
  return { key: 'paths', title: word(language, 'section.paths'), text: table.summary, pieces, leftOut: table.leftOut };
}

function tableOf(report: Report, rows: readonly EntryRow[]): TableBlock {
  const { language } = report;
  const head = (['paths.entry', 'paths.address', 'paths.result', 'paths.endpoint'] as const).map((key) =>
    word(language, key),
  );
  const yes = (has: boolean) => (has ? `● ${word(language, 'paths.yes')}` : word(language, 'paths.no'));
  const cells = rows.map((row) => [row.node, row.address, row.result, yes(row.hasEndpoint)]);
  const cell = (text: string) => ({ type: 'raw_text' as const, text: literal(text) || '-' });
  // Only the result may be long.
  const settings = head.map((_, column) => ({ is_wrapped: column === 2 }));
  return { type: 'table', rows: [head, ...cells].map((row) => row.map(cell)), column_settings: settings };
}

function causes(report: Report): (Section | undefined)[] {
  const { language } = report;
  const count = report.causes.length;
  const colon = word(language, 'colon');
  if (count === 0) return [symptoms(report)];
  return report.causes.slice(0, MAX_CAUSES).map((cause, i): Section => {
    const one = word(language, cause.confidence === 'likely' ? 'section.likely' : 'section.cause');
    const title = count === 1 ? one : word(language, 'section.cause-of', { number: i + 1, count });
    const chain = chainLinks(report, cause);
    const lines: Line[] = [];
    if (chain.length > 0) {
      lines.push({ elements: prose(`${word(language, 'cause.leads-to')}${colon.trimEnd()}`, { italic: true }) });
      for (const { symptom, because } of chain) {
        lines.push({ elements: prose(`→ ${symptom.message}`) }, ...proofs(because));
      }
    }
    const after = count > MAX_CAUSES && i === MAX_CAUSES - 1 ? { leftOut: count - MAX_CAUSES } : {};
    return {
      key: `cause-${i + 1}`,
      title,
      text: stopped(report, cause.message),
      pieces: [finding(report, cause), ...eachBlock(richBlocks(lines))],
      ...after,
    };
  });
}

/** Where no cause is known: what was seen of the symptom, and where the probes point. */
function symptoms(report: Report): Section | undefined {
  const { language, layer } = report;
  if (report.symptoms.length === 0) return undefined;
  const pieces = report.symptoms.slice(0, MAX_ENTRIES).map((symptom) => finding(report, symptom));
  if (layer !== undefined) {
    const text = `${word(language, 'root.points-to')}${word(language, 'colon')}${word(language, `layer.${layer}`)}`;
    pieces.push(richBlocks([{ elements: prose(stopped(report, text)) }]));
  }
  return {
    key: 'symptom',
    title: word(language, 'section.symptom'),
    text: joined(
      report,
      report.symptoms.map((symptom) => symptom.message),
    ),
    pieces,
    leftOut: Math.max(0, report.symptoms.length - MAX_ENTRIES),
  };
}

/** A finding: the message, its tags, its proofs, and for a likely one the command that would settle it. */
function finding(report: Report, it: ReportFinding): KnownBlock[] {
  const { language } = report;
  const lines: Line[] = [
    { elements: prose(it.message, { bold: true }) },
    { elements: prose(findingTags(report, it), { italic: true }) },
    ...proofs(it.because),
  ];
  if (it.tryThis !== undefined && it.tryThis !== '') {
    lines.push({
      elements: [...prose(`${word(language, 'cause.settle')}${word(language, 'colon')}`), ...command(it.tryThis)],
    });
  }
  return richBlocks(lines);
}

function proofs(because: readonly ReportProof[]): Line[] {
  return because.map((proof) => bullet(proof.says, proof.command));
}

function bullet(says: string, run: string | undefined, indent: 0 | 1 = 0): Line {
  const shown = run === undefined || run === '' ? [] : [BREAK, ...command(run)];
  return { bullet: indent, elements: [...prose(says), ...shown] };
}

function fix(report: Report, offers: readonly FixOffer[]): Section | undefined {
  const { language } = report;
  const advice = report.causes.flatMap((cause) => cause.advice ?? []);
  const futile = report.causes.flatMap((cause) => cause.wouldNotHelp ?? []);
  const foot = offerButtons(report, offers);
  if (advice.length + futile.length + foot.length === 0) return undefined;
  const lines = bullets(advice);
  if (futile.length > 0) {
    lines.push({ elements: prose(word(language, 'section.would-not-help'), { bold: true }) }, ...bullets(futile));
  }
  const title = word(language, advice.length + foot.length > 0 ? 'section.fix' : 'section.would-not-help');
  const text = joined(
    report,
    (advice.length > 0 ? advice : futile).map((it) => it.says),
  );
  return { key: 'fix', title, text, pieces: eachBlock(richBlocks(lines)), foot };
}

function bullets(advice: readonly ReportAdvice[]): Line[] {
  return advice.map((it) => bullet(it.says, it.command));
}

function ruledOut(report: Report): Section | undefined {
  const lines = report.ruledOut
    .slice(0, MAX_ENTRIES)
    .flatMap((it) => [
      bullet(it.message, undefined),
      ...it.because.map((proof) => bullet(proof.says, proof.command, 1)),
    ]);
  return list(
    report,
    'ruled-out',
    lines,
    report.ruledOut.map((it) => it.message),
  );
}

function alsoFound(report: Report): Section | undefined {
  const lines = report.alsoFound.slice(0, MAX_ENTRIES).map((it) => {
    const run = it.because.find((proof) => proof.command !== '')?.command;
    return bullet(taggedMessage(report, it), run);
  });
  return list(
    report,
    'also-found',
    lines,
    report.alsoFound.map((it) => it.message),
  );
}

function notSeen(report: Report): Section | undefined {
  const gaps = gapTexts(report);
  const lines = gaps.slice(0, MAX_ENTRIES).map((gap): Line => {
    const could = gap.could === undefined ? [] : [BREAK, ...prose(gap.could)];
    const run = gap.command;
    const shown =
      run === undefined
        ? []
        : [
            BREAK,
            ...prose(`${word(report.language, 'not-seen.try')}${word(report.language, 'colon')}`),
            ...command(run),
          ];
    return { bullet: 0, elements: [...prose(gap.line), ...could, ...shown] };
  });
  return list(
    report,
    'not-seen',
    lines,
    gaps.map((gap) => gap.line),
  );
}

function list(
  report: Report,
  key: 'ruled-out' | 'also-found' | 'not-seen',
  lines: readonly Line[],
  said: readonly string[],
): Section | undefined {
  if (said.length === 0) return undefined;
  return {
    key,
    title: word(report.language, `section.${key}`),
    text: joined(report, said),
    pieces: eachBlock(richBlocks(lines)),
    leftOut: Math.max(0, said.length - MAX_ENTRIES),
  };
}

function eachBlock(blocks: readonly KnownBlock[]): KnownBlock[][] {
  return blocks.map((block) => [block]);
}
