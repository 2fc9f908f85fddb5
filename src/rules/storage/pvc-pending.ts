/** Symptom: a claim has no volume, so whatever mounts it does not start. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { sameRef } from '../../core/object-ref.ts';
import type { Question } from '../../core/question.ts';
import { defineRule } from '../../core/rule.ts';
import { podsOfFinding } from '../workload/owners.ts';
import { schedulingWord } from '../workload/scheduling.ts';
import { CLAIM_WORDS, type Claim, claims, newestEvent, waitsForPod } from './claims.ts';

/** A claim that was made a moment ago is on its way. */
const STARTING_MS = 30_000;

export const pvcPending = defineRule({
  id: 'pvc-pending',
  role: 'symptom',
  severity: 'critical',
  summary: 'a claim that has no volume',
  needs: ['persistent-volume-claim', 'storage-classes', 'events', 'pods'],
  texts: {
    found: 'The claim {claim} has no volume. It asks for {request} of class {class}.',
    lost: 'The claim {claim} has lost its volume {volume}.',
    phase: 'Claim {claim} is {phase} since {since}.',
    event: 'Event of {claim}, {count} {count:time|times}: {message}',
    waits:
      '{claim} has no volume yet because no Pod uses it: its class {class} makes one for the first Pod. That is no fault.',
    bound:
      '{claim} has its volume {volume} ({capacity}). How full it is was not seen: only a Pod that mounts it can tell.',
  },
  explains: { 'pod-pending': { when: keepsPodsWaiting } },
  answers: asksAboutClaim,
  judge(facts, say) {
    if (targetUnseen(facts)) say.undecided();
    for (const claim of claims(facts)) {
      const { value, ref, pods } = claim;
      if (asksAboutClaim(facts.question, ref)) sayWell(claim, say);
      if (value.phase !== 'Lost' && (!isLate(facts, claim) || waitsInPeace(claim))) continue;
      const data = dataOf(claim);
      say.find({
        object: ref,
        confidence: 'confirmed',
        text: value.phase === 'Lost' ? 'lost' : 'found',
        data: { ...data, pods: pods.map(({ pod }) => pod.name), onFirstPod: waitsForPod(claim) ? 1 : 0 },
        because: [phaseProof(claim), ...eventProof(claim, data.claim)],
        scope: {},
        ...(value.createdAt === undefined ? {} : { since: value.createdAt }),
      });
    }
  },
});

type Say = Parameters<typeof pvcPending.judge>[1];

/** What speaks for the claim that was asked about. */
function sayWell(claim: Claim, say: Say): void {
  const because = [phaseProof(claim)];
  const object = claim.ref;
  if (claim.value.phase === 'Bound') {
    // Whoever asks about a bound claim may ask because it fills up.
    say.undecided();
    say.clear({ object, text: 'bound', data: dataOf(claim), because });
  } else if (claim.value.phase === 'Pending' && waitsInPeace(claim)) {
    say.clear({ object, text: 'waits', data: dataOf(claim), because });
  }
}

/** No Pod uses it, and its class makes a volume for the first one that does. */
function waitsInPeace(claim: Claim): boolean {
  return waitsForPod(claim) && claim.pods.length === 0;
}

function dataOf({ value, storageClass }: Claim) {
  const named = value.storageClass ?? storageClass?.name ?? '';
  return {
    claim: `${value.namespace}/${value.name}`,
    request: value.request ?? '?',
    class: named === '' ? '-' : named,
    volume: value.volumeName ?? '?',
    capacity: value.capacity ?? '?',
  };
}

function phaseProof({ value, fact }: Claim) {
  const { namespace, name, phase, createdAt = '?' } = value;
  return proof(fact, 'phase' as const, { claim: `${namespace}/${name}`, phase, since: createdAt });
}

function isLate(facts: Facts, { value }: Claim): boolean {
  if (value.phase !== 'Pending' || value.deletionTime !== undefined) return false;
  return value.createdAt === undefined || facts.now - Date.parse(value.createdAt) > STARTING_MS;
}

function eventProof(claim: Claim, name: string) {
  const event = newestEvent(claim, ['ProvisioningFailed', 'FailedBinding', 'ExternalProvisioning', 'VolumeMismatch']);
  if (event === undefined || claim.events === undefined) return [];
  return [proof(claim.events, 'event' as const, { claim: name, count: event.count, message: event.message })];
}

/** The scheduler says that it waits for claims, and this is one of them. */
function keepsPodsWaiting(mine: Finding, theirs: Finding, facts: Facts): boolean {
  const pods = mine.data['pods'];
  if (theirs.text !== 'unscheduled' || !Array.isArray(pods)) return false;
  return podsOfFinding(theirs, facts).some(
    (seen) =>
      seen.pod.namespace === mine.object.namespace &&
      pods.includes(seen.pod.name) &&
      CLAIM_WORDS.test(schedulingWord(seen)?.message ?? ''),
  );
}

/** `diagnose pvc shop/data` asks about that claim. */
function asksAboutClaim({ type, target }: Question, about?: Finding | { kind: string; name: string }): boolean {
  if (type !== 'diagnose' || target.kind !== 'PersistentVolumeClaim') return false;
  if (about === undefined) return true;
  const object = 'object' in about ? about.object : about;
  return sameRef(object, { kind: target.kind, namespace: target.namespace, name: target.name ?? '' });
}

function targetUnseen(facts: Facts): boolean {
  return asksAboutClaim(facts.question) && !claims(facts).some(({ ref }) => asksAboutClaim(facts.question, ref));
}
