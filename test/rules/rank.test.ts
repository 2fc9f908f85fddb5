/** Ranking: who counts as the cause, what is told beside it, and the verdict; with rules made up for the purpose. */
import { describe, expect, it } from 'vitest';
import type { Confidence, Severity } from '../../src/core/finding.ts';
import type { Question } from '../../src/core/question.ts';
import type { Link, Rule } from '../../src/core/rule.ts';
import { judge } from '../../src/rules/evaluate.ts';
import { splitLink } from '../../src/rules/links.ts';
import { bundle } from '../support/evidence.ts';

const QUESTION: Question = { type: 'diagnose', target: { kind: 'Node', name: 'n1' } };

interface Make {
  readonly role?: 'cause' | 'symptom';
  readonly severity?: Severity;
  readonly confidence?: Confidence;
  readonly on?: string;
  readonly explains?: Readonly<Record<string, Link | true | 'likely' | 'proves'>>;
  readonly asked?: boolean;
  readonly silent?: boolean;
  readonly undecided?: boolean;
  readonly scope?: { nodes?: string[]; working?: string[] };
}

/** A rule that finds one thing on a node. */
function rule(id: string, make: Make = {}): Rule {
  const explains = Object.entries(make.explains ?? {}).map(([other, link]): [string, Link] => {
    if (typeof link === 'object') return [other, link];
    return [other, { when: () => (link === 'likely' ? 'likely' : true), proves: link === 'proves' }];
  });
  return {
    id,
    role: make.role ?? 'cause',
    severity: make.severity ?? 'critical',
    summary: id,
    needs: [],
    texts: { found: id },
    explains: Object.fromEntries(explains),
    ...(make.asked === true ? { answers: () => true } : {}),
    judge(_, say) {
      if (make.undecided === true) say.undecided();
      if (make.silent === true) return;
      say.find({
        object: { kind: 'Node', name: make.on ?? 'elsewhere' },
        confidence: make.confidence ?? 'confirmed',
        text: 'found',
        data: {},
        because: [],
        scope: make.scope ?? {},
      });
    },
  };
}

const symptom = (make: Make = {}) => rule('symptom', { role: 'symptom', asked: true, ...make });

function outcome(...rules: readonly Rule[]) {
  const { verdict, causes, symptoms, alsoFound } = judge(bundle(QUESTION, []), rules);
  const names = (list: typeof causes) => list.map((f) => `${f.rule}${f.confidence === 'likely' ? '?' : ''}`);
  return { verdict, causes: names(causes), symptoms: names(symptoms), also: names(alsoFound) };
}

describe('the cause', () => {
  it.each<[string, Rule[], ReturnType<typeof outcome>]>([
    [
      'explains what was asked',
      [rule('cause', { explains: { symptom: true } }), symptom()],
      { verdict: 'cause-found', causes: ['cause'], symptoms: ['symptom'], also: [] },
    ],
    [
      'explains it through others',
      [rule('root', { explains: { mid: true } }), rule('mid', { explains: { symptom: true } }), symptom()],
      { verdict: 'cause-found', causes: ['root'], symptoms: ['mid', 'symptom'], also: [] },
    ],
    [
      'two of them are two',
      [rule('one', { explains: { symptom: true } }), rule('two', { explains: { symptom: true } }), symptom()],
      { verdict: 'cause-found', causes: ['one', 'two'], symptoms: ['symptom'], also: [] },
    ],
    [
      'what explains nothing is told beside it',
      [rule('cause', { explains: { symptom: true } }), rule('other'), symptom()],
      { verdict: 'cause-found', causes: ['cause'], symptoms: ['symptom'], also: ['other'] },
    ],
    [
      'a symptom is never one',
      [rule('mid', { role: 'symptom', explains: { symptom: true } }), symptom()],
      { verdict: 'inconclusive', causes: [], symptoms: ['mid', 'symptom'], also: [] },
    ],
    [
      'what is for information only is never one',
      [rule('note', { severity: 'info', explains: { symptom: true } }), symptom()],
      { verdict: 'inconclusive', causes: [], symptoms: ['note', 'symptom'], also: [] },
    ],
    [
      'a likely one leaves the verdict open',
      [rule('cause', { confidence: 'likely', explains: { symptom: true } }), symptom()],
      { verdict: 'inconclusive', causes: ['cause?'], symptoms: ['symptom'], also: [] },
    ],
    [
      'a confirmed one puts the likely aside',
      [
        rule('maybe', { confidence: 'likely', explains: { symptom: true } }),
        rule('sure', { explains: { symptom: true } }),
        symptom(),
      ],
      { verdict: 'cause-found', causes: ['sure'], symptoms: ['symptom'], also: ['maybe?'] },
    ],
    [
      'a confirmed one over a link that nobody saw is only likely',
      [rule('cause', { explains: { symptom: 'likely' } }), symptom()],
      { verdict: 'inconclusive', causes: ['cause?'], symptoms: ['symptom'], also: [] },
    ],
    [
      'a confirmed one over a likely link in between too',
      [
        rule('root', { explains: { mid: true } }),
        rule('mid', { confidence: 'likely', explains: { symptom: true } }),
        symptom(),
      ],
      { verdict: 'inconclusive', causes: ['root?'], symptoms: ['mid?', 'symptom'], also: [] },
    ],
    [
      'proves what nobody saw',
      [rule('cause', { explains: { symptom: 'proves' } }), symptom({ confidence: 'likely' })],
      { verdict: 'cause-found', causes: ['cause'], symptoms: ['symptom?'], also: [] },
    ],
    [
      'without a proof, what nobody saw stays open',
      [rule('cause', { explains: { symptom: true } }), symptom({ confidence: 'likely' })],
      { verdict: 'inconclusive', causes: ['cause?'], symptoms: ['symptom?'], also: [] },
    ],
  ])('%s', (_, rules, expected) => expect(outcome(...rules)).toEqual(expected));

  it('must split the nodes as the symptom does', () => {
    const effect = symptom({ scope: { nodes: ['a'], working: ['b'] } });
    const cause = (nodes: string[]) => rule('cause', { scope: { nodes }, explains: { symptom: splitLink } });
    expect(outcome(cause(['a']), effect).causes).toEqual(['cause']);
    expect(outcome(cause(['b']), effect).causes).toEqual([]);
    expect(outcome(cause(['a', 'b']), effect).causes).toEqual([]);
    expect(outcome(cause([]), effect).causes).toEqual([]);
  });
});

