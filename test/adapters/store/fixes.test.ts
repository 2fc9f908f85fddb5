import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/adapters/log.ts';
import { createFixes, type Fixes, ForgedRecord, NoTransition } from '../../../src/adapters/store/fixes.ts';
import { createOffers } from '../../../src/adapters/store/offers.ts';
import { signRecord, versionOf } from '../../../src/adapters/store/signed-fix.ts';
import { FIX_STATES, mayHaveWritten } from '../../../src/core/approval.ts';
import { digestOf } from '../../../src/core/canonical-json.ts';
import { FixOffer, type FixRecord, type StoredFix } from '../../../src/core/fix.ts';
import { ROLES, type Role, signValue } from '../../../src/core/signing.ts';
import { approvalOf, memoryKeys, planOf, seedOf } from '../../support/fixes.ts';
import { type TestRedis, testRedis } from '../../support/redis.ts';

const logs: string[] = [];
const log = createLog('test', 'debug', { write: (line) => void logs.push(line) });
const keys = memoryKeys();
const plan = planOf();
const sealed = { plan, hash: digestOf(plan), signature: signValue(keys.remediator, 'plan', plan) };
const ID = 'fix-aaaaaaa';
const KEY = `kubewhy:fix:${ID}`;
let server: TestRedis;
let redis: ReturnType<TestRedis['connect']>;
let by: Readonly<Record<Role, Fixes>>;

beforeAll(async () => {
  server = await testRedis();
  redis = server.connect();
  const open = (role: Role) => createFixes(redis, { keys: keys[role], keepSeconds: 3600 }, log);
  by = { bot: open('bot'), worker: open('worker'), remediator: open('remediator') };
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  logs.length = 0;
  await redis.flushall();
});

/** A value that must be there. */
async function sure<T>(value: Promise<T | undefined>): Promise<T> {
  const got = await value;
  if (got === undefined) throw new Error('it is not there');
  return got;
}

async function proposed(): Promise<FixRecord> {
  const begun = await sure(by.bot.create(seedOf()));
  const drafted = await sure(by.worker.change(begun, 'draft', { draft: plan.draft }));
  return sure(by.remediator.change(drafted, 'propose', { plan: sealed }));
}

async function verified(): Promise<FixRecord> {
  let record = await sure(
    by.bot.change(await proposed(), 'approve', { approvals: [approvalOf(plan, keys.bot)] }, 'U0BOB0001'),
  );
  record = await sure(by.remediator.change(record, 'begin', {}));
  record = await sure(by.remediator.change(record, 'applied', {}));
  return sure(by.worker.change(record, 'verify', {}));
}

describe('the life of a record', () => {
  test('from the press to the proof, each change by its own process', async () => {
    const record = await verified();
    expect(await by.bot.load(ID)).toEqual(record);
    expect(record).toMatchObject({ state: 'verified', rev: 7, plan: { hash: sealed.hash } });
    expect(record.history.map(({ rev, state, by: who }) => `${rev} ${state} ${who}`)).toEqual([
      '1 planning U0ALICE01',
      '2 drafted worker',
      '3 proposed remediator',
      '4 approved U0BOB0001',
      '5 applying remediator',
      '6 verifying remediator',
      '7 verified worker',
    ]);
    expect(await redis.ttl(KEY)).toBeGreaterThan(3500);
  });

  test('the same press twice is one fix', async () => {
    expect(await by.bot.create(seedOf())).toMatchObject({ rev: 1, state: 'planning' });
    expect(await by.bot.create(seedOf(ID, { requestedBy: 'U0MALLORY' }))).toBeUndefined();
    expect(await by.bot.load(ID)).toMatchObject({ requestedBy: 'U0ALICE01' });
  });

  test.each(['worker', 'remediator'] as const)('the %s begins no fix', async (role) => {
    await expect(by[role].create(seedOf())).rejects.toThrow('begins no fix');
  });

  test.each([
    ['the worker approves', 'worker', 'approve'],
    ['the remediator approves', 'remediator', 'approve'],
    ['the bot begins to apply', 'bot', 'begin'],
    ['the worker begins to apply', 'worker', 'begin'],
    ['the remediator proposes twice', 'remediator', 'propose'],
    ['the worker says it is verified', 'worker', 'verify'],
  ] as const)('what the table does not know is refused: %s', async (_, role, event) => {
    const record = await proposed();
    await expect(by[role].change(record, event, {})).rejects.toThrow(NoTransition);
    expect(await by.bot.load(ID)).toEqual(record);
  });

  test('a field is taken away by undefined', async () => {
    const begun = await sure(by.bot.create(seedOf(ID, { showWhy: 'no-policy' })));
    const next = await sure(by.worker.change(begun, 'show', { showWhy: undefined }));
    expect(next).not.toHaveProperty('showWhy');
    expect(await by.worker.load(ID)).toEqual(next);
  });

  test('history is bounded and keeps the newest', async () => {
    let record = await sure(by.bot.change(await proposed(), 'approve', {}));
    record = await sure(by.remediator.change(record, 'begin', {}));
    for (let i = 0; i < 210; i += 1) record = await sure(by.remediator.change(record, 'step', {}));
    expect(record.history).toHaveLength(200);
    expect(record.history.at(-1)?.rev).toBe(record.rev);
    expect(await by.remediator.load(ID)).toEqual(record);
  });

  test('a record that would be too large is refused, and the one before stays', async () => {
    const begun = await sure(by.bot.create(seedOf()));
    const diff = Array.from({ length: 200 }, (_, i) => ({
      path: `p${i}`,
      before: 'x'.repeat(2000),
      after: 'y'.repeat(2000),
    }));
    const dryRun = Array.from({ length: 60 }, (_, index) => ({ index, diff, warnings: [] }));
    const drafted = await sure(by.worker.change(begun, 'draft', { draft: plan.draft }));
    const large = { ...sealed, plan: { ...plan, dryRun } };
    await expect(by.remediator.change(drafted, 'propose', { plan: large })).rejects.toThrow(/too large/);
    expect(await by.remediator.load(ID)).toEqual(drafted);
  });

  test('a change that does not fit the form names the field', async () => {
    const record = await proposed();
    const denial = { by: 'U0BOB0001', at: record.updatedAt, reason: 'x'.repeat(1001) };
    await expect(by.bot.change(record, 'deny', { denial })).rejects.toThrow(/denial\.reason/);
  });
});

