/** Evidence: immutable JSON facts keyed by kind, object and part, each collected or unavailable with a reason. */
import { z } from 'zod';
import { EVIDENCE_KINDS, EVIDENCE_SCHEMAS, type EvidenceKind, type EvidenceValue } from './evidence/kinds.ts';
import { compareText, ObjectRef, refText } from './object-ref.ts';
import { Question } from './question.ts';

const common = {
  kind: z.enum(EVIDENCE_KINDS as [EvidenceKind, ...EvidenceKind[]]),
  object: ObjectRef,
  /** Tells apart several items of one kind and object: a unit, a container. */
  part: z.string().max(253).optional(),
  /** Where it was read: `api`, or `agent`. */
  source: z.enum(['api', 'agent']),
  /** When it was read, RFC 3339 UTC, by the clock of the process that collects. */
  at: z.string().max(40),
  /** The command with which a person sees the same. */
  command: z.string().max(500),
};

/** One fact that was read. */
export const CollectedItem = z.object({ ...common, status: z.literal('collected'), value: z.unknown() });
/** One fact that could not be read, and why, in one sentence. */
export const UnavailableItem = z.object({ ...common, status: z.literal('unavailable'), reason: z.string().max(500) });
export const EvidenceItem = z.discriminatedUnion('status', [CollectedItem, UnavailableItem]);

export type UnavailableItem = z.infer<typeof UnavailableItem>;
/** A collected item whose value is known to fit its kind. */
export interface Collected<K extends EvidenceKind = EvidenceKind>
  extends Omit<z.infer<typeof CollectedItem>, 'kind' | 'value'> {
  readonly kind: K;
  readonly value: EvidenceValue<K>;
}
export type EvidenceItem = Collected | UnavailableItem;

/** All that one diagnosis collected: what `--save` writes, `replay` reads and the thread's file holds. */
export const EvidenceBundle = z.object({
  apiVersion: z.literal('kubewhy/v1'),
  kind: z.literal('Evidence'),
  /** The diagnosis that collected it, `dx-…`. */
  id: z.string().regex(/^[A-Za-z0-9-]{1,40}$/, 'an id has letters, digits and -'),
  cluster: z.string().max(253),
  question: Question,
  startedAt: z.string().max(40),
  finishedAt: z.string().max(40),
  /** Which nodes' agents were asked, and of how many nodes that is a choice. */
  agents: z.object({ asked: z.array(z.string()), total: z.number(), sampled: z.boolean() }),
  items: z.array(EvidenceItem).max(20_000),
});
export type EvidenceBundle = Omit<z.infer<typeof EvidenceBundle>, 'items'> & {
  readonly items: readonly EvidenceItem[];
};

/** Gives the key of an item: kind, object and part. */
export function evidenceKey(kind: EvidenceKind, object: ObjectRef, part?: string): string {
  return `${kind} ${refText(object)} ${part ?? ''}`;
}

/** Orders items by their key, so that the order in which answers came in changes nothing. */
export function compareItems(a: EvidenceItem, b: EvidenceItem): number {
  return compareText(evidenceKey(a.kind, a.object, a.part), evidenceKey(b.kind, b.object, b.part));
}

/**
 * Parses saved evidence, each value by the schema of its kind.
 * @throws z.ZodError where the text is no evidence of this version; a single value that does not fit becomes unavailable.
 */
export function parseEvidenceBundle(input: unknown): EvidenceBundle {
  const bundle = EvidenceBundle.parse(input);
  const items = bundle.items.map((item): EvidenceItem => {
    if (item.status === 'unavailable') return item;
    return checkedItem(item);
  });
  return { ...bundle, items };
}

/** Checks the value of an item by its kind's schema; one that does not fit becomes `unavailable`, never a guess. */
export function checkedItem(item: z.infer<typeof CollectedItem>): EvidenceItem {
  const parsed = EVIDENCE_SCHEMAS[item.kind].safeParse(item.value);
  if (parsed.success) return { ...item, value: parsed.data } as Collected;
  const { value: _, ...rest } = item;
  const issue = parsed.error.issues[0];
  const where = issue === undefined ? '' : ` at ${issue.path.join('.') || 'the top'}: ${issue.message}`;
  return {
    ...rest,
    status: 'unavailable',
    reason: `the answer does not have the form of ${item.kind}${where}`.slice(0, 500),
  };
}
