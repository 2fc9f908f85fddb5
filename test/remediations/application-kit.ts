/** A plan over hand-made objects and evidence, and the same objects on the API server emulator for apply and undo. */

import { ApiObject, apiPath } from '../../src/core/api-object.ts';
import type { Diagnosis, RankedFinding } from '../../src/core/diagnosis.ts';
import type { EvidenceItem } from '../../src/core/evidence.ts';
import { Facts } from '../../src/core/facts.ts';
import type { ObjectRef } from '../../src/core/object-ref.ts';
import { stateOf } from '../../src/core/object-state.ts';
import type { Question } from '../../src/core/question.ts';
import {
  Draft,
  type Objects,
  type PlanOutcome,
  type PlanStep,
  type Remediation,
  type Wanted,
} from '../../src/core/remediation.ts';
import { beyondDeclared } from '../../src/remediations/guard.ts';
import { runApiStep } from '../../src/run/api-step.ts';
import { readObject } from '../../src/run/plan.ts';
import type { ApiServer, KubeObject } from '../../src/sandbox/cluster/api/server.ts';
import { startBench } from '../adapters/kube/support.ts';
import { cluster, node } from '../rules/node/kit.ts';
import { bundle } from '../support/evidence.ts';
import { MemoryCluster, type Obj } from '../support/memory-cluster.ts';

export interface World {
  readonly remediation: Remediation;
  readonly object: ObjectRef;
  readonly rule?: string;
  readonly data?: RankedFinding['data'];
  readonly params?: Readonly<Record<string, string | number>>;
  /** All causes of the diagnosis, where the plan looks at more than its own. */
  readonly causes?: readonly Pick<RankedFinding, 'rule' | 'object' | 'confidence' | 'data'>[];
  readonly items?: readonly EvidenceItem[];
  readonly objects: readonly Obj[];
  /** Reads of paths that fit are forbidden. */
  readonly forbidden?: RegExp;
}

const ASK: Question = { type: 'diagnose', target: { kind: 'Namespace', name: 'shop' } };
/** Two nodes that are well. */
export const LIVING = cluster(node('n1'), node('n2'));

/** Plans as run/plan.ts does, from evidence and objects made by hand. */
export async function planIn(world: World): Promise<PlanOutcome> {
  const reader = new MemoryCluster(world.objects.map((one, i) => withMeta(one, i)));
  if (world.forbidden !== undefined) reader.fail(world.forbidden, 'forbidden', 403);
  const objects = new Store();
  const finding: RankedFinding = {
    type: 'finding',
    id: 'f1',
    rule: world.rule ?? world.remediation.fixes[0] ?? '',
    object: world.object,
    severity: 'critical',
    confidence: 'confirmed',
    text: 'found',
    data: world.data ?? {},
    because: [],
    scope: {},
  } as unknown as RankedFinding;
  const facts = Facts.from(bundle(ASK, world.items ?? LIVING));
  const diagnosis = { causes: world.causes ?? [], symptoms: [], alsoFound: [] } as unknown as Diagnosis;
  const input = { facts, diagnosis, finding, params: world.params ?? {}, objects, question: ASK };
  for (let round = 0; round < 5; round++)
    for (const wanted of world.remediation.wants(input)) await objects.read(wanted, reader);
  return world.remediation.plan(input);
}

/** The text id of a refusal; with a draft, the word `draft`. */
export async function refusedAs(world: World): Promise<string> {
  const outcome = await planIn(world);
  return outcome.status === 'draft' ? 'draft' : outcome.why.text;
}

/** The draft. @throws where there is none. */
export async function draftIn(world: World): Promise<Draft> {
  const outcome = await planIn(world);
  // What is stored and signed is what the schema lets through.
  if (outcome.status === 'draft') {
    const draft = Draft.parse(outcome.draft);
    const beyond = beyondDeclared(draft, world.remediation);
    if (beyond !== undefined) throw new Error(`the remediator would refuse it: it asks to ${beyond}`);
    return draft;
  }
  throw new Error(`refused: ${JSON.stringify(outcome.why)}`);
}

