/** Cause: the class is there, and its provisioner does not make the volume: it says why, or says nothing. */
import { type Facts, proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { type Claim, newestEvent, openClaims } from './claims.ts';

const CLASS_MISSING = /storageclass.* not found/i;
/** A provisioner that is at work answers within minutes. */
const SILENT_MS = 5 * 60_000;
/** A failure that is older and was not repeated says nothing of now. */
const RECENT_MS = 30 * 60_000;

export const pvcProvisioningFailed = defineRule({
  id: 'pvc-provisioning-failed',
  role: 'cause',
  severity: 'critical',
  summary: 'a claim whose provisioner does not make the volume',
  needs: ['persistent-volume-claim', 'storage-classes', 'events', 'pods'],
  texts: {
    found: 'The provisioner of class {class} cannot make the volume for {claim}: {message}',
    silent: 'Nobody makes the volume for {claim}: the provisioner {provisioner} has not answered since {since}.',
    event: 'Event of {claim}, {count} {count:time|times}, last at {last}: {message}',
    driver: 'Look at the provisioner: its controller Pod and the log of that.',
  },
  explains: { 'pvc-pending': sameObjectLink },
  judge(facts, say) {
    for (const claim of openClaims(facts)) {
      const told = wordOf(facts, claim);
      if (told === undefined) continue;
      const { value, ref, storageClass } = claim;
      const { event, failed, events, last, first } = told;
      const name = `${value.namespace}/${value.name}`;
      const look = `kubectl get pods -A | grep -i -e csi -e provisioner; kubectl -n ${value.namespace} describe pvc ${value.name}`;
      say.find({
        object: ref,
        ...(failed ? { confidence: 'confirmed' } : { confidence: 'likely', tryThis: look }),
        text: failed ? 'found' : 'silent',
        data: {
          claim: name,
          class: value.storageClass ?? storageClass?.name ?? '?',
          provisioner: storageClass?.provisioner ?? namedIn(event.message),
          since: first ?? '?',
          message: event.message,
        },
        because: [proof(events, 'event', { claim: name, count: event.count, last, message: event.message })],
        scope: {},
        ...(first === undefined ? {} : { since: first }),
        advice: [{ text: 'driver', data: {}, command: look }],
      });
    }
  },
});

/** Its newest failure, else that it has waited for its provisioner for long. */
function wordOf(facts: Facts, claim: Claim) {
  const failed = newestEvent(claim, ['ProvisioningFailed']);
  const event = failed ?? newestEvent(claim, ['ExternalProvisioning']);
  const last = event?.lastTime ?? event?.firstTime;
  if (event === undefined || last === undefined || claim.events === undefined) return undefined;
  const first = event.firstTime ?? claim.value.createdAt;
  const old = facts.now - Date.parse(last) > RECENT_MS;
  const young = failed === undefined && (first === undefined || facts.now - Date.parse(first) < SILENT_MS);
  if (old || young || CLASS_MISSING.test(event.message)) return undefined;
  return { event, failed: failed !== undefined, events: claim.events, last, first };
}

function namedIn(message: string): string {
  return /provisioner ['"]([^'"]+)['"]/.exec(message)?.[1] ?? '?';
}
