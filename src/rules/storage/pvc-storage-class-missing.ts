/** Cause: a claim names a StorageClass that is not there, or none where there is no default. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { type Claim, newestEvent, openClaims } from './claims.ts';

const NOT_FOUND = /storageclass(?:es)?(?:\.storage\.k8s\.io)? "(?<name>[^"]+)" not found/i;
const NO_CLASS = /no persistent volumes available for this claim and no storage class is set/i;

type TextId = 'event' | 'classes' | 'none';

export const pvcStorageClassMissing = defineRule({
  id: 'pvc-storage-class-missing',
  role: 'cause',
  severity: 'critical',
  summary: 'a claim whose StorageClass is not there',
  needs: ['persistent-volume-claim', 'storage-classes', 'persistent-volumes', 'events', 'pods'],
  texts: {
    found: 'The claim {claim} names the StorageClass {class}, which is not there.',
    'no-default': 'The claim {claim} names no StorageClass, and the cluster has no default one.',
    event: 'Event of {claim}, {count} {count:time|times}: {message}',
    classes: 'StorageClasses that there are: {classes}. Default: {default}.',
    none: 'The cluster has no StorageClass at all.',
    name: 'A claim’s class cannot be changed: create the class under that name, or make the claim anew with one that is there.',
    default:
      'Mark one class as the default; since v1.26 claims that wait take it by themselves. Before, make the claim anew.',
  },
  explains: { 'pvc-pending': sameObjectLink },
  judge(facts, say) {
    for (const claim of openClaims(facts)) {
      const seen = look(facts, claim);
      if (seen === undefined) continue;
      const { value, ref } = claim;
      const name = `${value.namespace}/${value.name}`;
      say.find({
        object: ref,
        confidence: 'confirmed',
        text: seen,
        data: { claim: name, class: value.storageClass ?? '-' },
        because: proofs(facts, claim, name),
        scope: {},
        ...(value.createdAt === undefined ? {} : { since: value.createdAt }),
        advice: [
          seen === 'found'
            ? { text: 'name', data: {}, command: 'kubectl get storageclasses' }
            : {
                text: 'default',
                data: {},
                command:
                  'kubectl annotate storageclass NAME storageclass.kubernetes.io/is-default-class=true --overwrite',
              },
        ],
      });
    }
  },
});

function look(facts: Facts, claim: Claim): 'found' | 'no-default' | undefined {
  const { value } = claim;
  const classes = facts.get('storage-classes');
  const message = newestEvent(claim, ['ProvisioningFailed', 'FailedBinding'])?.message ?? '';
  // An empty name wants a volume that somebody made by hand.
  if (value.storageClass === '') return undefined;
  if (value.storageClass !== undefined) {
    if (classes.known) return claim.storageClass === undefined && !madeByHand(facts, claim) ? 'found' : undefined;
    return NOT_FOUND.exec(message)?.groups?.['name'] === value.storageClass ? 'found' : undefined;
  }
  if (classes.known) return claim.storageClass === undefined ? 'no-default' : undefined;
  return NO_CLASS.test(message) ? 'no-default' : undefined;
}

/** Volumes that are made by hand may carry a class name that no object has: then it is about them. */
function madeByHand(facts: Facts, { value }: Claim): boolean {
  const volumes = facts.get('persistent-volumes');
  return volumes.known && volumes.value.volumes.some((one) => one.storageClass === value.storageClass);
}

function proofs(facts: Facts, claim: Claim, name: string): Proof<TextId>[] {
  const out: Proof<TextId>[] = [];
  const classes = facts.get('storage-classes');
  if (classes.known && classes.value.length === 0) out.push(proof(classes, 'none', {}));
  else if (classes.known) {
    const names = classes.value.map((one) => one.name);
    const byDefault = classes.value.filter((one) => one.isDefault).map((one) => one.name);
    out.push(proof(classes, 'classes', { classes: names, default: byDefault.length === 0 ? '-' : byDefault }));
  }
  const event = newestEvent(claim, ['ProvisioningFailed', 'FailedBinding']);
  if (event !== undefined && claim.events !== undefined)
    out.push(proof(claim.events, 'event', { claim: name, count: event.count, message: event.message }));
  return out;
}
