/** READY, STATUS and RESTARTS of Pods in the states that people meet. */
import { describe, expect, it } from 'vitest';
import { podPrinter } from '../../../src/sandbox/cluster/api/printers/pod.ts';
import { ago, pod, RECORDED_AT } from './fixtures.ts';

const MINUTE = 60_000;
const at = (minor: number) => ({ nowMs: RECORDED_AT, minor, shiftTime: (time: string) => time });

type Json = Record<string, unknown>;

function container(name: string, state: Json, extra: Json = {}): Json {
  return { name, ready: false, restartCount: 0, state, lastState: {}, ...extra };
}

function print(status: Json, options: { spec?: Json; meta?: Json; minor?: number } = {}): unknown[] {
  const base = pod('shop', 'web-1', 'alpha');
  const spec = { nodeName: 'alpha', containers: [{ name: 'a' }, { name: 'b' }], ...options.spec };
  const object = { ...base, metadata: { ...base.metadata, ...options.meta }, spec, status };
  return podPrinter.cells(object, at(options.minor ?? 33)).slice(1, 4);
}

const running = { running: { startedAt: ago(MINUTE) } };
const ended = (reason: string, extra: Json = {}) => ({ terminated: { reason, exitCode: 0, ...extra } });

describe('pod columns', () => {
  it.each<[string, Json, { spec?: Json; meta?: Json; minor?: number }, unknown[]]>([
    [
      'running',
      {
        phase: 'Running',
        containerStatuses: [container('a', running, { ready: true }), container('b', running, { ready: true })],
      },
      {},
      ['2/2', 'Running', '0'],
    ],
    [
      'one container in a crash loop, restarts dated',
      {
        phase: 'Running',
        containerStatuses: [
          container(
            'a',
            { waiting: { reason: 'CrashLoopBackOff' } },
            {
              restartCount: 5,
              lastState: { terminated: { finishedAt: ago(3 * MINUTE), exitCode: 1 } },
            },
          ),
          container('b', running, { ready: true }),
        ],
      },
      {},
      ['1/2', 'CrashLoopBackOff', '5 (3m ago)'],
    ],
    [
      'a v1.18 server does not date restarts',
      {
        phase: 'Running',
        containerStatuses: [
          container('a', running, {
            ready: true,
            restartCount: 3,
            lastState: { terminated: { finishedAt: ago(3 * MINUTE), exitCode: 1 } },
          }),
        ],
      },
      { minor: 18 },
      ['1/2', 'Running', '3'],
    ],
    ['unscheduled', { phase: 'Pending' }, {}, ['0/2', 'Pending', '0']],
    [
      'held back by a gate',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      {},
      ['0/2', 'SchedulingGated', '0'],
    ],
    ['evicted', { phase: 'Failed', reason: 'Evicted' }, {}, ['0/2', 'Evicted', '0']],
    [
      'waiting for its second init container',
      {
        phase: 'Pending',
        initContainerStatuses: [
          container('i1', ended('Completed')),
          container('i2', { waiting: { reason: 'PodInitializing' } }),
        ],
      },
      { spec: { initContainers: [{ name: 'i1' }, { name: 'i2' }] } },
      ['0/2', 'Init:1/2', '0'],
    ],
    [
      'init container failed without a reason',
      { phase: 'Pending', initContainerStatuses: [container('i1', { terminated: { exitCode: 7 } })] },
      { spec: { initContainers: [{ name: 'i1' }] } },
      ['0/2', 'Init:ExitCode:7', '0'],
    ],
    [
      'init container cannot pull its image',
      { phase: 'Pending', initContainerStatuses: [container('i1', { waiting: { reason: 'ImagePullBackOff' } })] },
      { spec: { initContainers: [{ name: 'i1' }] } },
      ['0/2', 'Init:ImagePullBackOff', '0'],
    ],
    [
      'a sidecar counts as a container',
      {
        phase: 'Running',
        conditions: [{ type: 'Initialized', status: 'True' }],
        initContainerStatuses: [container('s', running, { ready: true, started: true, restartCount: 1 })],
        containerStatuses: [container('a', running, { ready: true }), container('b', running, { ready: true })],
      },
      { spec: { initContainers: [{ name: 's', restartPolicy: 'Always' }] } },
      ['3/3', 'Running', '1'],
    ],
    [
      'completed',
      {
        phase: 'Succeeded',
        containerStatuses: [container('a', ended('Completed')), container('b', ended('Completed'))],
      },
      {},
      ['0/2', 'Completed', '0'],
    ],
    [
      'one done, one running, not ready',
      {
        phase: 'Running',
        containerStatuses: [container('a', ended('Completed')), container('b', running, { ready: true })],
      },
      {},
      ['1/2', 'NotReady', '0'],
    ],
    [
      'killed by a signal',
      { phase: 'Failed', containerStatuses: [container('a', { terminated: { signal: 9, exitCode: 137 } })] },
      {},
      ['0/2', 'Signal:9', '0'],
    ],
    [
      'being deleted',
      { phase: 'Running', containerStatuses: [container('a', running, { ready: true })] },
      { meta: { deletionTimestamp: ago(MINUTE) } },
      ['1/2', 'Terminating', '0'],
    ],
    [
      'being deleted on a lost node',
      { phase: 'Running', reason: 'NodeLost', containerStatuses: [container('a', running, { ready: true })] },
      { meta: { deletionTimestamp: ago(MINUTE) } },
      ['1/2', 'Unknown', '0'],
    ],
  ])('%s', (_title, status, options, expected) => {
    expect(print(status, options)).toEqual(expected);
  });
});
