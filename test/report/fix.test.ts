import type { ActionsBlock, Button } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { FIX_STATES, type FixState } from '../../src/core/approval.ts';
import type { RankedFinding } from '../../src/core/diagnosis.ts';
import { type FixOffer, FixRecord } from '../../src/core/fix.ts';
import { nodeRef } from '../../src/core/object-ref.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { renderFix, renderFixText, renderPlanText, untranslatedRemediations } from '../../src/report/fix/index.ts';
import { renderResolved, renderThread } from '../../src/report/render-blocks.ts';
import type { Report } from '../../src/report/report.ts';
import { draft, fixCatalogue, fixIn, hostileFix, plan } from './fix-fixtures.ts';
import { catalogue, cause, HOSTILE, outage } from './fixtures.ts';
import { expectWithinLimits, textsOf } from './limits.ts';

const en = { language: 'en', catalogue: fixCatalogue } as const;
const zh = { language: 'zh-cn', catalogue: fixCatalogue } as const;
const cardOf = (record: FixRecord, options: typeof en | typeof zh = en) => renderFix(record, options).card;
const buttonsOf = (record: FixRecord): Button[] =>
  cardOf(record)
    .blocks.filter((block): block is ActionsBlock => block.type === 'actions')
    .flatMap((block) => block.elements as Button[]);
const read = (blocks: unknown): string => textsOf(blocks).join('\n');

describe('each state', () => {
  test.each(FIX_STATES)('%s is a record that the contract takes', (state) => {
    expect(FixRecord.safeParse(fixIn(state)).error).toBeUndefined();
  });

  test.each(FIX_STATES)('%s reads as in the golden file', async (state) => {
    const { card, messages } = renderFix(fixIn(state), en);
    const parts = [card, ...messages].map(({ key, text, blocks }) => `## ${key}\n${text}\n---\n${read(blocks)}\n`);
    await expect(parts.join('\n')).toMatchFileSnapshot(`golden/fix/${state}.txt`);
  });

  test.each(FIX_STATES)('%s keeps the limits in both languages', (state) => {
    for (const options of [en, zh]) {
      const { card, messages } = renderFix(fixIn(state), options);
      for (const message of [card, ...messages]) expectWithinLimits(message);
    }
  });

  test.each<[FixState, string[]]>([
    ['planning', []],
    ['drafted', []],
    ['shown', []],
    ['refused', []],
    ['proposed', ['fix_approve', 'fix_deny', 'fix_withdraw']],
    ['approved', []],
    ['denied', []],
    ['expired', ['fix_propose']],
    ['withdrawn', []],
    ['void', ['fix_propose']],
    ['applying', []],
    ['verifying', []],
    ['verified', ['fix_undo']],
    ['not-verified', ['fix_undo']],
    ['failed', ['fix_undo']],
    ['unknown', ['fix_undo']],
    ['undone', []],
  ])('%s has the buttons %j, and they carry the id alone', (state, actions) => {
    const buttons = buttonsOf(fixIn(state));
    expect(buttons.map((button) => button.action_id)).toEqual(actions);
    expect(buttons.every((button) => button.value === 'fix-abcdefg1')).toBe(true);
  });
});

