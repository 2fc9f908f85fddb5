/** How rules read evidence: three-valued, indexed, and remembering what was asked for and not there. */

import type { EvidenceKind, EvidenceValue } from './evidence/kinds.ts';
import type { Collected, EvidenceBundle, EvidenceItem } from './evidence.ts';
import { evidenceKey } from './evidence.ts';
import type { Proof, TextData } from './finding.ts';
import { CLUSTER, type ObjectRef } from './object-ref.ts';
import type { Question } from './question.ts';

/** A fact: known with its value, or unknown with the reason. `asked` is false where nobody tried to collect it. */
export type Fact<K extends EvidenceKind> =
  | { readonly known: true; readonly value: EvidenceValue<K>; readonly item: Collected<K>; readonly object: ObjectRef }
  | { readonly known: false; readonly reason: string; readonly asked: boolean; readonly object: ObjectRef };

/** Evidence as rules see it. Reading an unavailable item is noted: it becomes `notSeen` with the rule that wanted it. */
export class Facts {
  readonly bundle: EvidenceBundle;
  readonly question: Question;
  /** Time of the diagnosis: "now" for every rule, so that saved evidence is judged the same for ever. */
  readonly now: number;
  readonly #byKey: ReadonlyMap<string, EvidenceItem>;
  readonly #byKind: ReadonlyMap<EvidenceKind, readonly EvidenceItem[]>;
  readonly #memo: Map<unknown, Memo>;
  readonly #told = new Set<Memo>();
  readonly #onRead: (item: EvidenceItem | undefined, kind: EvidenceKind) => void;

  private constructor(
    bundle: EvidenceBundle,
    shared: Pick<FactsParts, 'byKey' | 'byKind' | 'memo'>,
    onRead: FactsParts['onRead'],
  ) {
    this.bundle = bundle;
    this.question = bundle.question;
    this.now = Date.parse(bundle.finishedAt);
    this.#byKey = shared.byKey;
    this.#byKind = shared.byKind;
    this.#memo = shared.memo;
    this.#onRead = onRead;
  }

  /** Indexes a bundle. Later items of the same key win. */
  static from(bundle: EvidenceBundle): Facts {
    const byKey = new Map<string, EvidenceItem>();
    for (const item of bundle.items) byKey.set(evidenceKey(item.kind, item.object, item.part), item);
    const byKind = new Map<EvidenceKind, EvidenceItem[]>();
    for (const key of [...byKey.keys()].sort()) {
      const item = byKey.get(key);
      if (item === undefined) continue;
      const list = byKind.get(item.kind);
      if (list === undefined) byKind.set(item.kind, [item]);
      else list.push(item);
    }
    return new Facts(bundle, { byKey, byKind, memo: new Map() }, () => undefined);
  }

  /** The same facts, telling `onRead` of every item that is read (undefined: asked for, never collected). */
  observed(onRead: FactsParts['onRead']): Facts {
    return new Facts(this.bundle, { byKey: this.#byKey, byKind: this.#byKind, memo: this.#memo }, onRead);
  }

  /** Gives one fact; the cluster's own where no object is named. */
  get<K extends EvidenceKind>(kind: K, object: ObjectRef = CLUSTER, part?: string): Fact<K> {
    const item = this.#byKey.get(evidenceKey(kind, object, part));
    this.#onRead(item, kind);
    return factOf(kind, item, object);
  }

  /** Gives every fact of a kind, in the order of their objects. */
  all<K extends EvidenceKind>(kind: K): Fact<K>[] {
    const items = this.#byKind.get(kind) ?? [];
    if (items.length === 0) this.#onRead(undefined, kind);
    return items.map((item) => {
      this.#onRead(item, kind);
      return factOf(kind, item, item.object);
    });
  }

  /**
   * Computes something once for all rules; `compute` must be a pure function of the facts and a stable reference.
   * What it read counts as read by every rule that uses it.
   */
  model<T>(compute: (facts: Facts) => T): T {
    let memo = this.#memo.get(compute);
    if (memo === undefined) {
      const reads = new Map<EvidenceItem | EvidenceKind, Read>();
      const value = compute(this.observed((item, kind) => reads.set(item ?? kind, { item, kind })));
      memo = { value, reads: [...reads.values()] };
      this.#memo.set(compute, memo);
    }
    // Models are used in inner loops: one reader is told once what lies behind each.
    if (!this.#told.has(memo)) {
      this.#told.add(memo);
      for (const read of memo.reads) this.#onRead(read.item, read.kind);
    }
    return memo.value as T;
  }
}

interface Read {
  readonly item: EvidenceItem | undefined;
  readonly kind: EvidenceKind;
}

interface Memo {
  readonly value: unknown;
  readonly reads: readonly Read[];
}

interface FactsParts {
  readonly byKey: ReadonlyMap<string, EvidenceItem>;
  readonly byKind: ReadonlyMap<EvidenceKind, readonly EvidenceItem[]>;
  readonly memo: Map<unknown, Memo>;
  readonly onRead: (item: EvidenceItem | undefined, kind: EvidenceKind) => void;
}

function factOf<K extends EvidenceKind>(kind: K, item: EvidenceItem | undefined, object: ObjectRef): Fact<K> {
  if (item === undefined) return { known: false, reason: `${kind} was not collected`, asked: false, object };
  if (item.status === 'unavailable') return { known: false, reason: item.reason, asked: true, object };
  return { known: true, value: item.value as EvidenceValue<K>, item: item as Collected<K>, object };
}

/** Makes a proof from a known fact: which evidence, what it shows, and the command that shows the same. */
export function proof<T extends string>(
  fact: { readonly item: Pick<Collected, 'kind' | 'object' | 'part' | 'command'> },
  text: T,
  data: TextData,
  command?: string,
): Proof<T> {
  const { kind, object, part } = fact.item;
  return {
    evidence: kind,
    object,
    ...(part === undefined ? {} : { part }),
    text,
    data,
    command: command ?? fact.item.command,
  };
}
