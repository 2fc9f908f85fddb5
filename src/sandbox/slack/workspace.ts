/** A Slack workspace in this process: people and channels to drive, an app to serve, and a record to judge it by. */
import { makeAdmin } from './admin-api.ts';
import { personJson } from './api/people.ts';
import { makeChannel } from './channels.ts';
import { realClock } from './clock.ts';
import { type DispatchHub, makeDispatcher } from './dispatch.ts';
import { plainEvent } from './events.ts';
import { makeFaultPlan } from './faults.ts';
import { type HttpMode, makeHttpMode } from './http-mode.ts';
import { makeIds } from './ids.ts';
import { findViolations } from './invariants.ts';
import { makeLedger } from './ledger.ts';
import { channelMessages, repliesOf } from './messages.ts';
import { channelScope, LEAST_MANIFEST } from './method-table.ts';
import { personActions } from './person.ts';
import { makeRateLimiter } from './rate-limit.ts';
import { startServer } from './server.ts';
import { makeSocketMode, type SocketMode } from './socket-mode.ts';
import type { Json, SlackChannel, SlackPerson, SlackUserGroup } from './types.ts';
import { homeView } from './views.ts';
import { makeWait } from './wait.ts';
import type { AddChannel, AddUser, SlackOptions, SlackWorkspace } from './workspace-types.ts';
import { emptyState, type World } from './world.ts';

/** Slack's waits before it sends an unacknowledged event again. */
const EVENT_RETRY_DELAYS = [0, 60_000, 300_000] as const;

function makeWorld(options: SlackOptions, notify: () => void): World {
  const clock = options.clock ?? realClock;
  const ids = makeIds(options.seed ?? 1, clock);
  const digits = (): string => String(Math.floor(1e11 + ids.random() * 9e11));
  const appId = ids.id('A');
  return {
    clock,
    ids,
    ledger: makeLedger(clock, notify),
    faults: makeFaultPlan(),
    limiter: makeRateLimiter(clock, options.rateLimits ?? true, options.postBurst ?? 4),
    manifest: options.manifest ?? LEAST_MANIFEST,
    identity: {
      teamId: ids.id('T'),
      teamDomain: 'acme',
      otherTeamId: ids.id('T'),
      appId,
      botId: ids.id('B'),
      botUserId: ids.id('U'),
    },
    credentials: {
      botToken: `xoxb-${digits()}-${digits()}-${ids.token(24)}`,
      appToken: `xapp-1-${appId}-${digits()}-${ids.hex(64)}`,
      signingSecret: options.signingSecret ?? ids.hex(32),
      verificationToken: ids.token(24),
    },
    state: emptyState(),
    // Replaced before the server listens: the dispatcher needs the world first.
    dispatcher: { send: () => Promise.resolve({ visibleError: 'dispatch_failed' }), event: () => {} },
    ackDeadlineMs: options.ackDeadlineMs ?? 3000,
    baseUrl: 'http://127.0.0.1:0',
    changed: notify,
  };
}

function addPerson(world: World, u: AddUser): SlackPerson {
  const { otherTeamId, teamId } = world.identity;
  const kind = u.kind ?? 'member';
  const person: SlackPerson = {
    id: world.ids.id('U'),
    name: u.name,
    kind,
    teamId: kind === 'external' || kind === 'stranger' ? otherTeamId : teamId,
    locale: u.locale ?? 'en-US',
    tz: u.tz ?? 'Europe/Berlin',
    email: `${u.name}@example.com`,
  };
  world.state.people.set(person.id, person);
  world.changed();
  return person;
}

function addChannel(world: World, c: AddChannel): SlackChannel {
  const bot = c.botIsMember === false ? [] : [world.identity.botUserId];
  return makeChannel(world, {
    name: c.kind === 'dm' ? '' : c.name,
    kind: c.kind ?? 'public',
    members: [...(c.members ?? []), ...bot],
    ...(c.extShared === undefined ? {} : { extShared: c.extShared }),
    ...(c.pendingExtShared === undefined ? {} : { pendingExtShared: c.pendingExtShared }),
    ...(c.archived === undefined ? {} : { archived: c.archived }),
  });
}

/**
 * Starts an emulated workspace on 127.0.0.1, with Slack's limits, checks and lifetimes (facts/slack.md §6).
 * With `requestUrl` it sends signed HTTP requests there, else it speaks Socket Mode. End it with `close`.
 */