describe('what a person must know before approving', () => {
  const text = read(cardOf(fixIn('proposed')).blocks);
  test.each([
    ['the change, field by field', 'IP_AUTODETECTION_METHOD]\n  - first-found\n  + interface=ens192'],
    ['the node step to the letter', 'swap-device device=/dev/sda3 state=off'],
    ['what it touches', 'k8scephnode only; Pods keep running.'],
    ['what is checked before', '0.8 of the free memory'],
    ['what is checked after', 'k8scephnode is Ready.'],
    ['the way back', 'Turn /dev/sda3 on again'],
    ['what a person must do', 'Tell the owners of the machine'],
    [
      'how many must approve, and that the asker may not',
      '2 persons whom the policy names must approve. The one who asked may not.',
    ],
    ['who has so far', 'So far: <@U0ALICE>.'],
    ['until when', '<!date^1795569300^'],
    ['where the audit log ends', 'audit 41:9f3c9f3c9f3c9f3c'],
  ])('%s', (_, words) => {
    // A path and its values are elements of their own, parted by breaks.
    expect(text.replaceAll('\n\n', '\n').replaceAll(/\n+/g, '\n')).toContain(words);
  });

  test('where there is no way back, that is said before the approval, and no Undo is offered after', () => {
    const noWay = { ...draft, undo: [], noUndo: { text: 'noUndo', data: {} } };
    const sealed = { plan: { ...plan, draft: noWay }, hash: 'a'.repeat(64), signature: 'A'.repeat(86) };
    const more = { draft: noWay, plan: sealed };
    expect(read(cardOf(fixIn('proposed', more)).blocks)).toMatch(
      /There is no way back\.\n?[\s\S]*A restart cannot be taken back/,
    );
    expect(buttonsOf(fixIn('failed', more))).toEqual([]);
    expect(read(cardOf(fixIn('failed', more)).blocks)).toContain('There is no way back.');
  });

  test("Slack's own question names the exact action within its limits", () => {
    const [approve] = buttonsOf(fixIn('proposed'));
    expect(approve?.style).toBe('primary');
    expect(approve?.confirm?.text.text).toContain('Turn the swap device /dev/sda3 off on k8scephnode');
    expect(approve?.confirm?.text.text.length).toBeLessThanOrEqual(300);
  });

  test.each([
    ['no-policy', /deploy\/policy\.example\.yaml.*KUBEWHY_POLICY/],
    ['asked', /Propose fix/],
  ] as const)('a plan that is only shown (%s) says why and how to change that', (showWhy, words) => {
    expect(cardOf(fixIn('shown', { showWhy })).text).toMatch(words);
  });

  test('an undo that was asked for is named; it can be asked for again, for the first may be denied', () => {
    expect(buttonsOf(fixIn('verified', { undoneBy: 'fix-undo1234' })).map((one) => one.action_id)).toEqual([
      'fix_undo',
    ]);
    expect(cardOf(fixIn('verified', { undoneBy: 'fix-undo1234' })).text).toContain('fix-undo1234');
  });
});

describe('the verdict claims no more than was seen', () => {
  const seen = (result: 'ok' | 'wrong' | 'unseen', text: string, data = {}): Partial<FixRecord> => {
    const { verification } = fixIn('verified');
    if (verification === undefined) throw new Error('a verified fix has been looked at');
    return { verification: { ...verification, checks: [{ says: { text, data }, result }] } };
  };
  const asked = { question: 'diagnose calico' };
  const unseen = { code: 'fix.not-seen', data: { seconds: 60, count: 1 } };
  test.each<[string, FixState, Partial<FixRecord>, RegExp]>([
    [
      'one cause of two is gone',
      'verified',
      seen('ok', 'verify.symptom-other', asked),
      /still wrong, for another cause/,
    ],
    ['the cause is still found', 'not-verified', seen('wrong', 'verify.rule-speaks', { says: 'x' }), /still there/],
    ['something new is wrong', 'not-verified', seen('wrong', 'verify.new', { says: 'x' }), /not everything is as it/],
    ['an undo', 'not-verified', { ...seen('wrong', 'verify.change-unseen'), mode: 'undo' }, /not everything is back/],
    [
      'not all could be seen',
      'unknown',
      { ...seen('unseen', 'verify.way-unseen', { target: '30080' }), reason: unseen },
      /could not be seen in full[\s\S]*nothing was seen to be wrong[\s\S]*What could not be seen/,
    ],
  ])('%s', (_, state, more, words) => {
    expect(read(cardOf(fixIn(state, more)).blocks)).toMatch(words);
  });

  test('what is no matter of the fix stands apart, without the mark of what is well', () => {
    const text = read(cardOf(fixIn('verified', seen('ok', 'verify.now-visible', { says: 'BGP is down.' }))).blocks);
    expect(text).toMatch(/Still wrong, and not a matter of this fix[\s\S]*BGP is down\./);
    expect(text).not.toMatch(/✓ [^\n]*BGP is down/);
  });
});

