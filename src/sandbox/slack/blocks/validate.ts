/** Judges a list of blocks as Slack would: shapes and lengths, ids used twice, one table and one plan, text in sum. */
import { ApiError } from '../api-error.ts';
import { isObject, objects, textOf } from '../args.ts';
import type { Json } from '../types.ts';
import { blocksOn, type Surface } from './layout.ts';
import { byType, list, type Problem } from './schema.ts';

/** Above this sum of all text a message is refused; the limit is not documented, refusals were seen from 11,341. */
const TEXT_REFUSED_ABOVE = 11_000;
/** Above this sum a message is accepted but noted: real Slack was seen to accept 9,597. */
export const TEXT_NOTED_ABOVE = 9_500;
const MARKDOWN_IN_SUM = 12_000;
const TABLE_CELLS_IN_SUM = 10_000;
const MAX_BLOCKS: Record<Surface, number> = { message: 50, modal: 100, home: 100 };

const MAX_DEPTH = 64;

/** Visits every object inside a value, with its JSON pointer. What lies deeper than any valid block is left out. */
export function visit(value: unknown, at: string, see: (found: Json, at: string) => void, depth = 0): void {
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) value.forEach((entry, i) => visit(entry, `${at}/${i}`, see, depth + 1));
  else if (isObject(value)) {
    see(value, at);
    for (const [name, member] of Object.entries(value)) visit(member, `${at}/${name}`, see, depth + 1);
  }
}

/** The length in UTF-16 units of all text a reader would see in these blocks. */
export function textSum(blocks: unknown): number {
  let sum = 0;
  visit(blocks, '', (found) => {
    const text = found['text'];
    if (typeof text === 'string') sum += text.length;
    for (const name of ['title', 'caption', 'alt_text'] as const) {
      const member = found[name];
      if (typeof member === 'string') sum += member.length;
    }
  });
  return sum;
}

function duplicates(blocks: readonly unknown[], root: string): Problem[] {
  const problems: Problem[] = [];
  const seen = { block_id: new Map<string, string>(), action_id: new Map<string, string>() };
  visit(blocks, root, (found, at) => {
    for (const name of ['block_id', 'action_id'] as const) {
      const id = found[name];
      if (typeof id !== 'string') continue;
      if (seen[name].has(id))
        problems.push({ message: `\`${name}\` \`${id}\` already exists`, pointer: `${at}/${name}` });
      seen[name].set(id, at);
    }
  });
  return problems;
}

function perMessage(blocks: readonly Json[], root: string): Problem[] {
  const problems: Problem[] = [];
  for (const [type, word] of [
    ['table', 'only_one_table_allowed'],
    ['plan', 'only_one_plan_allowed'],
  ] as const) {
    const at = blocks.map((b, i) => (b['type'] === type ? i : -1)).filter((i) => i >= 0);
    for (const i of at.slice(1)) problems.push({ message: word, pointer: `${root}/${i}` });
  }
  const markdown = blocks.filter((b) => b['type'] === 'markdown').reduce((n, b) => n + textOf(b, 'text').length, 0);
  if (markdown > MARKDOWN_IN_SUM) {
    problems.push({ message: `markdown must be less than ${MARKDOWN_IN_SUM + 1} characters in total`, pointer: root });
  }
  blocks.forEach((b, i) => {
    if (b['type'] !== 'table' && b['type'] !== 'data_table') return;
    if (textSum(b['rows']) > TABLE_CELLS_IN_SUM) {
      problems.push({
        message: `must be less than ${TABLE_CELLS_IN_SUM + 1} characters in all cells`,
        pointer: `${root}/${i}/rows`,
      });
    }
  });
  return problems;
}

/** Everything wrong with the blocks, in order; empty when Slack would take them. `root` begins the pointers. */
export function findProblems(blocks: unknown, surface: Surface, root = '/blocks'): Problem[] {
  const problems: Problem[] = [];
  list(byType(blocksOn(surface), false), surface === 'message' ? 0 : 1, MAX_BLOCKS[surface])(blocks, root, problems);
  if (!Array.isArray(blocks)) return problems;
  return [...problems, ...duplicates(blocks, root), ...perMessage(objects(blocks), root)];
}

/** Slack's answer for bad blocks: `invalid_blocks` with each problem, in `errors` and again in `response_metadata`. */
export function blocksError(code: string, problems: readonly Problem[]): ApiError {
  const errors = problems.map((p) => `${p.message} [json-pointer:${p.pointer}]`);
  return new ApiError(code, { errors, response_metadata: { messages: errors.map((e) => `[ERROR] ${e}`) } });
}

/** Parses and checks the blocks of a message. Throws `invalid_blocks_format`, `invalid_blocks` or `msg_blocks_too_long`. */
export function messageBlocks(value: unknown): Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ApiError('invalid_blocks_format');
  const problems = findProblems(value, 'message');
  if (problems.length > 0) throw blocksError('invalid_blocks', problems);
  if (textSum(value) > TEXT_REFUSED_ABOVE) throw new ApiError('msg_blocks_too_long');
  return objects(value);
}

/** Adds what the server adds: block ids, action ids, `emoji` and `verbatim`. The input is not changed. */
export function withServerFields(blocks: readonly Json[], newId: () => string): Json[] {
  const copy = structuredClone(blocks) as Json[];
  for (const block of copy) block['block_id'] ??= newId();
  visit(copy, '', (found) => {
    if (found['type'] === 'plain_text') found['emoji'] ??= true;
    if (found['type'] === 'mrkdwn') found['verbatim'] ??= false;
    if (isActionable(found)) found['action_id'] ??= newId();
  });
  return copy;
}

const ACTIONABLE =
  /^(button|feedback_buttons|icon_button|overflow|checkboxes|radio_buttons|datepicker|timepicker|datetimepicker|plain_text_input|number_input|email_text_input|url_text_input|(multi_)?(static|external|users|conversations|channels)_select)$/;

/** Whether an object is an interactive element. */
export function isActionable(value: Json): boolean {
  return typeof value['type'] === 'string' && ACTIONABLE.test(value['type']);
}
