/** Text objects, confirm dialogs and options: the small pieces that blocks and elements are made of. */
import { bool, byType, type Check, list, oneOf, shape, text, url } from './schema.ts';

/** `plain_text` only, such as a button's label. */
export function plain(max: number): Check {
  const inner = shape({ required: { text: text(1, max) }, optional: { emoji: bool } });
  return (value, at, out) => byType({ plain_text: inner }, false)(value, at, out);
}

/** The two kinds of text object, by type. */
export function textKinds(max: number): Record<string, Check> {
  return {
    plain_text: shape({ required: { text: text(1, max) }, optional: { emoji: bool } }),
    mrkdwn: shape({ required: { text: text(1, max) }, optional: { verbatim: bool } }),
  };
}

/** `mrkdwn` or `plain_text`. */
export function anyText(max: number): Check {
  return byType(textKinds(max), true);
}

export const confirm = shape({
  required: { title: plain(100), text: anyText(300), confirm: plain(30), deny: plain(30) },
  optional: { style: oneOf('primary', 'danger') },
});

/** An option of a select menu; `label` is anyText in radios and checkboxes. */
export function option(label: Check = plain(75)): Check {
  return shape({
    required: { text: label, value: text(1, 150) },
    optional: { description: label, url: url('http', 'https') },
  });
}

const group = shape({ required: { label: plain(75), options: list(option(), 1, 100) } });

/** `options` or `option_groups`, one of them. */
export const menuMembers = { options: list(option(), 1, 100), option_groups: list(group, 1, 100) };

export const needsOptions: Check = (value, at, out) => {
  const menu = value as Record<string, unknown>;
  if (menu['options'] === undefined && menu['option_groups'] === undefined) {
    out.push({ message: 'missing required field: options', pointer: at });
  }
};