describe('messages of the thread', () => {
  const keys = (state: FixState) => renderFix(fixIn(state), en).messages.map((message) => message.key);
  test.each<[FixState, string[]]>([
    ['proposed', []],
    ['applying', ['step-1']],
    ['verifying', ['step-1', 'step-2', 'step-3']],
    ['verified', ['step-1', 'step-2', 'step-3', 'result']],
    ['failed', ['step-1', 'step-2', 'result']],
    ['unknown', ['step-1', 'result']],
    ['denied', ['result']],
    ['void', ['result']],
  ])('%s: one for each step that is over, and one for the end: %j', (state, names) => {
    expect(keys(state)).toEqual(names.map((name) => `fix-abcdefg1-${name}`));
  });

  test('the end quotes the head of the audit log', () => {
    const last = renderFix(fixIn('verified'), en).messages.at(-1);
    expect(read(last?.blocks)).toContain('audit 41:9f3c');
  });

  test('a step whose end is unknown is told only when the fix is over', () => {
    const progress = [{ index: 0, state: 'unknown' as const, at: '2026-11-25T01:00:00.000Z' }];
    expect(renderFix(fixIn('applying', { progress }), en).messages).toEqual([]);
  });

  test('a plan that is too long for the card goes on in the thread, once and the same in each state', () => {
    const of = (state: FixState) =>
      renderFix(hostileFix(state, 'plain'), en).messages.filter(({ key }) => key.startsWith('fix-abcdefg1-plan'));
    expect(of('proposed').length).toBeGreaterThan(0);
    expect(of('verified')).toEqual(of('proposed'));
    expect(read(cardOf(hostileFix('proposed', 'plain')).blocks)).toContain('The rest is in the next messages');
  });
});

describe('words from outside', () => {
  const texts = [
    HOSTILE,
    `\uE000U0ALICE\uE001 ${HOSTILE}`,
    '<@U0EVIL> '.repeat(30),
    '&'.repeat(200),
    '节点'.repeat(100),
  ];
  test.each(FIX_STATES)('%s: hostile words keep the limits, mention nobody and format nothing', (state) => {
    for (const text of texts) {
      for (const options of [en, zh]) {
        const { card, messages } = renderFix(hostileFix(state, text), options);
        for (const message of [card, ...messages]) {
          expectWithinLimits(message);
          const all = JSON.stringify(message);
          expect(all).not.toMatch(/<!(channel|here|everyone)|<@U0EVIL|"type":"(link|broadcast|usergroup)"/);
          expect(all).not.toContain('<https://evil');
          expect(all).not.toContain('\\u202e');
        }
        const mentions = JSON.stringify([card, ...messages]).match(/<@\w+>/g) ?? [];
        expect(mentions.filter((one) => !['<@U0ASKER>', '<@U0ALICE>', '<@U0BOB>'].includes(one))).toEqual([]);
      }
    }
  });
});