describe('where nothing that was asked about fails', () => {
  it.each<[string, Rule[], ReturnType<typeof outcome>]>([
    ['all is well', [symptom({ silent: true })], { verdict: 'no-fault-found', causes: [], symptoms: [], also: [] }],
    [
      'a fault elsewhere is told',
      [symptom({ silent: true }), rule('other')],
      { verdict: 'no-fault-found', causes: [], symptoms: [], also: ['other'] },
    ],
    [
      'a fault of the target itself is the cause',
      [symptom({ silent: true }), rule('own', { on: 'n1' })],
      { verdict: 'cause-found', causes: ['own'], symptoms: [], also: [] },
    ],
    [
      'but not a note about it',
      [symptom({ silent: true }), rule('own', { on: 'n1', severity: 'info' })],
      { verdict: 'no-fault-found', causes: [], symptoms: [], also: ['own'] },
    ],
    [
      'of two faults of the target the upper one',
      [rule('top', { on: 'n1', explains: { low: true } }), rule('low', { on: 'n1' })],
      { verdict: 'cause-found', causes: ['top'], symptoms: [], also: ['low'] },
    ],
    [
      'whoever decides and cannot leaves it open',
      [symptom({ silent: true, undecided: true })],
      { verdict: 'inconclusive', causes: [], symptoms: [], also: [] },
    ],
    [
      'whoever does not decide leaves nothing open',
      [rule('other', { silent: true, undecided: true })],
      { verdict: 'no-fault-found', causes: [], symptoms: [], also: [] },
    ],
  ])('%s', (_, rules, expected) => expect(outcome(...rules)).toEqual(expected));
});

describe('the order', () => {
  const rules = [
    rule('z', { severity: 'warning' }),
    rule('m'),
    rule('a', { severity: 'info' }),
    rule('c', { explains: { symptom: true } }),
    symptom(),
  ];
  it('of what else was found is by severity, then by name', () => {
    expect(outcome(...rules).also).toEqual(['m', 'z', 'a']);
  });
  it('of the rules changes nothing', () => {
    const once = JSON.stringify(judge(bundle(QUESTION, []), rules));
    expect(JSON.stringify(judge(bundle(QUESTION, []), rules.toReversed()))).toBe(once);
  });
  it('gives ids along the way, and each finding says what it explains', () => {
    const { causes, symptoms, alsoFound } = judge(bundle(QUESTION, []), rules);
    expect([...causes, ...symptoms, ...alsoFound].map((f) => f.id)).toEqual(['f1', 'f2', 'f3', 'f4', 'f5']);
    expect(causes[0]?.explains).toEqual(['f2']);
  });
  it('is quick for many findings', () => {
    const many = Array.from({ length: 400 }, (_, i) =>
      rule(
        `r${String(i).padStart(3, '0')}`,
        i === 399 ? { role: 'symptom', asked: true } : { explains: { [`r${String(i + 1).padStart(3, '0')}`]: true } },
      ),
    );
    const { causes, symptoms } = judge(bundle(QUESTION, []), many);
    expect([causes.map((c) => c.rule), symptoms.length]).toEqual([['r000'], 399]);
  });
});
