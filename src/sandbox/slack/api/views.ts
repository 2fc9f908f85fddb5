/** views.*: opening, pushing and updating modals, publishing home tabs. */
import { ApiError, invalidArguments } from '../api-error.ts';
import type { Args } from '../args.ts';
import { checkedView } from '../blocks/view.ts';
import type { Json } from '../types.ts';
import { addView, publishHome, replaceView, useTrigger, viewJson } from '../views.ts';
import type { World } from '../world.ts';
import type { Method } from './method.ts';

function readView(args: Args, type: 'modal' | 'home'): Json {
  return checkedView(args.json('view', 'invalid_arguments'), type);
}

function triggerOf(args: Args): string {
  const id = args.text('trigger_id') ?? args.text('interactivity_pointer');
  if (id === undefined || id === '') throw invalidArguments('missing required field: trigger_id');
  return id;
}

function opened(world: World, args: Args, onto: 'open' | 'push'): Json {
  const id = triggerOf(args);
  const view = readView(args, 'modal');
  const userId = useTrigger(world, id);
  return { view: viewJson(world, addView(world, userId, view, onto)) };
}

export const VIEWS: Record<string, Method> = {
  'views.open': (world, args) => opened(world, args, 'open'),
  'views.push': (world, args) => opened(world, args, 'push'),
  'views.update'(world, args) {
    const [id, externalId] = [args.text('view_id'), args.text('external_id')];
    const stored = [...world.state.views.values()].find(
      (v) =>
        v.open &&
        (id === undefined || id === '' ? v.externalId === externalId && externalId !== undefined : v.id === id),
    );
    const view = readView(args, stored?.type ?? 'modal');
    if (!stored) throw new ApiError('not_found');
    return { view: viewJson(world, replaceView(world, stored, view, args.text('hash'))) };
  },
  'views.publish'(world, args) {
    const person = world.state.people.get(args.need('user_id'));
    const view = readView(args, 'home');
    if (!person) throw invalidArguments('user not found [json-pointer:/user_id]');
    return { view: viewJson(world, publishHome(world, person.id, view, args.text('hash'))) };
  },
};
