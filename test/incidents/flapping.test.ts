/** Flapping: said when it begins and when it has calmed down. */
import { expect, test } from 'vitest';
import { type AlertWords, at, Scene } from './scene.ts';

const DOWN: AlertWords = { name: 'KubeletDown', question: 'diagnose node/a' };
const KEY = 'diagnose node a';

/** Comes and goes so often, every 100 s; ends firing. */
function flapped(times: number, period = 100): Scene {
  const scene = new Scene();
  scene.notify(0, DOWN);
  scene.diagnose(1, KEY, 'swap|Node/a');
  for (let index = 0; index < times; index++) {
    const start = (index + 1) * period;
    scene.notify(start - 50, { ...DOWN, ends: start - 51 });
    scene.notify(start, { ...DOWN, starts: start - 1 });
  }
  return scene;
}

const told = (scene: Scene) => scene.of(KEY).timeline.filter(({ what }) => what === 'flapping');

test.each([
  [2, 100, false],
  [3, 100, true],
  [3, 2000, false],
])('reopened %i times, every %i s: flapping is %s', (times, period, flaps) => {
  expect(flapped(times, period).of(KEY).flapping).toBe(flaps);
});

test('said once, however long it goes on', () => {
  const scene = flapped(30);
  expect(told(scene).map(({ data }) => data['state'])).toEqual(['began']);
  expect(scene.of(KEY).reopenings).toHaveLength(20);
});

test('calm for an hour: said once, and it is not flapping', () => {
  const scene = flapped(3);
  scene.step(300 + 3599);
  expect(scene.of(KEY).flapping).toBe(true);
  scene.step(300 + 3600);
  expect(scene.of(KEY).flapping).toBe(false);
  scene.step(9999);
  expect(told(scene).map(({ data, at: when }) => [data['state'], when])).toEqual([
    ['began', at(300)],
    ['ended', at(300 + 3600)],
  ]);
});

test('it ends with the incident where that leaves the board first', () => {
  const scene = flapped(3);
  scene.notify(400, { ...DOWN, ends: 390 });
  const [record] = scene.step(390 + 1800).incidents;
  const said = record?.timeline.filter(({ what }) => what === 'flapping').map(({ data }) => data['state']);
  expect([record?.flapping, said]).toEqual([false, ['began', 'ended']]);
});

test('while it flaps and the cause is confirmed nothing more is asked; before, each reopening asks', () => {
  expect(flapped(2).of(KEY).diagnosis).toMatchObject({ state: 'queued', tries: 2 });
  const scene = flapped(3);
  scene.diagnose(310, KEY, 'swap|Node/a');
  const { tries } = scene.of(KEY).diagnosis ?? {};
  scene.notify(350, { ...DOWN, ends: 349 });
  scene.notify(400, { ...DOWN, starts: 399 });
  expect(scene.of(KEY)).toMatchObject({ state: 'open', diagnosis: { state: 'done', tries } });
});
