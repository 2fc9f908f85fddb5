/** What tests of remediations share: the draft or the refusal of a plan, and its lines in plain words. */
import { expect } from 'vitest';
import { apiPath } from '../../src/core/api-object.ts';
import { type Draft, Draft as DraftSchema, type Line, type Remediation } from '../../src/core/remediation.ts';
import { beyondDeclared } from '../../src/remediations/guard.ts';
import { fill } from '../../src/report/fill.ts';
import type { PlanResult } from '../../src/run/plan.ts';
import type { KubeObject } from '../../src/sandbox/cluster/api/types.ts';
import { startBench } from '../adapters/kube/support.ts';

/** Gives the draft. @throws where there is none, with what there is. */
export function drafted(result: PlanResult): Draft {
  if (result.status === 'draft') return result.draft;
  throw new Error(`no draft: ${result.status} ${JSON.stringify('why' in result ? result.why : '')}`);
}

/** Gives why a plan was refused. @throws where it was not. */
export function refusal(result: PlanResult): Line {
  if (result.status === 'refused') return result.why;
  throw new Error(`not refused: ${result.status}`);
}

const MANNER = { more: (count: number) => `and ${count} more` };

/** Gives a line as people read it. @throws where its text or a value is missing. */
export function spoken(remediation: Remediation, line: Line): string {
  const template = remediation.texts[line.text];
  if (template === undefined) throw new Error(`${remediation.id} has no text ${line.text}`);
  return fill(template, line.data, `${remediation.id} ${line.text}`, MANNER);
}

/** Every line of a draft. */
export function linesOfDraft(draft: Draft): Line[] {
  return [
    draft.title,
    ...[...draft.steps, ...draft.undo].map((step) => step.says),
    ...(draft.noUndo === undefined ? [] : [draft.noUndo]),
    ...draft.blast,
    ...draft.checksBefore,
    ...draft.checksAfter,
    ...draft.notes,
  ];
}

/** A draft in words: what an approver reads, and what is sent. */
export function inWords(remediation: Remediation, draft: Draft) {
  const say = (line: Line) => spoken(remediation, line);
  const step = (one: Draft['steps'][number]) => {
    if (one.type === 'api') {
      const { group, resource, namespace, name } = one.target;
      return {
        [`${one.verb} ${one.patch ?? ''} ${group}/${resource} ${namespace ?? ''}/${name}`]: one.body,
        says: say(one.says),
      };
    }
    if (one.type === 'node') return { node: one.node, ...one.action, says: say(one.says) };
    if (one.type === 'wait') return { wait: one.until, seconds: one.seconds };
    return { manual: say(one.says), command: one.says.command };
  };
  return {
    title: say(draft.title),
    steps: draft.steps.map(step),
    undo: draft.undo.map(step),
    ...(draft.noUndo === undefined ? {} : { noUndo: say(draft.noUndo) }),
    nodes: draft.nodes,
    blast: draft.blast.map(say),
    before: draft.checksBefore.map(say),
    after: draft.checksAfter.map(say),
    notes: draft.notes.map(say),
    rights: draft.rights.map(
      (right) => `${right.verb} ${right.resource} ${right.namespace ?? ''}/${right.name ?? '*'}`,
    ),
    expect: draft.expect,
  };
}

/** What must hold of every draft: it fits its schema, every line can be said, no more rights than declared, a way back or why not. */
export function soundDraft(remediation: Remediation, draft: Draft): Draft {
  const parsed = DraftSchema.parse(draft);
  for (const line of linesOfDraft(parsed)) spoken(remediation, line);
  expect(draft.remediation).toBe(remediation.id);
  expect(beyondDeclared(parsed, remediation), 'what the remediator would refuse').toBeUndefined();
  for (const right of draft.rights) {
    const declared = remediation.rights.some(
      ({ verb, group, resource, namespace }) =>
        verb === right.verb &&
        group === right.group &&
        resource === right.resource &&
        (namespace === undefined || namespace === right.namespace),
    );
    expect(declared, `${remediation.id} declares no right to ${JSON.stringify(right)}`).toBe(true);
  }
  expect(draft.undo.length > 0, 'an undo, or why there is none').toBe(draft.noUndo === undefined);
  expect(draft.expect.questions.length).toBeGreaterThan(0);
  return draft;
}

/** Sends the writes of a draft to an API server that holds the objects, then those of its undo; gives each object in between. */
export async function thereAndBackOn(objects: readonly unknown[], draft: Draft) {
  const bench = await startBench({ objects: structuredClone(objects) as KubeObject[] });
  try {
    const writer = await bench.writer();
    const signal = AbortSignal.timeout(20_000);
    const writes = (steps: Draft['steps']) => steps.flatMap((step) => (step.type === 'api' ? [step] : []));
    const paths = [...new Set(writes(draft.steps).map((step) => apiPath(step.target)))];
    const read = () =>
      Promise.all(paths.map(async (path) => meaning((await writer.read({ path }, signal)) as KubeObject)));
    const run = async (steps: Draft['steps']) => {
      for (const { target, patch, body } of writes(steps))
        await writer.write(
          { method: 'PATCH', path: apiPath(target), body, ...(patch === undefined ? {} : { patch }) },
          signal,
        );
    };
    const before = await read();
    await run(draft.steps);
    const changed = await read();
    await run(draft.undo);
    return { before, changed, after: await read() };
  } finally {
    await bench.stop();
  }
}

/** An object without what the server counts. */
function meaning(object: KubeObject): unknown {
  const { metadata, status: _, ...rest } = object as KubeObject & { status?: unknown };
  return { ...rest, labels: metadata.labels, annotations: metadata.annotations };
}
