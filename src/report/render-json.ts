/** The report as one JSON document, safe to print on a terminal. */
import type { Report } from './report.ts';

/** Direction marks, line separators and C1 controls, which JSON.stringify leaves as they are. */
const UNSAFE = /[\u007F-\u009F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/g;

/** Gives the document with two spaces of indent and a final newline. */
export function renderJson(report: Report): string {
  return safeJson(report, 2);
}

/** Gives a value as JSON with a final newline. What a terminal could act on is written as `\uXXXX`: people `cat` such files. */
export function safeJson(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, null, indent);
  return `${json.replaceAll(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
