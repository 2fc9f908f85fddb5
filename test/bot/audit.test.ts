import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAudit } from '../../src/adapters/store/audit.ts';
import { type FixStage, startFixStage } from '../support/fix-stage.ts';
import { startStage } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: FixStage;
let person: string;
let channel: string;
let count = 0;

beforeAll(async () => {
  stage = await startFixStage();
});
afterAll(async () => {
  await stage.close();
});
beforeEach(async () => {
  count += 1;
  await stage.redis.flush();
  person = stage.slack.addUser({ name: `reader-${count}` }).id;
  channel = stage.slack.addChannel({ name: `audit-room-${count}`, members: [person] }).id;
});

const slash = (text: string, who = person) => stage.slack.asUser(who).slash(channel, '/k8s', text);
const told = (pattern: RegExp, who = person) =>
  stage.slack.waitFor((w) => w.ephemerals(who).find((e) => pattern.test(e.text)));
const append = (says: string, change: object = {}) =>
  createAudit(stage.redis.connect(), stage.keys.bot, stage.log).append({
    what: 'click',
    by: 'U0ALICE01',
    fix: 'fix-aaaaaaa',
    action: 'fix_approve',
    allowed: false,
    code: 'not-listed',
    says,
    ...change,
  });

describe('/k8s audit', () => {
  test('the last entries in words and the head, for the asker alone', async () => {
    await append('first');
    const { seq, hash } = await append('second', { by: 'worker', allowed: true, code: undefined });
    await slash('audit');
    const { text } = await told(/The latest in the audit log/);
    expect(text).toMatch(
      /1 · <!date\^\d+\^[^|]+\|\S+> · <@U0ALICE01> pressed Approve, refused \(not-listed\), fix-aaaaaaa, first/,
    );
    expect(text).toMatch(/2 · .* · worker pressed Approve, fix-aaaaaaa, second/);
    expect(text).toContain(`The log ends at ${seq}:${hash}`);
    expect(stage.slack.messages(channel).filter((message) => message.text.includes('audit log'))).toEqual([]);
  });

  test.each(['fix-bbbbbbb', 'BBBBBBB', '`fix-bbbbbbb`'])('of one fix, named as "%s"', async (id) => {
    await append('first');
    await append('second', { fix: 'fix-bbbbbbb' });
    await slash(`audit ${id}`);
    const { text } = await told(/about fix-bbbbbbb/);
    expect(text).toContain('second');
    expect(text).not.toContain('first');
  });

  test('nothing in it, or nothing about this fix', async () => {
    await slash('audit');
    await told(/^The audit log is empty\.$/);
    await append('first');
    await slash('audit fix-ccccccc');
    await told(/^The audit log has nothing about fix-ccccccc\.$/);
  });

  test('markup in an entry is text, and a very long log stays one message with the newest in it', async () => {
    for (let i = 1; i <= 20; i += 1) await append(`number ${i} <!channel> <@U0BOB0001> ${'x'.repeat(900)}`);
    await slash('audit');
    const { text } = await told(/The latest in the audit log/);
    expect(text.length).toBeLessThan(3000);
    expect(text).toContain('number 20 ');
    expect(text).not.toMatch(/<!channel>|<@U0BOB0001>/);
    expect(text).toContain('The log ends at 20:');
  });

  test('an id that is none is refused at once, and its markup does nothing', async () => {
    await slash('audit <!here>');
    const { text } = await told(/is no id of a fix/);
    expect(text).not.toContain('<!here>');
  });

  test('a guest is told nothing of it', async () => {
    await append('secret words');
    const guest = stage.slack.addUser({ name: `guest-${count}`, kind: 'guest' }).id;
    channel = stage.slack.addChannel({ name: `guest-room-${count}`, members: [guest] }).id;
    await slash('audit', guest);
    await told(/Only full members/, guest);
    expect(stage.slack.ephemerals(guest).some((e) => e.text.includes('secret words'))).toBe(false);
  });
});

test('without keys one sentence says that fixes are off, and how to change that', async () => {
  const off = await startStage({ worker: false });
  try {
    await off.slack.asUser(off.alice.id).slash(off.channel, '/k8s', 'audit');
    await off.slack.waitFor((w) =>
      w.ephemerals(off.alice.id).find((e) => /Fixes are off.*KUBEWHY_BOT_KEY, KUBEWHY_TRUST/.test(e.text)),
    );
  } finally {
    await off.close();
  }
});
