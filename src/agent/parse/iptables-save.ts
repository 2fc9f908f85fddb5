/** Parses iptables-save: tables with their chains and policies; rules are kept as lines and taken apart when asked for. */

export interface IptablesRule {
  readonly chain: string;
  /** The whole line, as printed. */
  readonly text: string;
  readonly target: string | undefined;
  readonly protocol: string | undefined;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  /** `--dport` or `--dports` as printed. */
  readonly ports: string | undefined;
  readonly comment: string | undefined;
  readonly toDestination: string | undefined;
  /** True where the rule asks about the sender: its address, or that it is this host. */
  readonly aboutSource: boolean;
  /** True for `--dst-type LOCAL`. */
  readonly toLocal: boolean;
}

export interface IptablesTable {
  readonly name: string;
  /** Chain to policy; `-` for chains that are not built in. */
  readonly policies: Map<string, string>;
  /** Chain to its lines: a large cluster has hundreds of thousands, of which few are looked at. */
  readonly lines: Map<string, string[]>;
}

/** Gives the rules of one chain; none where there is no such chain. */
export function rulesOf(table: IptablesTable | undefined, chain: string): IptablesRule[] {
  return (table?.lines.get(chain) ?? []).map((line) => parseRule(chain, line));
}

/** Gives where a rule's line jumps or goes to, without taking it apart. */
export function jumpOf(line: string): string | undefined {
  return / -[jg] (\S+)/.exec(line.replace(/"(?:[^"\\]|\\.)*"/g, ''))?.[1];
}

/** Gives the tables by name. Lines that are no table, chain or rule are skipped. */
export function parseIptablesSave(text: string): Map<string, IptablesTable> {
  const tables = new Map<string, IptablesTable>();
  let table: IptablesTable | undefined;
  for (const line of text.split('\n')) {
    const head = /^\*(\S+)/.exec(line);
    if (head !== null) {
      table = { name: head[1] ?? '', policies: new Map(), lines: new Map() };
      tables.set(table.name, table);
      continue;
    }
    if (table === undefined) continue;
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (chain !== null) table.policies.set(chain[1] ?? '', chain[2] ?? '-');
    // With counters (`iptables-save -c`) a rule begins with [packets:bytes].
    const rule = /^(?:\[\d+:\d+\] )?-A (\S+)/.exec(line);
    if (rule === null) continue;
    const list = table.lines.get(rule[1] ?? '');
    if (list === undefined) table.lines.set(rule[1] ?? '', [line]);
    else list.push(line);
  }
  return tables;
}

function parseRule(chain: string, text: string): IptablesRule {
  const words = splitWords(text.slice(text.indexOf('-A ') + 3 + chain.length));
  let negated = false;
  const values = new Map<string, string>();
  let aboutSource = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '!') {
      negated = true;
      continue;
    }
    if (!word.startsWith('-')) continue;
    const value = words[at + 1];
    if (word === '-s' || word === '--src-type') aboutSource = true;
    if (value !== undefined && !negated && !values.has(word)) values.set(word, value);
    negated = false;
  }
  return {
    chain,
    text: text.trim(),
    target: values.get('-j') ?? values.get('-g'),
    protocol: values.get('-p'),
    source: values.get('-s'),
    destination: values.get('-d'),
    ports: values.get('--dport') ?? values.get('--dports'),
    comment: values.get('--comment'),
    toDestination: values.get('--to-destination'),
    aboutSource,
    toLocal: values.get('--dst-type') === 'LOCAL',
  };
}

/** Splits at spaces outside of double quotes; a backslash inside of quotes takes the next character as it is. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)) {
    words.push(match[2] ?? (match[1] ?? '').replaceAll(/\\(.)/g, '$1'));
  }
  return words;
}
