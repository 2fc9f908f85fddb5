/** When an incident is diagnosed, how often, and what its end does. */
import { describe, expect, test } from 'vitest';
import type { DeskEvent } from '../../src/core/desk-event.ts';
import { nextDue } from '../../src/incidents/desk-step.ts';
import { type AlertWords, at, diagnosed, Scene } from './scene.ts';

const DOWN: AlertWords = { name: 'KubeletDown', question: 'diagnose node/a', severity: 'critical' };
const NODE: AlertWords = { name: 'KubeNodeNotReady', question: 'diagnose node/a' };
const KEY = 'diagnose node a';
const SWAP = 'swap|Node/a';

function again(seconds: number, incident: string): DeskEvent {
  return { type: 'again', at: at(seconds), incident, by: 'U1' };
}

function opened(): Scene {
  const scene = new Scene();
  scene.notify(0, DOWN);
  return scene;
}

describe('how it ends', () => {
  test('with a cause: said, kept, and not looked at again by itself', () => {
    const scene = opened();
    scene.diagnose(20, KEY, SWAP);
    const record = scene.of(KEY);
    expect(record.diagnosis).toMatchObject({ state: 'done', verdict: 'cause-found', endedAt: at(20), tries: 1 });
    expect(record.timeline.at(-1)).toMatchObject({ what: 'verdict', data: { key: SWAP, cause: `It is ${SWAP}.` } });
    expect(record.recheckAt).toBeUndefined();
    expect(nextDue(scene.board, scene.settings)).toBeUndefined();
  });

  test.each(['healthy', 'unclear', 'failed'])(
    '%s: looked at again 60, 180, 600, 1,800 s later, then not by itself',
    (ending) => {
      const scene = opened();
      let now = 0;
      for (const wait of [60, 180, 600, 1800]) {
        now += 20;
        scene.diagnose(now, KEY, ending);
        expect(scene.of(KEY).recheckAt).toBe(at(now + wait));
        expect(scene.step(now + wait - 1).incidents).toEqual([]);
        now += wait;
        scene.step(now);
        expect(scene.of(KEY).diagnosis).toMatchObject({ state: 'queued', queuedAt: at(now) });
      }
      scene.diagnose(now + 20, KEY, ending);
      expect(scene.of(KEY)).toMatchObject({ diagnosis: { tries: 5 } });
      expect(scene.of(KEY).recheckAt).toBeUndefined();
    },
  );

  test('over before the recheck: it is not looked at', () => {
    const scene = opened();
    scene.diagnose(20, KEY, 'unclear');
    scene.notify(30, { ...DOWN, ends: 25 });
    scene.step(200);
    expect(scene.of(KEY).diagnosis).toMatchObject({ state: 'done', tries: 1 });
  });

  test('what fires again is looked at again, and its rechecks begin anew', () => {
    const scene = opened();
    scene.diagnose(20, KEY, 'unclear');
    scene.step(80);
    scene.diagnose(90, KEY, 'unclear');
    scene.notify(100, { ...DOWN, ends: 95 });
    scene.notify(200, { ...DOWN, starts: 190 });
    expect(scene.of(KEY).diagnosis).toMatchObject({ state: 'queued', tries: 3 });
    scene.diagnose(210, KEY, 'unclear');
    expect(scene.of(KEY).recheckAt).toBe(at(210 + 60));
  });

  test('a failed try says nothing of the cause: what was known stays', () => {
    const scene = opened();
    scene.diagnose(20, KEY, SWAP);
    scene.step(30, again(30, scene.of(KEY).id));
    expect(scene.of(KEY).diagnosis).toMatchObject({ state: 'queued', causes: [{ key: SWAP }] });
    scene.diagnose(40, KEY, 'failed');
    expect(scene.of(KEY).diagnosis).toMatchObject({ state: 'failed', verdict: 'cause-found', causes: [{ key: SWAP }] });
    expect(scene.told(KEY).at(-1)).toBe('no-diagnosis');
  });

  test('a try that says the same as the one before is marked', () => {
    const scene = opened();
    scene.diagnose(20, KEY, 'unclear');
    scene.step(80);
    scene.diagnose(90, KEY, 'unclear');
    const same = scene
      .of(KEY)
      .timeline.filter(({ what }) => what === 'verdict')
      .map(({ data }) => data['same']);
    expect(same).toEqual([undefined, 1]);
  });

  test.each<[string, (scene: Scene) => DeskEvent]>([
    ['of an older try', (scene) => diagnosed(50, scene.of(KEY).id, 'dx-00000', SWAP)],
    ['of an incident that nobody knows', () => diagnosed(50, 'in-0000000', 'dx-00000', SWAP)],
    ['that was heard before', (scene) => diagnosed(50, scene.of(KEY).id, scene.of(KEY).diagnosis?.id ?? '', SWAP)],
  ])('an end %s changes nothing', (_what, event) => {
    const scene = opened();
    scene.diagnose(20, KEY, 'unclear');
    expect(scene.step(50, event(scene)).incidents).toEqual([]);
  });
});

describe('occasions', () => {
  test('an alert of another name joins: looked at again, unless the cause is confirmed or one is under way', () => {
    const scene = opened();
    scene.notify(1, NODE);
    expect(scene.of(KEY).diagnosis?.tries).toBe(1);
    scene.diagnose(20, KEY, 'unclear');
    scene.notify(25, { ...DOWN, labels: { x: '1' } });
    expect(scene.of(KEY).diagnosis?.state).toBe('done');
    scene.notify(30, { ...NODE, name: 'KubeNodeUnreachable' });
    expect(scene.of(KEY).diagnosis).toMatchObject({ state: 'queued', tries: 2 });
    scene.diagnose(40, KEY, SWAP);
    scene.notify(50, { ...NODE, name: 'TargetDown' });
    expect(scene.of(KEY).diagnosis).toMatchObject({ state: 'done', tries: 2 });
  });

  test('asked again: one more try; while one is under way, or for an older press, none', () => {
    const scene = opened();
    const { id } = scene.of(KEY);
    expect(scene.step(5, again(5, id)).incidents).toEqual([]);
    scene.diagnose(20, KEY, SWAP);
    scene.step(30, again(30, id), again(30, id));
    expect(scene.of(KEY).diagnosis?.tries).toBe(2);
    scene.diagnose(40, KEY, SWAP);
    expect(scene.step(50, again(30, id)).incidents).toEqual([]);
    expect(scene.told(KEY).filter((what) => what === 'again')).toHaveLength(1);
  });

  test('the question that is asked is one of an alert that fires', () => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    scene.diagnose(1, KEY, SWAP);
    scene.notify(2, { name: 'ProbeFailed', question: 'why-not-reachable 30080' });
    scene.diagnose(3, 'why-not-reachable 30080', SWAP);
    expect(scene.threads).toHaveLength(1);
    scene.notify(100, { ...DOWN, ends: 90 });
    scene.step(110, again(110, scene.of(KEY).id));
    expect(scene.of(KEY).question?.type).toBe('why-not-reachable');
  });
});

test('no worker takes it: said once, until one does', () => {
  const scene = opened();
  const { id, diagnosis } = scene.of(KEY);
  const event: DeskEvent = { type: 'no-worker', at: at(60), incident: id, diagnosis: diagnosis?.id ?? '' };
  scene.step(60, event);
  expect(scene.of(KEY).noWorker).toBe(true);
  expect(scene.step(61, event).incidents).toEqual([]);
  scene.diagnose(90, KEY, 'unclear');
  expect(scene.of(KEY).noWorker).toBe(false);
  expect(scene.step(91, event).incidents).toEqual([]);
});
