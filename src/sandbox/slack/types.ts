/** The people, channels, messages and outcomes of the emulated workspace, as tests and the demo see them. */

export type Json = Record<string, unknown>;

export type PersonKind = 'member' | 'guest' | 'single-channel-guest' | 'external' | 'stranger' | 'bot' | 'deactivated';

export interface SlackPerson {
  id: string;
  name: string;
  kind: PersonKind;
  teamId: string;
  locale: string;
  tz: string;
  email: string;
}

export type ChannelKind = 'public' | 'private' | 'dm' | 'mpim';

export interface SlackChannel {
  id: string;
  name: string;
  kind: ChannelKind;
  /** User ids, the bot's among them when it is in the channel. Change it with `join` and `leave` of the workspace. */
  members: string[];
  extShared: boolean;
  pendingExtShared: boolean;
  archived: boolean;
}

export interface SlackUserGroup {
  id: string;
  handle: string;
  name: string;
  members: string[];
  disabled: boolean;
}

/** One state a message has been in. `at` is in milliseconds. */
export interface MessageFrame {
  at: number;
  kind: 'post' | 'update' | 'delete';
  text: string;
  blocks: Json[];
}

export type MessageOrigin = 'api' | 'response_url' | 'slash-ack' | 'user';

export interface StoredMessage {
  channel: string;
  ts: string;
  threadTs?: string;
  user: string;
  /** Whether our bot wrote it. */
  own: boolean;
  origin: MessageOrigin;
  text: string;
  blocks: Json[];
  attachments: Json[];
  metadata?: Json;
  files: Json[];
  broadcast: boolean;
  edited?: { user: string; ts: string };
  reactions: { name: string; users: string[] }[];
  at: number;
  deleted: boolean;
  frames: MessageFrame[];
}

/** A message that one person sees until they reload. `channel` and `ts` name it in that person's client. */
export interface StoredEphemeral {
  channel: string;
  ts: string;
  threadTs?: string;
  user: string;
  origin: MessageOrigin;
  text: string;
  blocks: Json[];
  at: number;
  deleted: boolean;
  frames: MessageFrame[];
}

export interface StoredFile {
  id: string;
  name: string;
  title: string;
  altText?: string;
  snippetType?: string;
  length: number;
  content?: Buffer;
  state: 'waiting' | 'uploaded' | 'complete' | 'deleted';
  uploadKey?: string;
  channels: string[];
  createdAt: number;
}

export interface StoredView {
  id: string;
  type: 'modal' | 'home';
  userId: string;
  view: Json;
  hash: string;
  externalId?: string;
  rootViewId: string;
  previousViewId: string | null;
  open: boolean;
}

/** What a person sees when the app did not answer a command or a click in time, or at all. */
type VisibleError = 'operation_timeout' | 'dispatch_failed';

export interface DispatchOutcome {
  /** Milliseconds from sending to acknowledgement; undefined when there was none. */
  ackMs?: number;
  body?: unknown;
  visibleError?: VisibleError;
}

export type SlashOutcome = DispatchOutcome;
export type ClickOutcome = DispatchOutcome;

export interface SubmitOutcome extends DispatchOutcome {
  /** The app's field errors by block id, as the person sees them in the form. */
  errors?: Record<string, string>;
  /** The view now on top, where one is still open. */
  view?: StoredView;
}

/** What of Slack's app manifest decides behaviour here. */
export interface SlackManifest {
  scopes: string[];
  appScopes?: string[];
  commands: { command: string; shouldEscape?: boolean }[];
  events: string[];
}
