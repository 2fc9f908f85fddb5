/** The form of *Deny*: opened at once, for Slack's leave to open it lives three seconds; it carries the fix' id and nothing else. */
import type { ModalView } from '@slack/types';
import type { Language } from '../../core/jobs.ts';
import { FIX_TEXTS } from './texts.ts';

export const DENY_FORM = 'fix_deny_reason';
const BLOCK = 'reason';
const ACTION = 'text';
const MOST = 500;

/** Gives the form. An id that is none of ours is not put into it. */
export function denyForm(language: Language, id: string): ModalView {
  const { title, submit, close, label, hint } = FIX_TEXTS[language].form;
  const known = /^fix-[a-z0-9]{7,16}$/.test(id) ? id : 'fix-0000000';
  const plain = (text: string) => ({ type: 'plain_text' as const, text, emoji: false });
  return {
    type: 'modal',
    callback_id: DENY_FORM,
    private_metadata: known,
    title: plain(title),
    submit: plain(submit),
    close: plain(close),
    blocks: [
      {
        type: 'input',
        block_id: BLOCK,
        label: plain(label),
        hint: plain(hint(known)),
        element: { type: 'plain_text_input', action_id: ACTION, multiline: true, min_length: 1, max_length: MOST },
      },
    ],
  };
}

/** Gives the reason, or what to tell the person beside the field. `values`: `view.state.values`, as it came. */
export function reasonIn(values: unknown, language: Language): { reason: string } | { errors: Record<string, string> } {
  const { empty, long } = FIX_TEXTS[language].form;
  const given = (values as Record<string, Record<string, { value?: unknown }>> | null | undefined)?.[BLOCK]?.[ACTION]
    ?.value;
  const reason = typeof given === 'string' ? given.trim() : '';
  if (reason === '') return { errors: { [BLOCK]: empty } };
  return reason.length > MOST ? { errors: { [BLOCK]: long } } : { reason };
}
