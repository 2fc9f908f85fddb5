/** A plan from fresh evidence: the question asked again, the cause found again, and the remediation's plan for it. */
import { type CollectOptions, type CollectPorts } from '../collect/collect.ts';
import { ApiObject, apiPath, type ObjectRead, targetKey } from '../core/api-object.ts';
import type { Diagnosis, RankedFinding } from '../core/diagnosis.ts';
import { ClusterError, errorText } from '../core/errors.ts';
import type { EvidenceBundle } from '../core/evidence.ts';
import { Facts } from '../core/facts.ts';
import { type ObjectRef, sameRef } from '../core/object-ref.ts';
import type { ClusterReader } from '../core/ports.ts';
import type { Question } from '../core/question.ts';
import { type Objects, type PlanInput, type PlanOutcome, type Remediation, type Wanted } from '../core/remediation.ts';
import { runDiagnosis } from './diagnose.ts';

/** What is to be planned: the cause as it was found before, and the remediation that was offered for it. */
export interface PlanRequest {
  readonly question: Question;
  readonly rule: string;
  readonly object: ObjectRef;
  readonly remediation: Remediation;
  readonly params: Readonly<Record<string, string | number>>;
}

export type PlanResult = {
  readonly bundle: EvidenceBundle;
  readonly diagnosis: Diagnosis;
} & (
  | PlanOutcome
  /** The cause is no longer found: gone, or it can no longer be proven. */
  | { readonly status: 'gone'; readonly verdict: Diagnosis['verdict'] }
  /** The cause is there and only likely: no fix is offered for what is not proven. */
  | { readonly status: 'unproven' }
);

/** Rounds in which a remediation may ask for more objects. */
const ROUNDS = 5;
/** Objects in all rounds together. */
const MOST_OBJECTS = 200;

/**
 * Collects, judges, reads the objects that the remediation wants, and plans.
 * @throws what `runDiagnosis` throws, and ClusterError (`unreachable`, `unauthorised`) where objects cannot be read at all.
 */
export async function planFix(request: PlanRequest, ports: CollectPorts, options: CollectOptions): Promise<PlanResult> {
  const signal = options.signal ?? new AbortController().signal;
  const { bundle, diagnosis } = await runDiagnosis(request.question, ports, options);
  const seen = { bundle, diagnosis };
  const finding = findingOf(diagnosis, request);
  if (finding === undefined) return { ...seen, status: 'gone', verdict: diagnosis.verdict };
  if (finding.confidence !== 'confirmed') return { ...seen, status: 'unproven' };
  const facts = Facts.from(bundle);
  const store = new ObjectStore();
  const { question, params, remediation } = request;
  const input: PlanInput = { facts, diagnosis, finding, params, objects: store, question };
  for (let round = 0; round < ROUNDS; round += 1) {
    const wanted = remediation.wants(input).filter((one) => !store.knows(one));
    if (wanted.length === 0) break;
    if (store.size + wanted.length > MOST_OBJECTS) throw new Error(`${remediation.id} asks for too many objects`);
    await Promise.all(wanted.map((one) => store.read(one, ports.cluster, signal)));
  }
  return { ...seen, ...remediation.plan(input) };
}

/**
 * The same cause in the fresh diagnosis; else another finding about the same object that offers the same remediation: swap
 * that was turned off meanwhile is no longer why the kubelet is dead, and still comes back at boot.
 */
function findingOf(diagnosis: Diagnosis, { rule, object, remediation }: PlanRequest): RankedFinding | undefined {
  const all = [...diagnosis.causes, ...diagnosis.alsoFound, ...diagnosis.symptoms].filter((finding) =>
    sameRef(finding.object, object),
  );
  return (
    all.find((finding) => finding.rule === rule) ??
    all.find((finding) => finding.remediations?.some((hint) => hint.id === remediation.id))
  );
}

type List = ReturnType<Objects['list']>;

/** Objects read for one plan, each once. */
class ObjectStore implements Objects {
  readonly #objects = new Map<string, ObjectRead>();
  readonly #lists = new Map<string, List>();

  get size(): number {
    return this.#objects.size + this.#lists.size;
  }

  get(target: Parameters<Objects['get']>[0]): ObjectRead {
    return this.#objects.get(targetKey(target)) ?? { status: 'unreadable', reason: 'it was not asked for' };
  }

  list(wanted: Extract<Wanted, { type: 'list' }>): List {
    return this.#lists.get(JSON.stringify(wanted)) ?? { status: 'unreadable', reason: 'it was not asked for' };
  }

  knows(wanted: Wanted): boolean {
    return wanted.type === 'list'
      ? this.#lists.has(JSON.stringify(wanted))
      : this.#objects.has(targetKey(wanted.target));
  }

  async read(wanted: Wanted, cluster: ClusterReader, signal: AbortSignal): Promise<void> {
    if (wanted.type === 'object') {
      this.#objects.set(targetKey(wanted.target), await readObject(cluster, wanted.target, signal));
      return;
    }
    const { labelSelector, fieldSelector } = wanted;
    const query = {
      limit: '500',
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
    this.#lists.set(JSON.stringify(wanted), await readList(cluster, wanted, query, signal));
  }
}

/**
 * Reads one object as plans and preconditions need it.
 * @throws ClusterError `unreachable` and `unauthorised`; whatever else goes wrong is an answer.
 */
export async function readObject(
  cluster: ClusterReader,
  target: Extract<Wanted, { type: 'object' }>['target'],
  signal: AbortSignal,
): Promise<ObjectRead> {
  try {
    const parsed = ApiObject.safeParse(await cluster.read({ path: apiPath(target) }, signal));
    if (!parsed.success) return { status: 'unreadable', reason: 'the answer has not the form of an object' };
    return { status: 'read', object: parsed.data };
  } catch (error) {
    return notRead(error);
  }
}

async function readList(
  cluster: ClusterReader,
  wanted: Extract<Wanted, { type: 'list' }>,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<List> {
  try {
    const answer = (await cluster.read({ path: apiPath(wanted), query }, signal)) as {
      items?: unknown[];
      metadata?: { continue?: string };
    } | null;
    if ((answer?.metadata?.continue ?? '') !== '') return { status: 'unreadable', reason: 'there are more than 500' };
    // Items of a list carry neither kind nor apiVersion.
    const apiVersion = wanted.group === '' ? wanted.version : `${wanted.group}/${wanted.version}`;
    const items = (answer?.items ?? []).map((item) =>
      ApiObject.safeParse({ apiVersion, kind: wanted.kind, ...(item as object) }),
    );
    if (items.some((item) => !item.success))
      return { status: 'unreadable', reason: 'an item has not the form of an object' };
    return { status: 'read', items: items.flatMap((item) => (item.success ? [item.data] : [])) };
  } catch (error) {
    return notRead(error);
  }
}

function notRead(error: unknown): Exclude<ObjectRead, { status: 'read' }> {
  if (!(error instanceof ClusterError) || error.code === 'unreachable' || error.code === 'unauthorised') throw error;
  if (error.code === 'not-found') return { status: 'absent' };
  return { status: 'unreadable', reason: errorText(error) };
}