describe('two in the same instant', () => {
  test('of many approvers exactly one wins each revision', async () => {
    const record = await proposed();
    const people = Array.from({ length: 20 }, (_, i) => `U0P${i}`);
    const bots = people.map((who) => ({
      who,
      fixes: createFixes(server.connect(), { keys: keys.bot, keepSeconds: 3600 }, log),
    }));
    const results = await Promise.all(
      bots.map(({ who, fixes }) =>
        fixes.change(record, 'agree', { approvals: [approvalOf(plan, keys.bot, { by: who })] }, who),
      ),
    );
    const won = results.filter((result) => result !== undefined);
    expect(won).toHaveLength(1);
    expect(await by.bot.load(ID)).toEqual(won[0]);
  });

  test('approved by one and denied by another: one of the two is true, and history says whose', async () => {
    for (let round = 0; round < 20; round += 1) {
      await redis.flushall();
      const record = await proposed();
      const denial = { by: 'U0CAROL01', at: record.updatedAt, reason: 'no' };
      const results = await Promise.all([
        by.bot.change(record, 'approve', {}, 'U0BOB0001'),
        by.bot.change(record, 'deny', { denial }, 'U0CAROL01'),
        by.worker.change(record, 'expire', {}),
      ]);
      expect(results.filter((result) => result !== undefined)).toHaveLength(1);
    }
  });

  test('the loser loads again, and sees what the winner did', async () => {
    const record = await proposed();
    await by.bot.change(record, 'agree', {}, 'U0BOB0001');
    expect(await by.bot.change(record, 'agree', {}, 'U0CAROL01')).toBeUndefined();
    const again = await sure(by.bot.load(ID));
    expect(await by.bot.change(again, 'approve', {}, 'U0CAROL01')).toMatchObject({ rev: 5, state: 'approved' });
  });

  test('the same revision with other content is not the same: what a fail-over lost is not written over', async () => {
    const record = await proposed();
    const lost = await sure(by.bot.change(record, 'agree', {}, 'U0BOB0001'));
    await redis.hset(KEY, 'version', versionOf(record), 'text', JSON.stringify(signRecord(record, keys.remediator)));
    await by.bot.change(record, 'agree', {}, 'U0CAROL01');
    expect(await by.bot.change(lost, 'approve', {}, 'U0BOB0001')).toBeUndefined();
  });
});

