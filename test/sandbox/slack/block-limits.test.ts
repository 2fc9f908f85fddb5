/** Every limit of facts/slack.md §1.4 at its edge: the last value taken and the first refused, with Slack's words and pointer. */
import { describe, expect, test } from 'vitest';
import { findProblems, messageBlocks } from '../../../src/sandbox/slack/blocks/validate.ts';
import { viewProblems } from '../../../src/sandbox/slack/blocks/view.ts';
import { makeIds } from '../../../src/sandbox/slack/ids.ts';
import { refusalData, scene } from './support.ts';

type Json = Record<string, unknown>;
const x = (n: number): string => 'x'.repeat(n);
const pt = (n: number): Json => ({ type: 'plain_text', text: x(n) });
const md = (n: number): Json => ({ type: 'mrkdwn', text: x(n) });
const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
const button = (more: Json = {}): Json => ({ type: 'button', text: pt(5), action_id: 'a', ...more });
const actions = (...elements: Json[]): Json => ({ type: 'actions', elements });
const confirm = (more: Json): Json => ({ title: pt(5), text: pt(5), confirm: pt(3), deny: pt(2), ...more });
const option = (i: number, more: Json = {}): Json => ({ text: pt(3), value: `v${i}`, ...more });
const cell = (n: number): Json => ({ type: 'raw_text', text: x(n) });

interface Limit {
  what: string;
  max: number;
  build: (n: number) => Json[];
  message: string;
  pointer: string;
}

const chars = (n: number): string => `must be less than ${n + 1} characters`;
const items = (n: number): string => `no more than ${n} items allowed`;

