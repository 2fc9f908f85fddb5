/** Storms: one digest, few threads, and no incident that stands in neither. */
import { describe, expect, test } from 'vitest';
import type { StormRecord } from '../../src/core/incident.ts';
import { nextDue } from '../../src/incidents/desk-step.ts';
import { type AlertWords, at, notified, Scene } from './scene.ts';

const key = (index: number): string => `diagnose node n${index}`;
function nth(index: number, words: Partial<AlertWords> = {}): AlertWords {
  return { name: 'NodeDown', labels: { node: `n${index}` }, question: `diagnose node/n${index}`, ...words };
}
const X = (index: number): string => `swap|Node/n${index}`;

function storm(scene: Scene): StormRecord {
  const [found] = [...scene.board.storms.values()];
  if (found === undefined) throw new Error('There is no storm.');
  return found;
}

/** `count` different faults, one each 100 ms. */
function blowing(count: number, settings: ConstructorParameters<typeof Scene>[0] = {}): Scene {
  const scene = new Scene(settings);
  for (let index = 0; index < count; index++) scene.notify(index / 10, nth(index));
  return scene;
}

const SMALL = { storm: { incidents: 3, seconds: 60, threads: 2 } };

describe('how it begins', () => {
  test('12 in a minute are no storm, the 13th is', () => {
    expect(blowing(12).board.storms.size).toBe(0);
    const scene = blowing(13);
    expect(storm(scene)).toMatchObject({ state: 'open', incidents: 1, alerts: 1, since: at(1.2), channel: 'C1' });
    expect(scene.of(key(12)).storm).toBe(storm(scene).id);
  });

  test('slower than that is none', () => {
    const scene = new Scene(SMALL);
    for (let index = 0; index < 10; index++) scene.notify(index * 20, nth(index));
    expect(scene.board.storms.size).toBe(0);
  });

  test('each route has its own', () => {
    const scene = new Scene(SMALL);
    for (let index = 0; index < 6; index++)
      scene.notify(index, nth(index, { route: index % 2 === 0 ? 'main' : 'other' }));
    expect(scene.board.storms.size).toBe(0);
  });

  test('what was there before keeps its message; all that follow stand in the digest', () => {
    const scene = blowing(10, SMALL);
    expect(scene.threads.map((record) => record.key)).toEqual([0, 1, 2].map(key));
    expect(storm(scene)).toMatchObject({ incidents: 7, alerts: 7, promoted: 0 });
  });

  test('a further alert of one in the digest is counted, a repeat is not', () => {
    const scene = blowing(4, SMALL);
    scene.notify(5, nth(3, { name: 'Another' }));
    scene.notify(6, nth(3, { received: 6 }));
    expect(storm(scene)).toMatchObject({ incidents: 1, alerts: 2 });
  });

  test('1,000 different alerts in one step: 12 threads, 988 in one digest, all diagnosed', () => {
    const scene = new Scene();
    const events = Array.from({ length: 10 }, (_, block) =>
      notified(block, ...Array.from({ length: 100 }, (_value, index) => nth(block * 100 + index))),
    );
    scene.step(10, ...events);
    expect(scene.threads).toHaveLength(12);
    expect(storm(scene)).toMatchObject({ rev: 1, incidents: 988, alerts: 988 });
    expect(scene.incidents.every(({ diagnosis }) => diagnosis?.state === 'queued')).toBe(true);
  });
});

describe('who gets a message of its own', () => {
  test('whose cause is confirmed, while there is room', () => {
    const scene = blowing(8, SMALL);
    for (const [index, ending] of [
      [3, 'unclear'],
      [4, X(4)],
      [5, X(5)],
      [6, X(6)],
    ] as const)
      scene.diagnose(10 + index, key(index), ending);
    expect([3, 4, 5, 6].map((index) => scene.of(key(index)).storm === undefined)).toEqual([false, true, true, false]);
    expect(storm(scene).promoted).toBe(2);
  });

  test('what folds needs none', () => {
    const scene = blowing(6, SMALL);
    scene.diagnose(10, key(0), X(0));
    scene.diagnose(11, key(4), X(0));
    expect(scene.of(key(4))).toMatchObject({ state: 'folded', storm: storm(scene).id });
    expect(storm(scene).promoted).toBe(0);
  });

  test('one with a message folds into one in a full digest: that one gets a message, so that the line points to one', () => {
    const scene = blowing(8, SMALL);
    for (const index of [4, 5, 6]) scene.diagnose(10 + index, key(index), X(index));
    expect(scene.of(key(6)).storm).toBe(storm(scene).id);
    scene.diagnose(20, key(0), X(6));
    expect(scene.of(key(0)).foldedInto).toBe(scene.of(key(6)).id);
    expect(scene.of(key(6)).storm).toBeUndefined();
  });
});

describe('how it ends', () => {
  test('nothing new for 5 minutes: what fires gets its message, the worst first, the rest stays in the digest', () => {
    const scene = blowing(4, SMALL);
    const severities = ['info', 'warning', 'critical', 'warning'] as const;
    for (const [index, severity] of severities.entries()) scene.notify(5 + index, nth(10 + index, { severity }));
    scene.notify(20, nth(12, { severity: 'critical', ends: 19 }));
    const last = 8;
    expect(nextDue(scene.board, scene.settings)).toBe(at(last + 300));
    scene.step(last + 299);
    expect(storm(scene).state).toBe('open');
    scene.step(last + 300);
    expect(storm(scene)).toMatchObject({ state: 'over', overAt: at(last + 300), promoted: 2 });
    const own = [3, 10, 11, 12, 13].filter((index) => scene.of(key(index)).storm === undefined);
    // n12 was the worst and is over; of the three warnings the two that came first.
    expect(own).toEqual([3, 11]);
  });

  test('each new one puts its end off', () => {
    const scene = blowing(4, SMALL);
    scene.notify(250, nth(20));
    scene.step(500);
    expect(storm(scene).state).toBe('open');
    const { storms, offBoard } = scene.step(550);
    // Both of its incidents got a message: nothing is left for the digest to say.
    expect([storms[0]?.state, storms[0]?.promoted, offBoard.storms.length]).toEqual(['over', 2, 1]);
  });

  test('afterwards a fault has its own message again, and a new storm is another one', () => {
    const scene = blowing(4, SMALL);
    const first = storm(scene).id;
    scene.step(400);
    scene.notify(401, nth(30));
    expect(scene.of(key(30)).storm).toBeUndefined();
    for (let index = 31; index < 35; index++) scene.notify(402, nth(index));
    expect([...scene.board.storms.keys()].filter((id) => id !== first)).toHaveLength(1);
  });

  test('it leaves the board with its last incident', () => {
    const scene = blowing(8, SMALL);
    for (let index = 0; index < 8; index++) scene.notify(10, nth(index, { ends: 9 }));
    expect(storm(scene).incidents).toBe(5);
    const { offBoard } = scene.step(2000);
    expect(offBoard.storms).toHaveLength(1);
    expect(offBoard.incidents).toHaveLength(8);
    expect(scene.board.storms.size).toBe(0);
  });
});