describe('notes on a record whose state stays', () => {
  test('the bot notes an undo, the worker a place; the signature of the state is still its own', async () => {
    const record = await verified();
    const noted = await sure(by.bot.patch(record, { undoneBy: 'fix-bbbbbbb' }));
    const place = { ...record.place, rootTs: '1700000000.000200' };
    const again = await sure(by.worker.patch(noted, { place }));
    expect(again).toEqual({ ...record, undoneBy: 'fix-bbbbbbb', place, rev: 9, updatedAt: again.updatedAt });
    expect(await by.remediator.load(ID)).toEqual(again);
    const undone = await sure(by.worker.change(again, 'undo', {}));
    expect(undone).toMatchObject({ rev: 10, state: 'undone', undoneBy: 'fix-bbbbbbb', place });
    expect(await by.bot.load(ID)).toEqual(undone);
  });

  test('of two notes on one revision one wins', async () => {
    const record = await verified();
    const results = await Promise.all(
      ['fix-bbbbbb1', 'fix-bbbbbb2'].map((undoneBy) => by.bot.patch(record, { undoneBy })),
    );
    expect(results.filter((result) => result !== undefined)).toHaveLength(1);
    expect(await by.bot.patch(record, { undoneBy: 'fix-bbbbbb3' })).toBeUndefined();
  });

  test('the remediator notes nothing', async () => {
    const record = await verified();
    await expect(by.remediator.patch(record, { undoneBy: 'fix-bbbbbbb' })).rejects.toThrow('notes nothing');
  });

  test.each([
    ['the note edited', (stored: StoredFix) => ({ ...stored, note: { ...stored.note, undoneBy: 'fix-ccccccc' } })],
    ['a later revision written in', (stored: StoredFix) => ({ ...stored, note: { ...stored.note, rev: 99 } })],
    ['its writer changed', (stored: StoredFix) => ({ ...stored, note: { ...stored.note, role: 'worker' } })],
    [
      'the note put on another version',
      (stored: StoredFix) => ({ ...signRecord({ ...stored.record, rev: 6 }, keys.worker), note: stored.note }),
    ],
  ])('refused: %s', async (_, edit) => {
    await by.bot.patch(await verified(), { undoneBy: 'fix-bbbbbbb' });
    const stored = JSON.parse((await redis.hget(KEY, 'text')) ?? '') as StoredFix;
    await redis.hset(KEY, 'text', JSON.stringify(edit(stored)));
    await expect(by.bot.load(ID)).rejects.toThrow(ForgedRecord);
  });
});

describe('whoever can write in Redis gets nothing believed', () => {
  /** Writes as an attacker does: the version is kept in step, so that only signatures are in the way. */
  const plant = async (stored: StoredFix, id = ID): Promise<void> => {
    await redis.hset(`kubewhy:fix:${id}`, 'version', versionOf(stored.record), 'text', JSON.stringify(stored));
  };
  const read = async (): Promise<StoredFix> => JSON.parse((await redis.hget(KEY, 'text')) ?? '') as StoredFix;

  test.each<[string, (stored: StoredFix) => StoredFix]>([
    ['the state flipped', (s) => ({ ...s, record: { ...s.record, state: 'approved' } })],
    ['the cluster changed', (s) => ({ ...s, record: { ...s.record, cluster: 'test' } })],
    [
      'the plan edited',
      (s) => ({ ...s, record: { ...s.record, plan: { ...sealed, plan: { ...plan, approvals: 2 } } } }),
    ],
    ['an approval added', (s) => ({ ...s, record: { ...s.record, approvals: [approvalOf(plan, keys.bot)] } })],
    ['the revision raised', (s) => ({ ...s, record: { ...s.record, rev: 40 } })],
    ['the role changed', (s) => ({ ...s, role: 'bot' })],
    ['the signature cut', (s) => ({ ...s, signature: s.signature.slice(0, -1) })],
    [
      'one bit of the signature changed',
      (s) => ({ ...s, signature: `${s.signature.startsWith('A') ? 'B' : 'A'}${s.signature.slice(1)}` }),
    ],
    ['an unknown version', (s) => ({ ...s, record: { ...s.record, version: 2 as 1 } })],
  ])('%s', async (_, edit) => {
    await proposed();
    await plant(edit(await read()));
    await expect(by.bot.load(ID)).rejects.toThrow(ForgedRecord);
    await expect(by.remediator.load(ID)).rejects.toThrow(ForgedRecord);
  });

  test('a good record under another id', async () => {
    await proposed();
    await plant(await read(), 'fix-bbbbbbb');
    await expect(by.bot.load('fix-bbbbbbb')).rejects.toThrow('it is the record of fix-aaaaaaa');
  });

  test.each(
    ROLES.flatMap((role) =>
      FIX_STATES.filter((state) => !mayHaveWritten(role, state)).map((state) => [role, state] as const),
    ),
  )('a stolen key of the %s signs no "%s"', async (role, state) => {
    const record = await proposed();
    await plant(signRecord({ ...record, state }, keys[role]));
    await expect(by.bot.load(ID)).rejects.toThrow(`never writes the state ${state}`);
  });

  test('keys of another installation', async () => {
    const record = await proposed();
    await plant(signRecord(record, memoryKeys().remediator));
    await expect(by.bot.load(ID)).rejects.toThrow("its signature is not the remediator's");
  });

  test.each([
    ['no JSON', '{'],
    ['another form', '{"record":{}}'],
    ['nothing', ''],
  ])('%s', async (_, text) => {
    await proposed();
    await redis.hset(KEY, 'text', text);
    await expect(by.bot.load(ID)).rejects.toThrow('it is not the record of a fix');
  });

  test('a value of another type, and one of many megabytes', async () => {
    await redis.set(KEY, 'x');
    await expect(by.bot.load(ID)).rejects.toThrow(ForgedRecord);
    await redis.del(KEY);
    await redis.hset(KEY, 'text', 'x'.repeat(9 * 1024 * 1024));
    await expect(by.bot.load(ID)).rejects.toThrow('it is too large');
  });

  test('a version that is not the record’s own is noticed, rather than blocking every change', async () => {
    await proposed();
    await redis.hset(KEY, 'version', '3:x');
    await expect(by.bot.load(ID)).rejects.toThrow('its version is not its own');
  });

  test.each(['', '*', 'fix-', 'fix-AAAAAAA', `${ID} `, 'dx-aaaaaaa'])(
    'no record is looked for under "%s"',
    async (id) => {
      expect(await by.bot.load(id)).toBeUndefined();
    },
  );
});

