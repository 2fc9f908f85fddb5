/** What others and etcd itself say about etcd, in events and logs: which complaint, how often, from when to when (facts §5.1). */
import type { Fact, Facts } from '../../core/facts.ts';
import { type ObjectRef, refText } from '../../core/object-ref.ts';

export type Complaint = 'slow' | 'leader';

interface Word {
  readonly complaint: Complaint;
  readonly pattern: RegExp;
}

/** The complaints of one kind in one place. Times are RFC 3339 UTC where the lines have one. */
export interface EtcdWord {
  readonly complaint: Complaint;
  readonly object: ObjectRef;
  readonly fact: Extract<Fact<'events' | 'pod-log'>, { known: true }>;
  readonly count: number;
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly sample: string;
}

/** The errors that etcd hands to everyone who asks. "leader changed" is not slowness by itself. */
const HANDED_OUT: readonly Word[] = [
  { complaint: 'leader', pattern: /etcdserver: (leader changed|no leader)|due to previous leader failure/i },
  { complaint: 'slow', pattern: /etcdserver: (request timed out|too many requests)/i },
];
/** Words of etcd's own log, of v3.3 to today. */
const OWN: readonly Word[] = [
  { complaint: 'leader', pattern: /lost leader|elected leader/i },
  {
    complaint: 'slow',
    pattern:
      /apply request took too long|read-only range request.*took too long|server is likely overloaded|server is overloaded|slow fdatasync|slow fsync/i,
  },
];
/** Applications may have an etcd of their own: only what belongs to the cluster itself speaks of the cluster's. */
const SYSTEM = /^(kube-|calico-|tigera-|cilium|openshift-)/;
/** Older words are history. */
const RECENT_MS = 7 * 24 * 3600 * 1000;
const STAMP = /(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,]\d+)?(Z|[+-]\d{2}:?\d{2})?/;

/** All recent complaints about etcd, in the order of the evidence. */
export function etcdWords(facts: Facts): readonly EtcdWord[] {
  return facts.model(computeWords);
}

function computeWords(facts: Facts): EtcdWord[] {
  return [...fromEvents(facts), ...fromLogs(facts)].filter(
    (word) => word.last === undefined || facts.now - Date.parse(word.last) <= RECENT_MS,
  );
}

function fromEvents(facts: Facts): EtcdWord[] {
  const seen = new Set<string>();
  const out: EtcdWord[] = [];
  for (const fact of facts.all('events')) {
    if (!fact.known) continue;
    for (const event of fact.value) {
      const complaint = isSystem(event.about) ? complaintOf(event.message, HANDED_OUT) : undefined;
      const key = JSON.stringify([event.about, event.message, event.lastTime]);
      if (complaint === undefined || seen.has(key)) continue;
      seen.add(key);
      const { firstTime: first, lastTime: last, count, message: sample, about } = event;
      out.push({ complaint, object: about, fact, count, first, last, sample });
    }
  }
  return out;
}

function fromLogs(facts: Facts): EtcdWord[] {
  return facts.all('pod-log').flatMap((fact) => {
    if (!fact.known || !isSystem(fact.object)) return [];
    const words = fact.object.name.startsWith('etcd') ? [...HANDED_OUT, ...OWN] : HANDED_OUT;
    return (['leader', 'slow'] as const).flatMap((complaint): EtcdWord[] => {
      const lines = fact.value.lines.filter((line) => complaintOf(line, words) === complaint);
      const [sample] = lines.slice(-1);
      if (sample === undefined) return [];
      const times = lines.flatMap((line) => timeOf(line) ?? []).sort();
      // One failure is told by several lines within the same seconds.
      const moments = distinctMoments(times);
      const count = times.length === 0 ? lines.length : moments;
      return [{ complaint, object: fact.object, fact, count, first: times[0], last: times.at(-1), sample }];
    });
  });
}

function complaintOf(text: string, words: readonly Word[]): Complaint | undefined {
  return words.find(({ pattern }) => pattern.test(text))?.complaint;
}

function isSystem({ namespace }: { readonly namespace?: string | undefined }): boolean {
  return namespace === undefined || SYSTEM.test(namespace);
}

/** Logs of components are in UTC unless they say otherwise. */
function timeOf(line: string): string | undefined {
  const match = STAMP.exec(line);
  if (match === null) return undefined;
  const zone = (match[3] ?? 'Z').replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
  const time = Date.parse(`${match[1]}T${match[2]}${zone}`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function distinctMoments(times: readonly string[]): number {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    const at = Date.parse(time);
    if (at - last > 5000) count++;
    last = at;
  }
  return count;
}

/** The sum of a list of complaints: how often at least, from when to when, and who suffered. */
export interface EtcdTrouble {
  readonly words: readonly EtcdWord[];
  readonly count: number;
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly victims: readonly string[];
}

/**
 * Sums complaints of one kind; undefined where there are none. Several places may tell of the same failure, so the
 * largest count stands ("at least"), not the sum.
 */
export function etcdTrouble(facts: Facts, complaint: Complaint): EtcdTrouble | undefined {
  const words = etcdWords(facts).filter((word) => word.complaint === complaint);
  if (words.length === 0) return undefined;
  const firsts = words.flatMap((word) => word.first ?? []).sort(byTime);
  const lasts = words.flatMap((word) => word.last ?? []).sort(byTime);
  return {
    words,
    count: Math.max(...words.map((word) => word.count)),
    first: firsts[0],
    last: lasts.at(-1),
    victims: [...new Set(words.map((word) => refText(word.object)))].sort(),
  };
}

function byTime(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}
