/** Cause: the workload that was asked about wants no Pods at all. */
import type { Workload } from '../../core/evidence/cluster-types.ts';
import { proof } from '../../core/facts.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';

const KINDS = ['Deployment', 'StatefulSet'];

export const deploymentScaledToZero = defineRule({
  id: 'deployment-scaled-to-zero',
  role: 'cause',
  severity: 'warning',
  summary: 'a workload that is scaled to zero',
  needs: ['workload'],
  texts: {
    found: '{workload} is scaled to 0: it wants no Pods, so none runs.',
    spec: '{workload}: spec.replicas is 0, {available} Pods are available.',
    scale: 'If it should run, scale it up. Somebody or something set 0: look who, before it happens again.',
  },
  judge(facts, say) {
    const { target, type } = facts.question;
    if (type !== 'diagnose' || !KINDS.includes(target.kind)) return;
    for (const fact of facts.all('workload')) {
      const { kind, name, namespace } = fact.object;
      const asked = kind === target.kind && name === target.name && (target.namespace ?? namespace) === namespace;
      if (!asked || !fact.known || !isZero(fact.value)) continue;
      const { value } = fact;
      const workload = `${value.kind}/${value.namespace}/${value.name}`;
      const place = `-n ${value.namespace} ${value.kind.toLowerCase()} ${value.name}`;
      say.find({
        object: namespacedRef(value.kind, value.namespace, value.name),
        confidence: 'confirmed',
        text: 'found',
        data: { workload },
        because: [proof(fact, 'spec', { workload, available: value.available }, `kubectl get ${place}`)],
        scope: {},
        advice: [{ text: 'scale', data: {}, command: `kubectl scale ${place} --replicas=1` }],
        remediations: [{ id: 'scale-workload', params: { replicas: 1 } }],
      });
    }
  },
});

/** Pods of before may still be ending. */
function isZero({ desired, available }: Workload): boolean {
  return desired === 0 && available === 0;
}
