/** The door to fixes in words: cards and messages for Slack, text for terminals, sentences of remediations. */
export {
  lineText,
  type RemediationCatalogue,
  reasonText,
  remediationSummary,
  untranslatedRemediations,
} from './line-text.ts';
export type { FixOptions, FixTextOptions, FixThread } from './options.ts';
export { renderFix } from './render-fix.ts';
export { renderFixText, renderPlanText } from './render-fix-text.ts';
