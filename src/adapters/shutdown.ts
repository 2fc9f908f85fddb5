/** How a process ends: at a signal it closes what it opened, in reverse order, each within its time; a fatal fault ends it too. */
import type { Log } from './log.ts';

/** What a process is given in place of globals. `signal` replaces SIGTERM and SIGINT (tests, several processes in one). */
export interface ProcessIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly signal?: AbortSignal;
}

interface Closing {
  readonly name: string;
  readonly ms: number;
  readonly close: () => Promise<unknown>;
}

/** Keeps what must be closed, and waits for the end. */
export class Lifetime {
  readonly #closings: Closing[] = [];
  readonly #log: Log;
  #fatal: (error: unknown) => void = () => {};
  readonly #failed: Promise<unknown>;

  constructor(log: Log) {
    this.#log = log;
    this.#failed = new Promise((resolve) => {
      this.#fatal = resolve;
    });
  }

  /** Registers something to close at the end; the last registered is closed first. */
  onClose(name: string, close: () => Promise<unknown>, ms = 5000): void {
    this.#closings.push({ name, close, ms });
  }

  /** Ends the process with exit code 1: for faults after which it cannot do its work. */
  fail(error: unknown): void {
    this.#fatal(error);
  }

  /** Waits for a signal or a fatal fault, closes everything, and gives the exit code. */
  async untilEnd(io: ProcessIo): Promise<number> {
    const stop = new AbortController();
    const asked = stopAsked(io, stop.signal);
    const broken = unhandled(stop.signal);
    const end = await Promise.race([
      asked.then((why) => ({ why })),
      Promise.race([this.#failed, broken]).then((error) => ({ error })),
    ]);
    stop.abort();
    if ('error' in end) this.#log.fatal({ err: end.error }, 'fatal fault, ending');
    else this.#log.info({ signal: end.why }, 'ending');
    await this.close();
    return 'error' in end ? 1 : 0;
  }

  /** Closes everything that was registered; a closing that hangs or throws is logged and passed over. */
  async close(): Promise<void> {
    for (const closing of this.#closings.splice(0).reverse()) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not closed within ${closing.ms} ms`)), closing.ms);
      });
      try {
        await Promise.race([closing.close(), late]);
      } catch (error) {
        this.#log.warn({ err: error, what: closing.name }, 'could not be closed cleanly');
      } finally {
        clearTimeout(timer);
      }
    }
  }
}

function stopAsked(io: ProcessIo, over: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (io.signal !== undefined) {
      if (io.signal.aborted) resolve('stop');
      else io.signal.addEventListener('abort', () => resolve('stop'), { once: true });
      return;
    }
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      const listener = (): void => resolve(name);
      process.on(name, listener);
      over.addEventListener('abort', () => process.off(name, listener), { once: true });
    }
  });
}

/** A rejection that nobody handles leaves a process of which nobody knows what it can still do: it must end, and say why. */
function unhandled(over: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    process.on('unhandledRejection', resolve);
    over.addEventListener('abort', () => process.off('unhandledRejection', resolve), { once: true });
  });
}
