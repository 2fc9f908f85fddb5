/** The workspace as tests and the demo hold it: what can be set up, done, looked at and broken. */
import type { Clock } from './clock.ts';
import type { Fault } from './faults.ts';
import type { ProbeKind } from './http-mode.ts';
import type { LedgerEntry } from './ledger.ts';
import type { PersonActions } from './person.ts';
import type { CloseReason } from './socket-mode.ts';
import type { Delivery } from './transport.ts';
import type {
  ChannelKind,
  Json,
  MessageFrame,
  PersonKind,
  SlackChannel,
  SlackManifest,
  SlackPerson,
  SlackUserGroup,
  StoredEphemeral,
  StoredFile,
  StoredMessage,
  StoredView,
} from './types.ts';

export interface SlackOptions {
  seed?: number;
  clock?: Clock;
  /** Slack's rate limits; on by default. */
  rateLimits?: boolean;
  /** How many messages a channel takes at once before one a second is enforced; 4 by default. */
  postBurst?: number;
  manifest?: SlackManifest;
  signingSecret?: string;
  /** HTTP mode: where signed requests go. Without it the app must connect by Socket Mode. */
  requestUrl?: string;
  ackDeadlineMs?: number;
  /** Waits before an unacknowledged event is sent again; 0, 60,000 and 300,000 ms by default. */
  eventRetryDelaysMs?: readonly number[];
  /** Serves `/_kubewhy/…`, by which another process can drive the workspace. */
  adminApi?: boolean;
  /** Only 127.0.0.1 is accepted. */
  host?: string;
}

export interface AddUser {
  name: string;
  kind?: PersonKind;
  locale?: string;
  tz?: string;
}

export interface AddChannel {
  name: string;
  kind?: ChannelKind;
  /** User ids. The bot is a member too, unless `botIsMember` is false. */
  members?: string[];
  botIsMember?: boolean;
  extShared?: boolean;
  pendingExtShared?: boolean;
  archived?: boolean;
}

interface Faults {
  /** Orders a failure for the next calls of a Web API method (`*` for any). */
  next(method: string, fault: Fault): void;
  clear(): void;
  /** Ends sockets, the oldest first; all of them unless `count` is given. */
  closeSockets(reason: CloseReason, count?: number): void;
  /** Sends the last envelope again, as Slack does when it saw no acknowledgement. */
  redeliverLast(): Promise<Delivery>;
  /** HTTP mode: sends one odd request and gives the app's answer. */
  probe(kind: ProbeKind): Promise<{ status: number; body: string }>;
}

export interface SlackWorkspace {
  /** `http://127.0.0.1:PORT/api/`, for `clientOptions.slackApiUrl`. */
  apiUrl: string;
  botToken: string;
  appToken: string;
  signingSecret: string;
  verificationToken: string;
  teamId: string;
  /** The workspace that external people come from. */
  otherTeamId: string;
  botUserId: string;
  botId: string;
  appId: string;
  addUser(u: AddUser): SlackPerson;
  addChannel(c: AddChannel): SlackChannel;
  addUserGroup(g: { handle: string; name?: string; members?: string[]; disabled?: boolean }): SlackUserGroup;
  /** Changes a group and sends `subteam_members_changed` where subscribed. */
  setGroupMembers(groupId: string, members: readonly string[]): void;
  join(channelId: string, userId: string): void;
  leave(channelId: string, userId: string): void;
  archive(channelId: string): void;
  /** From now on every call with a token is refused with this error. */
  revokeToken(error: 'token_revoked' | 'account_inactive'): void;
  asUser(userId: string): PersonActions;
  person(userId: string): Json;
  /** The channel's messages outside threads, as they are now, oldest first. */
  messages(channelId: string): StoredMessage[];
  /** The replies of a thread, without its root, oldest first. */
  thread(channelId: string, ts: string): StoredMessage[];
  /** Every state a message has had, with times; deleted messages too. */
  edits(channelId: string, ts: string): readonly MessageFrame[];
  /** What only this person sees now. */
  ephemerals(userId: string): StoredEphemeral[];
  /** Files whose upload was completed. */
  files(): StoredFile[];
  home(userId: string): StoredView | undefined;
  /** The progress line of a thread, gone after two minutes or a reply. */
  status(channelId: string, threadTs: string): string | undefined;
  openSockets(): number;
  /** Goes over to HTTP mode: from now on commands and events are signed requests to this address on this machine. */
  useHttp(requestUrl: string): void;
  /** Resolves with the first truthy answer; looked at again after every change of the workspace (not of a
   * test's own variables: what the app under test noted is seen with the next call or acknowledgement). Rejects after `timeoutMs` (5000). */
  waitFor<T>(predicate: (w: SlackWorkspace) => T | undefined | false | null, timeoutMs?: number): Promise<T>;
  on(event: 'change', listener: () => void): () => void;
  faults: Faults;
  /** Sends any other subscribed event, such as `app_uninstalled`. Returns whether it was sent. */
  sendEvent(event: Json, scope?: string): boolean;
  ledger: LedgerEntry[];
  /** Names error codes and warnings that a test provokes on purpose, for `checkInvariants`. */
  expect(...errors: string[]): void;
  /** Every violation so far, one sentence each (facts/slack.md §6.3, 31). */
  checkInvariants(): string[];
  close(): Promise<void>;
}