const LIMITS: Limit[] = [
  {
    what: 'blocks in a message',
    max: 50,
    build: (n) => many(n, () => ({ type: 'divider' })),
    message: items(50),
    pointer: '/blocks',
  },
  {
    what: 'section text',
    max: 3000,
    build: (n) => [{ type: 'section', text: md(n) }],
    message: chars(3000),
    pointer: '/blocks/0/text/text',
  },
  {
    what: 'section fields',
    max: 10,
    build: (n) => [{ type: 'section', fields: many(n, () => md(5)) }],
    message: items(10),
    pointer: '/blocks/0/fields',
  },
  {
    what: 'a section field',
    max: 2000,
    build: (n) => [{ type: 'section', fields: [md(n)] }],
    message: chars(2000),
    pointer: '/blocks/0/fields/0/text',
  },
  {
    what: 'header text',
    max: 150,
    build: (n) => [{ type: 'header', text: pt(n) }],
    message: chars(150),
    pointer: '/blocks/0/text/text',
  },
  {
    what: 'action elements',
    max: 25,
    build: (n) => [actions(...many(n, (i) => button({ action_id: `a${i}` })))],
    message: items(25),
    pointer: '/blocks/0/elements',
  },
  {
    what: 'context elements',
    max: 10,
    build: (n) => [{ type: 'context', elements: many(n, () => md(3)) }],
    message: items(10),
    pointer: '/blocks/0/elements',
  },
  {
    what: 'button text',
    max: 75,
    build: (n) => [actions(button({ text: pt(n) }))],
    message: chars(75),
    pointer: '/blocks/0/elements/0/text/text',
  },
  {
    what: 'button value',
    max: 2000,
    build: (n) => [actions(button({ value: x(n) }))],
    message: chars(2000),
    pointer: '/blocks/0/elements/0/value',
  },
  {
    what: 'button url',
    max: 3000,
    build: (n) => [actions(button({ url: `https://e.com/${x(n - 14)}` }))],
    message: chars(3000),
    pointer: '/blocks/0/elements/0/url',
  },
  {
    what: 'action_id',
    max: 255,
    build: (n) => [actions(button({ action_id: x(n) }))],
    message: chars(255),
    pointer: '/blocks/0/elements/0/action_id',
  },
  {
    what: 'accessibility_label',
    max: 75,
    build: (n) => [actions(button({ accessibility_label: x(n) }))],
    message: chars(75),
    pointer: '/blocks/0/elements/0/accessibility_label',
  },
  {
    what: 'block_id',
    max: 255,
    build: (n) => [{ type: 'divider', block_id: x(n) }],
    message: chars(255),
    pointer: '/blocks/0/block_id',
  },
  {
    what: 'confirm title',
    max: 100,
    build: (n) => [actions(button({ confirm: confirm({ title: pt(n) }) }))],
    message: chars(100),
    pointer: '/blocks/0/elements/0/confirm/title/text',
  },
  {
    what: 'confirm text',
    max: 300,
    build: (n) => [actions(button({ confirm: confirm({ text: pt(n) }) }))],
    message: chars(300),
    pointer: '/blocks/0/elements/0/confirm/text/text',
  },
  {
    what: 'confirm yes',
    max: 30,
    build: (n) => [actions(button({ confirm: confirm({ confirm: pt(n) }) }))],
    message: chars(30),
    pointer: '/blocks/0/elements/0/confirm/confirm/text',
  },
  {
    what: 'confirm no',
    max: 30,
    build: (n) => [actions(button({ confirm: confirm({ deny: pt(n) }) }))],
    message: chars(30),
    pointer: '/blocks/0/elements/0/confirm/deny/text',
  },
  {
    what: 'select options',
    max: 100,
    build: (n) => [actions({ type: 'static_select', options: many(n, (i) => option(i)) })],
    message: items(100),
    pointer: '/blocks/0/elements/0/options',
  },
  {
    what: 'option text',
    max: 75,
    build: (n) => [actions({ type: 'static_select', options: [option(1, { text: pt(n) })] })],
    message: chars(75),
    pointer: '/blocks/0/elements/0/options/0/text/text',
  },
  {
    what: 'option value',
    max: 150,
    build: (n) => [actions({ type: 'static_select', options: [option(1, { value: x(n) })] })],
    message: chars(150),
    pointer: '/blocks/0/elements/0/options/0/value',
  },
  {
    what: 'checkboxes',
    max: 10,
    build: (n) => [actions({ type: 'checkboxes', options: many(n, (i) => option(i)) })],
    message: items(10),
    pointer: '/blocks/0/elements/0/options',
  },
  {
    what: 'image alt_text',
    max: 2000,
    build: (n) => [{ type: 'image', image_url: 'https://e.com/a.png', alt_text: x(n) }],
    message: chars(2000),
    pointer: '/blocks/0/alt_text',
  },
  {
    what: 'image title',
    max: 2000,
    build: (n) => [{ type: 'image', image_url: 'https://e.com/a.png', alt_text: 'a', title: pt(n) }],
    message: chars(2000),
    pointer: '/blocks/0/title/text',
  },
  {
    what: 'table rows',
    max: 100,
    build: (n) => [{ type: 'table', rows: many(n, () => [cell(1)]) }],
    message: items(100),
    pointer: '/blocks/0/rows',
  },
  {
    what: 'table cells in a row',
    max: 20,
    build: (n) => [{ type: 'table', rows: [many(n, () => cell(1))] }],
    message: items(20),
    pointer: '/blocks/0/rows/0',
  },
  {
    what: 'column settings',
    max: 20,
    build: (n) => [{ type: 'table', rows: [[cell(1)]], column_settings: many(n, () => ({ align: 'left' })) }],
    message: items(20),
    pointer: '/blocks/0/column_settings',
  },
  {
    what: 'data_table page_size',
    max: 100,
    build: (n) => [{ type: 'data_table', caption: 'c', rows: [[cell(1)]], page_size: n }],
    message: 'must be at most 100',
    pointer: '/blocks/0/page_size',
  },
  {
    what: 'card title',
    max: 150,
    build: (n) => [{ type: 'card', title: md(n) }],
    message: chars(150),
    pointer: '/blocks/0/title/text',
  },
  {
    what: 'card body',
    max: 200,
    build: (n) => [{ type: 'card', body: md(n) }],
    message: chars(200),
    pointer: '/blocks/0/body/text',
  },
  {
    what: 'carousel cards',
    max: 10,
    build: (n) => [{ type: 'carousel', elements: many(n, () => ({ type: 'card', title: md(3) })) }],
    message: items(10),
    pointer: '/blocks/0/elements',
  },
  {
    what: 'container children',
    max: 10,
    build: (n) => [{ type: 'container', child_blocks: many(n, () => ({ type: 'divider' })) }],
    message: items(10),
    pointer: '/blocks/0/child_blocks',
  },
  {
    what: 'context_actions',
    max: 5,
    build: (n) => [
      {
        type: 'context_actions',
        elements: many(n, (i) => ({ type: 'icon_button', icon: 'trash', text: pt(3), action_id: `i${i}` })),
      },
    ],
    message: items(5),
    pointer: '/blocks/0/elements',
  },
  {
    what: 'markdown text',
    max: 12_000,
    build: (n) => [{ type: 'markdown', text: x(n) }],
    message: chars(12_000),
    pointer: '/blocks/0/text',
  },
];

describe('a limit', () => {
  test.each(LIMITS)('$what: $max is taken, one more is refused', ({ max, build, message, pointer }) => {
    expect(findProblems(build(max), 'message')).toEqual([]);
    expect(findProblems(build(max + 1), 'message')).toContainEqual({ message, pointer });
  });
});

