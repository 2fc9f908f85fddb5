/** Parses iptables-save: tables with their chains, policies and rules, each rule taken apart as far as anyone needs. */

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
  readonly rules: Map<string, IptablesRule[]>;
}

/** Gives the tables by name. Lines that are no table, chain or rule are skipped. */
export function parseIptablesSave(text: string): Map<string, IptablesTable> {
  const tables = new Map<string, IptablesTable>();
  let table: IptablesTable | undefined;
  for (const line of text.split('\n')) {
    const head = /^\*(\S+)/.exec(line);
    if (head !== null) {
      table = { name: head[1] ?? '', policies: new Map(), rules: new Map() };
      tables.set(table.name, table);
      continue;
    }
    if (table === undefined) continue;
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (chain !== null) table.policies.set(chain[1] ?? '', chain[2] ?? '-');
    // With counters (`iptables-save -c`) a rule begins with [packets:bytes].
    const rule = /^(?:\[\d+:\d+\] )?-A (\S+)(.*)$/.exec(line);
    if (rule === null) continue;
    const list = table.rules.get(rule[1] ?? '') ?? [];
    list.push(parseRule(rule[1] ?? '', (rule[2] ?? '').trim(), line.trim()));
    table.rules.set(rule[1] ?? '', list);
  }
  return tables;
}

function parseRule(chain: string, rest: string, text: string): IptablesRule {
  const words = splitWords(rest);
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
    text,
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
