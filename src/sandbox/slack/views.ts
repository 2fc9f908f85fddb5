/** Modals and home tabs: triggers that live three seconds, a stack of three, hashes, and form state. */
import { ApiError } from './api-error.ts';
import { isObject, objects } from './args.ts';
import { isActionable, visit, withServerFields } from './blocks/validate.ts';
import type { Json, StoredView } from './types.ts';
import type { World } from './world.ts';

const TRIGGER_MS = 3000;
const STACK = 3;

/** A trigger id in Slack's form, good for one view within three seconds. */
export function newTrigger(world: World, userId: string): string {
  const id = `${Math.floor(world.clock.now())}${Math.floor(world.ids.random() * 10)}.${world.identity.teamId.length}${Math.floor(world.ids.random() * 1e7)}.${world.ids.hex(32)}`;
  world.state.triggers.set(id, { userId, expiresAt: world.clock.now() + TRIGGER_MS, used: false });
  return id;
}

/** Uses a trigger up and says whose it was. Throws `invalid_`, `exchanged_` or `expired_trigger_id`. */
export function useTrigger(world: World, id: string | undefined): string {
  const trigger = id === undefined ? undefined : world.state.triggers.get(id);
  if (!trigger) throw new ApiError('invalid_trigger_id');
  if (trigger.used) throw new ApiError('exchanged_trigger_id');
  if (world.clock.now() > trigger.expiresAt) throw new ApiError('expired_trigger_id');
  trigger.used = true;
  return trigger.userId;
}

/** A person's open modals, the top one last. */
export function openViews(world: World, userId: string): StoredView[] {
  return [...world.state.views.values()].filter((v) => v.open && v.type === 'modal' && v.userId === userId);
}

/** A person's home tab, once the app published one. */
export function homeView(world: World, userId: string): StoredView | undefined {
  return [...world.state.views.values()].find((v) => v.type === 'home' && v.userId === userId);
}

function checkExternalId(world: World, view: Json, self?: StoredView): string | undefined {
  const id = view['external_id'];
  if (typeof id !== 'string' || id === '') return undefined;
  for (const v of world.state.views.values()) {
    if (v !== self && v.open && v.externalId === id) throw new ApiError('duplicate_external_id');
  }
  return id;
}

function finished(world: World, view: Json): Json {
  return { ...view, blocks: withServerFields(objects(view['blocks']), () => world.ids.token(5)) };
}

/** Puts a checked view on top of a person's stack. Throws `push_limit_reached`. */
export function addView(world: World, userId: string, view: Json, onto: 'open' | 'push'): StoredView {
  const stack = openViews(world, userId);
  if (onto === 'push' && stack.length >= STACK) throw new ApiError('push_limit_reached');
  if (onto === 'push' && stack.length === 0) throw new ApiError('not_found');
  const externalId = checkExternalId(world, view);
  // A new modal takes the place of what was open.
  if (onto === 'open') for (const v of stack) v.open = false;
  const below = onto === 'push' ? stack.at(-1) : undefined;
  const id = world.ids.id('V');
  const stored: StoredView = {
    id,
    type: 'modal',
    userId,
    view: finished(world, view),
    hash: newHash(world),
    ...(externalId === undefined ? {} : { externalId }),
    rootViewId: below?.rootViewId ?? id,
    previousViewId: below?.id ?? null,
    open: true,
  };
  world.state.views.set(id, stored);
  world.changed();
  return stored;
}

function newHash(world: World): string {
  return `${Math.floor(world.clock.now() / 1000)}.${world.ids.hex(8)}`;
}

/** Replaces what a view shows. Throws `hash_conflict` for a stale hash. */
export function replaceView(world: World, stored: StoredView, view: Json, hash: string | undefined): StoredView {
  if (hash !== undefined && hash !== '' && hash !== stored.hash) throw new ApiError('hash_conflict');
  const externalId = checkExternalId(world, view, stored);
  stored.view = finished(world, view);
  stored.hash = newHash(world);
  if (externalId === undefined) delete stored.externalId;
  else stored.externalId = externalId;
  world.changed();
  return stored;
}

