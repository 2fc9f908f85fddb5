/** Takes one step, and says what became of it: whatever is thrown becomes an outcome with one sentence. */
import { errorText } from '../core/errors.ts';
import { type NodeAction, type NodeStepName, type NodeStepResult, STEP_PARAMS } from '../core/node-steps.ts';
import { redactText } from '../core/redact.ts';
import type { Host } from './host.ts';
import { STEP_WAITS, type StepContext, type StepEnd, StepRefused, type StepWaits } from './step.ts';
import type { StepHost } from './step-host.ts';
import { AGENT_STEPS } from './steps/index.ts';

const MAX_CHANGES = 16;

export interface StepGround {
  readonly host: Host;
  readonly effects: StepHost;
  readonly waits?: StepWaits;
}

/** A step whose name is known only at run time; its parameters have been checked by the step's schema. */
interface AnyStep {
  take(params: unknown, context: StepContext): Promise<StepEnd>;
}

/** Takes the step. `grant` names the copies of files. Never throws. */
export async function runStep(ground: StepGround, action: NodeAction, grant: string): Promise<NodeStepResult> {
  const changes: NodeStepResult['changes'] = [];
  let touched = false;
  const touch = <T>(work: () => Promise<T>): Promise<T> => {
    touched = true;
    return work();
  };
  const { effects, host, waits = STEP_WAITS } = ground;
  const context: StepContext = {
    host,
    grant,
    waits,
    effects: {
      load: (path) => effects.load(path),
      run: (...given) => touch(() => effects.run(...given)),
      put: (change) => touch(() => effects.put(change)),
      remove: (...given) => touch(() => effects.remove(...given)),
    },
    changed: (what, before, after) => {
      if (changes.length >= MAX_CHANGES) return;
      changes.push({ what: clip(what, 300), before: clip(before, 1000), after: clip(after, 1000) });
    },
  };
  const end = (outcome: NodeStepResult['outcome'], says: string): NodeStepResult => ({
    outcome,
    says: clip(redactText(says), 500),
    changes,
  });
  try {
    const step = (AGENT_STEPS as Readonly<Record<NodeStepName, unknown>>)[action.step] as AnyStep;
    const { outcome, says } = await step.take(STEP_PARAMS[action.step].parse(action.params), context);
    return end(outcome, says);
  } catch (error) {
    if (error instanceof StepRefused && !touched) return end('refused', error.message);
    return end(touched ? 'failed' : 'refused', errorText(error));
  }
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
