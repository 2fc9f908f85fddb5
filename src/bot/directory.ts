/** What Slack knows of people and channels, kept for at most a minute, and asked once where several wait for it. */
import { z } from 'zod';
import type { Log } from '../adapters/log.ts';
import type { SlackClient } from '../adapters/slack/client.ts';
import type { Language } from '../core/jobs.ts';
import { languageOf } from './request.ts';

const flag = z.boolean().optional();
const User = z.object({
  id: z.string(),
  team_id: z.string().optional(),
  deleted: flag,
  is_bot: flag,
  is_restricted: flag,
  is_ultra_restricted: flag,
  is_stranger: flag,
  locale: z.string().optional(),
  enterprise_user: z.object({ enterprise_id: z.string().optional() }).optional(),
});
export type Person = z.infer<typeof User>;

const Channel = z.object({
  id: z.string(),
  is_member: flag,
  is_archived: flag,
  is_im: flag,
  is_mpim: flag,
  is_ext_shared: flag,
  is_pending_ext_shared: flag,
});
export type Channel = z.infer<typeof Channel>;

const Members = z.array(z.string().max(40)).max(100_000);

/** An answer, or Slack's code for why there is none; `unavailable` where Slack did not answer. */
export type Known<T> = { readonly value: T } | { readonly error: string };

/** How people and channels are looked up: with what is known for at most a minute, or anew. */
export interface Lookup {
  person(id: string): Promise<Known<Person>>;
  channel(id: string): Promise<Known<Channel>>;
}

const FRESH_MS = 60_000;
const MOST = 10_000;

export class Directory implements Lookup {
  readonly #slack: SlackClient;
  readonly #log: Log;
  readonly #people = new Map<string, { at: number; known: Promise<Known<Person>> }>();
  readonly #channels = new Map<string, { at: number; known: Promise<Known<Channel>> }>();
  readonly #languages = new Map<string, Language>();

  constructor(slack: SlackClient, log: Log) {
    this.#slack = slack;
    this.#log = log;
  }

  /** Asks Slack now: for decisions that change a cluster, nothing that was known before counts. */
  readonly fresh: Lookup = {
    person: async (id) => {
      const known = await this.#askPerson(id);
      this.#noteLanguage(id, known);
      return known;
    },
    channel: (id) => this.#askChannel(id),
  };

  /** Gives a person. An answer that could not be had is not kept. */
  async person(id: string): Promise<Known<Person>> {
    const known = await fresh(this.#people, id, () => this.#askPerson(id));
    if ('error' in known) this.#people.delete(id);
    this.#noteLanguage(id, known);
    return known;
  }

  /** Gives a channel. One where the bot is not a member is asked for again the next time: people invite it and try again. */
  async channel(id: string): Promise<Known<Channel>> {
    const known = await fresh(this.#channels, id, () => this.#askChannel(id));
    if ('error' in known || known.value.is_member !== true) this.#channels.delete(id);
    return known;
  }

  /** Gives the ids of a user group's members, as Slack says now. */
  groupMembers(id: string): Promise<Known<readonly string[]>> {
    return this.#ask('usergroups.users.list', { usergroup: id }, 'users', Members);
  }

  /** The language of a person, where it is known already. */
  language(id: string): Language | undefined {
    return this.#languages.get(id);
  }

  #askPerson(id: string): Promise<Known<Person>> {
    return this.#ask('users.info', { user: id, include_locale: true }, 'user', User);
  }

  #askChannel(id: string): Promise<Known<Channel>> {
    return this.#ask('conversations.info', { channel: id }, 'channel', Channel);
  }

  #noteLanguage(id: string, known: Known<Person>): void {
    const language = 'value' in known ? languageOf(known.value.locale) : undefined;
    if (language === undefined) return;
    bound(this.#languages);
    this.#languages.set(id, language);
  }

  async #ask<T>(method: string, args: Record<string, unknown>, key: string, schema: z.ZodType<T>): Promise<Known<T>> {
    const outcome = await this.#slack.call(method, args, { repeatable: true });
    if (outcome.status === 'refused') return { error: outcome.error };
    if (outcome.status !== 'ok') return { error: 'unavailable' };
    const parsed = schema.safeParse(outcome.data[key]);
    if (parsed.success) return { value: parsed.data };
    this.#log.error({ method, problem: parsed.error.issues[0] }, 'slack answered something unexpected');
    return { error: 'unavailable' };
  }
}

function fresh<T>(
  kept: Map<string, { at: number; known: Promise<Known<T>> }>,
  id: string,
  ask: () => Promise<Known<T>>,
): Promise<Known<T>> {
  const found = kept.get(id);
  if (found !== undefined && Date.now() - found.at < FRESH_MS) return found.known;
  bound(kept);
  const known = ask();
  kept.set(id, { at: Date.now(), known });
  return known;
}

/** The oldest entry goes where a map is full. */
function bound(map: Map<string, unknown>): void {
  if (map.size < MOST) return;
  const first = map.keys().next();
  if (first.done !== true) map.delete(first.value);
}
