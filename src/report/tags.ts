/** What stands in small print beside a finding: how sure, how bad, which rule, where, since when. */
import { word } from './languages/index.ts';
import type { Report, ReportFinding } from './report.ts';
import { nameText, objectText, withoutStop, withStop } from './visible.ts';

/** Gives `confirmed · critical · calico-node-ip-mismatch · Node/k8smater1 · since …`. The time stays RFC 3339. */
export function findingTags(report: Report, it: ReportFinding): string {
  const { language } = report;
  return [
    word(language, `confidence.${it.confidence}`),
    word(language, `severity.${it.severity}`),
    nameText(it.rule),
    objectText(it.object),
    ...(it.since === undefined ? [] : [`${word(language, 'cause.since')} ${nameText(it.since)}`]),
  ].join(' · ');
}

/** Gives the message with severity, rule, and what it follows from behind it, for lists. */
export function taggedMessage(report: Report, it: ReportFinding): string {
  const { language } = report;
  const from = nearestReasons(report, it).map((reason) => `${nameText(reason.rule)} ${objectText(reason.object)}`);
  const follows = from.length === 0 ? [] : [word(language, 'tags.follows-from', { from })];
  const tags = [word(language, `severity.${it.severity}`), nameText(it.rule), ...follows];
  return withStop(`${withoutStop(it.message)}${word(language, 'tags', { tags })}`, word(language, 'stop'));
}

/** The findings that explain this one and do not explain it through another of them. */
function nearestReasons(report: Report, it: ReportFinding): ReportFinding[] {
  const all = [...report.causes, ...report.symptoms, ...report.alsoFound];
  const reasons = all.filter((other) => other.explains.includes(it.id));
  const ids = new Set(reasons.map((reason) => reason.id));
  return reasons.filter((reason) => !reason.explains.some((id) => ids.has(id)));
}