const WRONG: [string, Json[], string, string][] = [
  [
    'an image without https',
    [{ type: 'image', alt_text: 'a', image_url: 'http://e.com/a.png' }],
    'must be a valid URL',
    '/blocks/0/image_url',
  ],
  ['an unknown block type', [{ type: 'nonsense' }], 'unsupported type: nonsense', '/blocks/0/type'],
  ['a block without type', [{ text: pt(3) }], 'missing required field: type', '/blocks/0'],
  ['empty text', [{ type: 'section', text: md(0) }], 'must be more than 0 characters', '/blocks/0/text/text'],
  ['a section of nothing', [{ type: 'section' }], 'must define either `text` or `fields`', '/blocks/0'],
  ['a header in mrkdwn', [{ type: 'header', text: md(3) }], 'unsupported type: mrkdwn', '/blocks/0/text/type'],
  [
    'a button in mrkdwn',
    [actions(button({ text: md(3) }))],
    'unsupported type: mrkdwn',
    '/blocks/0/elements/0/text/type',
  ],
  [
    'an unknown style',
    [actions(button({ style: 'green' }))],
    'must be a valid enum value (primary, danger)',
    '/blocks/0/elements/0/style',
  ],
  [
    'an unknown property',
    [actions(button({ disabled: true }))],
    'invalid additional property: disabled',
    '/blocks/0/elements/0',
  ],
  [
    'an image without alt_text',
    [{ type: 'image', image_url: 'https://e.com/a.png' }],
    'missing required field: alt_text',
    '/blocks/0',
  ],
  [
    'an image of no address',
    [{ type: 'image', alt_text: 'a', image_url: 'ftp://e.com/a' }],
    'must be a valid URL',
    '/blocks/0/image_url',
  ],
  [
    'an empty cell',
    [{ type: 'table', rows: [[cell(0)]] }],
    'must be more than 0 characters',
    '/blocks/0/rows/0/0/text',
  ],
  [
    'a data_table without caption',
    [{ type: 'data_table', rows: [[cell(1)]] }],
    'missing required field: caption',
    '/blocks/0',
  ],
  ['an alert in a message', [{ type: 'alert', text: md(3) }], 'unsupported type: alert', '/blocks/0/type'],
  [
    'a text input among actions',
    [actions({ type: 'plain_text_input', action_id: 'a' })],
    'unsupported type: plain_text_input',
    '/blocks/0/elements/0/type',
  ],
  [
    'an unknown task status',
    [{ type: 'task_card', task_id: 't', title: 't', status: 'done' }],
    'must be a valid enum value (pending, in_progress, complete, error)',
    '/blocks/0/status',
  ],
  [
    'block_id twice',
    [
      { type: 'divider', block_id: 'b' },
      { type: 'divider', block_id: 'b' },
    ],
    '`block_id` `b` already exists',
    '/blocks/1/block_id',
  ],
  [
    'action_id twice',
    [actions(button()), actions(button())],
    '`action_id` `a` already exists',
    '/blocks/1/elements/0/action_id',
  ],
  ['two tables', many(2, () => ({ type: 'table', rows: [[cell(1)]] })), 'only_one_table_allowed', '/blocks/1'],
  ['two plans', many(2, () => ({ type: 'plan', title: 't' })), 'only_one_plan_allowed', '/blocks/1'],
  [
    'a select without options',
    [actions({ type: 'static_select' })],
    'missing required field: options',
    '/blocks/0/elements/0',
  ],
];

test.each(WRONG)('%s is refused', (_what, blocks, message, pointer) => {
  expect(findProblems(blocks, 'message')).toContainEqual({ message, pointer });
});

test('markdown is limited in sum, not only by block', () => {
  const blocks = many(2, () => ({ type: 'markdown', text: x(6001) }));
  expect(findProblems(blocks, 'message')).toMatchObject([{ pointer: '/blocks' }]);
  expect(
    findProblems(
      many(2, () => ({ type: 'markdown', text: x(6000) })),
      'message',
    ),
  ).toEqual([]);
});

test('text in sum: 11,000 is taken, 11,001 is too long', () => {
  const blocks = (last: number): Json[] => [
    ...many(3, () => ({ type: 'section', text: md(3000) })),
    { type: 'section', text: md(last) },
  ];
  expect(messageBlocks(blocks(2000))).toHaveLength(4);
  expect(() => messageBlocks(blocks(2001))).toThrow('msg_blocks_too_long');
});

test('every surface takes what it should: no table in a modal, an alert there, an input everywhere', () => {
  const input = { type: 'input', label: pt(3), element: { type: 'plain_text_input', action_id: 'a' } };
  const table = { type: 'table', rows: [[cell(1)]] };
  const alert = { type: 'alert', text: md(3) };
  expect(findProblems([input], 'message')).toEqual([]);
  expect(findProblems([input, alert], 'modal')).toEqual([]);
  expect(findProblems([table], 'modal')).toMatchObject([{ message: 'unsupported type: table' }]);
  expect(findProblems([alert], 'home')).toMatchObject([{ message: 'unsupported type: alert' }]);
  expect(
    findProblems(
      many(100, () => ({ type: 'divider' })),
      'modal',
    ),
  ).toEqual([]);
  expect(
    findProblems(
      many(101, () => ({ type: 'divider' })),
      'modal',
    ),
  ).toMatchObject([{ message: items(100) }]);
});

