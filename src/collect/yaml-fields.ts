/** Single fields out of the YAML that components keep in ConfigMaps: scalars and lists of scalars, nothing else. */

/** Gives the text of `name: value`, without quotes; undefined where it is missing, empty or null. `indent` 0: at the top level only. */
export function yamlField(text: string, name: string, indent?: number): string | undefined {
  for (const line of text.split('\n')) {
    const match = /^(\s*)([\w.-]+):\s*(.*)$/.exec(line);
    if (match === null || match[2] !== name || (indent !== undefined && match[1]?.length !== indent)) continue;
    return scalar(match[3] ?? '');
  }
  return undefined;
}

/** Gives the entries of a list of scalars, written in brackets or one a line. */
export function yamlList(text: string, name: string): string[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => new RegExp(`^\\s*${name}:`).test(line));
  const head = lines[at];
  if (head === undefined) return [];
  const inline = /\[(.*)\]/.exec(head);
  if (inline !== null) return (inline[1] ?? '').split(',').flatMap((entry) => scalar(entry) ?? []);
  const out: string[] = [];
  for (const line of lines.slice(at + 1)) {
    const entry = /^\s*-\s*(.*)$/.exec(line);
    if (entry === null) break;
    out.push(...[scalar(entry[1] ?? '')].filter((value) => value !== undefined));
  }
  return out;
}

function scalar(text: string): string | undefined {
  const bare = text.replace(/\s+#.*$/, '').trim();
  const value = /^(["'])(.*)\1$/.exec(bare)?.[2] ?? bare;
  return value === '' || value === 'null' || value === '~' ? undefined : value;
}
