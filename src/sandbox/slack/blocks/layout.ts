/** Every layout block with its members and limits, and the surfaces it may stand on (facts/slack.md §1.4 and §3.3). */
import { ACCESSORIES, ACTION_ELEMENTS, CONTEXT_ACTION_ELEMENTS, ELEMENTS, INPUT_ELEMENTS, image } from './elements.ts';
import { cell, richText } from './rich-text.ts';
import { bool, byType, type Check, integer, list, oneOf, type Shape, shape, text, url } from './schema.ts';
import { anyText, plain, textKinds } from './text-objects.ts';

export type Surface = 'message' | 'modal' | 'home';

/** A block: the shape's members and `block_id`. */
function block(s: Shape): Check {
  return shape({ ...s, optional: { block_id: text(1, 255), ...s.optional } });
}

const elementCheck = byType({ button: ELEMENTS['button'] as Check }, false);
const imageElement = byType({ image }, false);
const rows = list(list(cell, 1, 20), 1, 100);

const card = block({
  required: {},
  optional: {
    hero_image: imageElement,
    icon: imageElement,
    title: anyText(150),
    subtitle: anyText(150),
    body: anyText(200),
    actions: list(elementCheck, 1, 5),
  },
});

const taskCard = block({
  required: {
    task_id: text(1, 255),
    title: text(1, 255),
    status: oneOf('pending', 'in_progress', 'complete', 'error'),
  },
  optional: {
    details: byType({ rich_text: richText }, false),
    output: byType({ rich_text: richText }, false),
    sources: list(shape({ required: { url: url('http', 'https'), text: text(1, 255) } }), 1, 100),
  },
});

const BASE: Record<string, Check> = {
  section: block({
    required: {},
    optional: {
      text: anyText(3000),
      fields: list(anyText(2000), 1, 10),
      accessory: byType(ACCESSORIES, false),
      expand: bool,
    },
    also(value, at, out) {
      const it = value as Record<string, unknown>;
      if (it['text'] === undefined && it['fields'] === undefined) {
        out.push({ message: 'must define either `text` or `fields`', pointer: at });
      }
    },
  }),
  header: block({ required: { text: plain(150) } }),
  divider: block({ required: {} }),
  actions: block({ required: { elements: list(byType(ACTION_ELEMENTS, false), 1, 25) } }),
  context: block({
    required: {
      elements: list(byType({ image, ...textKinds(3000) }, true), 1, 10),
    },
  }),
  context_actions: block({ required: { elements: list(byType(CONTEXT_ACTION_ELEMENTS, false), 1, 5) } }),
  image: block({
    required: { alt_text: text(1, 2000) },
    optional: {
      image_url: url('https'),
      slack_file: shape({ required: {}, optional: { id: text(1, 255), url: url('https') } }),
      title: plain(2000),
    },
    also(value, at, out) {
      const it = value as Record<string, unknown>;
      if (it['image_url'] === undefined && it['slack_file'] === undefined) {
        out.push({ message: 'must define either `image_url` or `slack_file`', pointer: at });
      }
    },
  }),
  input: block({
    required: { label: plain(2000), element: byType(INPUT_ELEMENTS, false) },
    optional: { hint: plain(2000), optional: bool, dispatch_action: bool },
  }),
  rich_text: richText,
  markdown: block({ required: { text: text(1, 12_000) } }),
  table: block({
    required: { rows },
    optional: {
      column_settings: list(
        shape({ required: {}, optional: { align: oneOf('left', 'center', 'right'), is_wrapped: bool } }),
        1,
        20,
      ),
    },
  }),
  data_table: block({
    required: { rows, caption: text(1, 255) },
    optional: { page_size: integer(1, 100), row_header_column_index: integer(0, 19) },
  }),
  task_card: taskCard,
  plan: block({
    required: { title: text(1, 255) },
    optional: { tasks: list(byType({ task_card: taskCard }, false), 1, 50) },
  }),
  card,
  carousel: block({ required: { elements: list(byType({ card }, false), 1, 10) } }),
  alert: block({
    required: { text: anyText(3000) },
    optional: { level: oneOf('default', 'info', 'warning', 'error', 'success') },
  }),
  file: block({ required: { external_id: text(1, 255), source: oneOf('remote') } }),
  video: block({
    required: { video_url: url('https'), thumbnail_url: url('https'), alt_text: text(1, 2000), title: plain(200) },
    optional: {
      title_url: url('https'),
      author_name: text(1, 50),
      provider_name: text(1, 255),
      provider_icon_url: url('https'),
      description: plain(200),
    },
  }),
};

const CHILDREN = [
  'actions',
  'context',
  'divider',
  'file',
  'header',
  'image',
  'input',
  'rich_text',
  'section',
  'table',
  'video',
];
const children = Object.fromEntries(Object.entries(BASE).filter(([type]) => CHILDREN.includes(type)));

const BLOCKS: Record<string, Check> = {
  ...BASE,
  container: block({
    required: { child_blocks: list(byType(children, false), 1, 10) },
    optional: {
      title: plain(150),
      rich_text_title: byType({ rich_text: richText }, false),
      subtitle: anyText(150),
      width: oneOf('narrow', 'standard', 'wide', 'full'),
      icon: imageElement,
      is_collapsible: bool,
      default_collapsed: bool,
      has_header_divider: bool,
    },
  }),
};

const MODAL_EXCLUDES = [
  'card',
  'carousel',
  'context_actions',
  'data_visualization',
  'file',
  'markdown',
  'plan',
  'table',
  'task_card',
];
const NOT_ON: Record<Surface, readonly string[]> = {
  message: ['alert', 'file'],
  modal: MODAL_EXCLUDES,
  home: ['alert', 'context_actions', 'data_visualization', 'file', 'markdown', 'plan', 'table', 'task_card'],
};

/** The blocks that a surface takes, by type. */
export function blocksOn(surface: Surface): Record<string, Check> {
  return Object.fromEntries(Object.entries(BLOCKS).filter(([type]) => !NOT_ON[surface].includes(type)));
}
