/** Alerts come: what joins, what is a repeat, what is old news, what opens again. */
import { describe, expect, test } from 'vitest';
import { type DeskEvent, MOST_EVENT_ALERTS } from '../../src/core/desk-event.ts';
import { MOST_SHOWN_ALERTS, MOST_TIMELINE } from '../../src/core/incident.ts';
import { deskStep, emptyBoard, nextDue } from '../../src/incidents/desk-step.ts';
import { type AlertWords, at, CLUSTER, diagnosed, notified, Scene, SETTINGS } from './scene.ts';

const DOWN: AlertWords = { name: 'KubeletDown', question: 'diagnose node/a', severity: 'critical' };
const NODE: AlertWords = { name: 'KubeNodeNotReady', question: 'diagnose node/a' };
const KEY = 'diagnose node a';
const OTHER = 'http://alertmanager-2:9093';

describe('opening and joining', () => {
  test('an alert that fires opens an incident, says how it began and is diagnosed', () => {
    const scene = new Scene();
    scene.notify(5, { ...DOWN, starts: -60 });
    const record = scene.of(KEY);
    expect(record).toMatchObject({
      state: 'open',
      severity: 'critical',
      since: at(-60),
      openedAt: at(5),
      channel: 'C1',
    });
    expect(record.diagnosis).toMatchObject({ state: 'queued', tries: 1, queuedAt: at(5) });
    expect(scene.told(KEY)).toEqual(['opened', 'diagnosing']);
    expect(record.alerts).toHaveLength(1);
  });

  test.each<[string, AlertWords, AlertWords, number]>([
    ['the same question', DOWN, NODE, 1],
    ['another question', DOWN, { ...NODE, question: 'diagnose node/b' }, 2],
    ['the same name, both without a question', { name: 'A', labels: { x: '1' } }, { name: 'A', labels: { x: '2' } }, 1],
    ['different names, both without a question', { name: 'A' }, { name: 'B' }, 2],
    ['the same question over another route', DOWN, { ...NODE, route: 'other' }, 2],
    ['the same alert over another route', DOWN, { ...DOWN, route: 'other' }, 1],
  ])('%s', (_what, first, second, incidents) => {
    const scene = new Scene();
    scene.notify(0, first);
    scene.notify(10, second);
    expect(scene.incidents).toHaveLength(incidents);
  });

  test('an alert without a question has nothing to diagnose', () => {
    const scene = new Scene();
    scene.notify(0, { name: 'Mine' });
    expect(scene.of('alert Mine').diagnosis).toBeUndefined();
  });

  test('an end of what nobody saw firing opens nothing', () => {
    const scene = new Scene();
    scene.notify(10, { ...DOWN, ends: 5 });
    expect(scene.board.alerts.size + scene.incidents.length).toBe(0);
  });

  test('a cluster without a worker: nobody looks, and it is said once', () => {
    const scene = new Scene({ clusters: [] });
    scene.notify(0, DOWN);
    scene.notify(10, NODE);
    expect(scene.of(KEY).noWorker).toBe(true);
    expect(scene.of(KEY).diagnosis).toBeUndefined();
    expect(scene.told(KEY).filter((what) => what === 'no-worker')).toHaveLength(1);
  });

  test('alerts of another cluster, and of a route that is gone, change nothing', () => {
    const scene = new Scene({ routes: new Map() });
    expect(scene.notify(0, DOWN).incidents).toEqual([]);
    const other = deskStep(emptyBoard('else'), [notified(0, DOWN)], at(0), SETTINGS);
    expect([other.incidents, other.alerts]).toEqual([[], []]);
  });

  test('the worst alert that fires is the severity, the earliest start the since', () => {
    const scene = new Scene();
    scene.notify(0, { ...NODE, starts: -10 });
    scene.notify(1, { ...DOWN, starts: -50 });
    expect(scene.of(KEY)).toMatchObject({ severity: 'critical', since: at(-50), counts: { firing: 2, resolved: 0 } });
    scene.notify(2, { ...DOWN, starts: -50, ends: 1 });
    expect(scene.of(KEY)).toMatchObject({ severity: 'warning', since: at(-50), counts: { firing: 1, resolved: 1 } });
    expect(scene.of(KEY).alerts.map(({ status }) => status)).toEqual(['firing', 'resolved']);
  });

  test('what was odd about an alert is said', () => {
    const scene = new Scene();
    scene.notify(0, { ...DOWN, odd: ['starts-in-future'] }, { ...NODE, odd: ['cut'] });
    expect(scene.told(KEY)).toEqual(['opened', 'odd', 'odd', 'diagnosing']);
  });
});

