/** The words and flags of a command line, kubectl's way; an unknown flag gets the nearest known one. */
import { UserError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

/** A flag: its long name, an optional letter, and what its value is called in help; no value: a switch. */
export interface FlagSpec {
  readonly name: string;
  readonly letter?: string;
  readonly value?: string;
  readonly about: string;
  readonly choices?: readonly string[];
}

export const FLAGS: readonly FlagSpec[] = [
  { name: 'kubeconfig', value: 'FILE', about: 'The kubeconfig; default: $KUBECONFIG, then ~/.kube/config.' },
  { name: 'context', value: 'NAME', about: 'The context in it; default: the current one.' },
  { name: 'namespace', letter: 'n', value: 'NAME', about: 'Namespace of a name that has none.' },
  {
    name: 'output',
    letter: 'o',
    value: 'FORMAT',
    choices: ['text', 'json'],
    about: 'text (default) or json: one document on stdout.',
  },
  { name: 'request-timeout', value: 'TIME', about: 'Limit of the whole collection: 30s, 1m; default 20s.' },
  { name: 'from', value: 'PLACE', about: 'Who fails: a node, or an address.' },
  { name: 'at', value: 'PLACE', about: 'Through which entry it fails: a node, or one of its addresses.' },
  { name: 'lang', value: 'LANGUAGE', choices: ['en', 'zh-cn'], about: 'en or zh-cn; default: from $LC_ALL, $LANG.' },
  { name: 'save', value: 'FILE', about: 'Also write the evidence there, for kubewhy replay.' },
  { name: 'plan', about: 'Of fix: only show the plan (default).' },
  { name: 'approve', about: 'Of fix: carry the plan out with your own rights, then verify it.' },
  { name: 'remediation', value: 'NAME', about: 'Of fix: which of the fixes that the diagnosis offers.' },
  { name: 'limit', value: 'NUMBER', about: 'Of audit: the newest so many entries; default 50.' },
  { name: 'head', value: 'NUMBER:HASH', about: 'Of audit verify: where the log ended, as a thread quotes it.' },
  {
    name: 'agents',
    value: 'WHERE',
    about: 'auto (port 10850 of each node), off, or node=https://address:port with commas.',
  },
  { name: 'agent-ca', value: 'FILE', about: 'The authority that signed the agents.' },
  { name: 'agent-cert', value: 'FILE', about: 'Your certificate towards the agents.' },
  { name: 'agent-key', value: 'FILE', about: 'Its key.' },
  {
    name: 'color',
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    about: 'Colour: auto (on a terminal), always, never.',
  },
  { name: 'help', letter: 'h', about: 'This help.' },
  { name: 'version', about: 'The version.' },
];

export interface Arguments {
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
}

/**
 * Splits a command line. `--flag value`, `--flag=value`, `-n value`, `-nvalue`, `-o=json`; `--` ends the flags.
 * @throws UserError for an unknown flag, a missing value, or a value that is none of the choices.
 */
export function parseArguments(argv: readonly string[]): Arguments {
  const words: string[] = [];
  const flags: Record<string, string> = {};
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (!/^-{1,2}[A-Za-z]/.test(word)) {
      words.push(word);
      continue;
    }
    const { spec, inline } = findFlag(word);
    if (spec.value === undefined) {
      flags[spec.name] = 'true';
      continue;
    }
    const value = inline ?? argv[++i];
    if (value === undefined || value === '')
      throw new UserError('flag-value-missing', `--${spec.name} needs a value: --${spec.name} ${spec.value}.`, {
        flag: spec.name,
      });
    flags[spec.name] = checked(spec, value);
  }
  return { words, flags };
}

function findFlag(word: string): { spec: FlagSpec; inline: string | undefined } {
  const long = /^--([^=]+)(?:=(.*))?$/s.exec(word);
  if (long !== null) {
    const spec = FLAGS.find((flag) => flag.name === long[1]);
    if (spec !== undefined) return { spec, inline: long[2] };
  } else {
    const spec = FLAGS.find((flag) => flag.letter === word[1]);
    const rest = word.slice(2);
    if (spec !== undefined && (rest === '' || spec.value !== undefined))
      return { spec, inline: rest === '' ? undefined : rest.replace(/^=/, '') };
  }
  const given = word.split('=')[0] ?? word;
  const [near] = nearest(
    given.replace(/^-+/, ''),
    FLAGS.map((flag) => flag.name),
    1,
  );
  const hint = near === undefined ? 'kubewhy --help lists them.' : `Did you mean --${near}?`;
  throw new UserError('unknown-flag', `I know no flag "${given.slice(0, 60)}". ${hint}`, { given });
}

function checked(spec: FlagSpec, value: string): string {
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    throw new UserError(
      'flag-value-invalid',
      `--${spec.name} takes ${spec.choices.join(' or ')}, not "${value.slice(0, 60)}".`,
      { flag: spec.name },
    );
  }
  return value;
}

/** Parses `500ms`, `30s`, `2m` or plain seconds to milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? 's'];
  const value = match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit;
  if (Number.isNaN(value) || value < 1000 || value > 600_000) {
    throw new UserError(
      'duration-invalid',
      `--request-timeout takes a time from 1s to 10m, such as 30s, not "${text.slice(0, 60)}".`,
    );
  }
  return value;
}
