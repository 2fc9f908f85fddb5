/** Everything dies in the middle of fixes, at any boundary between two steps: nothing is done twice, nothing ends half. */
import { appendFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { canBeUndone } from '../../src/core/approval.ts';
import type { FixRecord } from '../../src/core/fix.ts';
import { random } from '../../src/sandbox/cluster/simulate/random.ts';
import { simplePolicy } from '../../src/sandbox/fix-setup.ts';
import { LEAST_MANIFEST } from '../../src/sandbox/slack/method-table.ts';
import {
  type FixMisfortune,
  type Happened,
  type Keepers,
  keepAll,
  killsOf,
  misfortuneOf,
  someKinds,
  stopAll,
  unleash,
} from '../support/fix-chaos.ts';
import { startFixIncident } from '../support/fix-incident.ts';
import { auditFaults, before, deeds, faultsOf, goneFaults, threadFaults } from '../support/fix-judge.ts';
import { begin, see, type Thread } from '../support/fix-person.ts';
import { watchFixes } from '../support/fix-watch.ts';

const LONG = (process.env['KUBEWHY_TEST_LONG'] ?? '') !== '';
const NODE = 'k8scephnode';
const HISTORY = { ...LEAST_MANIFEST, scopes: [...LEAST_MANIFEST.scopes, 'channels:history'] };
/** What follows what, in one cluster; `undo` takes back the one before it. */
const NODE_QUESTION = `diagnose node ${NODE}`;
const CHAINS = [
  { stage: 2, question: NODE_QUESTION, names: ['turn-swap-off', 'keep-swap-off', 'undo'] },
  { stage: 3, question: 'why-not-reachable 30080', names: ['set-calico-ip-autodetection', 'undo'] },
  { stage: 2, question: NODE_QUESTION, names: ['turn-swap-off', 'undo'] },
] as const;
type Chain = (typeof CHAINS)[number];
/** Locks and jobs of the dead must run out, agents and API servers are waited for, and a plan expires. */
const PATIENCE_MS = 300_000;
const POLICY_LIMITS = 'limits:\n  expiryMinutes: 2\n  coolDownMinutes: 0\n';

interface World {
  readonly thread: Thread;
  readonly keepers: Keepers;
  readonly platform: Awaited<ReturnType<typeof startFixIncident>>['platform'];
  readonly history: boolean;
}

interface Scenario {
  readonly seed: number;
  /** The number of its first fix among all. */
  readonly from: number;
  readonly chain: Chain;
  readonly history: boolean;
  readonly each: 1 | 2;
}

const outcomes = new Map<string, number>();
const misfortunes = new Map<string, number>();
const seconds: number[] = [];
function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

afterAll(() => {
  if (seconds.length === 0) return;
  const told = {
    fixes: seconds.length,
    outcomes: Object.fromEntries(outcomes),
    misfortunes: Object.fromEntries(misfortunes),
  };
  const sorted = seconds.toSorted((a, b) => a - b);
  const times = { median: sorted[Math.floor(sorted.length / 2)], longest: sorted.at(-1) };
  process.stdout.write(`${JSON.stringify({ ...told, seconds: times })}\n`);
});

/** Starts the incident, asks about it, and ends everything after the work, however that ends. */
async function inWorld(
  { chain: { stage, question }, history, each }: Scenario,
  work: (world: World) => Promise<void>,
): Promise<void> {
  const incident = await startFixIncident({
    stage,
    env: { KUBEWHY_STEADY_SECONDS: '6' },
    policy: ({ alice, bob }) => simplePolicy([alice.id, bob.id], POLICY_LIMITS),
    ...(history ? { slack: { manifest: HISTORY } } : {}),
  });
  const { platform, channel, people } = incident;
  const watch = watchFixes(platform);
  let keepers: Keepers | undefined;
  try {
    keepers = await keepAll(platform, NODE, each);
    const scene = await incident.ask(question);
    const { slack } = platform;
    const who = { asker: people.wsg, approver: people.alice };
    const thread = { slack, channel, rootTs: scene.root.ts, watch, ...who, deadlineMs: PATIENCE_MS };
    await work({ thread, keepers, platform, history });
  } finally {
    if (keepers !== undefined) await stopAll(keepers);
    await watch.stop();
    await incident.close();
  }
}

interface Wish {
  readonly button: 'fix_propose' | 'fix_undo';
  /** The remediation, or the fix that is to be undone. */
  readonly about: string;
}

interface Ended {
  /** Undefined where there is none, or Redis lost it whole. */
  readonly record: FixRecord | undefined;
  readonly faults: readonly string[];
  readonly happened: readonly Happened[];
  /** Redis has lost acknowledged writes in this world. */
  readonly lost: boolean;
}

/** One fix under misfortune, judged. */
async function play(
  world: World,
  { button, about }: Wish,
  list: readonly FixMisfortune[],
  lostBefore: boolean,
): Promise<Ended> {
  const { thread, platform, history } = world;
  const was = before(platform);
  const misfortune = unleash(thread.watch, list);
  let id: string;
  let record: FixRecord | undefined;
  try {
    id = await begin(thread, button, about);
    record = await see(thread, id);
  } catch (error) {
    const happened = await misfortune.over();
    const faults = [error instanceof Error ? error.message : String(error)];
    return { record, faults, happened, lost: lostBefore };
  }
  const happened = await misfortune.over();
  const lost = lostBefore || happened.some(({ kind }) => kind === 'redis loses writes');
  // Also where writes were lost: what is left of the log is whole by itself, and a head that was quoted before tells the loss.
  const audit = await auditFaults(platform, thread.watch.redis);
  // Who was paused or set back meanwhile may have changed it once more.
  record = thread.watch.records.get(id);
  if (record === undefined) {
    const gone = lost ? [] : [`${id} is gone from Redis`];
    return { record, faults: [...gone, ...goneFaults(deeds(platform, was))], happened, lost };
  }
  const done = faultsOf(platform, record, deeds(platform, was), { node: NODE, lost });
  const told = await threadFaults(thread, record, { history, lost });
  return { record, faults: [...done, ...told, ...audit], happened, lost };
}

async function fixOnce(world: World, wish: Wish, list: readonly FixMisfortune[], lostBefore: boolean): Promise<Ended> {
  const { watch } = world.thread;
  const started = performance.now();
  const from = watch.moments.length;
  const ended = await play(world, wish, list, lostBefore);
  const { record, happened, faults } = ended;
  const took = Math.round((performance.now() - started) / 1000);
  const state = record?.state ?? 'lost with its record';
  seconds.push(took);
  for (const { kind } of happened) count(misfortunes, kind);
  count(outcomes, `${wish.button === 'fix_undo' ? 'undo' : wish.about}: ${state}`);
  const story = [
    `${wish.button} ${wish.about}: ${state} ${record?.reason?.code ?? ''} after ${took} s`,
    ...happened.map((one) => `  ${one.story}`),
    ...faults.map((fault) => `  ! ${fault}`),
    ...(faults.length === 0 ? [] : watch.moments.slice(from).map((moment, i) => `    ${i + 1} ${moment}`)),
    ...(record?.progress ?? []).map((one) => `    step ${one.index} ${one.state} ${one.note ?? ''}`),
  ].join('\n');
  const file = process.env['KUBEWHY_CHAOS_STORY'];
  if (file !== undefined) appendFileSync(file, `${story}\n`);
  expect(faults, story).toEqual([]);
  return ended;
}

/** Plays a chain; each fix with what `misfortunes` gives for its place in it. */
async function playChain(
  world: World,
  names: readonly string[],
  misfortunesOf: (place: number) => FixMisfortune[],
): Promise<void> {
  let last: FixRecord | undefined;
  let lost = false;
  for (const [place, name] of names.entries()) {
    const undo = name === 'undo';
    if (undo && (last === undefined || !canBeUndone(last.state))) continue;
    const wish: Wish = undo ? { button: 'fix_undo', about: last?.id ?? '' } : { button: 'fix_propose', about: name };
    ({ record: last, lost } = await fixOnce(world, wish, misfortunesOf(place), lost));
  }
}

const only = process.env['KUBEWHY_CHAOS_SEED'];
const SEEDS = Array.from({ length: LONG ? 24 : 3 }, (_, i): Scenario => {
  const chain = CHAINS[i % CHAINS.length] ?? CHAINS[0];
  const from = Array.from({ length: i }, (_one, k) => CHAINS[k % CHAINS.length]?.names ?? []).flat().length;
  return { seed: i + 1, from, chain, history: i % 2 === 0, each: i % 3 === 2 ? 2 : 1 };
}).filter(({ seed }) => only === undefined || only.split(',').includes(String(seed)));

describe.concurrent('each fix ends once', { timeout: 4 * PATIENCE_MS }, () => {
  test.each(SEEDS)('seed $seed, history scope: $history, processes of each kind: $each', async (scenario) => {
    const chance = random(scenario.seed);
    const { chain, from } = scenario;
    await inWorld(scenario, async (world) => {
      const ground = { ...world, random: chance };
      await playChain(world, LONG ? chain.names : chain.names.slice(0, 1), (place) => {
        const more = someKinds(chance, chance.int(LONG ? 0 : 1, 2)).map((kind) => misfortuneOf(kind, ground));
        return LONG ? [...killsOf(from + place, ground), ...more] : more;
      });
    });
  });
});
