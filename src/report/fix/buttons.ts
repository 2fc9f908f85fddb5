/** The buttons of reports and cards about fixes. A value is an opaque id and nothing else. */
import type { ActionsBlock, Button, ConfirmationDialog } from '@slack/types';
import type { FixOffer, FixRecord } from '../../core/fix.ts';
import { refText, sameRef } from '../../core/object-ref.ts';
import { literal } from '../blocks/mrkdwn.ts';
import { type FixWordKey, fixWord } from '../languages/fix/words.ts';
import { word } from '../languages/index.ts';
import type { Report } from '../report.ts';
import { nameText, objectText, shorten, withoutStop } from '../visible.ts';
import type { FixOptions } from './options.ts';
import { stepSays } from './plan-parts.ts';
import { machineSteps } from './state-parts.ts';
import { draftOf, offersUndo, titleOf } from './status.ts';

/** Offers of one report that get buttons; two buttons each, and a block of Slack's holds 25. */
const MOST_OFFERS = 10;

/** Gives the buttons that a record's state allows, or none. */
export function fixButtons(record: FixRecord, options: FixOptions): ActionsBlock[] {
  const { language } = options;
  const { id, state } = record;
  const named = (key: FixWordKey) => fixWord(language, key, { id });
  const elements: Button[] = [];
  if (state === 'proposed') {
    elements.push(
      {
        ...button('fix_approve', fixWord(language, 'button.approve'), id, named('label.approve')),
        style: 'primary',
        confirm: approveDialog(record, options),
      },
      { ...button('fix_deny', fixWord(language, 'button.deny'), id, named('label.deny')), style: 'danger' },
      button('fix_withdraw', fixWord(language, 'button.withdraw'), id, named('label.withdraw')),
    );
  }
  // A new plan from fresh evidence; an undo is asked for anew at the fix that it takes back.
  if ((state === 'void' || state === 'expired') && record.mode === 'propose') {
    elements.push(button('fix_propose', fixWord(language, 'button.propose-again'), id, named('label.again')));
  }
  if (offersUndo(record)) {
    const confirm = dialog(
      fixWord(language, 'confirm.undo.title'),
      named('confirm.undo.text'),
      fixWord(language, 'confirm.undo.yes'),
      fixWord(language, 'confirm.no'),
    );
    elements.push({ ...button('fix_undo', fixWord(language, 'button.undo'), id, named('label.undo')), confirm });
  }
  return elements.length === 0 ? [] : [{ type: 'actions', block_id: `${id}-${record.rev}`, elements }];
}

/** Slack's own question before an approval: the exact action, in at most 300 characters. */
function approveDialog(record: FixRecord, options: FixOptions): ConfirmationDialog {
  const { language } = options;
  const draft = draftOf(record);
  const steps = machineSteps(record);
  const said = draft === undefined ? [] : steps.map(({ step }) => withoutStop(stepSays(draft, step, options)));
  const text = fixWord(language, 'confirm.text', {
    title: shorten(titleOf(record, options), 100),
    cluster: shorten(nameText(record.cluster), 40),
    count: steps.length,
    steps: shorten(said.join(word(language, 'listJoin')), 200),
  });
  return dialog(
    fixWord(language, 'confirm.title'),
    text,
    fixWord(language, 'confirm.yes'),
    fixWord(language, 'confirm.no'),
  );
}

function dialog(title: string, text: string, confirm: string, deny: string): ConfirmationDialog {
  const plain = (most: number, said: string) => ({ type: 'plain_text' as const, text: cut(said, most), emoji: false });
  return { title: plain(100, title), text: plain(300, text), confirm: plain(30, confirm), deny: plain(30, deny) };
}

/** Gives the buttons under a report's Fix card: only for causes that the report proves. */
export function offerButtons(report: Report, offers: readonly FixOffer[]): ActionsBlock[] {
  if (report.verdict !== 'cause-found') return [];
  const { language } = report;
  const proven = offers.filter((offer) =>
    report.causes.some(
      (cause) =>
        cause.confidence === 'confirmed' &&
        cause.rule === offer.rule &&
        sameRef(cause.object, offer.object) &&
        cause.remediations.some((hint) => hint.id === offer.remediation),
    ),
  );
  const shown = proven.slice(0, MOST_OFFERS);
  if (shown.length === 0) return [];
  const elements = shown.flatMap((offer, i): Button[] => {
    const name = nameOf(offer, shown);
    const about = { remediation: name ?? nameText(offer.remediation) };
    const text = (key: 'propose' | 'plan') =>
      name === undefined ? fixWord(language, `button.${key}`) : fixWord(language, `button.${key}.named`, about);
    const after = shown.length === 1 ? '' : `:${i + 1}`;
    return [
      {
        ...button(`fix_propose${after}`, text('propose'), offer.id, fixWord(language, 'label.propose', about)),
        style: 'primary',
      },
      button(`fix_plan${after}`, text('plan'), offer.id, fixWord(language, 'label.plan', about)),
    ];
  });
  return [{ type: 'actions', elements }];
}

/** What tells one offer from the others: nothing, the remediation, or the object too. */
function nameOf(offer: FixOffer, all: readonly FixOffer[]): string | undefined {
  if (all.length === 1) return undefined;
  const alike = all.filter((other) => other.remediation === offer.remediation);
  const name = nameText(offer.remediation);
  if (alike.length === 1) return name;
  const objects = new Set(alike.map((other) => refText(other.object)));
  return objects.size === 1 ? `${name} ${alike.indexOf(offer) + 1}` : `${name} ${objectText(offer.object)}`;
}

function button(action: string, text: string, value: string, label: string): Button {
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text: cut(text, 75), emoji: false },
    value,
    accessibility_label: cut(label, 75),
  };
}

/** Text of a button or dialog is not parsed; names in it are cut in the middle. Marks that break names count too. */
function cut(text: string, most: number): string {
  let size = most;
  let whole = literal(text);
  while (whole.length > most) {
    whole = literal(shorten(text, size));
    size -= 1;
  }
  return whole;
}
