/** The door to reports: build one from a diagnosis, render it for a terminal, for programs, for Slack. */
import { RULES } from '../rules/index.ts';
import { type Catalogue, catalogueOf } from './catalogue.ts';

/** The sentences of every rule. */
export const CATALOGUE: Catalogue = catalogueOf(RULES);

export { buildReport, type ReportOptions } from './build-report.ts';
export {
  type FixOptions,
  type FixTextOptions,
  type FixThread,
  lineText,
  reasonText,
  remediationSummary,
  renderFix,
  renderFixText,
  renderPlanText,
} from './fix/index.ts';
export { errorSentence } from './languages/index.ts';
export {
  type Fixed,
  type Message,
  mrkdwn,
  type Running,
  renderEnded,
  renderProgress,
  renderResolved,
  renderThread,
  type Thread,
  type ThreadOptions,
} from './render-blocks.ts';
export { renderJson, safeJson } from './render-json.ts';
export { renderText, type TextOptions } from './render-text.ts';
export { Report } from './report.ts';
export { targetWords } from './summary.ts';
