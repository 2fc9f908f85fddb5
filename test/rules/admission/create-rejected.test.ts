import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { createRejected } from '../../../src/rules/admission/create-rejected.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { workloadOf } from '../workload/kit.ts';
import { ASK, event, QUOTA, refused, SET } from './kit.ts';

const say = (items: EvidenceItem[], ask: Question = ASK) => said(createRejected, ask, items);
const own = { owners: [{ kind: 'Deployment', name: 'web' }] };
const failure = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: QUOTA }];

describe('create-rejected', () => {
  it('is told of the Deployment, by the words of its ReplicaSet', () => {
    const [finding] = outcomeOf(createRejected, ASK, refused(QUOTA)).judgements;
    expect(finding).toMatchObject({
      text: 'none',
      confidence: 'confirmed',
      object: namespacedRef('Deployment', 'shop', 'web'),
      data: { controller: 'ReplicaSet/shop/web-5d9', have: 0, wanted: 2 },
      because: [{ text: 'event', data: { count: 12, message: QUOTA } }],
      since: ago(1800),
    });
  });

  it.each<[string, EvidenceItem[], string[]]>([
    [
      'the Deployment’s condition alone',
      [workloadOf({ kind: 'Deployment', name: 'web', conditions: failure })],
      ['none'],
    ],
    [
      'some Pods are there',
      [workloadOf({ kind: 'ReplicaSet', name: 'web-5d9', ...own, updated: 1 }), known('events', [event(QUOTA)], SET)],
      ['found'],
    ],
    [
      'a StatefulSet',
      [
        workloadOf({ kind: 'StatefulSet', name: 'web' }),
        known('events', [event(QUOTA)], namespacedRef('StatefulSet', 'shop', 'web')),
      ],
      ['none'],
    ],
    [
      'a Job',
      [workloadOf({ kind: 'Job', name: 'web' }), known('events', [event(QUOTA)], namespacedRef('Job', 'shop', 'web'))],
      ['none'],
    ],
  ])('%s', (_, items, texts) => {
    expect(outcomeOf(createRejected, ASK, items).judgements.map((j) => j.text)).toEqual(texts);
  });

  it('a ReplicaSet that was asked about is its own answer', () => {
    const ask: Question = { type: 'diagnose', target: { kind: 'ReplicaSet', namespace: 'shop', name: 'web-5d9' } };
    expect(say(refused(QUOTA), ask)).toEqual(['finding none ReplicaSet/shop/web-5d9']);
  });

  it('a refusal that was not repeated for long is only likely', () => {
    expect(say(refused(event(QUOTA, { lastTime: ago(2400) })))).toEqual(['finding none Deployment/shop/web (likely)']);
  });

  it.each<[string, EvidenceItem[]]>([
    [
      'Pods that were created after all',
      refused(event(QUOTA, { lastTime: ago(300) }), event('Created pod: x', { reason: 'SuccessfulCreate' })),
    ],
    [
      'a workload that has all of its Pods',
      [
        workloadOf({ kind: 'ReplicaSet', name: 'web-5d9', ...own, updated: 2, ready: 2 }),
        known('events', [event(QUOTA)], SET),
      ],
    ],
    [
      'a workload that wants none',
      [workloadOf({ kind: 'ReplicaSet', name: 'web-5d9', desired: 0 }), known('events', [event(QUOTA)], SET)],
    ],
    ['events of long ago', refused(event(QUOTA, { lastTime: ago(7200) }))],
    ['other events', refused(event('Deleted pod', { reason: 'SuccessfulDelete' }))],
    [
      'events that could not be read',
      [workloadOf({ kind: 'ReplicaSet', name: 'web-5d9', ...own }), unknown('events', SET)],
    ],
    ['nothing', []],
  ])('is silent about %s', (_, items) => {
    expect(say(items)).toEqual([]);
  });

  it('from quota to workload: one chain', () => {
    const { verdict, causes, symptoms } = judge(bundle(ASK, refused(QUOTA)));
    expect({ verdict, causes: causes.map((f) => f.rule), symptoms: symptoms.map((f) => f.rule) }).toEqual({
      verdict: 'cause-found',
      causes: ['quota-exceeded'],
      symptoms: ['create-rejected', 'workload-unavailable'],
    });
  });

  it('words that no rule knows leave it open', () => {
    const { verdict, symptoms } = judge(bundle(ASK, refused('pods "x" is invalid: spec.containers: too many')));
    expect(verdict).toBe('inconclusive');
    expect(symptoms.map((f) => f.rule)).toContain('create-rejected');
  });
});
