/** Words that a person typed, in Slack or on a terminal, to a question. Pure; one clear sentence where it cannot. */
import { UserError } from './errors.ts';
import { parseIp } from './ip.ts';
import { nearest } from './nearest.ts';
import type { Question, Target } from './question.ts';

/** What the words stand in for where they do not say it themselves. */
export interface ParseOptions {
  /** kubectl's `-n`. */
  readonly namespace?: string;
}

const MAX_CHARACTERS = 1000;
const VERBS = ['why-not-reachable', 'diagnose', 'preflight'] as const;

/** kubectl's names, its short names, and what people say. */
const KINDS: Readonly<Record<string, Target['kind']>> = {
  service: 'Service',
  services: 'Service',
  svc: 'Service',
  node: 'Node',
  nodes: 'Node',
  no: 'Node',
  pod: 'Pod',
  pods: 'Pod',
  po: 'Pod',
  deployment: 'Deployment',
  deployments: 'Deployment',
  deploy: 'Deployment',
  replicaset: 'ReplicaSet',
  replicasets: 'ReplicaSet',
  rs: 'ReplicaSet',
  statefulset: 'StatefulSet',
  statefulsets: 'StatefulSet',
  sts: 'StatefulSet',
  daemonset: 'DaemonSet',
  daemonsets: 'DaemonSet',
  ds: 'DaemonSet',
  job: 'Job',
  jobs: 'Job',
  namespace: 'Namespace',
  namespaces: 'Namespace',
  ns: 'Namespace',
};
const COMPONENTS: Readonly<Record<string, string>> = {
  calico: 'calico',
  'control-plane': 'control-plane',
  'control plane': 'control-plane',
  controlplane: 'control-plane',
  cluster: 'cluster',
};
const PROTOCOLS: Readonly<Record<string, 'TCP' | 'UDP' | 'SCTP'>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };
/** C0 and C1 controls, and characters that turn the direction of text or are invisible: they make a name look like another. */
const UNSEEN = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/**
 * Parses `why-not-reachable ci/jenkins-svc:http at k8smater1`, `diagnose node x`, `preflight` and their usual forms.
 * @throws UserError with a code, one sentence, and where one is near, the word that was probably meant.
 */
