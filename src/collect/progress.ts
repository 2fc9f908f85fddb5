/** The steps that people see while a diagnosis runs, told each time one changes. */
import { type OnProgress, STEPS, type Step, type StepName } from '../core/ports.ts';

export class Progress {
  readonly #steps = new Map<StepName, Step>();
  readonly #onProgress: OnProgress;

  constructor(onProgress: OnProgress = () => undefined) {
    this.#onProgress = onProgress;
  }

  /** Sets a step; `done` and `total` count what it goes through. */
  set(name: StepName, state: Step['state'], done?: number, total?: number): void {
    this.#steps.set(name, {
      name,
      state,
      ...(done === undefined ? {} : { done }),
      ...(total === undefined ? {} : { total }),
    });
    this.#onProgress(STEPS.flatMap((step) => this.#steps.get(step) ?? []));
  }

  /** Runs `work` as one step: done where it gives true or nothing, partial where it gives false, failed where it throws. */
  async step<T>(name: StepName, work: () => Promise<T>): Promise<T> {
    this.set(name, 'running');
    try {
      const result = await work();
      this.set(name, result === false ? 'partial' : 'done');
      return result;
    } catch (error) {
      this.set(name, 'failed');
      throw error;
    }
  }
}
