/** The interactive elements of Block Kit with their limits (facts/slack.md §1.4) and the places each may stand in. */
import { bool, type Check, integer, list, oneOf, shape, text, url } from './schema.ts';
import { anyText, confirm, menuMembers, needsOptions, option, plain } from './text-objects.ts';

const id = { action_id: text(1, 255) };
const common = { ...id, confirm, focus_on_load: bool };
const menu = { ...common, placeholder: plain(150) };
const dispatchConfig = shape({
  required: {},
  optional: { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), 1, 2) },
});

const button = shape({
  required: { text: plain(75) },
  optional: {
    ...id,
    confirm,
    value: text(0, 2000),
    url: url('http', 'https'),
    style: oneOf('primary', 'danger'),
    accessibility_label: text(1, 75),
  },
});

const feedbackButton = shape({
  required: { text: plain(75), value: text(1, 2000) },
  optional: { accessibility_label: text(1, 75) },
});

const picker = (kind: string): Check =>
  shape({ required: {}, optional: { ...menu, [`initial_${kind}`]: text(1, 255) } });
const pickers = (kind: string): Check =>
  shape({
    required: {},
    optional: { ...menu, [`initial_${kind}`]: list(text(1, 255), 0, 100), max_selected_items: integer(1, 100) },
  });
const fewOptions = list(option(anyText(75)), 1, 10);
const inputText = { ...id, focus_on_load: bool, placeholder: plain(150), dispatch_action_config: dispatchConfig };

/** Every element that may stand in `actions`, as a section's accessory or in an input, by type. */
export const ELEMENTS: Record<string, Check> = {
  button,
  static_select: shape({
    required: {},
    optional: { ...menu, ...menuMembers, initial_option: option() },
    also: needsOptions,
  }),
  multi_static_select: shape({
    required: {},
    optional: { ...menu, ...menuMembers, initial_options: list(option(), 1, 100), max_selected_items: integer(1, 100) },
    also: needsOptions,
  }),
  external_select: shape({
    required: {},
    optional: { ...menu, initial_option: option(), min_query_length: integer(0, 255) },
  }),
  users_select: picker('user'),
  multi_users_select: pickers('users'),
  conversations_select: shape({
    required: {},
    optional: {
      ...menu,
      initial_conversation: text(1, 255),
      default_to_current_conversation: bool,
      response_url_enabled: bool,
      filter: shape({
        required: {},
        optional: {
          include: list(oneOf('im', 'mpim', 'private', 'public'), 1, 4),
          exclude_external_shared_channels: bool,
          exclude_bot_users: bool,
        },
      }),
    },
  }),
  channels_select: shape({
    required: {},
    optional: { ...menu, initial_channel: text(1, 255), response_url_enabled: bool },
  }),
  overflow: shape({ required: { options: list(option(), 1, 5) }, optional: { ...id, confirm } }),
  checkboxes: shape({ required: { options: fewOptions }, optional: { ...common, initial_options: fewOptions } }),
  radio_buttons: shape({
    required: { options: fewOptions },
    optional: { ...common, initial_option: option(anyText(75)) },
  }),
  datepicker: shape({ required: {}, optional: { ...menu, initial_date: text(10, 10) } }),
  timepicker: shape({ required: {}, optional: { ...menu, initial_time: text(5, 5), timezone: text(1, 100) } }),
  datetimepicker: shape({ required: {}, optional: { ...common, initial_date_time: integer(0, 9_999_999_999) } }),
  plain_text_input: shape({
    required: {},
    optional: {
      ...inputText,
      initial_value: text(0, 3000),
      multiline: bool,
      min_length: integer(0, 3000),
      max_length: integer(1, 3000),
    },
  }),
  number_input: shape({
    required: { is_decimal_allowed: bool },
    optional: { ...inputText, initial_value: text(1, 100), min_value: text(1, 100), max_value: text(1, 100) },
  }),
  email_text_input: shape({ required: {}, optional: { ...inputText, initial_value: text(1, 255) } }),
  url_text_input: shape({ required: {}, optional: { ...inputText, initial_value: text(1, 3000) } }),
};

const notIn = (...left: string[]): Record<string, Check> =>
  Object.fromEntries(Object.entries(ELEMENTS).filter(([type]) => !left.includes(type)));

const INPUT_ONLY = ['plain_text_input', 'number_input', 'email_text_input', 'url_text_input'];

export const ACTION_ELEMENTS = notIn(...INPUT_ONLY);
export const INPUT_ELEMENTS = notIn('button', 'overflow');

/** An image as a block's member: https address and `alt_text` are required. */
export const image = shape({
  required: { alt_text: text(1, 2000) },
  optional: {
    image_url: url('https'),
    slack_file: shape({ required: {}, optional: { id: text(1, 255), url: url('https') } }),
  },
  also: (value, at, out) => {
    const it = value as Record<string, unknown>;
    if (it['image_url'] === undefined && it['slack_file'] === undefined) {
      out.push({ message: 'must define either `image_url` or `slack_file`', pointer: at });
    }
  },
});

export const ACCESSORIES: Record<string, Check> = { ...ACTION_ELEMENTS, image };

/** The two elements of `context_actions`. */
export const CONTEXT_ACTION_ELEMENTS: Record<string, Check> = {
  feedback_buttons: shape({
    required: { positive_button: feedbackButton, negative_button: feedbackButton },
    optional: id,
  }),
  icon_button: shape({
    required: { icon: oneOf('trash'), text: plain(75) },
    optional: {
      ...id,
      confirm,
      value: text(0, 2000),
      accessibility_label: text(1, 75),
      visible_to_user_ids: list(text(1, 255), 1, 100),
    },
  }),
};
