/** `kubewhy keys` and `kubewhy audit` as somebody at a terminal uses them, against a real Redis. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadKeys } from '../../src/adapters/keys/keys.ts';
import { createLog } from '../../src/adapters/log.ts';
import { type Audit, createAudit } from '../../src/adapters/store/audit.ts';
import { type TestRedis, testRedis } from '../support/redis.ts';
import { terminal } from '../support/terminal.ts';

const KEY = 'kubewhy:audit';
let folder: string;
let server: TestRedis;
let redis: ReturnType<TestRedis['connect']>;
let env: Record<string, string>;
let log: Audit;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-audit-'));
  server = await testRedis();
  redis = server.connect();
  const made = await terminal(['keys', join(folder, 'keys'), '-o', 'json']);
  const { keys, trust } = JSON.parse(made.out) as {
    keys: { process: string; file: string }[];
    trust: { file: string };
  };
  const keyFile = keys.find(({ process }) => process === 'bot')?.file ?? '';
  env = { REDIS_URL: server.url, KUBEWHY_TRUST: trust.file };
  const silent = createLog('test', 'error', { write: () => undefined });
  log = createAudit(redis, loadKeys({ role: 'bot', keyFile, trustFile: trust.file }), silent);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await redis.flushall();
});

const click = (says: string, fix = 'fix-aaaaaaa') => ({
  what: 'click' as const,
  by: 'U0ALICE01',
  action: 'fix_approve',
  allowed: false,
  code: 'not-listed',
  fix,
  says,
});

describe('kubewhy keys', () => {
  test('makes four files, and says which process gets which, by the names of the settings', async () => {
    const place = join(folder, 'new');
    const { code, out, err } = await terminal(['keys', place]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const [name, variable] of [
      ['bot.key', 'KUBEWHY_BOT_KEY'],
      ['worker.key', 'KUBEWHY_WORKER_KEY'],
      ['remediator.key', 'KUBEWHY_REMEDIATOR_KEY'],
      ['trust.json', 'KUBEWHY_TRUST'],
    ] as const) {
      expect((await stat(join(place, name))).mode & 0o777).toBe(0o600);
      expect(out).toMatch(new RegExp(`${variable}= *${join(place, name)}`));
    }
    expect(out).not.toContain('PRIVATE');
  });

  test.each([
    ['a second time', () => ['keys', join(folder, 'keys')], /bot\.key exists already, and keys are never overwritten/],
    ['without a folder', () => ['keys'], /keys takes one folder/],
    ['with two folders', () => ['keys', 'a', 'b'], /keys takes one folder/],
  ])('%s is refused with one sentence', async (_, argv, said) => {
    const { code, out, err } = await terminal(argv());
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(said);
  });
});

describe('kubewhy audit', () => {
  test('shows the newest entries in words, and where the log ends', async () => {
    for (let i = 1; i <= 3; i += 1) await log.append(click(`number ${i}`, i === 2 ? 'fix-bbbbbbb' : 'fix-aaaaaaa'));
    const head = await log.head();
    const { code, out } = await terminal(['audit'], env);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(
      /^1 {2}\S+Z {2}U0ALICE01 pressed Approve, refused \(not-listed\), fix-aaaaaaa, number 1$/,
    );
    expect(out).toContain(`head 3:${head.hash}\n`);
    expect((await terminal(['audit', '--limit', '1'], env)).out).not.toContain('number 2');
    const one = await terminal(['audit', 'fix-bbbbbbb'], env);
    expect(one.out).toContain('number 2');
    expect(one.out).not.toContain('number 1');
  });

  test('as one JSON document', async () => {
    await log.append(click('x'));
    const { out } = await terminal(['audit', '-o', 'json'], env);
    expect(JSON.parse(out)).toMatchObject({ entries: [{ entry: { seq: 1, event: { says: 'x' } } }], head: { seq: 1 } });
  });

  test('an empty log is said to be empty', async () => {
    expect((await terminal(['audit'], env)).out).toBe(`There is no entry.\nhead 0:${'0'.repeat(64)}\n`);
  });

  test('in Chinese, and nothing that was written into an event acts on the terminal', async () => {
    await log.append(click('\u001b[31mred\u202e'));
    const { out } = await terminal(['audit', '--lang', 'zh-cn'], env);
    expect(out).toContain('按下按钮');
    expect(out).not.toContain('\u001b');
    expect(out).not.toContain('\u202e');
  });

  test('entries that are not ours are left out, and that is said', async () => {
    await log.append(click('x'));
    await redis.rpush(KEY, '{}');
    const { code, out, err } = await terminal(['audit'], env);
    expect({ code, lines: out.split('\n').length }).toEqual({ code: 0, lines: 3 });
    expect(err).toMatch(/left out 1 entry not signed by kubewhy.*audit verify/);
  });
});

describe('kubewhy audit verify', () => {
  test('a whole log, against the head as a thread quotes it', async () => {
    for (let i = 1; i <= 3; i += 1) await log.append(click(`number ${i}`));
    const { seq, hash } = await log.head();
    for (const quoted of [`${seq}:${hash}`, `${seq}:${hash.slice(0, 16)}…`, `${seq}:${hash.slice(0, 12)}`]) {
      const { code, out, err } = await terminal(['audit', 'verify', '--head', quoted], env);
      expect({ code, out, err }).toEqual({
        code: 0,
        out: `The audit log is whole: 3 entries.\nhead 3:${hash}\n`,
        err: '',
      });
    }
  });

  test('a changed, a missing and a cut-off entry: exit code 1 and one line each', async () => {
    for (let i = 1; i <= 6; i += 1) await log.append(click(`number ${i}`));
    const { seq, hash } = await log.head();
    const texts = await redis.lrange(KEY, 0, -1);
    await redis.del(KEY);
    await redis.rpush(KEY, ...texts.slice(0, 1), (texts[1] ?? '').replace('number 2', 'number 9'), texts[3] ?? '');
    const { code, out } = await terminal(['audit', 'verify', `--head=${seq}:${hash}`], env);
    expect(code).toBe(1);
    expect(out.split('\n').slice(0, 3)).toEqual([
      'Entry 2 is not signed by kubewhy: it was changed, or put there.',
      'Entry 3 is missing.',
      'Entries 5 to 6 are cut off: the log ends before the head that was quoted.',
    ]);
    const json = await terminal(['audit', 'verify', '-o', 'json', '--head', `${seq}:${hash}`], env);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      intact: false,
      entries: 2,
      problems: [
        { fault: 'unsigned', seq: 2 },
        { fault: 'missing', seq: 3 },
        { fault: 'cut-off', seq: 5, to: 6 },
      ],
    });
  });

  test("by another installation's trust file nothing is signed", async () => {
    await log.append(click('x'));
    await terminal(['keys', join(folder, 'other')]);
    const { code, out } = await terminal(['audit', 'verify'], {
      ...env,
      KUBEWHY_TRUST: join(folder, 'other', 'trust.json'),
    });
    expect(code).toBe(1);
    expect(out).toMatch(/^Entry 1 is not signed by kubewhy/);
  });
});

describe('what goes wrong is one sentence', () => {
  test.each<[string, readonly string[], Record<string, string>, RegExp]>([
    [
      'no trust file named',
      ['audit'],
      { KUBEWHY_TRUST: '' },
      /KUBEWHY_TRUST is missing; expected the path of a JSON file/,
    ],
    ['a trust file that is not there', ['audit'], { KUBEWHY_TRUST: '/nowhere' }, /\/nowhere cannot be read/],
    ['no Redis', ['audit', 'verify'], { REDIS_URL: 'unix:///nowhere/redis' }, /Redis cannot be reached/],
    ['an id that is none', ['audit', 'dx-aaaaaaa'], {}, /"dx-aaaaaaa" is no id of a fix/],
    ['too many words', ['audit', 'verify', 'now'], {}, /"now" is one word too many/],
    ['a head that is none', ['audit', 'verify', '--head', '41'], {}, /--head takes number:hash/],
    ['a head whose hash is too short to say anything', ['audit', 'verify', '--head', '41:9f3c'], {}, /--head takes/],
    ['a head without verify', ['audit', '--head', `1:${'a'.repeat(64)}`], {}, /--head belongs to/],
    ['a limit of nothing', ['audit', '--limit', '0'], {}, /--limit takes a whole number from 1 to 1000/],
  ])('%s', async (_, argv, change, said) => {
    const { code, out, err } = await terminal(argv, { ...env, ...change });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(said);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
