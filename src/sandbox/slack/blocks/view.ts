/** Judges a modal or home view: its members' limits, its blocks, and its size. */
import { ApiError, invalidArguments } from '../api-error.ts';
import { isObject, objects } from '../args.ts';
import type { Json } from '../types.ts';
import { bool, type Check, type Problem, shape, text } from './schema.ts';
import { plain } from './text-objects.ts';
import { findProblems } from './validate.ts';

const MAX_VIEW_BYTES = 250_000;

const anything: Check = () => {};
const shared = { private_metadata: text(0, 3000), callback_id: text(0, 255), external_id: text(0, 255) };
const modal = shape({
  required: { title: plain(24), blocks: anything },
  optional: {
    ...shared,
    submit: plain(24),
    close: plain(24),
    clear_on_close: bool,
    notify_on_close: bool,
    submit_disabled: bool,
  },
});
const home = shape({
  required: { blocks: anything },
  optional: { ...shared, title: plain(24), submit: plain(24), close: plain(24) },
});

/** Everything wrong with a view; pointers begin with `root`. */
export function viewProblems(view: unknown, type: 'modal' | 'home', root = '/view'): Problem[] {
  const problems: Problem[] = [];
  if (!isObject(view)) return [{ message: 'must be an object', pointer: root }];
  if (view['type'] !== type) problems.push({ message: `must be of type ${type}`, pointer: `${root}/type` });
  (type === 'modal' ? modal : home)(view, root, problems);
  if (view['blocks'] !== undefined) problems.push(...findProblems(view['blocks'], type, `${root}/blocks`));
  const hasInput = objects(view['blocks']).some((b) => b['type'] === 'input');
  if (type === 'modal' && hasInput && view['submit'] === undefined) {
    problems.push({ message: 'missing required field: submit (needed with input blocks)', pointer: root });
  }
  return problems;
}

/** A checked view. Throws `view_too_large`, or `invalid_arguments` with pointers, as `views.open` does. */
export function checkedView(view: unknown, type: 'modal' | 'home'): Json {
  if (!isObject(view)) throw invalidArguments('must be a valid view object [json-pointer:/view]');
  if (Buffer.byteLength(JSON.stringify(view)) > MAX_VIEW_BYTES) throw new ApiError('view_too_large');
  const problems = viewProblems(view, type);
  if (problems.length > 0) throw invalidArguments(...problems.map((p) => `${p.message} [json-pointer:${p.pointer}]`));
  return view;
}
