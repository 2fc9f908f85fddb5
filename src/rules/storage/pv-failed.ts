/** Symptom and its cause: a volume that is in phase Failed, because what was to become of it after its claim did not work. */
import type { PersistentVolume } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import type { Question } from '../../core/question.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';

function asksAboutVolume({ type, target }: Question, finding?: Finding): boolean {
  if (type !== 'diagnose' || target.kind !== 'PersistentVolume') return false;
  return finding === undefined || (finding.object.kind === target.kind && finding.object.name === target.name);
}

export const pvFailed = defineRule({
  id: 'pv-failed',
  role: 'symptom',
  severity: 'warning',
  summary: 'a volume that serves nobody and cannot be used',
  needs: ['persistent-volume', 'persistent-volume-claim'],
  texts: {
    found: 'The volume {volume} is in phase Failed: {message}',
    pending: 'The volume {volume} is in phase Pending: it is not ready for any claim.',
    phase: 'Volume {volume} ({capacity}) is {phase}; it belongs to {claim}; reclaim policy {policy}.',
    fine: 'The volume {volume} is {phase}. How full it is was not seen: only a Pod that mounts it can tell.',
    kept: 'The volume {volume} is Released: its claim {claim} is gone, and its policy {policy} keeps the data for you to look at. That is no fault.',
  },
  answers: asksAboutVolume,
  judge(facts, say) {
    const { target } = facts.question;
    const asked = asksAboutVolume(facts.question);
    if (asked && !facts.get('persistent-volume', { kind: 'PersistentVolume', name: target.name ?? '' }).known)
      say.undecided();
    for (const fact of facts.all('persistent-volume')) {
      if (!fact.known) continue;
      const { name, phase, reclaimPolicy } = fact.value;
      const data = dataOf(fact.value);
      const object = { kind: 'PersistentVolume', name };
      const because = [proof(fact, 'phase' as const, data)];
      if (phase === 'Failed' || phase === 'Pending') {
        const text = phase === 'Failed' ? ('found' as const) : ('pending' as const);
        say.find({ object, confidence: 'confirmed', text, data, because, scope: {} });
      } else if (asked && phase === 'Released' && reclaimPolicy !== 'Delete') {
        say.clear({ object, text: 'kept', data, because });
      } else if (asked) {
        say.undecided();
        say.clear({ object, text: 'fine', data, because });
      }
    }
  },
});

function dataOf({ name, phase, capacity = '?', claim, reclaimPolicy = '?', message = '?' }: PersistentVolume) {
  const owner = claim === undefined ? '-' : `${claim.namespace}/${claim.name}`;
  return { volume: name, phase, capacity, claim: owner, policy: reclaimPolicy, message };
}

const RECLAIM = ['VolumeFailedDelete', 'VolumeFailedRecycle'];

export const pvReclaimFailed = defineRule({
  id: 'pv-reclaim-failed',
  role: 'cause',
  severity: 'warning',
  summary: 'a volume that could not be deleted after its claim was gone',
  needs: ['persistent-volume', 'events'],
  texts: {
    found: 'The volume {volume} could not be deleted or cleaned after its claim was gone: {message}',
    event: 'Event of {volume}, {count} {count:time|times}: {message}',
    status: 'Volume {volume} is {phase}: {message}',
    look: 'Mend what the storage driver names, and it tries again. Look at the data before anything is deleted by hand.',
  },
  explains: { 'pv-failed': sameObjectLink },
  judge(facts, say) {
    for (const fact of facts.all('persistent-volume')) {
      if (!fact.known || !['Failed', 'Released'].includes(fact.value.phase)) continue;
      const { name, phase, message } = fact.value;
      const object = { kind: 'PersistentVolume', name };
      const told = reclaimEvent(facts, object);
      const words = told?.event.message ?? (phase === 'Failed' ? message : undefined);
      if (words === undefined || words === '') continue;
      say.find({
        object,
        confidence: 'confirmed',
        text: 'found',
        data: { volume: name, message: words },
        because: [
          told === undefined
            ? proof(fact, 'status', { volume: name, phase, message: words })
            : proof(told.fact, 'event', { volume: name, count: told.event.count, message: words }),
        ],
        scope: {},
        advice: [{ text: 'look', data: {}, command: `kubectl describe pv ${name}` }],
      });
    }
  },
});

function reclaimEvent(facts: Facts, object: { kind: string; name: string }) {
  const fact = facts.get('events', object);
  const event = fact.known ? fact.value.find((one) => RECLAIM.includes(one.reason)) : undefined;
  return fact.known && event !== undefined ? { fact, event } : undefined;
}
