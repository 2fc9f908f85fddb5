import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/adapters/log.ts';
import { type Audit, createAudit, readAudit } from '../../../src/adapters/store/audit.ts';
import { FIRST_HASH } from '../../../src/core/audit.ts';
import { verifyAudit } from '../../../src/core/audit-verify.ts';
import { memoryKeys } from '../../support/fixes.ts';
import { type TestRedis, testRedis } from '../../support/redis.ts';

const logs: string[] = [];
const log = createLog('test', 'debug', { write: (line) => void logs.push(line) });
const keys = memoryKeys();
const KEY = 'kubewhy:audit';
let server: TestRedis;
let redis: ReturnType<TestRedis['connect']>;
let audit: Audit;

beforeAll(async () => {
  server = await testRedis();
  redis = server.connect();
  audit = createAudit(redis, keys.bot, log);
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  logs.length = 0;
  await redis.flushall();
});

const click = (n: number, fix = 'fix-aaaaaaa') => ({
  what: 'click' as const,
  by: 'U0ALICE01',
  fix,
  says: `click ${n}`,
});
const wordsOf = async (query: Parameters<Audit['read']>[0]) =>
  (await audit.read(query)).map(({ entry }) => entry.event.says);

describe('appending', () => {
  test('each entry follows the one before, whoever writes', async () => {
    expect(await audit.head()).toEqual({ seq: 0, hash: FIRST_HASH });
    const first = await audit.append(click(1));
    const second = await createAudit(redis, keys.remediator, log).append(click(2));
    expect([first.seq, second.seq]).toEqual([1, 2]);
    expect(await audit.head()).toEqual(second);
    const entries = await audit.read();
    expect(entries.map(({ entry }) => [entry.previous, entry.role])).toEqual([
      [FIRST_HASH, 'bot'],
      [first.hash, 'remediator'],
    ]);
    expect(verifyAudit(await audit.all(), keys.worker, { head: second }).intact).toBe(true);
  });

  test('many at once: none is lost, none twice, and the chain is whole', async () => {
    const writers = [keys.bot, keys.worker, keys.remediator].map((one) => createAudit(server.connect(), one, log));
    const each = Array.from({ length: 20 }, (_, i) => i);
    const heads = await Promise.all(writers.flatMap((one, w) => each.map((i) => one.append(click(20 * w + i)))));
    expect(heads.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(heads.map((_, i) => i + 1));
    expect(verifyAudit(await audit.all(), keys.bot)).toMatchObject({ intact: true, entries: 60 });
    expect(new Set(await wordsOf({ limit: 100 })).size).toBe(60);
  });

  test('secrets are taken out, and what people wrote is cut to size', async () => {
    await audit.append({
      what: 'attack',
      by: 'U'.repeat(500),
      action: 'x'.repeat(100_000),
      says: `password=hunter2hunter2 ${'y'.repeat(100_000)}`,
    });
    const [text = ''] = await redis.lrange(KEY, 0, -1);
    expect(text).not.toContain('hunter2');
    expect(text).toContain('[redacted]');
    expect(text.length).toBeLessThan(3000);
  });

  test('an event that is none is refused, and nothing is written', async () => {
    await expect(audit.append({ what: 'party' as 'click', by: 'x' })).rejects.toThrow();
    expect(await redis.llen(KEY)).toBe(0);
  });
});

describe('reading', () => {
  test('the newest, those after a number, those of one fix, in the order in which they happened', async () => {
    for (let i = 1; i <= 6; i += 1) await audit.append(click(i, i % 2 === 0 ? 'fix-bbbbbbb' : 'fix-aaaaaaa'));
    expect(await wordsOf({ limit: 2 })).toEqual(['click 5', 'click 6']);
    expect(await wordsOf({ afterSeq: 4 })).toEqual(['click 5', 'click 6']);
    expect(await wordsOf({ fix: 'fix-bbbbbbb' })).toEqual(['click 2', 'click 4', 'click 6']);
    expect(await wordsOf({ fix: 'fix-bbbbbbb', limit: 1 })).toEqual(['click 6']);
    expect(await wordsOf({ fix: 'fix-bbbbbbb', afterSeq: 2 })).toEqual(['click 4', 'click 6']);
    expect(await wordsOf({ fix: 'fix-ccccccc' })).toEqual([]);
  });

  test('over more than one page', async () => {
    await audit.append(click(1, 'fix-ccccccc'));
    for (let i = 2; i <= 520; i += 1) await audit.append(click(i));
    expect(await wordsOf({ fix: 'fix-ccccccc' })).toEqual(['click 1']);
    expect(await wordsOf({ limit: 510 })).toHaveLength(510);
    expect(await audit.all()).toHaveLength(520);
  });

  test('whoever has only the trust file reads and verifies', async () => {
    const head = await audit.append(click(1));
    const reader = readAudit(redis, keys.worker, log);
    expect(await reader.head()).toEqual(head);
    expect(await reader.read()).toHaveLength(1);
  });
});

describe('whoever can write in Redis', () => {
  const change = async (index: number, edit: (text: string) => string): Promise<void> => {
    const text = await redis.lindex(KEY, index);
    await redis.lset(KEY, index, edit(text ?? ''));
  };
  const faults = async (head?: { seq: number; hash: string }) =>
    verifyAudit(await audit.all(), keys.bot, head === undefined ? {} : { head }).problems.map(
      (p) => `${p.fault} ${p.seq}`,
    );

  test('changes an entry: it is not shown any more, and its number is named', async () => {
    for (let i = 1; i <= 3; i += 1) await audit.append(click(i));
    await change(1, (text) => text.replace('click 2', 'click 9'));
    expect(await wordsOf({})).toEqual(['click 1', 'click 3']);
    expect(logs.join('')).toContain('not signed by us');
    expect(await faults()).toEqual(['unsigned 2']);
  });

  test('ends the log in something else: the next entry follows the last good one, and one place is named', async () => {
    for (let i = 1; i <= 2; i += 1) await audit.append(click(i));
    await redis.rpush(KEY, '{"entry":{"seq":99}}', 'hello');
    expect(await audit.append(click(3))).toMatchObject({ seq: 3 });
    expect(await faults()).toEqual(['unsigned 4', 'unsigned 99']);
    expect(logs.join('')).toContain('tampered with');
  });

  test('puts an old entry at the end: the log goes on from its largest number', async () => {
    for (let i = 1; i <= 3; i += 1) await audit.append(click(i));
    await redis.rpush(KEY, (await redis.lindex(KEY, 0)) ?? '');
    expect(await audit.head()).toMatchObject({ seq: 3 });
    expect(await audit.append(click(4))).toMatchObject({ seq: 4 });
    expect(await faults()).toEqual(['repeated 1']);
  });

  test('cuts the end off: the head that a thread quotes tells, also after the log went on', async () => {
    for (let i = 1; i <= 4; i += 1) await audit.append(click(i));
    const head = await audit.head();
    await redis.ltrim(KEY, 0, 1);
    expect(await faults()).toEqual([]);
    expect(await faults(head)).toEqual(['cut-off 3']);
    for (let i = 5; i <= 7; i += 1) await audit.append(click(i));
    expect(await faults(head)).toEqual(['replaced 4']);
  });

  test('takes the log away and puts a value of another type there: appending fails loudly', async () => {
    await redis.set(KEY, 'x');
    await expect(audit.append(click(1))).rejects.toThrow('WRONGTYPE');
  });
});
