/** The live line: the newest state of the steps, edited into the root message no faster than Slack allows. */
import type { Step } from '../core/ports.ts';

export interface ProgressOptions {
  /** Writes one state; may drop it; must not throw. */
  readonly write: (steps: readonly Step[]) => Promise<void>;
  /** Least milliseconds between two edits (chat.update, facts §0.3). */
  readonly everyMs?: number;
}

export class Progress {
  readonly #write: ProgressOptions['write'];
  readonly #everyMs: number;
  #next: readonly Step[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #lastAt = 0;
  #stopped = false;

  constructor(options: ProgressOptions) {
    this.#write = options.write;
    this.#everyMs = options.everyMs ?? 1200;
  }

  /** Takes the newest state; what came before it and was not yet written is skipped. */
  readonly show = (steps: readonly Step[]): void => {
    if (this.#stopped) return;
    this.#next = steps;
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastAt + this.#everyMs - Date.now());
    this.#timer = setTimeout(() => {
      this.#writing = this.#flush();
    }, wait);
  };

  /** Writes nothing more, and waits for the edit under way, so that it cannot overwrite the verdict. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#writing;
  }

  async #flush(): Promise<void> {
    const steps = this.#next;
    this.#next = undefined;
    if (steps !== undefined && !this.#stopped) {
      this.#lastAt = Date.now();
      await this.#write(steps);
    }
    this.#timer = undefined;
    if (this.#next !== undefined) this.show(this.#next);
  }
}
