/** The messages of one diagnosis, fix or incident in Slack: each posted once, whatever dies in between. */
import type { Delivery, Place } from '../../core/jobs.ts';
import type { Log } from '../log.ts';
import type { Priority } from './budget.ts';
import type { Outcome, SlackClient } from './client.ts';
import { findPosted } from './lookup.ts';
import { type Post, plainMessage, withNote } from './post.ts';

/** Slack says no, and would again: the channel is gone, the bot is not in it, the token has no right. */
export class SlackRefused extends Error {
  readonly code: string;

  constructor(method: string, code: string) {
    super(`${method}: ${code}`);
    this.name = 'SlackRefused';
    this.code = code;
  }
}

/** Slack could not be reached or did not answer; another attempt may succeed. */
export class SlackUnavailable extends Error {}

/** This process must not post any more; another one takes over. */
export class HandedBack extends Error {
  constructor() {
    super('handed back: this worker is ending or lost the lock of the job');
  }
}

/** Where it is kept how far each thread has come. */
export interface ThreadStore {
  load(id: string): Promise<Delivery>;
  save(id: string, delivery: Delivery): Promise<void>;
}

export interface ThreadOptions {
  /** A diagnosis, a fix or an incident, and where it is shown. */
  readonly job: { readonly id: string; readonly place: Place };
  readonly slack: SlackClient;
  readonly deliveries: ThreadStore;
  /** The bot's user id: only its own messages count as posted. */
  readonly botUserId: string;
  /** Added to a message that may stand there twice, in the reader's language (mrkdwn of ours). */
  readonly repeated: string;
  readonly log: Log;
  /** Aborted where this process is ending or lost its turn: from then on another one posts. */
  readonly signal?: AbortSignal;
}

/** Codes that speak of the message's form and not of its place: it is sent again as plain text. */
const BAD_FORM = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'invalid_attachments',
]);

const ROOT = 'root';

export class Thread {
  readonly #options: ThreadOptions;
  #delivery: Delivery;

  private constructor(options: ThreadOptions, delivery: Delivery) {
    this.#options = options;
    this.#delivery = delivery;
  }

  /** Takes up the thread where it stands. */
  static async open(options: ThreadOptions): Promise<Thread> {
    return new Thread(options, await options.deliveries.load(options.job.id));
  }

  get done(): boolean {
    return this.#delivery.done;
  }

  get delivery(): Delivery {
    return this.#delivery;
  }

  /** The channel by the name that Slack gave it: where the place is a person, that is the direct message with them. */
  get channel(): string {
    return this.#delivery.channel ?? this.#options.job.place.channel;
  }

  /** Where replies go: the thread that the person asked in, else the root message's own. */
  get threadTs(): string | undefined {
    return this.#options.job.place.threadTs ?? this.#delivery.rootTs;
  }

