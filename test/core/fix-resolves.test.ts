/** When a report's first message may say that it is resolved. */
import { expect, test } from 'vitest';
import { resolves } from '../../src/core/fix.ts';
import { questionText } from '../../src/core/question.ts';
import { planOf, seedOf } from '../support/fixes.ts';

type Asked = Parameters<typeof resolves>[0];
const seed = seedOf('fix-aaaaaaa');
const looked = (text: string, question: string) => ({ checks: [{ says: { text, data: { question } }, result: 'ok' }] });
const asked = questionText(seed.question);

function record(change: object): Asked {
  const plan = planOf();
  return {
    ...seed,
    state: 'verified',
    plan: { plan },
    verification: looked('verify.symptom-gone', asked),
    ...change,
  } as unknown as Asked;
}

test.each([
  ['verified, and what was asked about is gone', {}, true],
  [
    'verified, and the asked question fails for another cause',
    { verification: looked('verify.symptom-other', asked) },
    false,
  ],
  [
    'another question fails for another cause',
    { verification: looked('verify.symptom-other', 'diagnose calico') },
    true,
  ],
  ['taken back', { state: 'undone' }, false],
  ['an undo', { mode: 'undo' }, false],
  ['not verified', { state: 'not-verified' }, false],
])('%s', (_name, change, yes) => {
  expect(resolves(record(change))).toBe(yes);
});
