/** Causes: volumes are made by hand, and none of those that there are fits the claim. One rule for each reason. */
import type { PersistentVolume, PersistentVolumeClaim } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { TextData } from '../../core/finding.ts';
import { defineRule, type Rule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { parseQuantity } from '../workload/quantity.ts';
import { type Claim, keptByClaim, newestEvent, openClaims, waitsForPod } from './claims.ts';

const BY_HAND = 'kubernetes.io/no-provisioner';
const SHOWN = 5;

type Reason = 'pvc-volume-missing' | 'pv-already-bound' | 'pvc-capacity-unmatched' | 'pvc-access-mode-unmatched';

interface Misfit {
  readonly reason: Reason;
  readonly volumes: readonly PersistentVolume[];
}

/** Why no volume fits, by the order in which the binder looks; undefined where one does, or too little is known. */
function misfit(facts: Facts, claim: Claim): Misfit | undefined {
  const { value } = claim;
  const list = facts.get('persistent-volumes');
  if (!list.known || list.value.total > list.value.volumes.length || !takesByHand(facts, claim)) return undefined;
  const named = value.volumeName;
  const sameMode = (one: PersistentVolume): boolean =>
    (one.volumeMode ?? 'Filesystem') === (value.volumeMode ?? 'Filesystem');
  const kin = list.value.volumes.filter((one) =>
    named === undefined
      ? (one.storageClass ?? '') === (value.storageClass ?? '') && sameMode(one) && labelled(one, value)
      : one.name === named,
  );
  if (kin.length === 0) return { reason: 'pvc-volume-missing', volumes: [] };
  const free = kin.filter((one) => isFree(one, value));
  if (free.length === 0) return { reason: 'pv-already-bound', volumes: kin };
  const wanted = parseQuantity(value.request) ?? 0;
  const big = free.filter((one) => (parseQuantity(one.capacity) ?? 0) >= wanted);
  if (big.length === 0) return { reason: 'pvc-capacity-unmatched', volumes: free };
  const fit = big.filter((one) => value.accessModes.every((mode) => one.accessModes.includes(mode)));
  return fit.length === 0 ? { reason: 'pvc-access-mode-unmatched', volumes: big } : undefined;
}

/** No provisioner makes one: the claim wants none, its class has none, or names no class object at all. */
function takesByHand(facts: Facts, claim: Claim): boolean {
  const { value, storageClass } = claim;
  if (value.volumeName === undefined && waitsForPod(claim) && keptByClaim(claim) === undefined) return false;
  if (value.volumeName !== undefined || value.storageClass === '') return true;
  if (storageClass !== undefined) return storageClass.provisioner === BY_HAND;
  if (value.storageClass === undefined || !facts.get('storage-classes').known) return false;
  const list = facts.get('persistent-volumes');
  return list.known && list.value.volumes.some((one) => one.storageClass === value.storageClass);
}

function labelled(volume: PersistentVolume, { selector = {} }: PersistentVolumeClaim): boolean {
  return Object.entries(selector).every(([key, wanted]) => volume.labels[key] === wanted);
}

function isFree(volume: PersistentVolume, { namespace, name }: PersistentVolumeClaim): boolean {
  const mine = volume.claim?.namespace === namespace && volume.claim.name === name;
  return volume.phase !== 'Failed' && volume.phase !== 'Released' && (volume.claim === undefined || mine);
}

interface Words {
  readonly summary: string;
  readonly found: string;
  readonly fix: string;
}

const RULES: Readonly<Record<Reason, Words>> = {
  'pvc-volume-missing': {
    summary: 'a claim for a volume that nobody has made',
    found:
      'The claim {claim} waits for a volume that somebody makes by hand, and there is none for it (class {class}, volume {volume}).',
    fix: 'Make such a volume, or make the claim anew with a class that makes volumes by itself.',
  },
  'pv-already-bound': {
    summary: 'a claim whose volumes all belong to others',
    found: 'Every volume that could serve the claim {claim} belongs to another: {volumes}.',
    fix: 'A volume that is Released still belongs to its old claim: look at its data first, then remove spec.claimRef to set it free. Or make another volume.',
  },
  'pvc-capacity-unmatched': {
    summary: 'a claim that is larger than the volumes that are free',
    found: 'The claim {claim} asks for {request}, and no free volume is that large: {volumes}.',
    fix: 'Make a larger volume, or make the claim anew with a smaller size.',
  },
  'pvc-access-mode-unmatched': {
    summary: 'a claim whose access mode no free volume offers',
    found: 'The claim {claim} asks for access {modes}, and no free volume offers it: {volumes}.',
    fix: 'Make the claim anew with a mode that the volume offers. A mode that the storage cannot do does not come by writing it down.',
  },
};

function ruleFor(reason: Reason): Rule {
  const { summary, found, fix } = RULES[reason];
  return defineRule({
    id: reason,
    role: 'cause',
    severity: 'critical',
    summary,
    needs: ['persistent-volume-claim', 'persistent-volumes', 'storage-classes', 'events', 'pods'],
    texts: {
      found,
      spec: '{claim} asks for {request}, access {modes}, class {class}.',
      volumes: 'Volumes of that class: {volumes}.',
      event: 'Event of {claim}, {count} {count:time|times}: {message}',
      fix,
    },
    explains: { 'pvc-pending': sameObjectLink },
    judge(facts, say) {
      const list = facts.get('persistent-volumes');
      for (const claim of openClaims(facts)) {
        const seen = misfit(facts, claim);
        if (seen?.reason !== reason || !list.known) continue;
        const data = dataOf(claim, seen);
        const event = newestEvent(claim, ['FailedBinding', 'VolumeMismatch']);
        say.find({
          object: claim.ref,
          confidence: 'confirmed',
          text: 'found',
          data,
          because: [
            proof(claim.fact, 'spec' as const, data),
            ...(seen.volumes.length === 0 ? [] : [proof(list, 'volumes' as const, data)]),
            ...(event === undefined || claim.events === undefined
              ? []
              : [proof(claim.events, 'event' as const, { ...data, count: event.count, message: event.message })]),
          ],
          scope: {},
          ...(claim.value.createdAt === undefined ? {} : { since: claim.value.createdAt }),
          advice: [{ text: 'fix', data: {}, command: 'kubectl get pv' }],
        });
      }
    },
  });
}

function dataOf({ value }: Claim, { volumes }: Misfit): TextData & { claim: string } {
  const belongs = ({ claim }: PersistentVolume): string =>
    claim === undefined ? '' : `, ${claim.namespace}/${claim.name}`;
  return {
    claim: `${value.namespace}/${value.name}`,
    request: value.request ?? '?',
    modes: value.accessModes,
    class: value.storageClass === undefined || value.storageClass === '' ? '-' : value.storageClass,
    volume: value.volumeName ?? '-',
    volumes: volumes
      .slice(0, SHOWN)
      .map((one) => `${one.name} (${one.capacity ?? '?'}, ${one.accessModes.join('+')}, ${one.phase}${belongs(one)})`),
  };
}

/** Sorted by id. */
export const BY_HAND_RULES: readonly Rule[] = (Object.keys(RULES) as Reason[]).map(ruleFor);
