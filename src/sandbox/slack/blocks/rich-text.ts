/** `rich_text` and the table cells that may hold it. */
import { bool, byType, type Check, integer, list, number, oneOf, shape, text, url } from './schema.ts';

const style = shape({
  required: {},
  optional: {
    bold: bool,
    italic: bool,
    strike: bool,
    code: bool,
    underline: bool,
    highlight: bool,
    client_highlight: bool,
    unlink: bool,
  },
});

const leaf = byType(
  {
    text: shape({ required: { text: text(1, 40_000) }, optional: { style } }),
    link: shape({
      required: { url: url('http', 'https', 'mailto') },
      optional: { text: text(1, 40_000), unsafe: bool, style },
    }),
    emoji: shape({
      required: { name: text(1, 255) },
      optional: { unicode: text(1, 255), skin_tone: integer(1, 6), style },
    }),
    user: shape({ required: { user_id: text(1, 255) }, optional: { style } }),
    usergroup: shape({ required: { usergroup_id: text(1, 255) }, optional: { style } }),
    channel: shape({ required: { channel_id: text(1, 255) }, optional: { style } }),
    broadcast: shape({ required: { range: oneOf('here', 'channel', 'everyone') }, optional: { style } }),
    date: shape({
      required: { timestamp: integer(0, 9_999_999_999), format: text(1, 255) },
      optional: { url: url('http', 'https'), fallback: text(1, 255), style },
    }),
    color: shape({ required: { value: text(4, 9) }, optional: { style } }),
  },
  false,
);

const leaves = list(leaf, 0, 1000);
const section = shape({ required: { elements: leaves } });
const border = integer(0, 1);

const part = byType(
  {
    rich_text_section: section,
    rich_text_preformatted: shape({ required: { elements: leaves }, optional: { border, language: text(1, 255) } }),
    rich_text_quote: shape({ required: { elements: leaves }, optional: { border } }),
    rich_text_list: shape({
      required: {
        style: oneOf('bullet', 'ordered'),
        elements: list(byType({ rich_text_section: section }, false), 1, 1000),
      },
      optional: { indent: integer(0, 8), offset: integer(0, 1000), border },
    }),
  },
  false,
);

/** The members of a `rich_text` block, without `block_id`. */
export const richText: Check = shape({
  required: { elements: list(part, 1, 1000) },
  optional: { block_id: text(1, 255) },
});

/** A cell of `table` and `data_table`. */
export const cell: Check = byType(
  {
    raw_text: shape({ required: { text: text(1, 10_000) } }),
    raw_number: shape({ required: { value: number, text: text(1, 255) } }),
    rich_text: richText,
  },
  true,
);