class Store implements Objects {
  readonly #read = new Map<string, Awaited<ReturnType<typeof readObject>>>();
  readonly #lists = new Map<string, ReturnType<Objects['list']>>();

  get(target: Parameters<Objects['get']>[0]) {
    return this.#read.get(apiPath(target)) ?? ({ status: 'unreadable', reason: 'not asked' } as const);
  }

  list(wanted: Parameters<Objects['list']>[0]) {
    return this.#lists.get(JSON.stringify(wanted)) ?? ({ status: 'unreadable', reason: 'not asked' } as const);
  }

  async read(wanted: Wanted, reader: MemoryCluster): Promise<void> {
    const signal = AbortSignal.timeout(10_000);
    if (wanted.type === 'object') {
      this.#read.set(apiPath(wanted.target), await readObject(reader, wanted.target, signal));
      return;
    }
    const { labelSelector, fieldSelector } = wanted;
    const query = {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
    const answer = await reader.read({ path: apiPath(wanted), query }, signal).then(
      (list) =>
        ({ status: 'read', items: (list as { items: unknown[] }).items.map((one) => ApiObject.parse(one)) }) as const,
      (error: unknown) => ({ status: 'unreadable', reason: String(error) }) as const,
    );
    this.#lists.set(JSON.stringify(wanted), answer);
  }
}

function withMeta(object: Obj, i: number): Obj {
  const metadata = { uid: `uid-${object.metadata.name}`, resourceVersion: String(i + 1), ...object.metadata };
  return { apiVersion: 'v1', ...object, metadata };
}

/**
 * Puts the objects on an API server, plans on what it serves, carries the writes out, then the undo, and gives the object's
 * states: before, changed, and after the undo, with the object in between.
 */
export async function thereAndBack(world: World) {
  const objects = world.objects.map((one, i) => withMeta(one, i)) as unknown as KubeObject[];
  const bench = await startBench({ objects });
  try {
    const writer = await bench.writer();
    const draftNow = () =>
      draftIn({ ...world, objects: objects.map((one) => structuredClone(stored(bench.api.objects, one))) as never });
    const [first] = writes((await draftNow()).steps);
    if (first === undefined) throw new Error('a plan without a write');
    // Every object of a real server has its defaults: a write of itself gives them.
    const path = apiPath(first.target);
    const body = await writer.read({ path }, AbortSignal.timeout(10_000));
    await writer.write({ method: 'PUT', path, body }, AbortSignal.timeout(10_000));
    const draft = await draftNow();
    const read = async (): Promise<ApiObject> => {
      const live = await readObject(writer, first.target, AbortSignal.timeout(10_000));
      if (live.status !== 'read') throw new Error(`${first.target.name} is ${live.status}`);
      return live.object;
    };
    const run = async (steps: readonly PlanStep[]): Promise<void> => {
      for (const step of writes(steps)) {
        const before = stateOf(await read());
        const input = { step: { ...step, before }, before, expected: undefined, resumed: false };
        const end = await runApiStep(input, { reader: writer, writer } as never, AbortSignal.timeout(20_000));
        if (end.progress.state !== 'done') throw new Error(JSON.stringify(end));
      }
    };
    const before = await read();
    await run(draft.steps);
    const changed = await read();
    await run(draft.undo);
    return { draft, before, changed, after: await read() };
  } finally {
    await bench.stop();
  }
}

function stored(store: ApiServer['objects'], { apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace } = metadata;
  const live = store.get({ apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) });
  if (live === undefined) throw new Error(`${kind} ${name} is not on the server`);
  return live;
}

function writes(steps: readonly PlanStep[]) {
  return steps.flatMap((step) => (step.type === 'api' ? [step] : []));
}
