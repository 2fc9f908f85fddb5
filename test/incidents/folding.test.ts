/** Incidents with the same first cause are one: who stays, what moves, what follows. */
import { describe, expect, test } from 'vitest';
import type { DeskEvent } from '../../src/core/desk-event.ts';
import { type AlertWords, at, cause, Scene, silence } from './scene.ts';

const X = 'swap|Node/a';
const Y = 'disk|Node/a';

function named(name: string): AlertWords {
  return { name: `Alert${name.toUpperCase()}`, question: `diagnose node/${name}` };
}
const key = (name: string): string => `diagnose node ${name}`;

/** Opens an incident for each name, at 0 s. */
function withOpen(...names: readonly string[]): Scene {
  const scene = new Scene();
  for (const name of names) scene.notify(0, named(name));
  return scene;
}

function again(scene: Scene, seconds: number, name: string, ending: string): void {
  scene.step(seconds, { type: 'again', at: at(seconds), incident: scene.of(key(name)).id, by: 'U1' });
  scene.diagnose(seconds + 1, key(name), ending);
}

const isIn = (scene: Scene, name: string): string | undefined =>
  scene.incidents.find(({ id }) => id === scene.of(key(name)).foldedInto)?.key.at(-1);

describe('who stays', () => {
  test('the one that had the cause first, whoever was opened first', () => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('b'), X);
    scene.diagnose(20, key('a'), X);
    expect(isIn(scene, 'a')).toBe('b');
    expect(scene.of(key('b')).counts).toEqual({ firing: 2, resolved: 0 });
    expect(scene.of(key('b')).timeline.at(-1)).toMatchObject({
      what: 'folded-in',
      data: { incident: scene.of(key('a')).id, names: 'AlertA', cause: X },
    });
  });

  test('two in one step: the order of the events', () => {
    const scene = withOpen('a', 'b');
    scene.step(10, scene.ending(10, scene.of(key('b')), X), scene.ending(10, scene.of(key('a')), X));
    expect(isIn(scene, 'a')).toBe('b');
  });

  test.each<[string, string, string]>([
    ['different causes', X, Y],
    ['no confirmed cause', 'unclear', 'unclear'],
    ['no fault', 'healthy', 'healthy'],
  ])('%s: both stay', (_what, first, second) => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), first);
    scene.diagnose(20, key('b'), second);
    expect(scene.threads).toHaveLength(2);
  });

  test('only the first cause joins, and never a likely one', () => {
    const scene = withOpen('a', 'b', 'c');
    scene.diagnose(10, key('a'), X);
    const second = scene.ending(20, scene.of(key('b')), Y);
    const likely = scene.ending(30, scene.of(key('c')), 'unclear');
    if (second.type !== 'diagnosed' || likely.type !== 'diagnosed') throw new Error('They are diagnoses.');
    scene.step(20, { ...second, causes: [cause(Y), cause(X)] });
    scene.step(30, { ...likely, causes: [cause(X)] });
    expect(scene.threads).toHaveLength(3);
  });

  test('over another route too: one fault is one thread', () => {
    const scene = withOpen('a');
    scene.notify(0, { ...named('b'), route: 'other' });
    scene.diagnose(10, key('a'), X);
    scene.diagnose(20, key('b'), X);
    expect(isIn(scene, 'b')).toBe('a');
  });

  test('a cause that an incident has no more is free', () => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), X);
    again(scene, 20, 'a', Y);
    scene.diagnose(30, key('b'), X);
    expect(scene.threads).toHaveLength(2);
    again(scene, 40, 'a', X);
    expect(isIn(scene, 'a')).toBe('b');
  });

  test('while it is looked at again its cause still joins others', () => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), X);
    scene.step(20, { type: 'again', at: at(20), incident: scene.of(key('a')).id, by: 'U1' });
    scene.diagnose(30, key('b'), X);
    expect(isIn(scene, 'b')).toBe('a');
  });
});

