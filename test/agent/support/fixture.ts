/** Reads captured texts from test/fixtures/host. */
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../fixtures/host/', import.meta.url);

export function fixture(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** Gives what one command printed: `iproute-6.1.txt` holds several, each below `## ip …` and above `## rc …`. */
export function iprouteOutput(command: string): { code: number; stdout: string; stderr: string } {
  const text = fixture('iproute-6.1.txt');
  const head = `## ip ${command}\n`;
  const start = text.indexOf(head);
  if (start < 0) throw new Error(`no capture of ip ${command}`);
  const end = text.indexOf('## rc ', start);
  const output = text.slice(start + head.length, end);
  const code = Number(text.slice(end + 6, text.indexOf('\n', end)));
  return code === 0 ? { code, stdout: output, stderr: '' } : { code, stdout: '', stderr: output };
}
