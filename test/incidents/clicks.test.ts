/** What people press: who is on it, silences, fixes; twice, late, and for what nobody knows. */
import { describe, expect, test } from 'vitest';
import type { DeskEvent } from '../../src/core/desk-event.ts';
import { nextDue } from '../../src/incidents/desk-step.ts';
import { at, Scene, silence } from './scene.ts';

const KEY = 'diagnose node a';

function opened(): { scene: Scene; incident: string } {
  const scene = new Scene();
  scene.notify(0, { name: 'KubeletDown', question: 'diagnose node/a' });
  return { scene, incident: scene.of(KEY).id };
}

describe('on it', () => {
  const onIt = (
    incident: string,
    seconds: number,
    by: string,
    silences = [silence(`s-${by}`, 900, by)],
  ): DeskEvent => ({
    type: 'on-it',
    at: at(seconds),
    incident,
    by,
    silences,
  });
  const back = (incident: string, seconds: number, by: string): DeskEvent => ({
    type: 'handed-back',
    at: at(seconds),
    incident,
    by,
  });

  test('said, with its silences; the same press twice is one', () => {
    const { scene, incident } = opened();
    scene.step(10, onIt(incident, 10, 'U1'));
    expect(scene.of(KEY)).toMatchObject({ onIt: { by: 'U1', at: at(10) }, silences: [{ id: 's-U1' }] });
    expect(scene.step(11, onIt(incident, 10, 'U1')).incidents).toEqual([]);
  });

  test('a second person takes over; the first one’s press, come late, does not take it back', () => {
    const { scene, incident } = opened();
    scene.step(20, onIt(incident, 20, 'U2'));
    scene.step(21, onIt(incident, 10, 'U1'));
    expect(scene.of(KEY).onIt?.by).toBe('U2');
    expect(scene.of(KEY).silences.map(({ id }) => id)).toEqual(['s-U2', 's-U1']);
    scene.step(30, onIt(incident, 30, 'U1'));
    expect(scene.of(KEY).onIt?.by).toBe('U1');
  });

  test('handed back: once, and an older press does not undo it', () => {
    const { scene, incident } = opened();
    scene.step(10, onIt(incident, 10, 'U1'));
    scene.step(20, back(incident, 20, 'U1'));
    expect(scene.of(KEY).onIt).toBeUndefined();
    expect(scene.step(21, back(incident, 20, 'U1'), onIt(incident, 10, 'U1')).incidents).toEqual([]);
    scene.step(30, onIt(incident, 30, 'U2'));
    expect(scene.step(31, back(incident, 20, 'U1')).incidents).toEqual([]);
    expect(scene.told(KEY).slice(-3)).toEqual(['on-it', 'handed-back', 'on-it']);
  });
});

describe('silences', () => {
  const silenced = (incident: string, seconds: number, ...ends: readonly number[]): DeskEvent => ({
    type: 'silenced',
    at: at(seconds),
    incident,
    by: 'U1',
    silences: ends.map((end) => silence(`s${end}`, end)),
  });

  test('said until when, and the same twice is one', () => {
    const { scene, incident } = opened();
    scene.step(10, silenced(incident, 10, 600, 900));
    expect(scene.of(KEY).timeline.at(-1)).toMatchObject({
      what: 'silenced',
      by: 'U1',
      data: { until: at(900), count: 2 },
    });
    expect(scene.step(11, silenced(incident, 10, 600, 900)).incidents).toEqual([]);
  });

  test('they end at their time, each for itself', () => {
    const { scene, incident } = opened();
    scene.diagnose(5, KEY, 'swap|Node/a');
    scene.step(10, silenced(incident, 10, 600, 900));
    expect(nextDue(scene.board, scene.settings)).toBe(at(600));
    expect(scene.step(599).incidents).toEqual([]);
    scene.step(600);
    expect(scene.of(KEY).silences.map(({ id }) => id)).toEqual(['s900']);
    scene.step(5000);
    expect(
      scene
        .of(KEY)
        .timeline.slice(-2)
        .map((entry) => [entry.what, entry.at]),
    ).toEqual([
      ['silence-ended', at(600)],
      ['silence-ended', at(900)],
    ]);
    expect(scene.step(5001, silenced(incident, 10, 600)).incidents).toEqual([]);
  });

  test.each<[string, string | undefined, string]>([
    ['by a person', 'U2', 'unsilenced'],
    ['by itself', undefined, 'silence-ended'],
  ])('taken back %s', (_what, by, what) => {
    const { scene, incident } = opened();
    scene.step(10, silenced(incident, 10, 600, 900));
    const event: DeskEvent = {
      type: 'unsilenced',
      at: at(20),
      incident,
      ids: ['s600'],
      ...(by === undefined ? {} : { by }),
    };
    scene.step(20, event);
    expect(scene.of(KEY).silences.map(({ id }) => id)).toEqual(['s900']);
    expect(scene.told(KEY).at(-1)).toBe(what);
    expect(scene.step(21, event).incidents).toEqual([]);
  });
});

test('a fix is told by its states, in their order', () => {
  const { scene, incident } = opened();
  const fix = (seconds: number, state: string): DeskEvent => ({
    type: 'fix',
    at: at(seconds),
    incident,
    fix: 'fix-0000001',
    remediation: 'turn-swap-off',
    state,
  });
  scene.step(30, fix(10, 'proposed'), fix(20, 'applied'), fix(10, 'proposed'), fix(20, 'applied'));
  expect(scene.of(KEY).fixes).toEqual([
    { id: 'fix-0000001', remediation: 'turn-swap-off', state: 'applied', at: at(20) },
  ]);
  expect(scene.told(KEY).filter((what) => what === 'fix')).toHaveLength(2);
});

test('what is not on the board is not touched', () => {
  const scene = new Scene();
  const incident = 'in-0000000';
  const when = at(1);
  const { incidents } = scene.step(
    1,
    { type: 'on-it', at: when, incident, by: 'U1', silences: [] },
    { type: 'handed-back', at: when, incident, by: 'U1' },
    { type: 'silenced', at: when, incident, by: 'U1', silences: [silence('s', 9)] },
    { type: 'unsilenced', at: when, incident, by: 'U1', ids: ['s'] },
    { type: 'gone', at: when, incident, alerts: ['al-1'] },
    { type: 'again', at: when, incident, by: 'U1' },
    { type: 'fix', at: when, incident, fix: 'fix-0000001', remediation: 'x', state: 'applied' },
    { type: 'no-worker', at: when, incident, diagnosis: 'dx-00000' },
  );
  expect(incidents).toEqual([]);
});