export function parseQuestion(words: readonly string[], options: ParseOptions = {}): Question {
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
  const { rest, flags } = takeFlags(split);
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

interface Parsed {
  readonly target: Target;
  readonly at?: string;
}

/** `<http://1.2.3.4:30080|1.2.3.4:30080>` and `&lt;`: Slack rewrites links and three characters. */
function unescapeSlack(word: string): string {
  const link = /^<(?![@#!])([^|>]*)(?:\|([^>]*))?>$/.exec(word);
  const plain = link === null ? word : (link[1] ?? '');
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
    if (!word.startsWith('-') || word === '-') {
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

function reachTarget(words: readonly string[], namespace: string | undefined): Parsed {
  let rest = [...words];
  const first = rest[0] ?? '';
  if (/^(port|nodeport|node-port)$/i.test(first) && rest.length > 1) rest = rest.slice(1);
  const slash = splitKind(rest);
  if (slash !== undefined) {
    if (slash.kind === 'Service') return { target: serviceTarget(slash.name, namespace) };
    throw new UserError(
      'target-not-reachable',
      `why-not-reachable asks about a port or a Service, not about a ${slash.kind}. Try: diagnose ${slash.kind.toLowerCase()} ${shown(slash.name)}.`,
      { kind: slash.kind, name: shown(slash.name) },
    );
  }
  const word = rest[0] ?? '';
  if (rest.length > 1) throw tooMany(rest[1] ?? '', word);
  const url = /^[a-z]{3,8}:\/\/([^/?#]*)/i.exec(word);
  const bare = url?.[1] ?? word;
  const address = /^(\[[0-9a-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3}):(-?\d+)(?:\/(\w+))?$/i.exec(bare);
  if (address !== null) {
    const at = (address[1] ?? '').replaceAll(/[[\]]/g, '');
    return { target: nodePortTarget(address[2] ?? '', address[3]), at };
  }
  const port = /^:?([-+]?\d+)(?:\/([a-z]+))?$/i.exec(bare);
  if (port !== null) return { target: nodePortTarget(port[1] ?? '', port[2]) };
  if (url !== null) {
    const host = /^([^:]+):(\d+)$/.exec(bare);
    if (host !== null) return { target: nodePortTarget(host[2] ?? '', undefined), at: host[1] ?? '' };
  }
  return { target: serviceTarget(bare, namespace) };
}

function diagnoseTarget(words: readonly string[], namespace: string | undefined): Parsed {
  const component = COMPONENTS[words.join(' ').toLowerCase()];
  if (component !== undefined) return { target: { kind: 'Component', name: component } };
  const split = splitKind(words);
  if (split === undefined) {
    const word = words[0] ?? '';
    if (words.length === 1 && /^\d+(\/\w+)?$/.test(word)) return reachTarget(words, namespace);
    if (words.length === 1 && word.toLowerCase() in KINDS)
      throw new UserError('target-missing', `diagnose ${word} needs a name. Try: diagnose ${word} NAME.`, {
        verb: word,
      });
    throw unknownWord('unknown-kind', 'kind', word.split('/')[0] ?? word, [
      ...Object.keys(KINDS),
      ...Object.keys(COMPONENTS),
    ]);
  }
  if (split.kind === 'Service') return { target: serviceTarget(split.name, namespace) };
  if (split.kind === 'Node' || split.kind === 'Namespace')
    return { target: { kind: split.kind, name: checkedName(split.name, split.kind) } };
  return { target: { kind: split.kind, ...namespaced(split.name, namespace, split.kind) } };
}

/** `svc/x`, `svc x`, `svc ns/x`, `svc/ns/x`; undefined where the first word is no kind. */
function splitKind(words: readonly string[]): { kind: Target['kind']; name: string } | undefined {
  const first = words[0] ?? '';
  const slash = first.indexOf('/');
  if (slash > 0) {
    const kind = KINDS[first.slice(0, slash).toLowerCase()];
    if (kind === undefined || first.length === slash + 1) return undefined;
    if (words.length > 1) throw tooMany(words[1] ?? '', first);
    return { kind, name: first.slice(slash + 1) };
  }
  const kind = KINDS[first.toLowerCase()];
  if (kind === undefined || words[1] === undefined) return undefined;
  if (words.length > 2) throw tooMany(words[2] ?? '', `${first} ${words[1]}`);
  return { kind, name: words[1] };
}

function nodePortTarget(digits: string, protocol: string | undefined): Target {
  return { kind: 'NodePort', nodePort: portNumber(digits), ...protocolOf(protocol) };
}

/** `[namespace/]name[:port[/protocol]]` and `name/udp`. */
function serviceTarget(text: string, namespace: string | undefined): Target {
  const colon = text.indexOf(':');
  if (colon < 0) {
    const end = text.lastIndexOf('/');
    const known = end > 0 ? PROTOCOLS[text.slice(end + 1).toLowerCase()] : undefined;
    const rest = known === undefined ? text : text.slice(0, end);
    return {
      kind: 'Service',
      ...namespaced(rest, namespace, 'Service'),
      ...(known === undefined ? {} : { protocol: known }),
    };
  }
  const object = namespaced(text.slice(0, colon), namespace, 'Service');
  const [port = '', protocol] = text.slice(colon + 1).split('/');
  if (/^[-+]?\d+$/.test(port)) return { kind: 'Service', ...object, port: portNumber(port), ...protocolOf(protocol) };
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(port))
    throw new UserError('port-invalid', `${shown(port)} is neither a port's number nor a port's name.`, {
      given: shown(port),
    });
  return { kind: 'Service', ...object, port, ...protocolOf(protocol) };
}

function namespaced(text: string, namespace: string | undefined, kind: string): { namespace?: string; name: string } {
  const parts = text.split('/');
  if (parts.length > 2)
    throw new UserError('name-invalid', `${shown(text)} has too many slashes. Write NAMESPACE/NAME.`, {
      given: shown(text),
    });
  const own = parts.length === 2 ? parts[0] : undefined;
  const within = own ?? namespace;
  const name = checkedName(parts.at(-1) ?? '', kind);
  return within === undefined ? { name } : { namespace: checkedName(within, 'namespace'), name };
}

function checkedName(text: string, kind: string): string {
  if (text.length <= 253 && NAME.test(text)) return text;
  throw new UserError(
    'name-invalid',
    `${shown(text)} cannot be the name of a ${kind}: names have small letters, digits, "-" and ".".`,
    { given: shown(text), kind },
  );
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

function portNumber(digits: string): number {
  const value = Number(digits);
  if (Number.isInteger(value) && value >= 1 && value <= 65535) return value;
  throw new UserError('port-out-of-range', `${shown(digits)} is not a port: ports go from 1 to 65535.`, {
    given: shown(digits),
  });
}

function protocolOf(word: string | undefined): { protocol?: 'TCP' | 'UDP' | 'SCTP' } {
  if (word === undefined || word === '') return {};
  const protocol = PROTOCOLS[word.toLowerCase()];
  if (protocol === undefined) throw unknownWord('unknown-protocol', 'protocol', word, Object.keys(PROTOCOLS));
  return { protocol };
}

function tooMany(word: string, after: string): UserError {
  return new UserError('too-many-words', `I do not understand ${shown(word)} after ${shown(after)}.`, {
    given: shown(word),
    after: shown(after),
  });
}

function unknownWord(code: string, what: string, word: string, known: readonly string[]): UserError {
  const [near] = nearest(word, known, 1);
  const hint = near === undefined ? `Known: ${[...new Set(known)].slice(0, 12).join(', ')}.` : `Did you mean ${near}?`;
  return new UserError(code, `I know no ${what} ${shown(word)}. ${hint}`, {
    given: shown(word),
    ...(near === undefined ? {} : { nearest: near }),
  });
}

/** A word as it may be shown back: short, without characters that cannot be seen. */
function shown(word: string): string {
  const clean = word.replaceAll(new RegExp(UNSEEN.source, 'gu'), '�');
  return `"${clean.length > 60 ? `${clean.slice(0, 59)}…` : clean}"`;
}