describe('the same again', () => {
  test('500 times the same: one incident, one change, 500 counted', () => {
    const scene = new Scene();
    for (let index = 0; index < 500; index++) scene.notify(index / 100, { ...DOWN, received: index / 100 });
    expect(scene.of(KEY).rev).toBe(1);
    expect([...scene.board.alerts.values()][0]?.times).toBe(500);
  });

  test('two Alertmanagers: one incident, and ending twice ends it once', () => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    scene.notify(2, { ...DOWN, source: OTHER });
    scene.notify(60, { ...DOWN, ends: 50, received: 60 });
    scene.notify(75, { ...DOWN, ends: 50, received: 75, source: OTHER });
    expect(scene.told(KEY)).toEqual(['opened', 'diagnosing', 'resolved']);
    expect(scene.of(KEY).resolvedAt).toBe(at(50));
  });

  test('the record shows how often it was heard with its next change', () => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    scene.notify(300, { ...DOWN, received: 300 });
    expect(scene.of(KEY).alerts[0]?.times).toBe(1);
    scene.notify(400, NODE);
    expect(scene.of(KEY).alerts[0]).toMatchObject({ times: 2, receivedAt: at(300) });
  });
});

describe('old news', () => {
  test.each<[string, readonly [number, Partial<AlertWords>][], 'open' | 'resolved']>([
    [
      'an end of an earlier time, after it fires again',
      [
        [90, { starts: 80 }],
        [95, { ends: 50 }],
      ],
      'open',
    ],
    [
      'a start of an earlier time, after the end',
      [
        [60, { ends: 50 }],
        [70, { starts: 55, ends: 58 }],
        [80, { starts: -5 }],
      ],
      'resolved',
    ],
    [
      'the same start from the other Alertmanager just after the end',
      [
        [60, { ends: 50 }],
        [74, { source: OTHER }],
      ],
      'resolved',
    ],
    [
      'the same start from the other Alertmanager long after the end',
      [
        [60, { ends: 50 }],
        [100, { source: OTHER }],
      ],
      'open',
    ],
    [
      'the same start from the same Alertmanager after the end',
      [
        [60, { ends: 50 }],
        [61, {}],
      ],
      'open',
    ],
    [
      'a copy of the first notification after the end',
      [
        [60, { ends: 50 }],
        [61, { received: 0 }],
      ],
      'resolved',
    ],
    [
      'a later start after the end',
      [
        [60, { ends: 50 }],
        [61, { starts: 60 }],
      ],
      'open',
    ],
    ['an end whose start differs by a moment', [[60, { starts: -0.3, ends: 50 }]], 'resolved'],
    [
      'a start in the future that each repeat sets anew, then its end',
      [
        [60, { starts: 60, odd: ['starts-in-future'] }],
        [70, { ends: 55 }],
      ],
      'resolved',
    ],
  ])('%s: %s', (_what, later, state) => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    for (const [seconds, words] of later) scene.notify(seconds, { received: seconds, ...DOWN, ...words });
    expect(scene.of(KEY).state).toBe(state);
  });

  test('an end in the future is not believed beyond the time of receipt', () => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    scene.notify(60, { ...DOWN, ends: 9999, received: 60 });
    expect(scene.of(KEY).resolvedAt).toBe(at(60));
  });

  test('an event of a replica whose clock is behind: the timeline does not run backwards', () => {
    const scene = new Scene();
    scene.notify(100, { ...DOWN, starts: 0 });
    scene.notify(95, { ...NODE, starts: 0 });
    expect(scene.of(KEY).timeline.map((entry) => [entry.what, entry.at])).toEqual([
      ['opened', at(100)],
      ['diagnosing', at(100)],
      ['fired', at(100)],
    ]);
  });

  test('an event from the future happens now', () => {
    const scene = new Scene();
    scene.step(10, notified(9999, { ...DOWN, received: 10 }));
    expect(scene.of(KEY).openedAt).toBe(at(10));
  });
});

