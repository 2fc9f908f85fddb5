/** The shape of a button: the value is an opaque id, what it stands for is looked up, and who pressed it is checked before. */
import type { Allowed } from '../context.ts';
import type { Click, Gate } from '../fixes/click.ts';

export interface Button {
  /** Slack's action_id; what follows a colon in it only tells buttons of one message apart. */
  readonly action: string;
  readonly press: (value: string, allowed: Allowed) => Promise<void>;
}

/** A button about a fix: who presses is asked of Slack anew, and what is refused stands in the audit log. */
export interface FixButton {
  readonly action: string;
  readonly gate: Gate;
  readonly click: (click: Click) => Promise<void>;
}
