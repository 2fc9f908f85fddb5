/** The text of kube-proxy's configuration: its nodePortAddresses read and replaced, every other line as it was. */

const LINE = /^nodePortAddresses:[ \t]*(.*)$/;
const ITEM = /^[ \t]*-[ \t]+(.+?)[ \t]*$/;

/** The list as it stands, and the text with another list. */
export interface NodePortAddresses {
  readonly list: readonly string[];
  readonly replaced: (list: readonly string[]) => string;
}

/**
 * Finds the one top-level key nodePortAddresses, in the forms that kubeadm, Helm and people write: `null`, `[]`,
 * `["a", "b"]`, or a list below it. Undefined for any other form: such a text is not edited.
 */
export function nodePortAddressesIn(config: string): NodePortAddresses | undefined {
  const lines = config.split('\n');
  const places = lines.flatMap((line, i) => (LINE.test(line) ? [i] : []));
  const [at, second] = places;
  if (second !== undefined) return undefined;
  if (at === undefined) {
    // Absent is empty; the key goes to the end, where a text that ends in a list or a map takes a top-level key.
    if (!/^kind:[ \t]*KubeProxyConfiguration[ \t]*$/m.test(config)) return undefined;
    return { list: [], replaced: (list) => `${config.replace(/\n*$/, '\n')}${block(list).join('\n')}\n` };
  }
  const value = (LINE.exec(lines[at] ?? '')?.[1] ?? '').replace(/[ \t]+#.*$/, '').trim();
  const below = itemsBelow(lines, at + 1);
  const list = value === '' ? below : below.length > 0 ? undefined : flow(value);
  if (list === undefined) return undefined;
  const rest = lines.slice(at + 1 + (value === '' ? below.length : 0));
  return { list, replaced: (next) => [...lines.slice(0, at), ...block(next), ...rest].join('\n') };
}

function itemsBelow(lines: readonly string[], from: number): string[] {
  const out: string[] = [];
  for (const line of lines.slice(from)) {
    const item = ITEM.exec(line)?.[1];
    if (item === undefined) break;
    out.push(unquoted(item));
  }
  return out;
}

function flow(value: string): string[] | undefined {
  if (['null', '~', '[]'].includes(value)) return [];
  const inner = /^\[(.+)\]$/.exec(value)?.[1];
  return inner?.split(',').map((item) => unquoted(item.trim()));
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
}

function block(list: readonly string[]): string[] {
  return list.length === 0 ? ['nodePortAddresses: null'] : ['nodePortAddresses:', ...list.map((one) => `- ${one}`)];
}
