import { describe, expect, test } from 'vitest';
import { COMMANDS, planOf } from '../../src/bot/commands/index.ts';
import { diagnosisId, languageOf } from '../../src/bot/request.ts';
import { TEXTS } from '../../src/bot/texts.ts';

const settings = { command: '/k8s', clusters: ['prod', 'test'], language: 'en' as const, perPerson: 1, perCluster: 1 };
const context = { settings, language: 'en' as const, botUserId: 'U0BOT' };
const refusal = (text: string): string => {
  try {
    planOf(text, context);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('the registry', () => {
  test('is sorted, no word means two things, and each command explains itself in both languages', () => {
    const names = COMMANDS.map((command) => command.name);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(['audit', 'diagnose', 'help', 'preflight', 'recent', 'show', 'why-not-reachable']);
    const words = COMMANDS.flatMap((command) => [command.name, ...command.aliases]);
    expect(new Set(words).size).toBe(words.length);
    for (const command of COMMANDS) {
      expect(command.summary.en.length).toBeGreaterThan(10);
      expect(command.summary['zh-cn']).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  test.each(COMMANDS.flatMap((command) => command.examples))('its example "%s" is understood', (example) => {
    const plan = planOf(example, context);
    expect(plan.ack !== undefined || plan.work !== undefined).toBe(true);
  });

  test('help names every command, and fits into one message', () => {
    const { ack = '' } = planOf('help', context);
    for (const command of COMMANDS) expect(ack).toContain(`/k8s ${command.name}`);
    expect(ack.length).toBeLessThan(3000);
    expect(ack).not.toMatch(/<(?!@U0BOT>)/);
    expect(ack).toContain('prod, test');
  });
});

describe('a line that was typed', () => {
  test.each([
    ['capital letters', 'WHY-NOT-REACHABLE 30080'],
    ['an alias', 'why 30080'],
    ['more blanks than needed', '  diagnose \t node   x '],
    ['a cluster behind', 'diagnose calico --cluster test'],
    ['a cluster in front', '--cluster=test diagnose calico'],
    ["a phone's dash", 'diagnose calico —cluster test'],
  ])('%s', (_, text) => {
    expect(planOf(text, context).ack).toMatch(/^Looking into .+ …$/);
  });

  test.each([
    ['--cluster without a name', 'diagnose calico --cluster', TEXTS.en.clusterMissing],
    ['markup as a command', '<!channel>', 'I know no command "&lt;!channel&gt;"'],
    ['markup as a cluster', 'diagnose calico --cluster <!here>', 'I know no cluster "&lt;!here&gt;"'],
    ['a very long word', 'x'.repeat(5000), `"${'x'.repeat(59)}…"`],
  ])('%s is refused with one sentence that mentions nobody', (_, text, said) => {
    expect(refusal(text)).toContain(said);
    expect(refusal(text)).not.toMatch(/<[!@#]/);
  });
});

test('both languages have the same sentences, and none is English by mistake', () => {
  expect(Object.keys(TEXTS['zh-cn'])).toEqual(Object.keys(TEXTS.en));
  for (const [key, text] of Object.entries(TEXTS['zh-cn'])) {
    if (typeof text === 'string') expect(text, key).toMatch(/[\u4e00-\u9fff]/);
  }
});

test.each([
  [undefined, undefined],
  ['en-US', 'en'],
  ['de-DE', 'en'],
  ['zh-CN', 'zh-cn'],
  ['zh-TW', 'zh-cn'],
])('locale %s is language %s', (locale, language) => {
  expect(languageOf(locale)).toBe(language);
});

test('the id of a diagnosis comes from the request alone', () => {
  expect(diagnosisId('a')).toBe(diagnosisId('a'));
  expect(diagnosisId('a')).not.toBe(diagnosisId('b'));
  for (let i = 0; i < 200; i += 1) expect(diagnosisId(`key ${i}`)).toMatch(/^dx-[a-z0-9]{7}$/);
});
