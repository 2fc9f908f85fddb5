/** The shape of a button: the value is an opaque id, what it stands for is looked up, and who pressed it is checked before. */
import type { Allowed } from '../context.ts';

export interface Button {
  /** Slack's action_id; what follows a colon in it only tells buttons of one message apart. */
  readonly action: string;
  readonly press: (value: string, allowed: Allowed) => Promise<void>;
}
