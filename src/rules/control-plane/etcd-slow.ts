/** Cause: etcd answers too late now and then. Rules itself out as the cause of a failure that is there in every probe. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { CLUSTER, refText } from '../../core/object-ref.ts';
import type { Question } from '../../core/question.ts';
import { defineRule } from '../../core/rule.ts';
import { backendProbes, entries } from '../model/paths.ts';
import { type EtcdTrouble, type EtcdWord, etcdTrouble } from './etcd-words.ts';
import { LOST_LEAD } from './lost-lead.ts';

/** Proofs shown at most; the evidence has them all. */
const MAX_PROOFS = 4;

export const etcdSlow = defineRule({
  id: 'etcd-slow',
  role: 'cause',
  severity: 'warning',
  summary: 'an etcd that answers too late now and then',
  needs: ['events', 'pod-log', 'services', 'endpoints', 'nodes', 'node-tcp', 'api-health', 'pods'],
  texts: {
    found:
      'etcd answers too late now and then: at least {count} {count:time|times} between {first} and {last}. {victims} suffered from it.',
    undated: 'etcd answers too late now and then: at least {count} {count:time|times}. {victims} suffered from it.',
    once: 'etcd answered too late once, at {last}. {victims} suffered from it.',
    word: '{object} says, {count} {count:time|times}, last at {last}: {sample}',
    disk: 'Look at etcd’s disk first: a write should take less than 10 ms. Keep etcd off disks that others use.',
    single:
      'etcd’s time-out: one, at {last}. It came and went; this failure is there in every probe, and a NodePort forwards without etcd.',
    intermittent:
      'etcd’s time-outs: {count} {count:time|times} between {first} and {last}. They come and go; this failure is there in every probe, and a NodePort forwards without etcd.',
  },
  explains: {
    'calico-datastore-slow': { when: () => true },
    ...LOST_LEAD,
    'etcd-leader-unstable': { when: () => true },
  },
  // No symptom; but where the control plane was asked about and not seen, its silence must not read as health.
  answers: asksAboutControlPlane,
  judge(facts, say) {
    if (!facts.get('api-health').known && !facts.get('pods', { kind: 'Component', name: 'control-plane' }).known)
      say.undecided();
    const trouble = etcdTrouble(facts, 'slow');
    if (trouble === undefined) return;
    const { count, first, last } = trouble;
    const dated = first !== undefined && last !== undefined;
    say.find({
      object: CLUSTER,
      confidence: 'confirmed',
      text: !dated ? 'undated' : count === 1 ? 'once' : 'found',
      data: troubleData(trouble),
      because: trouble.words.slice(0, MAX_PROOFS).map(wordProof),
      scope: {},
      ...(first === undefined ? {} : { since: first }),
      advice: [
        {
          text: 'disk',
          data: {},
          command: 'kubectl -n kube-system logs -l component=etcd --tail=200 | grep -e "took too long" -e fdatasync',
        },
      ],
    });
    if (dated && isConstant(facts)) {
      say.clear({
        object: { kind: 'Component', name: 'etcd' },
        text: count === 1 ? 'single' : 'intermittent',
        data: { count, first, last },
        because: trouble.words.slice(0, 1).map(wordProof),
      });
    }
  },
});

/** One place that complains, and the command that shows the same. */
export function wordProof(word: EtcdWord): Proof<'word'> {
  const { count, sample, fact } = word;
  return proof(fact, 'word', { object: refText(word.object), count, last: word.last ?? '?', sample });
}

export function troubleData({ count, first, last, victims }: EtcdTrouble) {
  return { count, victims, first: first ?? '?', last: last ?? '?' };
}

export function asksAboutControlPlane({ type, target }: Question): boolean {
  return type === 'diagnose' && target.kind === 'Component' && ['control-plane', 'cluster'].includes(target.name ?? '');
}

/** Some way fails in each of its probes: a fault that comes and goes does not do that. */
function isConstant(facts: Facts): boolean {
  if (facts.question.type !== 'why-not-reachable') return false;
  if (entries(facts).some((entry) => entry.state === 'fails')) return true;
  return entries(facts).length === 0 && backendProbes(facts).some((probe) => probe.result.result !== 'open');
}
