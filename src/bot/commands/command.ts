/** The shape of a command: help is made from it, and it decides from words alone what is said at once and done after. */
import type { Language } from '../../core/jobs.ts';
import type { Allowed, Settings } from '../context.ts';

/** What a command may look at before anybody was asked. */
export interface PlanContext {
  readonly settings: Settings;
  readonly language: Language;
  readonly cluster: string;
  readonly botUserId: string;
}

/** `ack`: mrkdwn that the asker sees at once. `work`: what is done once it is known that they may ask. */
export interface Plan {
  readonly ack?: string;
  readonly work?: (allowed: Allowed) => Promise<void>;
}

export interface Command {
  /** The word that is typed. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: Readonly<Record<Language, string>>;
  /** What may follow the name. */
  readonly usage: string;
  /** Whole lines after the slash command. */
  readonly examples: readonly string[];
  /** Pure. @throws UserError for words that make no sense. */
  readonly plan: (words: readonly string[], context: PlanContext) => Plan;
}
