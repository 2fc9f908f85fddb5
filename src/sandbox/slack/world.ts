/** What every part of the emulator shares: state, ids, clock, record, limits and the way to the app. */
import type { Clock } from './clock.ts';
import type { FaultPlan } from './faults.ts';
import type { Ids } from './ids.ts';
import type { Ledger } from './ledger.ts';
import type { RateLimiter } from './rate-limit.ts';
import type {
  DispatchOutcome,
  Json,
  SlackChannel,
  SlackManifest,
  SlackPerson,
  SlackUserGroup,
  StoredEphemeral,
  StoredFile,
  StoredMessage,
  StoredView,
} from './types.ts';

export type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';

interface Credentials {
  botToken: string;
  appToken: string;
  signingSecret: string;
  verificationToken: string;
}

/** Ids of the one workspace and the one app installed in it. */
interface Identity {
  teamId: string;
  teamDomain: string;
  otherTeamId: string;
  appId: string;
  botId: string;
  botUserId: string;
}

interface Trigger {
  userId: string;
  expiresAt: number;
  used: boolean;
}

export interface ResponseUrl {
  kind: 'slash' | 'action';
  userId: string;
  channelId: string;
  expiresAt: number;
  uses: number;
  /** The message or ephemeral whose button was pressed. */
  source?: { ts: string; threadTs?: string; ephemeral: boolean };
}

export interface State {
  people: Map<string, SlackPerson>;
  channels: Map<string, SlackChannel>;
  groups: Map<string, SlackUserGroup>;
  /** Messages by channel id, in order of time. */
  messages: Map<string, StoredMessage[]>;
  ephemerals: StoredEphemeral[];
  files: Map<string, StoredFile>;
  views: Map<string, StoredView>;
  triggers: Map<string, Trigger>;
  responseUrls: Map<string, ResponseUrl>;
  /** Progress lines set by assistant.threads.setStatus, by `channel:thread`. */
  statuses: Map<string, { status: string; until: number }>;
  /** When each streaming message was begun, by its ts. */
  streams: Map<string, number>;
  tickets: Set<string>;
  /** Set once the app's token no longer works. */
  tokenError?: 'token_revoked' | 'account_inactive';
}

/** The way to the app: Socket Mode or signed HTTP. */
export interface Dispatcher {
  /** Sends one command or interaction and waits for its acknowledgement, at most the deadline. */
  send(type: 'slash_commands' | 'interactive', payload: Json): Promise<DispatchOutcome>;
  /** Sends an event, with Slack's retries when it is not acknowledged. */
  event(payload: Json): void;
}

export interface World {
  clock: Clock;
  ids: Ids;
  ledger: Ledger;
  faults: FaultPlan;
  limiter: RateLimiter;
  manifest: SlackManifest;
  identity: Identity;
  credentials: Credentials;
  state: State;
  dispatcher: Dispatcher;
  ackDeadlineMs: number;
  /** `http://127.0.0.1:PORT`, set once the server listens. */
  baseUrl: string;
  /** Tells listeners that something changed. */
  changed(): void;
}

/** A workspace without people, channels or messages. */
export function emptyState(): State {
  return {
    people: new Map(),
    channels: new Map(),
    groups: new Map(),
    messages: new Map(),
    ephemerals: [],
    files: new Map(),
    views: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    statuses: new Map(),
    streams: new Map(),
    tickets: new Set(),
  };
}
