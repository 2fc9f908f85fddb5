/** What commands and buttons work with. */
import type { Log } from '../adapters/log.ts';
import type { Producer } from '../adapters/queue/producer.ts';
import type { SlackClient } from '../adapters/slack/client.ts';
import type { Limits } from '../adapters/store/limits.ts';
import type { Questions } from '../adapters/store/questions.ts';
import type { Recent } from '../adapters/store/recent.ts';
import type { Results } from '../adapters/store/results.ts';
import type { Cancels, Running } from '../adapters/store/running.ts';
import type { Language } from '../core/jobs.ts';
import type { Policy } from './authorize.ts';
import type { Directory } from './directory.ts';
import type { FixDeps } from './fixes/fix-deps.ts';
import type { Request } from './request.ts';

export interface Settings {
  readonly command: string;
  readonly clusters: readonly string[];
  /** The language of what a whole channel reads. */
  readonly language: Language;
  readonly perPerson: number;
  readonly perCluster: number;
}

export interface BotDeps {
  readonly settings: Settings;
  readonly botUserId: string;
  readonly policy: Policy;
  readonly directory: Directory;
  readonly slack: SlackClient;
  readonly producer: Producer;
  readonly limits: Limits;
  readonly questions: Questions;
  readonly recent: Recent;
  readonly results: Results;
  readonly running: Running;
  readonly cancels: Cancels;
  /** Undefined: fixes are off. */
  readonly fix: FixDeps | undefined;
  /** Waits so many milliseconds for Redis; false where it is not there by then. */
  readonly redisBack: (ms: number) => Promise<boolean>;
  readonly log: Log;
}

/** A request that was allowed. `place` is the channel to answer in, `language` the asker's own. */
export interface Allowed {
  readonly request: Request;
  readonly place: string;
  readonly language: Language;
  readonly deps: BotDeps;
}
