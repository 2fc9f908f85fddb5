import { describe, expect, test } from 'vitest';
import { openHealth } from '../../src/adapters/health.ts';
import { createLog, withoutSecrets } from '../../src/adapters/log.ts';
import { Lifetime } from '../../src/adapters/shutdown.ts';

const streams = { stdout: { write: () => true }, stderr: { write: () => true } };

function memory(): { lines: Record<string, unknown>[]; log: ReturnType<typeof createLog> } {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('test', 'debug', {
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { lines, log };
}

describe('the log', () => {
  test('is JSON with the level in words and the time in ISO form', () => {
    const { lines, log } = memory();
    log.info({ id: 'dx-aaaaa' }, 'question queued');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        name: 'test',
        id: 'dx-aaaaa',
        msg: 'question queued',
      },
    ]);
  });

  test.each([
    ['a token under its name', { botToken: 'hunter2' }],
    ['a token two levels down', { config: { slack: { token: 'hunter2' } } }],
    ['a Slack token in an error', { err: new Error('bad token xoxb-1-hunter2') }],
    ['the password of a Redis address', { text: 'connect redis://user:hunter2@10.0.0.1:6379' }],
    ['a webhook address', { text: 'POST https://hooks.slack.com/commands/hunter2' }],
  ])('%s is not in it', (_, data) => {
    const { lines, log } = memory();
    log.warn(data, 'something');
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  test('ordinary text stays as it is', () => {
    expect(withoutSecrets('Node k8smater1: 10.0.0.66 redis://10.0.0.1:6379')).toBe(
      'Node k8smater1: 10.0.0.66 redis://10.0.0.1:6379',
    );
  });
});

describe('the end of a process', () => {
  test('what was opened last is closed first; what hangs or throws does not keep the rest open', async () => {
    const { lines, log } = memory();
    const lifetime = new Lifetime(log);
    const closed: string[] = [];
    lifetime.onClose('first', () => Promise.resolve(closed.push('first')));
    lifetime.onClose('hanging', () => new Promise(() => undefined), 20);
    lifetime.onClose('throwing', () => Promise.reject(new Error('no')));
    lifetime.onClose('last', () => Promise.resolve(closed.push('last')));
    const stop = new AbortController();
    const end = lifetime.untilEnd({ ...streams, signal: stop.signal });
    stop.abort();
    expect(await end).toBe(0);
    expect(closed).toEqual(['last', 'first']);
    expect(lines.filter((line) => line['msg'] === 'could not be closed cleanly').map((line) => line['what'])).toEqual([
      'throwing',
      'hanging',
    ]);
  });

  test('a fatal fault ends it with 1, and the log says why', async () => {
    const { lines, log } = memory();
    const lifetime = new Lifetime(log);
    const end = lifetime.untilEnd({ ...streams, signal: new AbortController().signal });
    lifetime.fail(new Error('token revoked'));
    expect(await end).toBe(1);
    expect(JSON.stringify(lines)).toContain('token revoked');
  });

  test('no listener is left behind', async () => {
    const before = ['SIGTERM', 'SIGINT', 'unhandledRejection'].map((name) => process.listenerCount(name));
    const lifetime = new Lifetime(memory().log);
    const end = lifetime.untilEnd(streams);
    expect(process.listenerCount('SIGTERM')).toBe((before[0] ?? 0) + 1);
    lifetime.fail(new Error('x'));
    await end;
    expect(['SIGTERM', 'SIGINT', 'unhandledRejection'].map((name) => process.listenerCount(name))).toEqual(before);
  });
});

test('health: alive at once, ready when nothing is missing, and nothing else is served', async () => {
  let trouble: string | undefined = 'no connection to Slack is open';
  const health = await openHealth({ host: '127.0.0.1', port: 0, ready: () => trouble });
  const get = async (path: string): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${health.port}${path}`);
    return [answer.status, await answer.text()];
  };
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
  expect(await get('/readyz')).toEqual([503, 'no connection to Slack is open\n']);
  trouble = undefined;
  expect(await get('/readyz?verbose')).toEqual([200, 'ok\n']);
  expect(await get('/metrics')).toEqual([404, 'not found\n']);
  await health.close();
});
