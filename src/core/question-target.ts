/** The words that name a target (ports, Services, kubectl's kinds, components) to a target. */
import { UserError } from './errors.ts';
import { editDistance } from './nearest.ts';
import type { Target } from './question.ts';
import { NAME, shown, tooMany, unknownWord } from './question-words.ts';

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
  persistentvolumeclaim: 'PersistentVolumeClaim',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  pvc: 'PersistentVolumeClaim',
  persistentvolume: 'PersistentVolume',
  persistentvolumes: 'PersistentVolume',
  pv: 'PersistentVolume',
};
const COMPONENTS: Readonly<Record<string, string>> = {
  calico: 'calico',
  'control-plane': 'control-plane',
  'control plane': 'control-plane',
  controlplane: 'control-plane',
  cluster: 'cluster',
};
const PROTOCOLS: Readonly<Record<string, 'TCP' | 'UDP' | 'SCTP'>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };

/** Looks a typed word up; words like `constructor` are in every object and mean nothing here. */
function own<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  const key = word.toLowerCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A target, and the entry that its words named with it. */
export interface Parsed {
  readonly target: Target;
  readonly at?: string;
}

/** The target of why-not-reachable: a port, an address with a port, a URL, a Service. */
export function reachTarget(words: readonly string[], namespace: string | undefined): Parsed {
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
  if (rest.length > 1) throw tooMany(rest[1] ?? '', rest[0] ?? '');
  return entryTarget(rest[0] ?? '', namespace);
}

/** One word: a port, `address:port`, a URL, or a Service. */
function entryTarget(word: string, namespace: string | undefined): Parsed {
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

/** The target of diagnose: a component, or a kind and a name. */
export function diagnoseTarget(words: readonly string[], namespace: string | undefined): Parsed {
  const component = own(COMPONENTS, words.join(' '));
  if (component !== undefined) return { target: { kind: 'Component', name: component } };
  refuseMoreThanComponent(words);
  const split = splitKind(words);
  if (split === undefined) {
    const word = words[0] ?? '';
    if (words.length === 1 && own(KINDS, word) !== undefined)
      throw new UserError('target-missing', `diagnose ${word} needs a name. Try: diagnose ${word} NAME.`, {
        verb: word,
      });
    const known = [...Object.keys(KINDS), ...Object.keys(COMPONENTS)];
    const given = word.split('/')[0] ?? word;
    // `diagnose ci/jenkins-svc` asks about a Service, unless the first part looks like a slip of a kind.
    const slip = given.length > 3 && known.some((name) => editDistance(given.toLowerCase(), name) <= 2);
    if (words.length === 1 && !slip) return reachTarget(words, namespace);
    throw unknownWord('unknown-kind', 'kind', given, known);
  }
  if (split.kind === 'Service') return { target: serviceTarget(split.name, namespace) };
  if (split.kind === 'Node' || split.kind === 'Namespace' || split.kind === 'PersistentVolume')
    return { target: { kind: split.kind, name: checkedName(split.name, split.kind) } };
  return { target: { kind: split.kind, ...namespaced(split.name, namespace, split.kind) } };
}

/** `calico now`: a component takes no further word. @throws UserError */
function refuseMoreThanComponent(words: readonly string[]): void {
  for (const many of [1, 2]) {
    const begun = words.slice(0, many).join(' ');
    if (words.length > many && own(COMPONENTS, begun) !== undefined) throw tooMany(words[many] ?? '', begun);
  }
}

/** `svc/x`, `svc x`, `svc ns/x`, `svc/ns/x`; undefined where the first word is no kind. */
function splitKind(words: readonly string[]): { kind: Target['kind']; name: string } | undefined {
  const first = words[0] ?? '';
  const slash = first.indexOf('/');
  if (slash > 0) {
    const kind = own(KINDS, first.slice(0, slash));
    if (kind === undefined || first.length === slash + 1) return undefined;
    if (words.length > 1) throw tooMany(words[1] ?? '', first);
    return { kind, name: first.slice(slash + 1) };
  }
  const kind = own(KINDS, first);
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
    const known = end > 0 ? own(PROTOCOLS, text.slice(end + 1)) : undefined;
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

function portNumber(digits: string): number {
  const value = Number(digits);
  if (Number.isInteger(value) && value >= 1 && value <= 65535) return value;
  throw new UserError('port-out-of-range', `${shown(digits)} is not a port: ports go from 1 to 65535.`, {
    given: shown(digits),
  });
}

function protocolOf(word: string | undefined): { protocol?: 'TCP' | 'UDP' | 'SCTP' } {
  if (word === undefined || word === '') return {};
  const protocol = own(PROTOCOLS, word);
  if (protocol === undefined) throw unknownWord('unknown-protocol', 'protocol', word, Object.keys(PROTOCOLS));
  return { protocol };
}