describe('in a report', () => {
  const offer = (remediation: string, i: number): FixOffer => ({
    version: 1,
    id: `of-aaaaaaaaa${i}`,
    cluster: 'prod',
    diagnosis: 'dx-7f3k2',
    question: outage.question,
    rule: cause.rule,
    object: cause.object,
    remediation,
    params: {},
    place: { channel: 'C0INCIDENT', threadTs: '1.1' },
    language: 'en',
  });
  const reportOf = (change: Partial<RankedFinding> = {}) =>
    buildReport({ ...outage, causes: [{ ...cause, ...change }] }, { language: 'en', catalogue, askedBy: 'U0ASKER' });
  const pressable = (report: Report, offers: readonly FixOffer[]) =>
    renderThread(report, [], { offers }).thread.flatMap(({ key, blocks }) =>
      blocks.flatMap((block) =>
        block.type === 'actions'
          ? (block.elements as Button[]).map((one) => [key, one.action_id, one.text.text, one.value])
          : [],
      ),
    );
  const [hint = { id: '', params: {} }] = cause.remediations ?? [];
  const two = [hint, { id: 'another-way', params: {} }];

  test('one fix: two buttons on the Fix card that carry the id of the offer', () => {
    expect(pressable(reportOf(), [offer(hint.id, 1)])).toEqual([
      ['fix', 'fix_propose', 'Propose fix', 'of-aaaaaaaaa1'],
      ['fix', 'fix_plan', 'Show plan', 'of-aaaaaaaaa1'],
    ]);
  });

  test('several: each is named by its remediation', () => {
    const offers = [offer(hint.id, 1), offer('another-way', 2)];
    const all = pressable(reportOf({ remediations: two }), offers);
    expect(all.map(([, action, text]) => [action, text])).toEqual([
      ['fix_propose:1', `Propose ${hint.id}`],
      ['fix_plan:1', `Plan ${hint.id}`],
      ['fix_propose:2', 'Propose another-way'],
      ['fix_plan:2', 'Plan another-way'],
    ]);
  });

  test.each([
    ['a cause that is only likely', reportOf({ confidence: 'likely' }), hint.id],
    ['a remediation that the cause does not name', reportOf(), 'another-way'],
    ['an inconclusive report', { ...reportOf(), verdict: 'inconclusive' as const }, hint.id],
  ])('no button for %s', (_, report, remediation) => {
    expect(pressable(report, [offer(remediation, 1)])).toEqual([]);
  });

  test('the buttons stand under the last message of a Fix card that is too long, within the limits', () => {
    const advice = Array.from({ length: 400 }, () => ({ text: 'fix', data: { method: HOSTILE.repeat(3) } }));
    const report = reportOf({ advice });
    const offers = [offer(hint.id, 1)];
    const { thread } = renderThread(report, [], { offers });
    for (const message of thread) expectWithinLimits(message);
    expect(pressable(report, offers).map(([key]) => key)).toEqual(['fix.2', 'fix.2']);
  });

  test('the root message turns to resolved, with word and colour, and names the fix', () => {
    const fixed = { fix: 'fix-abcdefg1', remediation: 'mend-node', at: '2026-11-25T01:20:00.000Z' };
    const root = renderResolved(reportOf(), fixed);
    expectWithinLimits(root);
    expect(read(root.blocks)).toMatch(/^:large_green_square: \*Resolved\*/);
    expect(read(root.blocks)).toContain('mend-node (fix-abcdefg1)');
    expect(read(root.blocks)).not.toContain('Cause found');
    expect(JSON.stringify(root.blocks)).toContain('diagnosis_again');
  });
});

describe('languages', () => {
  test('every sentence of every remediation is there in Chinese', () => {
    expect(untranslatedRemediations()).toEqual([]);
  });
});

describe('for a terminal', () => {
  test('a plan, with what the dry run said', () => {
    const text = renderPlanText(draft, { ...en, dryRun: plan.dryRun });
    expect(text).toContain('Plan · Turn swap off on k8scephnode');
    expect(text).toContain('+ interface=ens192');
    expect(text).toContain('How it is undone');
  });

  test.each(FIX_STATES)('%s holds no control characters, whatever stands in it', (state) => {
    const text = renderFixText(hostileFix(state, HOSTILE), { ...en, width: 80 });
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('a fix that was verified', async () => {
    await expect(renderFixText(fixIn('verified'), en)).toMatchFileSnapshot('golden/fix/verified.terminal.txt');
  });

  test('a sentence that nobody knows is shown by its id and data, never as a hole', () => {
    const odd = { ...draft, title: { text: 'from-a-later-version', data: { node: 'n1' } }, object: nodeRef('n1') };
    expect(renderPlanText(odd, en)).toContain('from-a-later-version (node: n1)');
  });
});
