/** Symptom: the Pods of a workload are refused by the API server, so they do not even exist. */
import { proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { refText, sameRef } from '../../core/object-ref.ts';
import { defineRule, type Link } from '../../core/rule.ts';
import { asksAboutWorkload } from '../workload/owners.ts';
import { refusals } from './refusals.ts';

/** The workload itself, or the controller below it whose Pods were refused. */
const itsWorkload: Link = {
  when: (mine, theirs) => sameRef(mine.object, theirs.object) || mine.data['controller'] === refText(theirs.object),
};

export const createRejected = defineRule({
  id: 'create-rejected',
  role: 'symptom',
  severity: 'critical',
  summary: 'a workload whose Pods the API server refuses to create',
  needs: ['workload', 'events'],
  texts: {
    found: '{workload} has {have} of {wanted} {wanted:Pod|Pods}: the API server refuses to create the rest.',
    none: '{workload} has no Pods at all: the API server refuses to create them.',
    event: '{controller} was refused {count} {count:time|times}, last at {last}: {message}',
    condition: 'Condition ReplicaFailure of {controller} is True: {message}',
  },
  explains: { 'workload-unavailable': itsWorkload },
  answers: (question, finding) => question.target.kind !== 'Pod' && asksAboutWorkload(question, finding),
  judge(facts, say) {
    for (const refusal of refusals(facts)) {
      const { object, fact, message, count, last, since, sure, wanted, have } = refusal;
      const controller = refText(refusal.controller);
      const command = `kubectl -n ${refusal.namespace} describe ${refusal.controller.kind.toLowerCase()} ${refusal.controller.name}`;
      say.find({
        object,
        ...(sure ? { confidence: 'confirmed' } : { confidence: 'likely', tryThis: command }),
        text: have === 0 ? 'none' : 'found',
        data: { workload: refText(object), controller, wanted, have },
        because: [
          fact.item.kind === 'events'
            ? proof(fact, 'event', { controller, count, last: last ?? '?', message }, command)
            : proof(fact, 'condition', { controller, message }, command),
        ],
        scope: {},
        ...(since === undefined ? {} : { since }),
      });
    }
  },
});

/** A reason for refusals explains those of the workloads that it names. */
export const explainsRefusal: Link = {
  when: (mine: Finding, theirs: Finding) => {
    const workloads = mine.data['workloads'];
    return Array.isArray(workloads) && workloads.includes(refText(theirs.object));
  },
};
