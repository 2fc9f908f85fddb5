import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from '../../src/sandbox/cluster/simulate/random.ts';
import { Clicks } from '../support/fix-clicks.ts';
import { type FixStage, startFixStage } from '../support/fix-stage.ts';
import { shiftableClock } from '../support/shiftable-clock.ts';

const LONG = (process.env['KUBEWHY_TEST_LONG'] ?? '') !== '';
/** Each a channel and people of its own: a person has 60 presses a minute, and a channel one message a second. */
const SEEDS = Array.from({ length: LONG ? 60 : 4 }, (_, i) => i + 1);
const STEPS = 75;
const HOUR_MS = 3_600_000;

let stage: FixStage;
const clock = shiftableClock();
beforeAll(async () => {
  stage = await startFixStage({}, true);
}, 60_000);
afterAll(async () => {
  clock.restore();
  await stage.close();
});

const reached = new Set<string>();
const all = { clicks: 0, refused: 0, done: 0, moves: 0, races: 0 };
test.each(SEEDS)(
  'random clicks break nothing: seed %i',
  async (seed) => {
    const dice = random(seed);
    const clicks = new Clicks(stage, dice);
    await clicks.start();
    for (let i = 0; i < STEPS; i += 1) {
      await clicks.step();
      // Enough that some plans expire before anybody decides.
      if (dice.chance(0.02)) clock.pass(dice.int(1, 8) * 60_000);
    }
    await clicks.end();
    for (const state of clicks.reached) reached.add(state);
    for (const key of Object.keys(all) as (keyof typeof all)[]) all[key] += clicks.counts[key];
  },
  60_000,
);

test('and there was enough of everything', () => {
  const per = SEEDS.length;
  expect(all.clicks).toBeGreaterThan(25 * per);
  expect(all.done).toBeGreaterThan(5 * per);
  expect(all.refused).toBeGreaterThan(10 * per);
  expect(all.races).toBeGreaterThan(per);
  expect([...reached]).toEqual(expect.arrayContaining(['proposed', 'approved']));
  if (!LONG) return;
  expect([...reached]).toEqual(
    expect.arrayContaining(['denied', 'withdrawn', 'verified', 'undone', 'expired', 'void']),
  );
  expect(clock.passed()).toBeGreaterThan(HOUR_MS);
});