test('a modal: title and submit of 24, private_metadata of 3000, submit where there is input', () => {
  const view = (more: Json): Json => ({ type: 'modal', title: pt(24), blocks: [{ type: 'divider' }], ...more });
  const input = { type: 'input', label: pt(3), element: { type: 'plain_text_input', action_id: 'a' } };
  expect(
    viewProblems(view({ submit: pt(24), close: pt(24), private_metadata: x(3000), callback_id: x(255) }), 'modal'),
  ).toEqual([]);
  for (const [more, pointer] of [
    [{ title: pt(25) }, '/view/title/text'],
    [{ submit: pt(25) }, '/view/submit/text'],
    [{ close: pt(25) }, '/view/close/text'],
    [{ private_metadata: x(3001) }, '/view/private_metadata'],
    [{ callback_id: x(256) }, '/view/callback_id'],
    [{ blocks: [input] }, '/view'],
    [{ type: 'home' }, '/view/type'],
  ] as [Json, string][]) {
    expect(viewProblems(view(more), 'modal').map((p) => p.pointer)).toContain(pointer);
  }
});

test('rich text, a plan, feedback buttons and a data table of ordinary reports are taken', () => {
  const rich = (text: string): Json => ({
    type: 'rich_text',
    elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }],
  });
  const feedback = {
    type: 'feedback_buttons',
    action_id: 'f',
    positive_button: { text: pt(3), value: 'y' },
    negative_button: { text: pt(3), value: 'n' },
  };
  const plan = {
    type: 'plan',
    title: 'Checks',
    tasks: [{ type: 'task_card', task_id: 't1', title: 'Endpoints', status: 'complete', output: rich('ok') }],
  };
  const table = { type: 'data_table', caption: 'Nodes', rows: [[cell(4), rich('ready')]], row_header_column_index: 0 };
  const section = {
    type: 'section',
    text: md(5),
    expand: true,
    accessory: { type: 'overflow', action_id: 'o', options: [option(1)] },
  };
  expect(
    findProblems([rich('a\nb'), plan, table, section, { type: 'context_actions', elements: [feedback] }], 'message'),
  ).toEqual([]);
});

test('whatever is sent as blocks is judged, never a crash', async () => {
  const { w, web, channel } = await scene({ rateLimits: false });
  const ids = makeIds(42, { now: () => 0 });
  const words = [
    'type',
    'text',
    'section',
    'actions',
    'elements',
    'plain_text',
    'button',
    'fields',
    'rows',
    'block_id',
    'x',
  ];
  const word = (): string => words[Math.floor(ids.random() * words.length)] ?? 'x';
  const junk = (depth: number): unknown => {
    const n = ids.random();
    if (depth === 0 || n < 0.2) return [null, 1, true, '', word(), x(3001)][Math.floor(ids.random() * 6)];
    if (n < 0.5) return many(Math.floor(ids.random() * 4), () => junk(depth - 1));
    return Object.fromEntries(many(Math.floor(ids.random() * 4), () => [word(), junk(depth - 1)]));
  };
  let refused = 0;
  for (let i = 0; i < 2000; i += 1) refused += findProblems(junk(6), 'message').length > 0 ? 1 : 0;
  expect(refused).toBeGreaterThan(1500);
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect((await refusalData(web.apiCall('chat.postMessage', { channel, text: 't', blocks: deep }))).error).toBe(
    'invalid_blocks',
  );
  w.expect('invalid_blocks');
  expect(w.checkInvariants()).toEqual([]);
});

test('the answer to bad blocks is Slack’s, to the letter', async () => {
  const { web, channel } = await scene();
  const post = (blocks: unknown) =>
    web.apiCall('chat.postMessage', { channel, text: 't', blocks } as Record<string, unknown>);
  const errors = [
    'failed to match all allowed schemas [json-pointer:/blocks/0/text]',
    'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
  ];
  expect(await refusalData(post([{ type: 'section', text: md(3001) }]))).toMatchObject({
    ok: false,
    error: 'invalid_blocks',
    errors,
    response_metadata: { messages: errors.map((e) => `[ERROR] ${e}`) },
  });
  expect((await refusalData(post('[{"type":'))).error).toBe('invalid_blocks_format');
  expect((await refusalData(post({ blocks: [] }))).error).toBe('invalid_blocks_format');
});