describe('over, and again', () => {
  test('it is over when its last alert is, and not before', () => {
    const scene = new Scene();
    scene.notify(0, DOWN, NODE);
    scene.notify(60, { ...DOWN, ends: 50 });
    expect(scene.of(KEY).state).toBe('open');
    scene.notify(70, { ...NODE, ends: 65 });
    expect(scene.of(KEY)).toMatchObject({ state: 'resolved', resolvedAt: at(65), counts: { firing: 0, resolved: 2 } });
    expect(scene.told(KEY)).toEqual(['opened', 'diagnosing', 'resolved-alert', 'resolved']);
  });

  test('one ends and another fires in one notification: it goes on', () => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    scene.notify(60, { ...DOWN, ends: 50 }, { ...NODE, starts: 55 });
    expect(scene.told(KEY)).not.toContain('resolved');
    expect(scene.of(KEY).state).toBe('open');
  });

  test.each<[string, AlertWords, number, boolean]>([
    ['the same alert within the time', { ...DOWN, starts: 100 }, 50 + 29 * 60, true],
    ['another alert with its key within the time', NODE, 50 + 29 * 60, true],
    ['the same alert when the time is over', { ...DOWN, starts: 100 }, 50 + 30 * 60, false],
  ])('%s reopens: %s', (_what, words, seconds, reopens) => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    scene.diagnose(1, KEY, 'healthy');
    scene.notify(60, { ...DOWN, ends: 50 });
    const first = scene.of(KEY).id;
    scene.notify(seconds, { ...words, received: seconds });
    const now = scene.of(KEY);
    expect(scene.incidents).toHaveLength(1);
    expect({ same: now.id === first, state: now.state }).toEqual({ same: reopens, state: 'open' });
    expect(now.reopenings).toHaveLength(reopens ? 1 : 0);
    expect(now.diagnosis).toMatchObject({ state: 'queued', tries: reopens ? 2 : 1 });
  });

  test('it leaves the board when it can reopen no more, and its alerts with it', () => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    scene.diagnose(1, KEY, 'healthy');
    scene.notify(60, { ...DOWN, ends: 50 });
    const { id } = scene.of(KEY);
    expect(nextDue(scene.board, scene.settings)).toBe(at(50 + 1800));
    expect(scene.step(50 + 1799).offBoard.incidents).toEqual([]);
    const last = scene.step(50 + 1800);
    expect([last.offBoard.incidents, last.offBoard.alerts.length, last.incidents]).toEqual([[id], 1, []]);
    expect(nextDue(scene.board, scene.settings)).toBeUndefined();
  });

  test('leaving before anybody looked: the record does not say for ever that somebody looks', () => {
    const scene = new Scene();
    scene.notify(0, DOWN);
    scene.notify(60, { ...DOWN, ends: 50 });
    const [record] = scene.step(4000).incidents;
    expect(record?.diagnosis?.state).toBe('failed');
    expect(record?.alerts).toHaveLength(1);
    expect(
      scene.step(4001, diagnosed(4001, record?.id ?? '', record?.diagnosis?.id ?? '', 'healthy')).incidents,
    ).toEqual([]);
  });

  test('alerts that Alertmanager forgot while silenced are over, unless heard since', () => {
    const scene = new Scene();
    scene.notify(0, DOWN, NODE);
    const { id } = scene.of(KEY);
    const [down = '', node = ''] = scene.of(KEY).alerts.map((one) => one.id);
    scene.notify(100, { ...NODE, received: 100 });
    const gone: DeskEvent = { type: 'gone', at: at(90), incident: id, alerts: [down, node, 'al-unknown'] };
    scene.step(101, gone);
    expect(scene.of(KEY)).toMatchObject({ state: 'open', counts: { firing: 1, resolved: 1 } });
    scene.step(120, { ...gone, at: at(120) });
    expect(scene.of(KEY)).toMatchObject({ state: 'resolved', resolvedAt: at(120) });
    expect(scene.step(121, { ...gone, at: at(121) }).incidents).toEqual([]);
  });
});

describe('bounds', () => {
  test('1,000 alerts of one incident: the worst are shown, all are counted, one line for each notification', () => {
    const scene = new Scene();
    for (let block = 0; block < 10; block++) {
      const alerts = Array.from({ length: MOST_EVENT_ALERTS }, (_, index) => ({
        ...NODE,
        labels: { pod: `p-${block}-${index}` },
        severity: index === 7 ? ('critical' as const) : ('info' as const),
      }));
      scene.notify(block, ...alerts);
    }
    const record = scene.of(KEY);
    expect(record.counts.firing).toBe(1000);
    expect(record.alerts).toHaveLength(MOST_SHOWN_ALERTS);
    expect(record.alerts.filter(({ severity }) => severity === 'critical')).toHaveLength(10);
    expect(scene.told(KEY)).toEqual(['opened', 'diagnosing', ...Array.from({ length: 9 }, () => 'fired')]);
  });

  test('a long timeline leaves out its middle and says how much', () => {
    const scene = new Scene();
    scene.notify(0, NODE);
    for (let index = 1; index < 500; index++)
      scene.notify(index, { ...NODE, labels: { pod: `p-${index}` }, starts: index });
    const { timeline, left } = scene.of(KEY);
    expect(timeline).toHaveLength(MOST_TIMELINE);
    expect(left).toBe(501 - MOST_TIMELINE);
    expect([timeline[0]?.what, timeline.at(-1)?.data['startsAt']]).toEqual(['opened', at(499)]);
  });

  test('what ended long ago is forgotten where there is too much of it', () => {
    const scene = new Scene();
    scene.notify(0, NODE);
    for (let block = 0; block < 13; block++) {
      const labels = (index: number) => ({ pod: `p-${block}-${index}` });
      const alerts = Array.from({ length: 100 }, (_, index) => ({ ...NODE, labels: labels(index), starts: block }));
      scene.notify(block, ...alerts);
      scene.notify(block + 1, ...alerts.map((one) => ({ ...one, ends: block + 1 })));
    }
    expect(scene.of(KEY).counts.resolved).toBe(1300);
    scene.notify(4000, DOWN);
    expect(scene.of(KEY).counts).toEqual({ firing: 2, resolved: 1000 });
    expect(scene.board.alerts.size).toBe(1002);
  });
});

test('nothing to do: the same board, untouched', () => {
  const board = emptyBoard(CLUSTER);
  expect(deskStep(board, [], at(0), SETTINGS).board).toBe(board);
});