  /** Posts the root message where there is none yet. */
  async root(message: Post): Promise<void> {
    if (this.#delivery.rootTs !== undefined) return;
    const ts = await this.#post(ROOT, message, this.#options.job.place.threadTs);
    await this.#change({ rootTs: ts });
  }

  /**
   * Edits the root message. Progress is dropped where Slack has no room for it; an answer never is.
   * A root message that somebody deleted is posted anew for an answer.
   */
  async edit(state: Post, priority: Priority): Promise<void> {
    const { rootTs, rootDoubted } = this.#delivery;
    if (rootTs === undefined) return;
    const message = rootDoubted === true ? this.#doubted(state) : state;
    const outcome = await this.#update(rootTs, message, priority);
    if (outcome.status === 'ok' || priority === 'may') return;
    if (outcome.status === 'refused' && outcome.error === 'message_not_found') {
      // One more time for each message that was deleted, whatever dies in between.
      const ts = await this.#post(`root-again-${rootTs}`, message, this.#options.job.place.threadTs);
      await this.#change({ rootTs: ts });
      return;
    }
    if (outcome.status === 'refused' && BAD_FORM.has(outcome.error)) {
      this.#options.log.error(
        { id: this.#options.job.id, error: outcome.error },
        'slack refuses the blocks, sent as text',
      );
      await this.#update(rootTs, plainMessage(message), priority);
      return;
    }
    throw failure('chat.update', outcome);
  }

  /** Posts a message of the thread; a key that was posted before is passed over. */
  async reply(key: string, message: Post): Promise<void> {
    await this.#post(key, message, this.threadTs);
  }

  /** Notes that nothing is left to post. */
  async finish(): Promise<void> {
    await this.#change({ done: true });
  }

  /** Keeps a change of the record before anything else happens. */
  async note(change: Partial<Delivery>): Promise<void> {
    await this.#change(change);
  }

  async #post(key: string, message: Post, threadTs: string | undefined): Promise<string> {
    const posted = this.#delivery.posted[key];
    if (posted !== undefined) return posted;
    if (this.#options.signal?.aborted === true) throw new HandedBack();
    const begun = this.#delivery.sending[key];
    // A worker before us began to send this and died: the message is there, or it is not.
    if (begun !== undefined) return this.#afterDoubt(key, message, threadTs, Date.parse(begun));
    const since = Date.now();
    await this.#change({ sending: { ...this.#delivery.sending, [key]: new Date(since).toISOString() } });
    const outcome = await this.#send(key, message, threadTs);
    if (outcome.status === 'unknown') return this.#afterDoubt(key, message, threadTs, since);
    return this.#keep(key, outcome);
  }

  async #afterDoubt(key: string, message: Post, threadTs: string | undefined, since: number): Promise<string> {
    const { job, slack, botUserId, log } = this.#options;
    const seen = await findPosted({ slack, channel: this.channel, threadTs, id: job.id, key, since, botUserId });
    log.warn({ id: job.id, key, seen: seen.status }, 'slack did not confirm a message');
    if (seen.status === 'found') {
      await this.#record(key, seen.ts, seen.channel);
      return seen.ts;
    }
    if (seen.status === 'blind' && key === ROOT) await this.#change({ rootDoubted: true });
    const again = seen.status === 'absent' ? message : this.#doubted(message);
    const outcome = await this.#send(key, again, threadTs);
    return this.#keep(key, outcome);
  }

  /** The message with the line that it may stand there twice. */
  #doubted(message: Post): Post {
    return withNote(message, this.#options.repeated);
  }

  async #keep(key: string, outcome: Outcome): Promise<string> {
    if (outcome.status === 'unsent') {
      const { [key]: _, ...sending } = this.#delivery.sending;
      await this.#change({ sending });
    }
    if (outcome.status !== 'ok') throw failure('chat.postMessage', outcome);
    const { ts, channel } = outcome.data;
    if (typeof ts !== 'string') throw new SlackUnavailable('chat.postMessage: the answer has no ts');
    await this.#record(key, ts, typeof channel === 'string' ? channel : this.channel);
    return ts;
  }

  async #record(key: string, ts: string, channel: string): Promise<void> {
    const { [key]: _, ...sending } = this.#delivery.sending;
    await this.#change({ posted: { ...this.#delivery.posted, [key]: ts }, sending, channel });
  }

  async #send(key: string, message: Post, threadTs: string | undefined): Promise<Outcome> {
    const { job, slack, log } = this.#options;
    const send = (m: Post): Promise<Outcome> =>
      slack.call(
        'chat.postMessage',
        {
          channel: this.channel,
          text: m.text,
          ...(m.blocks.length === 0 ? {} : { blocks: m.blocks }),
          ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
          metadata: { event_type: 'kubewhy_message', event_payload: { id: job.id, key } },
          unfurl_links: false,
          unfurl_media: false,
        },
        { priority: key === ROOT ? 'first' : 'must' },
      );
    const outcome = await send(message);
    if (outcome.status !== 'refused' || !BAD_FORM.has(outcome.error)) return outcome;
    log.error({ id: job.id, key, error: outcome.error }, 'slack refuses the blocks, sent as text');
    return send(plainMessage(message));
  }

  #update(ts: string, message: Post, priority: Priority): Promise<Outcome> {
    const blocks = message.blocks.length === 0 ? [] : message.blocks;
    const args = { channel: this.channel, ts, text: message.text, blocks };
    return this.#options.slack.call('chat.update', args, { priority, repeatable: true });
  }

  async #change(change: Partial<Delivery>): Promise<void> {
    this.#delivery = { ...this.#delivery, ...change };
    await this.#options.deliveries.save(this.#options.job.id, this.#delivery);
  }
}

function failure(method: string, outcome: Exclude<Outcome, { status: 'ok' }>): Error {
  if (outcome.status === 'refused') return new SlackRefused(method, outcome.error);
  return new SlackUnavailable(`${method}: ${outcome.status === 'dropped' ? 'dropped' : outcome.reason}`);
}
