/** Nothing that was acknowledged is lost: it is noted before the acknowledgement, and taken up where its bot died. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Inbox as Store } from '../adapters/store/inbox.ts';
import type { BotDeps } from './context.ts';
import { perform, Received } from './received.ts';

/** Between two looks for what a dead bot left, which are also the signs of life for what is being done here. */
const LOOK_MS = 3000;
/** A bot that gave no sign for so long is dead, or cannot reach Redis and is told so itself. */
const SILENT_MS = 10_000;
/** For so long an acknowledgement waits for Redis to say that it has the request, and it is tried again; Slack waits 3 s. */
const NOTE_MS = 400;
const NOTE_AGAIN_MS = 50;

/** A request on its way. */
export interface Taken {
  /**
   * Resolves when Redis has the request, or after a moment without its answer: acknowledge then. A bot that dies before
   * has not acknowledged, and the person sees it.
   */
  readonly noted: Promise<void>;
  /** Does what was asked. */
  readonly work: () => Promise<void>;
}

export class Inbox {
  readonly #store: Store;
  readonly #deps: BotDeps;
  readonly #open = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, deps: BotDeps) {
    this.#store = store;
    this.#deps = deps;
  }

  /** Begins to look for what others left behind. */
  start(): void {
    const look = (): void => {
      this.#look()
        .catch((error: unknown) => this.#deps.log.debug({ err: error }, 'left requests could not be looked for'))
        .finally(() => {
          if (this.#timer !== undefined) this.#timer = setTimeout(look, LOOK_MS);
        });
    };
    this.#timer = setTimeout(look, 0);
  }

  /** Looks no more, and waits for what is being done; what is not done in time is taken up by another bot. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#running);
  }

  /** Notes a request. */
  receive(received: Received): Taken {
    const { log } = this.#deps;
    this.#open.add(received.key);
    // Without Redis the request itself will fail, and says so to the person.
    const taken = this.#note(received).catch((error: unknown) =>
      log.debug({ err: error }, 'request could not be noted'),
    );
    const noted = Promise.race([taken, sleep(NOTE_MS)]);
    return { noted, work: () => this.#perform(received, taken) };
  }

  /** A Redis that restarts is back within a moment. */
  async #note(received: Received): Promise<void> {
    const end = performance.now() + NOTE_MS;
    for (;;) {
      try {
        return await this.#store.note(received.key, JSON.stringify(received), saying(received));
      } catch (error) {
        if (performance.now() + NOTE_AGAIN_MS > end) throw error;
        await sleep(NOTE_AGAIN_MS);
      }
    }
  }

  async #perform(received: Received, noted: Promise<void>): Promise<void> {
    const running = this.#do(received, noted);
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #do(received: Received, noted: Promise<void>): Promise<void> {
    const { log } = this.#deps;
    this.#open.add(received.key);
    await noted;
    try {
      await perform(received, this.#deps);
    } finally {
      this.#open.delete(received.key);
      await this.#store
        .done(received.key)
        .catch((error: unknown) => log.debug({ err: error }, 'request could not be noted as done'));
    }
  }

  async #look(): Promise<void> {
    await this.#store.keepAlive([...this.#open]);
    for (const { key, text } of await this.#store.takeLeft(SILENT_MS)) {
      if (this.#open.has(key)) continue;
      const received = parse(text);
      // Whoever saw no acknowledgement asked again, and that request counts.
      const counts = received !== undefined && (await this.#store.newest(saying(received))) === key;
      this.#deps.log.info({ user: received?.userId, counts }, 'a request that another bot left');
      if (counts) void this.#perform(received, Promise.resolve());
      else await this.#store.done(key);
    }
  }
}

/** Alike for all requests of one person in one channel that say the same. */
function saying({ userId, channelId, what }: Received): string {
  return createHash('sha256')
    .update(JSON.stringify([userId, channelId, what]))
    .digest('hex')
    .slice(0, 32);
}

function parse(text: string): Received | undefined {
  try {
    return Received.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
