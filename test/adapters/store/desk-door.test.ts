import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { createLog } from '../../../src/adapters/log.ts';
import { createDoor, NotDurable } from '../../../src/adapters/store/desk-door.ts';
import { alertOf, alertsEvent } from '../../support/desk.ts';

const log = createLog('test', 'error', { write: () => undefined });
const event = alertsEvent(alertOf('A'));

/** A Redis that takes everything and answers WAITAOF as it is told; it counts the rounds and what each of them held. */
function redisThat(waitaof: () => [Error | null, unknown]) {
  const rounds: string[][] = [];
  const redis = {
    pipeline() {
      const commands: string[] = [];
      return {
        eval: () => void commands.push('eval'),
        call: (name: string) => void commands.push(name),
        async exec() {
          rounds.push(commands);
          await new Promise((resolve) => setImmediate(resolve));
          return commands.map((name) => (name === 'eval' ? [null, 1] : waitaof()));
        },
      };
    },
  };
  return { redis: redis as unknown as Redis, rounds };
}

describe('events are taken when they are on disk, as far as this Redis can say', () => {
  test.each([
    ['confirmed', [null, [1, 0]]],
    ['a Redis before 7.2', [new Error("ERR unknown command 'WAITAOF'"), undefined]],
    [
      'no log on disk',
      [new Error('ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.'), undefined],
    ],
    ['a managed Redis that allows no such command', [new Error('NOPERM this user has no permissions'), undefined]],
  ] as [string, [Error | null, unknown]][])('%s: taken', async (_, answer) => {
    const { redis } = redisThat(() => answer);
    await createDoor(redis, log)('prod', [event]);
  });

  test('not confirmed in time: they are to be sent again', async () => {
    const { redis } = redisThat(() => [null, [0, 0]]);
    await expect(createDoor(redis, log)('prod', [event])).rejects.toThrow(NotDurable);
  });

  test('a fault of the disk or the connection: they are to be sent again', async () => {
    const { redis } = redisThat(() => [new Error('Command timed out'), undefined]);
    await expect(createDoor(redis, log)('prod', [event])).rejects.toThrow('timed out');
  });

  test('one that cannot say is not asked with every event', async () => {
    const { redis, rounds } = redisThat(() => [new Error('ERR unknown command'), undefined]);
    const accept = createDoor(redis, log);
    await accept('prod', [event]);
    await accept('prod', [event]);
    expect(rounds).toEqual([['eval', 'WAITAOF'], ['eval']]);
  });

  test('many at a time wait for the disk once', async () => {
    const { redis, rounds } = redisThat(() => [null, [1, 0]]);
    const accept = createDoor(redis, log);
    await Promise.all(Array.from({ length: 100 }, () => accept('prod', [event])));
    expect(rounds).toHaveLength(2);
    expect(rounds.flat().filter((name) => name === 'eval')).toHaveLength(100);
  });
});
