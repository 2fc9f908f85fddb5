/** The record of a fix while it is carried out: each change by compare-and-set under the lock's fence, audited, told to the thread. */

import type { FixEvent } from '../core/approval.ts';
import type { AuditEvent } from '../core/audit.ts';
import { digestOf } from '../core/canonical-json.ts';
import type { FixRecord, StepProgress } from '../core/fix.ts';
import type { FixPatch } from '../core/fix-patch.ts';
import { type ApplyHooks, Superseded } from '../run/apply.ts';
import { note, type RemediatorDeps } from './deps.ts';

export class Ledger implements ApplyHooks {
  readonly #deps: RemediatorDeps;
  /** False where the lock is somebody else's now. */
  readonly #held: () => Promise<boolean>;
  #record: FixRecord;

  constructor(deps: RemediatorDeps, record: FixRecord, held: () => Promise<boolean>) {
    this.#deps = deps;
    this.#record = record;
    this.#held = held;
  }

  get record(): FixRecord {
    return this.#record;
  }

  /**
   * Changes the record. Notes that bot or worker put beside it meanwhile do not hinder; anything else does.
   * @throws Superseded
   */
  async change(event: FixEvent, patch: FixPatch): Promise<FixRecord> {
    if (!(await this.#held())) throw new Superseded(this.#record.id);
    const { fixes } = this.#deps;
    for (;;) {
      const next = await fixes.change(this.#record, event, patch);
      if (next !== undefined) {
        this.#record = next;
        return next;
      }
      const now = await fixes.load(this.#record.id);
      if (now === undefined || essence(now) !== essence(this.#record)) throw new Superseded(this.#record.id);
      this.#record = now;
    }
  }

  async before(index: number): Promise<void> {
    const known = this.#record.progress.find((one) => one.index === index);
    // A step that was begun before keeps its time: what is waited for is waited for once.
    const at = known?.state === 'running' ? known.at : new Date().toISOString();
    await note(this.#deps, this.#record, this.#event({ index, at, state: 'running' }));
    await this.#progress({ index, at, state: 'running' });
  }

  async after(progress: StepProgress): Promise<void> {
    await note(this.#deps, this.#record, this.#event(progress));
    await this.#progress(progress);
  }

  async #progress(one: StepProgress): Promise<void> {
    const others = this.#record.progress.filter(({ index }) => index !== one.index);
    const progress = [...others, one].sort((a, b) => a.index - b.index);
    await this.#deps.producer.show(await this.change('step', { progress }));
  }

  #event({ index, state, note: says }: StepProgress): Pick<AuditEvent, 'what' | 'action' | 'state' | 'says' | 'code'> {
    const steps = this.#record.plan?.plan.draft.steps ?? [];
    const step = steps[index];
    const what = step?.type === 'node' ? `${step.action.step} on ${step.node}` : (step?.type ?? '');
    const action = `step ${index + 1} of ${steps.length}: ${what}`.slice(0, 80);
    return { what: 'step', action, code: state, ...(says === undefined ? {} : { says }) };
  }
}

/** What nobody but the remediator changes while it applies. */
function essence({ state, progress, plan }: FixRecord): string {
  return digestOf({ state, progress, hash: plan?.hash });
}
