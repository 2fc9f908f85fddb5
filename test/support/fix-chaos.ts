/** Misfortune in the middle of fixes, by a seed: what is killed, paused, cut or set back, and at which boundary between two steps. */
import { cp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/sandbox/cluster/simulate/random.ts';
import type { Platform } from '../../src/sandbox/platform.ts';
import { type RunningProcess, startProcess } from '../../src/sandbox/processes.ts';
import type { FixWatch } from './fix-watch.ts';

/** A process that is started again whenever it was killed, as Kubernetes would. */
export interface Keeper {
  /** Kills with -9; the next one starts after so long. */
  kill(afterMs: number): Promise<void>;
  /** It stands still for so long, and goes on as if nothing had been. */
  pause(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Takes over a process that runs. */
export function keep(first: RunningProcess): Keeper {
  let current: Promise<RunningProcess> = Promise.resolve(first);
  let stopping = false;
  const start = async (): Promise<RunningProcess> => {
    for (;;) {
      try {
        return await startProcess(first.spec);
      } catch (error) {
        // Redis may be away at that moment.
        if (stopping) throw error;
      }
    }
  };
  return {
    async kill(afterMs) {
      const process = await current;
      process.kill('SIGKILL');
      await process.exited;
      current = sleep(afterMs).then(start);
      current.catch(() => undefined);
    },
    async pause(ms) {
      const process = await current;
      process.kill('SIGSTOP');
      await sleep(ms);
      process.kill('SIGCONT');
    },
    async stop() {
      stopping = true;
      const process = await current.catch(() => undefined);
      process?.kill('SIGCONT');
      await process?.stop();
    },
  };
}

export const ROLES = ['worker', 'bot', 'remediator', 'agent'] as const;
export type Keepers = Readonly<Record<(typeof ROLES)[number], readonly Keeper[]>>;

/** Takes over everything that a platform runs, and starts more of it. `agent`: of that node, or of some other that has one. */
export async function keepAll(platform: Platform, node: string, each: 1 | 2): Promise<Keepers> {
  const { bot, worker, remediator } = platform;
  const { agents } = platform.cluster;
  const agent = agents.get(node) ?? [...agents.values()][0];
  if (remediator === undefined || agent === undefined) throw new Error('fixes are off, or no node has an agent');
  const more = async (process: RunningProcess): Promise<Keeper[]> => {
    const others = Array.from({ length: each - 1 }, () => startProcess(process.spec));
    return [process, ...(await Promise.all(others))].map(keep);
  };
  const [workers, remediators] = await Promise.all([more(worker), more(remediator)]);
  return { worker: workers, bot: [keep(bot)], remediator: remediators, agent: [keep(agent)] };
}

export async function stopAll(keepers: Keepers): Promise<void> {
  await Promise.all(ROLES.flatMap((role) => keepers[role].map((keeper) => keeper.stop())));
}

/**
 * Redis as a fail-over leaves it that lost its newest writes: what was acknowledged in the last `ms` is gone.
 * @throws where the Redis is no local one with an append-only file.
 */
export async function loseWrites(platform: Platform, ms: number): Promise<void> {
  const folder = dirname(platform.redisUrl.replace('unix://', ''));
  const [live, kept] = [join(folder, 'appendonlydir'), join(folder, 'kept')];
  await rm(kept, { recursive: true, force: true });
  await cp(live, kept, { recursive: true });
  await sleep(ms);
  await platform.redis.kill();
  await rm(live, { recursive: true, force: true });
  await cp(kept, live, { recursive: true });
  await platform.redis.restart();
}

export type MisfortuneKind =
  | `kill ${(typeof ROLES)[number]}`
  | 'pause remediator'
  | 'redis restarts'
  | 'redis away'
  | 'redis loses writes'
  | 'write cut before'
  | 'write cut after'
  | 'writer dies in its write'
  | 'api drops connections'
  | 'slack doubts';

/** One misfortune: when (after so many moments of this fix), and how. */
export interface FixMisfortune {
  readonly kind: MisfortuneKind;
  readonly at: number;
  readonly what: string;
  happen(): Promise<void>;
}

/** Each boundary of a fix has so many moments before it, at most; later ones may not come. */
export const MOMENTS = 27;
/** Longer than a remediator's lock holds. */
const PAUSE_MS = 19_000;

export interface ChaosGround {
  readonly platform: Platform;
  readonly keepers: Keepers;
  readonly random: Random;
}

/** Redis dies of one thing at a time. */
const redisTurns = new WeakMap<Platform, Promise<void>>();
function inTurn(platform: Platform, work: () => Promise<void>): Promise<void> {
  const turn = (redisTurns.get(platform) ?? Promise.resolve()).then(work);
  redisTurns.set(
    platform,
    turn.catch(() => undefined),
  );
  return turn;
}

const WEIGHTS: Readonly<Record<MisfortuneKind, number>> = {
  'kill remediator': 6,
  'kill worker': 4,
  'kill agent': 4,
  'kill bot': 3,
  'pause remediator': 1,
  'redis restarts': 2,
  'redis away': 1,
  'redis loses writes': 4,
  'write cut before': 1,
  'write cut after': 1,
  'writer dies in its write': 1,
  'api drops connections': 1,
  'slack doubts': 1,
};

/** So many kinds, by weight. */
export function someKinds(random: Random, count: number): MisfortuneKind[] {
  const bag = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
    Array.from({ length: weight }, () => kind as MisfortuneKind),
  );
  return Array.from({ length: count }, () => random.pick(bag));
}

/** Makes a misfortune of a kind, with everything about it decided now. */
export function misfortuneOf(
  kind: MisfortuneKind,
  { platform, keepers, random }: ChaosGround,
  at = random.int(1, MOMENTS),
): FixMisfortune {
  const { cluster, redis, slack } = platform;
  const made = (what: string, happen: () => Promise<void>): FixMisfortune => ({ kind, at, what, happen });
  const soon = random.chance(0.5) ? 0 : random.int(500, 5000);
  const writes = { path: /^(?!.*(dryRun|selfsubject)).*/, verb: 'patch' };
  switch (kind) {
    case 'pause remediator': {
      const keeper = random.pick(keepers.remediator);
      return made(`pause remediator ${PAUSE_MS} ms`, () => keeper.pause(PAUSE_MS));
    }
    case 'redis restarts':
      return made('redis restarts', () => inTurn(platform, () => redis.restart()));
    case 'redis away': {
      const ms = random.int(500, 4000);
      const away = async (): Promise<void> => {
        await redis.kill();
        await sleep(ms);
        await redis.restart();
      };
      return made(`redis away ${ms} ms`, () => inTurn(platform, away));
    }
    case 'redis loses writes': {
      const ms = random.int(50, 1200);
      return made(`redis loses writes of ${ms} ms`, () => inTurn(platform, () => loseWrites(platform, ms)));
    }
    case 'write cut before':
      return made(kind, async () => cluster.api.faults.set(writes, { reset: true, times: 1 }));
    case 'write cut after':
      return made(kind, async () => cluster.api.faults.set(writes, { truncateBody: true, times: 1 }));
    case 'writer dies in its write':
      return made(`${kind}, next after ${soon} ms`, () => dieInWrite(platform, keepers, soon));
    case 'api drops connections':
      return made(kind, async () => cluster.api.dropConnections());
    case 'slack doubts': {
      const method = random.pick(['chat.postMessage', 'chat.update']);
      return made(`slack stores ${method} and answers 500`, async () =>
        slack.faults.next(method, { storeThenFail: true }),
      );
    }
    default: {
      const role = ROLES.find((one) => kind === `kill ${one}`) ?? 'worker';
      const keeper = random.pick(keepers[role]);
      return made(`${kind}, next after ${soon} ms`, () => keeper.kill(soon));
    }
  }
}

/**
 * Two kills of fix number `index`, so that over 54 fixes each process is killed once at each boundary: workers and bots in
 * their order, remediators and agents half a fix away from them.
 */
export function killsOf(index: number, ground: ChaosGround): FixMisfortune[] {
  const round = Math.floor(index / MOMENTS) % 2;
  const [first, second] = round === 0 ? (['worker', 'remediator'] as const) : (['bot', 'agent'] as const);
  return [
    misfortuneOf(`kill ${first}`, ground, 1 + (index % MOMENTS)),
    misfortuneOf(`kill ${second}`, ground, 1 + ((index + Math.floor(MOMENTS / 2)) % MOMENTS)),
  ];
}

/** The write is on its way when its sender dies, and reaches the object a second later. */
async function dieInWrite({ cluster }: Platform, keepers: Keepers, afterMs: number): Promise<void> {
  const path = /^(?!.*(dryRun|selfsubject)).*/;
  const known = cluster.api.requests.length;
  cluster.api.faults.set({ path, verb: 'patch' }, { delayMs: 1000, times: 1 });
  const until = performance.now() + 20_000;
  while (performance.now() < until) {
    const come = cluster.api.requests.slice(known).some(({ method, query }) => method === 'PATCH' && query === '');
    if (come) {
      await Promise.all(keepers.remediator.map((keeper) => keeper.kill(afterMs)));
      return;
    }
    await sleep(1);
  }
}

export interface Happened {
  readonly kind: MisfortuneKind;
  readonly story: string;
}

/** Lets each happen at its moment, counted from now. `over` ends that, and gives what did happen. */
export function unleash(
  watch: FixWatch,
  list: readonly FixMisfortune[],
): { readonly told: readonly Happened[]; over(): Promise<readonly Happened[]> } {
  const from = watch.moments.length;
  const told: Happened[] = [];
  const going: Promise<void>[] = [];
  const left = new Set(list);
  const off = watch.on(() => {
    for (const one of left) {
      if (watch.moments.length < from + one.at) continue;
      left.delete(one);
      told.push({ kind: one.kind, story: `+${one.at} after "${watch.moments.at(-1) ?? ''}": ${one.what}` });
      const done = one.happen();
      // Told by `over`, which waits for all.
      done.catch(() => undefined);
      going.push(done);
    }
  });
  return {
    told,
    async over() {
      off();
      await Promise.all(going);
      return told;
    },
  };
}
