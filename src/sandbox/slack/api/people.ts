/** users.*, usergroups.*, auth.test, bots.info and team.info: who is who. */
import { ApiError } from '../api-error.ts';
import type { Json, SlackPerson, SlackUserGroup } from '../types.ts';
import type { World } from '../world.ts';
import { type Method, page } from './method.ts';

/** Minutes east of UTC are not computed from the zone's rules: these are the zones the tests use. */
const OFFSETS: Record<string, number> = { 'Asia/Shanghai': 28_800, 'Europe/Berlin': 3600, 'America/New_York': -18_000 };

/** A person as users.info shows them: external people have no locale and say whether they share a channel with us. */
export function personJson(world: World, p: SlackPerson, withLocale: boolean): Json {
  const outside = p.kind === 'external' || p.kind === 'stranger';
  const base: Json = {
    id: p.id,
    team_id: p.teamId,
    name: p.name,
    deleted: p.kind === 'deactivated',
    real_name: p.name,
    profile: { real_name: p.name, display_name: p.name, team: p.teamId, ...(outside ? {} : { email: p.email }) },
    is_bot: p.kind === 'bot',
    is_app_user: false,
    updated: 1_700_000_000,
  };
  if (p.kind === 'deactivated') return base;
  return {
    ...base,
    tz: p.tz,
    tz_label: p.tz,
    tz_offset: OFFSETS[p.tz] ?? 0,
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: p.kind === 'guest' || p.kind === 'single-channel-guest',
    is_ultra_restricted: p.kind === 'single-channel-guest',
    ...(outside ? { is_stranger: p.kind === 'stranger' } : {}),
    ...(p.id === world.identity.botUserId
      ? { profile: { ...(base['profile'] as Json), bot_id: world.identity.botId } }
      : {}),
    ...(withLocale && !outside ? { locale: p.locale } : {}),
  };
}

function groupJson(world: World, g: SlackUserGroup, withUsers: boolean): Json {
  return {
    id: g.id,
    team_id: world.identity.teamId,
    is_usergroup: true,
    is_subteam: true,
    name: g.name,
    handle: g.handle,
    is_external: false,
    date_delete: g.disabled ? 1_700_000_000 : 0,
    user_count: g.members.length,
    ...(withUsers ? { users: g.members } : {}),
  };
}

export const PEOPLE: Record<string, Method> = {
  'users.info'(world, args) {
    const person = world.state.people.get(args.need('user'));
    if (!person) throw new ApiError('user_not_found');
    return { user: personJson(world, person, args.flag('include_locale')) };
  },
  'users.list'(world, args) {
    const own = [...world.state.people.values()].filter((p) => p.kind !== 'stranger');
    const { items, next } = page(args, own, 100);
    const members = items.map((p) => personJson(world, p, args.flag('include_locale')));
    return { members, cache_ts: Math.floor(world.clock.now() / 1000), response_metadata: { next_cursor: next } };
  },
  'users.lookupByEmail'(world, args) {
    const email = args.need('email');
    const person = [...world.state.people.values()].find(
      (p) => p.email === email && p.teamId === world.identity.teamId,
    );
    if (!person) throw new ApiError('users_not_found');
    return { user: personJson(world, person, false) };
  },
  'usergroups.list'(world, args) {
    const groups = [...world.state.groups.values()].filter((g) => args.flag('include_disabled') || !g.disabled);
    return { usergroups: groups.map((g) => groupJson(world, g, args.flag('include_users'))) };
  },
  'usergroups.users.list'(world, args) {
    const group = world.state.groups.get(args.need('usergroup'));
    if (!group || (group.disabled && !args.flag('include_disabled'))) throw new ApiError('no_such_subteam');
    return { users: group.members };
  },
  'auth.test'(world) {
    const { botId, botUserId, teamDomain, teamId } = world.identity;
    return {
      url: `https://${teamDomain}.slack.com/`,
      team: teamDomain,
      user: 'kubewhy',
      team_id: teamId,
      user_id: botUserId,
      bot_id: botId,
      is_enterprise_install: false,
    };
  },
  'bots.info'(world, args) {
    const { appId, botId, botUserId } = world.identity;
    if ((args.text('bot') ?? botId) !== botId) throw new ApiError('bot_not_found');
    return { bot: { id: botId, deleted: false, name: 'kubewhy', app_id: appId, user_id: botUserId, icons: {} } };
  },
  'team.info'(world) {
    const { teamDomain, teamId } = world.identity;
    return { team: { id: teamId, name: teamDomain, domain: teamDomain, email_domain: '', icon: {} } };
  },
};
