/** One flag in a file of environment settings (`KUBELET_EXTRA_ARGS="--a=b --c d"`): finds it, takes it out, puts it in. Pure. */

export { REMOVED_FLAGS } from '../core/node-steps.ts';

export interface FoundFlag {
  /** `--network-plugin=cni`, or `--network-plugin cni`. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Where the flags of one setting stand in the text, without the quotes around them. */
interface Region {
  readonly start: number;
  readonly end: number;
}

const SETTING = /^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*=(.*)$/gm;

/**
 * Gives each place of the flag. A sentence where it stands in a way that is not edited: within other quotes, without its
 * value, in a line that goes on.
 */
export function findFlag(text: string, flag: string): readonly FoundFlag[] | string {
  const found: FoundFlag[] = [];
  for (const { start, end } of regions(text)) {
    const value = text.slice(start, end);
    for (const match of value.matchAll(/\S+/g)) {
      const word = match[0];
      if (word !== flag && !word.startsWith(`${flag}=`)) continue;
      const before = value.slice(0, match.index);
      if (quotesOpen(before) || /["'`$\\]/.test(word)) return `${flag} stands within quotes`;
      if (word !== flag) {
        found.push({ text: word, start: start + match.index, end: start + match.index + word.length });
        continue;
      }
      const next = /^(\s+)([^\s"'`$\\-][^\s"'`$\\]*)(?=\s|$)/.exec(value.slice(match.index + word.length));
      if (next === null) return `${flag} stands without a value that can be told apart`;
      const length = word.length + next[0].length;
      found.push({
        text: `${word} ${next[2] ?? ''}`,
        start: start + match.index,
        end: start + match.index + length,
      });
    }
  }
  return found.length < mentions(text, flag) ? `${flag} stands where this agent does not edit it` : found;
}

/** Gives the text without the flag and the space that set it apart; undefined where it is not there exactly once. */
export function withoutFlag(text: string, flag: string): string | undefined {
  const found = findFlag(text, flag);
  if (typeof found === 'string' || found.length !== 1) return undefined;
  const [{ start, end } = { start: 0, end: 0 }] = found;
  const [head, tail] = [text.slice(0, start), text.slice(end)];
  const space = /[ \t]+$/.exec(head)?.[0].length ?? 0;
  return space > 0 ? head.slice(0, head.length - space) + tail : head + tail.replace(/^[ \t]+/, '');
}

/** Gives the text with the flag as the last of kubelet's own setting; undefined where there is no such setting. */
export function withFlag(text: string, flag: string): string | undefined {
  const region = regions(text, /^[ \t]*(?:export[ \t]+)?KUBELET_(?:KUBEADM|EXTRA)_ARGS=(.*)$/gm).at(-1);
  if (region === undefined) return undefined;
  const value = text.slice(region.start, region.end).trimEnd();
  return `${text.slice(0, region.start)}${value === '' ? flag : `${value} ${flag}`}${text.slice(region.end)}`;
}

function regions(text: string, setting = SETTING): Region[] {
  return [...text.matchAll(setting)].flatMap((match): Region[] => {
    const value = match[1] ?? '';
    if (value.trimEnd().endsWith('\\')) return [];
    const start = match.index + match[0].length - value.length;
    const quoted = /^(["'])(.*)\1[ \t\r]*$/.exec(value);
    if (quoted === null) return [{ start, end: start + value.trimEnd().length }];
    return [{ start: start + 1, end: start + 1 + (quoted[2] ?? '').length }];
  });
}

function quotesOpen(text: string): boolean {
  return ['"', "'"].some((quote) => (text.split(quote).length - 1) % 2 === 1);
}

/** How often the flag stands anywhere but in a comment. */
function mentions(text: string, flag: string): number {
  const lines = text.split('\n').filter((line) => !/^\s*[#;]/.test(line));
  return lines.join('\n').split(new RegExp(`(?<![\\w-])${flag}(?![\\w-])`)).length - 1;
}