/** Publishes a person's home tab. */
export function publishHome(world: World, userId: string, view: Json, hash: string | undefined): StoredView {
  const old = homeView(world, userId);
  if (old) return replaceView(world, old, view, hash);
  const id = world.ids.id('V');
  const stored: StoredView = {
    id,
    type: 'home',
    userId,
    view: finished(world, view),
    hash: newHash(world),
    rootViewId: id,
    previousViewId: null,
    open: true,
  };
  world.state.views.set(id, stored);
  world.changed();
  return stored;
}

/** Where each kind of element carries what was chosen; everything else carries `value`. */
const CHOICE_IN: Record<string, string> = {
  static_select: 'selected_option',
  radio_buttons: 'selected_option',
  overflow: 'selected_option',
  external_select: 'selected_option',
  multi_static_select: 'selected_options',
  checkboxes: 'selected_options',
  users_select: 'selected_user',
  multi_users_select: 'selected_users',
  conversations_select: 'selected_conversation',
  channels_select: 'selected_channel',
  datepicker: 'selected_date',
  timepicker: 'selected_time',
  datetimepicker: 'selected_date_time',
};

/** What a person chose in one element, in the form that `state.values` and `actions` carry it. */
export function chosen(element: Json, value: unknown): Json {
  const name = CHOICE_IN[String(element['type'])] ?? 'value';
  const groups = objects(element['option_groups']).flatMap((g) => objects(g['options']));
  const options = [...objects(element['options']), ...groups];
  const option = (v: unknown): unknown => options.find((o) => o['value'] === v) ?? null;
  if (name === 'selected_option' && options.length > 0) return { [name]: option(value) };
  const many = Array.isArray(value) ? value : [];
  if (name === 'selected_options') return { [name]: many.map(option).filter(isObject) };
  if (name === 'selected_users') return { [name]: many };
  return { [name]: value ?? null };
}

function initialValue(element: Json): unknown {
  const options = element['initial_options'];
  if (Array.isArray(options)) return objects(options).map((o) => o['value']);
  const option = element['initial_option'];
  if (isObject(option)) return option['value'];
  const found = Object.entries(element).find(([name]) => name.startsWith('initial_'));
  return found?.[1];
}

/** `state.values` of a surface: every input and choice in it, null where nothing was entered. */
export function stateValues(blocks: readonly Json[], given: Record<string, Record<string, unknown>> = {}): Json {
  const values: Record<string, Json> = {};
  for (const block of blocks) {
    const blockId = String(block['block_id']);
    visit(block, '', (element) => {
      const type = String(element['type']);
      if (!isActionable(element) || /^(button|overflow|feedback_buttons|icon_button)$/.test(type)) return;
      const actionId = String(element['action_id']);
      const entered = given[blockId]?.[actionId] ?? initialValue(element);
      values[blockId] = { ...values[blockId], [actionId]: { type, ...chosen(element, entered) } };
    });
  }
  return values;
}

/** A view as answers and payloads show it. */
export function viewJson(world: World, v: StoredView, given?: Record<string, Record<string, unknown>>): Json {
  const { appId, botId, teamId } = world.identity;
  return {
    id: v.id,
    team_id: teamId,
    private_metadata: '',
    callback_id: '',
    title: null,
    submit: null,
    close: null,
    clear_on_close: false,
    notify_on_close: false,
    ...v.view,
    type: v.type,
    state: { values: stateValues(objects(v.view['blocks']), given) },
    hash: v.hash,
    previous_view_id: v.previousViewId,
    root_view_id: v.rootViewId,
    app_id: appId,
    external_id: v.externalId ?? '',
    app_installed_team_id: teamId,
    bot_id: botId,
  };
}