describe('the lists', () => {
  test('open fixes of a cluster, until they are over; those of a diagnosis stay', async () => {
    const record = await proposed();
    await by.bot.create(seedOf('fix-bbbbbbb', { cluster: 'test' }));
    await by.bot.create(seedOf('fix-ccccccc', { diagnosis: 'dx-zzzzz' }));
    const ids = async (list: Promise<FixRecord[]>) => (await list).map(({ id }) => id).sort();
    expect(await ids(by.worker.open('prod'))).toEqual([ID, 'fix-ccccccc']);
    await by.worker.change(record, 'expire', {});
    expect(await ids(by.worker.open('prod'))).toEqual(['fix-ccccccc']);
    expect(await ids(by.worker.ofDiagnosis('dx-7f3k2'))).toEqual([ID, 'fix-bbbbbbb']);
  });

  test('a record that is gone leaves the list; a forged one is left out and logged; planted names do no harm', async () => {
    await proposed();
    for (const id of ['fix-bbbbbbb', 'fix-ccccccc']) await by.bot.create(seedOf(id));
    await redis.del('kubewhy:fix:fix-bbbbbbb');
    await redis.hset('kubewhy:fix:fix-ccccccc', 'text', '{}');
    await redis.zadd('kubewhy:fixes-open:prod', 1, '*', 2, 'x'.repeat(1000));
    expect((await by.worker.open('prod')).map(({ id }) => id)).toEqual([ID]);
    expect(await redis.zrange('kubewhy:fixes-open:prod', '0', '-1')).toEqual([ID, 'fix-ccccccc']);
    expect(logs.join('')).toContain('forged record');
  });

  test('a record of another cluster in the list is left out', async () => {
    await by.bot.create(seedOf());
    await redis.zadd('kubewhy:fixes-open:test', 1, ID);
    expect(await by.worker.open('test')).toEqual([]);
  });
});

describe('offers behind buttons', () => {
  const { id: _id, mode: _mode, requestedBy: _by, requestedAt: _at, ...rest } = seedOf();
  const offer = FixOffer.parse({ ...rest, version: 1, id: 'of-aaaaaaaaaa' });
  const offers = (role: Role) => createOffers(redis, { keys: keys[role], keepSeconds: 600 }, log);
  const key = 'kubewhy:fix-offer:of-aaaaaaaaaa';

  test('come back as the worker made them', async () => {
    await offers('worker').save(offer);
    expect(await offers('bot').load(offer.id)).toEqual(offer);
    expect(await redis.ttl(key)).toBeGreaterThan(500);
    for (const wrong of ['', '*', 'of-bbbbbbbbbb', 'fix-aaaaaaa'])
      expect(await offers('bot').load(wrong)).toBeUndefined();
    await expect(offers('bot').save(offer)).rejects.toThrow('offers no fix');
  });

  test.each<[string, (stored: { offer: FixOffer; signature: string }) => unknown]>([
    ['another remediation', (s) => ({ ...s, offer: { ...s.offer, remediation: 'delete-pod' } })],
    ['another id', (s) => ({ ...s, offer: { ...s.offer, id: 'of-bbbbbbbbbb' } })],
    ['signed by the bot', (s) => ({ ...s, signature: signValue(keys.bot, 'offer', s.offer) })],
    ['signed for another purpose', (s) => ({ ...s, signature: signValue(keys.worker, 'record', s.offer) })],
    ['no offer', () => ({})],
    ['too large', (s) => ({ ...s, more: 'x'.repeat(100_000) })],
  ])('refused: %s', async (_, edit) => {
    await offers('worker').save(offer);
    await redis.set(key, JSON.stringify(edit(JSON.parse((await redis.get(key)) ?? ''))));
    await expect(offers('bot').load(offer.id)).rejects.toThrow(ForgedRecord);
  });
});