describe('what follows', () => {
  test('chains are flattened: every pointer leads to a living incident', () => {
    const scene = withOpen('a', 'b', 'c');
    scene.diagnose(10, key('b'), X);
    scene.diagnose(20, key('a'), X);
    scene.diagnose(30, key('c'), Y);
    expect(isIn(scene, 'a')).toBe('b');
    again(scene, 40, 'b', Y);
    expect([isIn(scene, 'a'), isIn(scene, 'b')]).toEqual(['c', 'c']);
    expect(scene.of(key('c')).counts.firing).toBe(3);
  });

  test('who stays keeps what was folded into it, even with another cause later', () => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), X);
    scene.diagnose(20, key('b'), X);
    again(scene, 30, 'a', Y);
    expect(isIn(scene, 'b')).toBe('a');
    expect(scene.threads).toHaveLength(1);
  });

  test('a folded question that fires again goes to where it was folded', () => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), X);
    scene.diagnose(20, key('b'), X);
    scene.notify(30, { ...named('a'), ends: 25 }, { ...named('b'), ends: 25 });
    expect(scene.of(key('a')).state).toBe('resolved');
    scene.notify(60, { ...named('b'), starts: 55 });
    expect(scene.of(key('a'))).toMatchObject({ state: 'open', counts: { firing: 1, resolved: 1 } });
    scene.notify(70, { ...named('b'), labels: { pod: 'new' } });
    expect(scene.of(key('a')).counts.firing).toBe(2);
    expect(scene.incidents).toHaveLength(2);
  });

  test('one that is over opens again where the newcomer fires, and stays over where it does not', () => {
    for (const fires of [true, false]) {
      const scene = withOpen('a', 'b');
      scene.diagnose(10, key('a'), X);
      scene.notify(30, { ...named('a'), ends: 25 });
      if (!fires) scene.notify(50, { ...named('b'), ends: 45 });
      scene.diagnose(60, key('b'), X);
      expect(isIn(scene, 'b')).toBe('a');
      expect(scene.of(key('a')).state).toBe(fires ? 'open' : 'resolved');
      expect(scene.of(key('a')).resolvedAt).toBe(fires ? undefined : at(45));
    }
  });

  test('one that has left the board is no place to fold into', () => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), X);
    scene.notify(30, { ...named('a'), ends: 25 });
    scene.diagnose(4000, key('b'), X);
    expect(scene.of(key('b')).state).toBe('open');
  });

  test('it leaves the board with the one that stays', () => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), X);
    scene.diagnose(20, key('b'), X);
    scene.notify(30, { ...named('a'), ends: 25 }, { ...named('b'), ends: 25 });
    expect(scene.step(2000).offBoard.incidents).toHaveLength(2);
    expect([scene.board.incidents.size, scene.board.alerts.size]).toEqual([0, 0]);
  });

  test('its picture stays as it was, its person, silences and fixes go along', () => {
    const scene = withOpen('a', 'b');
    const b = scene.of(key('b')).id;
    scene.diagnose(10, key('a'), X);
    scene.step(11, { type: 'on-it', at: at(11), incident: b, by: 'U2', silences: [silence('s1', 4000)] });
    scene.step(12, {
      type: 'fix',
      at: at(12),
      incident: b,
      fix: 'fix-0000001',
      remediation: 'turn-swap-off',
      state: 'planned',
    });
    scene.diagnose(20, key('b'), X);
    const [stays, gone] = [scene.of(key('a')), scene.of(key('b'))];
    expect(stays).toMatchObject({ onIt: { by: 'U2' }, silences: [{ id: 's1' }], fixes: [{ id: 'fix-0000001' }] });
    expect(gone.alerts.map(({ name }) => name)).toEqual(['AlertB']);
    expect([gone.counts, gone.silences]).toEqual([{ firing: 1, resolved: 0 }, []]);
  });

  test.each<[string, (id: string) => DeskEvent, string]>([
    ['a press', (incident) => ({ type: 'on-it', at: at(30), incident, by: 'U3', silences: [] }), 'on-it'],
    [
      'a silence',
      (incident) => ({ type: 'silenced', at: at(30), incident, by: 'U3', silences: [silence('s', 999)] }),
      'silenced',
    ],
    ['again', (incident) => ({ type: 'again', at: at(30), incident, by: 'U3' }), 'diagnosing'],
    [
      'a fix',
      (incident) => ({ type: 'fix', at: at(30), incident, fix: 'fix-0000001', remediation: 'x', state: 'applied' }),
      'fix',
    ],
  ])('%s for the folded one goes to the one that stays', (_what, event, last) => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), X);
    scene.diagnose(20, key('b'), X);
    const result = scene.step(30, event(scene.of(key('b')).id));
    expect(result.incidents.map((record) => record.key)).toEqual([key('a')]);
    expect(scene.told(key('a')).at(-1)).toBe(last);
  });

  test('an end of a diagnosis of the folded one is ignored', () => {
    const scene = withOpen('a', 'b');
    scene.diagnose(10, key('a'), X);
    const late = scene.ending(30, scene.of(key('b')), Y);
    scene.diagnose(20, key('b'), X);
    expect(scene.step(30, late).incidents).toEqual([]);
  });
});
