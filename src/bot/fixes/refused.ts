/** A click that is not done: one private sentence for the person, and one entry in the audit log. */
import type { AuditEvent } from '../../core/audit.ts';
import { FIX_TEXTS } from './texts.ts';

/** `text` is mrkdwn in the person's language; `code` is the reason in a stable word. */
export class RefusedClick extends Error {
  readonly code: string;
  readonly what: 'click' | 'attack';

  constructor(code: string, text: string, what: 'click' | 'attack' = 'click') {
    super(text);
    this.name = 'RefusedClick';
    this.code = code;
    this.what = what;
  }
}

type Language = keyof typeof FIX_TEXTS;

/** A click whose value stands for nothing that we wrote. */
export function forged(language: Language): RefusedClick {
  return new RefusedClick('forged-record', FIX_TEXTS[language].forged, 'attack');
}

/** Gives the entry for a refused click. */
export function refusedEvent(
  { code, what }: Pick<RefusedClick, 'code' | 'what'>,
  click: { readonly by: string; readonly channel: string; readonly action: string; readonly fix: string },
): AuditEvent {
  const { by, channel, action, fix } = click;
  const about = /^(fix|of)-[a-z0-9]{1,20}$/.test(fix) ? { fix } : { says: fix.slice(0, 200) };
  return { what, by, channel, action, allowed: false, code, ...about };
}
