/** Helpers of the incident's tests: its text by line, all strings of a value, ages as kubectl prints them. */
import { existsSync, readFileSync } from 'node:fs';

const FILE = new URL('../../../../shared/incident/nodeport-30080.txt', import.meta.url);
/** The text lies beside the repository, not in it: tests that need it are skipped where only the repository is. */
export const HAS_TEXT = existsSync(FILE);
export const NO_TEXT = '../shared/incident/nodeport-30080.txt is not beside the repository';
const TEXT = HAS_TEXT ? readFileSync(FILE, 'utf8').split('\n') : [];

/** A line of the incident by its number, from 1. */
export function incidentLine(line: number): string {
  const text = TEXT[line - 1];
  if (text === undefined) throw new Error(`The incident has no line ${line}.`);
  return text;
}

/** Every string and number in a value, keys too, one a line; JSON inside strings is opened once. */
export function strings(value: unknown, out: string[] = []): string[] {
  if (typeof value === 'string') {
    out.push(value);
    for (const line of value.split('\n')) if (line.startsWith('{"')) openJson(line, out);
  } else if (typeof value === 'number') out.push(String(value));
  else if (Array.isArray(value)) for (const item of value) strings(item, out);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      out.push(key);
      strings(item, out);
    }
  }
  return out;
}

function openJson(line: string, out: string[]): void {
  try {
    strings(JSON.parse(line), out);
  } catch {
    out.push(line);
  }
}

/** `29d`, `42h`, `6d2h`, `2m4s`: duration.HumanDuration of apimachinery. */
export function age(from: string, to: string): string {
  const seconds = Math.floor((Date.parse(to) - Date.parse(from)) / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(seconds / 3600);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return hours % 24 === 0 ? `${hours / 24}d` : `${Math.floor(hours / 24)}d${hours % 24}h`;
  return `${Math.floor(hours / 24)}d`;
}
