/** Logs: which lines are chosen, and what a pod on a node that cannot be reached answers. */
import { PassThrough } from 'node:stream';
import { Log } from '@kubernetes/client-node';
import { describe, expect, it, vi } from 'vitest';
import { chooseLines, type LineChoice } from '../../../src/sandbox/cluster/api/log-lines.ts';
import { RECORDED_AT, smallCluster } from './fixtures.ts';
import { ADMIN_TOKEN, send, start } from './support.ts';

const MINUTE = 60_000;
const ALL: LineChoice = {
  nowMs: RECORDED_AT,
  shiftMs: 0,
  sinceMs: undefined,
  tailLines: undefined,
  limitBytes: undefined,
  timestamps: false,
};

// Recorded at 2024-03-10T12:00:00Z.
const LINES = [
  'I1231 23:59:59.000000       1 old.go:1] from last year',
  '2024-03-10 11:50:00.000 [INFO][8] felix.go 1: ten minutes',
  'its second line',
  'time="2024-03-10T11:55:00Z" level=info msg="five minutes"',
  '2024-03-10T11:59:00.5Z one minute',
];

describe('chooseLines', () => {
  const choose = (choice: Partial<LineChoice>, startedMs?: number) =>
    chooseLines(`${LINES.join('\n')}\n`, { ...ALL, ...choice }, startedMs)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => LINES.indexOf(line));

  it.each<[string, Partial<LineChoice>, number[]]>([
    ['everything', {}, [0, 1, 2, 3, 4]],
    ['the last two', { tailLines: 2 }, [3, 4]],
    ['none', { tailLines: 0 }, []],
    ['the last ten minutes, continuation lines included', { sinceMs: RECORDED_AT - 10 * MINUTE }, [1, 2, 3, 4]],
    ['the last six minutes', { sinceMs: RECORDED_AT - 6 * MINUTE }, [3, 4]],
    ['the last one of the last ten minutes', { sinceMs: RECORDED_AT - 10 * MINUTE, tailLines: 1 }, [4]],
    ['nothing that young', { sinceMs: RECORDED_AT }, []],
    ['this year: klog names no year', { sinceMs: RECORDED_AT - 60 * 24 * 60 * MINUTE }, [1, 2, 3, 4]],
  ])('%s', (_title, choice, expected) => {
    expect(choose(choice)).toEqual(expected);
  });

  it('lines before the first time have that of the start of the container', () => {
    expect(chooseLines('a\nb\n', { ...ALL, sinceMs: RECORDED_AT - MINUTE }, RECORDED_AT)).toBe('a\nb\n');
    expect(chooseLines('a\nb\n', { ...ALL, sinceMs: RECORDED_AT - MINUTE }, RECORDED_AT - 2 * MINUTE)).toBe('');
  });

  it('puts the served time of each line in front', () => {
    const log = '2024-03-10T11:59:00.5Z x';
    expect(chooseLines(log, { ...ALL, timestamps: true, shiftMs: MINUTE }, undefined)).toBe(
      `2024-03-10T12:00:00.500000000Z ${log}`,
    );
  });

  it('cuts at a number of bytes', () => {
    expect(chooseLines('abcdef\n', { ...ALL, limitBytes: 3 }, undefined)).toBe('abc');
  });
});

describe('the log subresource', () => {
  const admin = { token: ADMIN_TOKEN };
  const path = '/api/v1/namespaces/shop/pods/web-1/log';

  it.each([
    ['refused', 'connect: connection refused'],
    ['timeout', 'i/o timeout'],
    ['no-route', 'connect: no route to host'],
  ] as const)('500 where the kubelet is %s', async (fault, words) => {
    const running = await start({ version: 'v1.30.0', kubelets: { alpha: fault } });
    const answer = await send(running.api, `${path}?tailLines=5&container=main`, admin);
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `Get "https://192.0.2.11:10250/containerLogs/shop/web-1/main?tailLines=5": dial tcp 192.0.2.11:10250: ${words}`,
      code: 500,
    });
    await running.stop();
  });

  it('is read at served times, and rewritten only where a callback is given', async () => {
    const shiftMs = Date.now() - RECORDED_AT;
    const logs = { 'shop/web-1/main': `${LINES.join('\n')}\n` };
    const plain = await start({ objects: smallCluster(), logs, timeShiftMs: shiftMs });
    const since = encodeURIComponent(new Date(RECORDED_AT + shiftMs - 6 * MINUTE).toISOString());
    const answer = await send(plain.api, `${path}?sinceTime=${since}`, admin);
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.text).toBe(`${LINES.slice(3).join('\n')}\n`);
    await plain.stop();
    const shiftLog = (text: string, ms: number) => text.replaceAll('2024-03-10', `[${ms}]`);
    const shifted = await start({ logs, timeShiftMs: shiftMs, shiftLog });
    expect((await send(shifted.api, `${path}?tailLines=1`, admin)).text).toBe(`[${shiftMs}]T11:59:00.5Z one minute\n`);
    await shifted.stop();
  });

  it('a followed log of a running container stays open until the client goes', async () => {
    const running = await start({ logs: { 'shop/web-1/main': 'one\n' } });
    const config = running.config();
    const written: string[] = [];
    const sink = new PassThrough().on('data', (chunk: Buffer) => written.push(chunk.toString()));
    const controller = await new Log(config).log('shop', 'web-1', 'main', sink, { follow: true });
    await vi.waitFor(() => expect(written.join('')).toBe('one\n'), { timeout: 10_000, interval: 20 });
    expect(sink.writableEnded).toBe(false);
    controller.abort();
    await vi.waitFor(() => expect(running.api.requests.at(-1)?.bytes).toBe(4), { timeout: 10_000, interval: 20 });
    await running.stop();
  });

  it.each([
    ['container=nope', 'container nope is not valid for pod web-1'],
    ['tailLines=x', 'tailLines: Invalid value: "x"'],
    ['sinceTime=yesterday', 'sinceTime: Invalid value: "yesterday"'],
    ['sinceTime=2024-01-01T00:00:00Z&sinceSeconds=1', 'at most one of sinceTime or sinceSeconds may be specified'],
  ])('400 for %s', async (query, message) => {
    const running = await start();
    const answer = await send(running.api, `${path}?${query}`, admin);
    expect(answer.status).toBe(400);
    expect((JSON.parse(answer.text) as { message: string }).message).toContain(message);
    await running.stop();
  });
});
