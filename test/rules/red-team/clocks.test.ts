import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/rules/evaluate.ts';
import { evidenceOf } from '../../support/red-team.ts';

describe('a healthy cluster asked by a machine whose clock is wrong', () => {
  it.each([
    ['2 minutes ahead', 120_000],
    ['2 minutes behind', -120_000],
    ['5 hours behind', -18_000_000],
  ])('%s', async (_, shift) => {
    for (const question of [['diagnose', 'cluster'], ['preflight'], undefined]) {
      const change = (rendered: { now: string }) => {
        rendered.now = new Date(Date.parse(rendered.now) + shift).toISOString();
      };
      const { bundle } = await evidenceOf(2, null, change, question);
      const { verdict, causes } = judge(bundle);
      expect([verdict, causes]).toEqual(['no-fault-found', []]);
    }
  });
});
