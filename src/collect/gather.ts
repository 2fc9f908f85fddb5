/** Where collectors put what they read: each item collected or unavailable with a reason; a failing read never ends the rest. */

import { ClusterError, errorText, UserError } from '../core/errors.ts';
import type { EvidenceKind, EvidenceValue } from '../core/evidence/kinds.ts';
import type { Collected, EvidenceItem } from '../core/evidence.ts';
import { evidenceKey } from '../core/evidence.ts';
import { CLUSTER, type ObjectRef } from '../core/object-ref.ts';
import type { Clock } from '../core/ports.ts';
import { redactJson, redactText } from '../core/redact.ts';

/** What an item is about, and the command that shows a person the same. */
export interface ItemSpec<K extends EvidenceKind> {
  readonly kind: K;
  readonly object?: ObjectRef;
  readonly part?: string;
  readonly command: string;
}

export class Gather {
  readonly #clock: Clock;
  readonly #items = new Map<string, EvidenceItem>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All items so far. */
  items(): EvidenceItem[] {
    return [...this.#items.values()];
  }

  /** Keeps an item without the secrets in it, whoever gave it; one of the same key is replaced. */
  put(item: EvidenceItem): void {
    const kept = { ...item, command: redactText(item.command) };
    if (kept.status === 'collected') kept.value = redactJson(kept.value) as Collected['value'];
    else kept.reason = redactText(kept.reason);
    this.#items.set(evidenceKey(item.kind, item.object, item.part), kept);
  }

  /**
   * Reads one fact and keeps it. Gives the value, or undefined where it could not be read (kept as unavailable) or where
   * `read` gives undefined (nothing is kept: there is no such thing in this cluster).
   * @throws UserError, which is for the person who asked.
   */
  async read<K extends EvidenceKind>(
    spec: ItemSpec<K>,
    read: () => Promise<EvidenceValue<K> | undefined>,
  ): Promise<EvidenceValue<K> | undefined> {
    try {
      const value = await read();
      if (value !== undefined) this.collected(spec, value);
      return value;
    } catch (error) {
      if (error instanceof UserError) throw error;
      this.unavailable(spec, reasonOf(error));
      return undefined;
    }
  }

  /** Keeps a value that was read through the API server. */
  collected<K extends EvidenceKind>(spec: ItemSpec<K>, value: EvidenceValue<K>): void {
    this.put({ ...this.#common(spec), status: 'collected', value } as Collected);
  }

  /** Keeps the reason why a fact could not be read. */
  unavailable<K extends EvidenceKind>(spec: ItemSpec<K>, reason: string): void {
    this.put({ ...this.#common(spec), status: 'unavailable', reason });
  }

  /** Now, RFC 3339 UTC. */
  at(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #common<K extends EvidenceKind>({ kind, object = CLUSTER, part, command }: ItemSpec<K>) {
    const own = part === undefined ? {} : { part };
    return { kind, object, ...own, source: 'api' as const, at: this.at(), command: command.slice(0, 500) };
  }
}

/** Why a read failed, in one sentence, for `unavailable`. */
export function reasonOf(error: unknown): string {
  if (error instanceof ClusterError) return errorText(error);
  if (error instanceof Error && error.name === 'ZodError') return 'the API server answered something of another form';
  return errorText(error);
}
