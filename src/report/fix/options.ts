/** What all renderings of a fix are given and give. */
import type { DryRunStep } from '../../core/fix.ts';
import type { Language } from '../../core/jobs.ts';
import type { Message } from '../blocks/message.ts';
import type { RemediationCatalogue } from './line-text.ts';

export interface FixOptions {
  readonly language: Language;
  /** Where sentences stand; the real remediations by default. */
  readonly catalogue?: RemediationCatalogue;
}

/** What a terminal can show. */
export interface FixTextOptions extends FixOptions {
  readonly colour?: boolean;
  /** Columns, at least 40; default 100. */
  readonly width?: number;
  /** IANA zone for times; default UTC. */
  readonly zone?: string;
  /** Of a draft: what the server's dry run gave. */
  readonly dryRun?: readonly DryRunStep[];
}

/** The card, which is edited in place, and the messages that follow it, each posted once. */
export interface FixThread {
  /** Its key is the fix' id (`fix-…`). */
  readonly card: Message;
  /** Keys `<id>-plan`, `<id>-step-3`, `<id>-result`, and their continuations with `.2`, in the order of posting. */
  readonly messages: readonly Message[];
}