export async function startSlackWorkspace(options: SlackOptions = {}): Promise<SlackWorkspace> {
  if (options.host !== undefined && options.host !== '127.0.0.1') {
    throw new Error(`host is ${options.host}; the Slack emulator listens on 127.0.0.1 only.`);
  }
  const listeners = new Set<() => void>();
  let told = false;
  const notify = (): void => {
    if (told) return;
    told = true;
    queueMicrotask(() => {
      told = false;
      for (const listener of listeners) listener();
    });
  };
  const world = makeWorld(options, notify);
  const { identity, state } = world;
  const socket: SocketMode = makeSocketMode(world);
  let http: HttpMode | undefined =
    options.requestUrl === undefined ? undefined : makeHttpMode(world, options.requestUrl);
  const retryDelays = options.eventRetryDelaysMs ?? EVENT_RETRY_DELAYS;
  const hub: DispatchHub = makeDispatcher(world, () => http ?? socket, retryDelays);
  world.dispatcher = hub;
  state.people.set(identity.botUserId, {
    id: identity.botUserId,
    name: 'kubewhy',
    kind: 'bot',
    teamId: identity.teamId,
    locale: 'en-US',
    tz: 'Europe/Berlin',
    email: '',
  });
  const expected: string[] = [];
  const server = await startServer(world, options.adminApi ? makeAdmin(() => workspace) : undefined);
  world.baseUrl = server.baseUrl;
  server.http.on('upgrade', (req, raw, head) => {
    if (http === undefined && (req.url ?? '').startsWith('/link/')) socket.upgrade(req, raw, head);
    else raw.destroy();
  });

  const person = (id: string): SlackPerson => {
    const found = state.people.get(id);
    if (!found) throw new Error(`No person ${id} in this workspace.`);
    return found;
  };
  const channel = (id: string): SlackChannel => {
    const found = state.channels.get(id);
    if (!found) throw new Error(`No channel ${id} in this workspace.`);
    return found;
  };

  const workspace: SlackWorkspace = {
    apiUrl: `${server.baseUrl}/api/`,
    ...world.credentials,
    teamId: identity.teamId,
    otherTeamId: identity.otherTeamId,
    botUserId: identity.botUserId,
    botId: identity.botId,
    appId: identity.appId,
    addUser: (u) => addPerson(world, u),
    addChannel: (c) => addChannel(world, c),
    addUserGroup(g) {
      const group: SlackUserGroup = { id: world.ids.id('S'), disabled: false, name: g.handle, members: [], ...g };
      state.groups.set(group.id, group);
      return group;
    },
    setGroupMembers(groupId, members) {
      const group = state.groups.get(groupId);
      if (!group) throw new Error(`No user group ${groupId} in this workspace.`);
      group.members = [...members];
      plainEvent(
        world,
        { type: 'subteam_members_changed', subteam_id: groupId, team_id: identity.teamId },
        'usergroups:read',
      );
    },
    join(channelId, userId) {
      const c = channel(channelId);
      if (c.members.includes(userId)) return;
      c.members.push(userId);
      plainEvent(
        world,
        { type: 'member_joined_channel', user: userId, channel: channelId },
        channelScope(c.kind, 'read'),
      );
      notify();
    },
    leave(channelId, userId) {
      const c = channel(channelId);
      c.members = c.members.filter((m) => m !== userId);
      notify();
    },
    archive(channelId) {
      channel(channelId).archived = true;
      notify();
    },
    revokeToken(error) {
      state.tokenError = error;
    },
    asUser(userId) {
      const found = person(userId);
      if (found.kind === 'deactivated')
        throw new Error(`${found.name} is deactivated and cannot do anything in Slack.`);
      return personActions(world, found);
    },
    person: (userId) => personJson(world, person(userId), true),
    messages: (id) =>
      channelMessages(world, channel(id).id).filter(
        (m) => !m.deleted && (m.threadTs === undefined || m.threadTs === m.ts),
      ),
    thread: (id, ts) => repliesOf(world, channel(id).id, ts),
    edits: (id, ts) => channelMessages(world, channel(id).id).find((m) => m.ts === ts)?.frames ?? [],
    ephemerals: (userId) => state.ephemerals.filter((e) => e.user === userId && !e.deleted),
    files: () => [...state.files.values()].filter((f) => f.state === 'complete'),
    home: (userId) => homeView(world, userId),
    status(id, threadTs) {
      const found = state.statuses.get(`${id}:${threadTs}`);
      return found && found.until > world.clock.now() ? found.status : undefined;
    },
    openSockets: () => socket.open(),
    waitFor: makeWait(() => workspace, listeners),
    on(_event, listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    useHttp(requestUrl) {
      http = makeHttpMode(world, requestUrl);
    },
    faults: {
      next: (method, fault) => world.faults.next(method, fault),
      clear: () => world.faults.clear(),
      closeSockets: (reason, count) => socket.closeSockets(reason, count),
      redeliverLast: () => hub.redeliverLast(),
      probe(kind) {
        if (!http) throw new Error('probe needs HTTP mode: start the workspace with requestUrl.');
        return http.probe(kind);
      },
    },
    sendEvent: (event: Json, scope) => plainEvent(world, event, scope),
    ledger: world.ledger.entries,
    expect: (...errors) => expected.push(...errors),
    checkInvariants: () => findViolations(world, expected),
    async close() {
      hub.close();
      await Promise.all([socket.close(), http?.close()]);
      await server.close();
      listeners.clear();
    },
  };
  return workspace;
}
