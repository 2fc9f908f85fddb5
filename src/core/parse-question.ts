/** Words that a person typed, in Slack or on a terminal, to a question. Pure; one clear sentence where it cannot. */
import { UserError } from './errors.ts';
import { parseIp } from './ip.ts';
import type { Question } from './question.ts';
import { diagnoseTarget, reachTarget } from './question-target.ts';
import { NAME, shown, tooMany, UNSEEN, unknownWord } from './question-words.ts';

/** What the words stand in for where they do not say it themselves. */
export interface ParseOptions {
  /** kubectl's `-n`. */
  readonly namespace?: string;
}

const MAX_CHARACTERS = 1000;
const VERBS = ['why-not-reachable', 'diagnose', 'preflight'] as const;

/**
 * Parses `why-not-reachable ci/jenkins-svc:http at k8smater1`, `diagnose node x`, `preflight` and their usual forms.
 * @throws UserError with a code, one sentence, and where one is near, the word that was probably meant.
 */
export function parseQuestion(words: readonly string[], options: ParseOptions = {}): Question {
  const { rest, flags } = takeFlags(splitWords(words));
  const verb = rest.shift()?.toLowerCase();
  if (verb === undefined)
    throw new UserError('question-empty', 'Nothing was asked. Try: why-not-reachable 30080, or diagnose node NAME.');
  const type = VERBS.find((known) => known === verb);
  if (type === undefined) throw unknownWord('unknown-verb', 'question', verb, VERBS);

  const { target: targetWords, from, at } = takeEnds(rest, flags);
  const namespace = flags['namespace'] ?? options.namespace;
  if (type === 'preflight') {
    if (targetWords.length > 0) throw tooMany(targetWords[0] ?? '', 'preflight');
    return { type, target: { kind: 'Component', name: 'cluster' } };
  }
  if (targetWords.length === 0)
    throw new UserError(
      'target-missing',
      type === 'diagnose'
        ? 'diagnose needs a target. Try: diagnose node NAME, diagnose calico, or diagnose deploy NAMESPACE/NAME.'
        : 'why-not-reachable needs a port or a Service. Try: why-not-reachable 30080, or why-not-reachable NAMESPACE/NAME.',
      { verb: type },
    );
  const parsed = type === 'diagnose' ? diagnoseTarget(targetWords, namespace) : reachTarget(targetWords, namespace);
  const where = at ?? parsed.at;
  return {
    type,
    target: parsed.target,
    ...(from === undefined ? {} : { from: place(from, 'from') }),
    ...(where === undefined ? {} : { at: place(where, 'at') }),
  };
}

function splitWords(words: readonly string[]): string[] {
  const text = words.join(' ');
  if (text.length > MAX_CHARACTERS)
    throw new UserError(
      'question-too-long',
      `The question has ${text.length} characters; ${MAX_CHARACTERS} is the limit. Name one port, Service, node or workload.`,
      { length: text.length, limit: MAX_CHARACTERS },
    );
  const split = text
    .split(/[ \t\r\n]+/)
    .map(unescapeSlack)
    .filter((word) => word !== '');
  const unseen = split.find((word) => UNSEEN.test(word));
  if (unseen !== undefined)
    throw new UserError(
      'unseen-characters',
      `The word ${shown(unseen)} has characters that cannot be seen. Type it again without them.`,
      { given: shown(unseen) },
    );
  return split;
}

/** `<http://1.2.3.4:30080|1.2.3.4:30080>` and `&lt;`: Slack rewrites links and three characters. */
function unescapeSlack(word: string): string {
  const link = /^<(?![@#!])([^|>]*)(?:\|([^>]*))?>$/.exec(word);
  // What Slack takes for a host (`node1.example.com`) is shown as it was typed and linked with `http://` before it.
  const typed = link?.[2] !== undefined && link[1] === `http://${link[2]}` ? link[2] : link?.[1];
  const plain = typed ?? word;
  return plain
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/[`“”"']/g, '');
}

const FLAGS: Readonly<Record<string, string>> = {
  '-n': 'namespace',
  '--namespace': 'namespace',
  '--from': 'from',
  '--at': 'at',
};

function takeFlags(words: readonly string[]): { rest: string[]; flags: Record<string, string> } {
  const rest: string[] = [];
  const flags: Record<string, string> = {};
  for (let i = 0; i < words.length; i++) {
    // Word processors and phones turn -- into a dash.
    const word = (words[i] ?? '').replace(/^[—–]/, '--');
    if (!/^-{1,2}[a-z]/i.test(word)) {
      rest.push(word);
      continue;
    }
    const [flag = '', inline] = word.split(/=(.*)/s);
    const name = FLAGS[flag];
    if (name === undefined) throw unknownWord('unknown-flag', 'flag', flag, Object.keys(FLAGS));
    const value = inline ?? words[++i];
    if (value === undefined || value === '' || value.startsWith('-'))
      throw new UserError('flag-value-missing', `${flag} needs a value. Try: ${flag} NAME.`, { flag });
    flags[name] = value;
  }
  return { rest, flags };
}

function takeEnds(words: readonly string[], flags: Readonly<Record<string, string>>) {
  const ends: { from?: string; at?: string } = {};
  if (flags['from'] !== undefined) ends.from = flags['from'];
  if (flags['at'] !== undefined) ends.at = flags['at'];
  const target: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const end = word.toLowerCase();
    if (target.length === 0 || (end !== 'from' && end !== 'at' && end !== 'via' && end !== 'on')) {
      target.push(word);
      continue;
    }
    const value = words[++i];
    if (value === undefined)
      throw new UserError('flag-value-missing', `"${end}" needs a node or an address after it.`, { flag: end });
    ends[end === 'from' ? 'from' : 'at'] = value;
  }
  return { target, ...ends };
}

/** A node's name or an address. */
function place(text: string, end: string): string {
  const bare = text
    .replace(/^nodes?\//i, '')
    .replace(/^no\//i, '')
    .replace(/^\[(.*)\]$/, '$1');
  if (parseIp(bare) !== undefined || (bare.length <= 253 && NAME.test(bare))) return bare;
  throw new UserError('place-invalid', `"${end} ${shown(text)}" names neither a node nor an address.`, {
    end,
    given: shown(text),
  });
}
