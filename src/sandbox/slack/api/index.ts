/** All Web API methods by name. */
import { ApiError, invalidArguments } from '../api-error.ts';
import { isObject } from '../args.ts';
import { findProblems } from '../blocks/validate.ts';
import { viewProblems } from '../blocks/view.ts';
import { visibleChannel } from '../channels.ts';
import { isTs } from '../ids.ts';
import { findMessage } from '../messages.ts';
import { CHAT } from './chat.ts';
import { CONVERSATIONS } from './conversations.ts';
import { FILES } from './files.ts';
import type { Method } from './method.ts';
import { PEOPLE } from './people.ts';
import { STREAM } from './stream.ts';
import { VIEWS } from './views.ts';

const REST: Record<string, Method> = {
  'api.test': (_world, args) => ({ args: args.raw }),
  'apps.connections.open'(world) {
    const ticket = world.ids.uuid();
    world.state.tickets.add(ticket);
    const base = world.baseUrl.replace('http:', 'ws:');
    return { url: `${base}/link/?ticket=${ticket}&app_id=${world.identity.appId}` };
  },
  'blocks.validate'(_world, args) {
    const [blocks, view, message] = ['blocks', 'view', 'message'].map((n) => args.json(n, 'invalid_arguments'));
    if ([blocks, view, message].filter((v) => v !== undefined).length !== 1) {
      throw invalidArguments('exactly one of blocks, message, view');
    }
    const inMessage = isObject(message) ? message['blocks'] : undefined;
    const problems =
      view === undefined
        ? findProblems(blocks ?? inMessage, 'message', '')
        : viewProblems(view, isObject(view) && view['type'] === 'home' ? 'home' : 'modal', '');
    if (problems.length === 0) return {};
    const word = view !== undefined ? 'invalid_view' : message !== undefined ? 'invalid_message' : 'invalid_blocks';
    const errors = problems.map((p) => ({
      code: p.message.startsWith('missing required field') ? 'missing_field' : 'failed_constraint',
      message: p.message,
      pointer: p.pointer,
    }));
    throw new ApiError(word, { errors });
  },
  'reactions.add'(world, args) {
    const channel = visibleChannel(world, args.need('channel'));
    const ts = args.need('timestamp');
    const name = args.need('name').replaceAll(':', '');
    if (!/^[a-z0-9_+'-]+$/.test(name)) throw new ApiError('invalid_name');
    if (channel.archived) throw new ApiError('is_archived');
    const message = isTs(ts) ? findMessage(world, channel.id, ts) : undefined;
    if (!message) throw new ApiError('message_not_found');
    const me = world.identity.botUserId;
    const reaction = message.reactions.find((r) => r.name === name);
    if (reaction?.users.includes(me)) throw new ApiError('already_reacted');
    if (reaction) reaction.users.push(me);
    else message.reactions.push({ name, users: [me] });
    world.changed();
    return {};
  },
};

export const API: Readonly<Record<string, Method>> = {
  ...CHAT,
  ...CONVERSATIONS,
  ...PEOPLE,
  ...FILES,
  ...VIEWS,
  ...STREAM,
  ...REST,
};
