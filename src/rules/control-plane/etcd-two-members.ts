/** Cause: an etcd of two members, which stops when either of them does (facts §5.2). */
import { proof } from '../../core/facts.ts';
import { CLUSTER } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { controlPlanePods, membersOf } from './members.ts';

export const etcdTwoMembers = defineRule({
  id: 'etcd-two-members',
  role: 'cause',
  severity: 'warning',
  summary: 'an etcd of two members, which is less safe than one',
  needs: ['pods'],
  texts: {
    found: 'etcd has two members ({members}). It stops when either of them is lost: that is worse than one.',
    pods: 'Two Pods with the label component=etcd: {members}.',
    third: 'Add a third member, on a third control plane node. Three can lose one.',
  },
  judge(facts, say) {
    const pods = controlPlanePods(facts);
    if (!pods.known || pods.value.total > pods.value.pods.length) return;
    const members = membersOf(pods.value.pods, 'etcd').map((pod) => pod.name);
    if (members.length !== 2) return;
    say.find({
      object: CLUSTER,
      confidence: 'confirmed',
      text: 'found',
      data: { members },
      because: [proof(pods, 'pods', { members }, 'kubectl -n kube-system get pods -l component=etcd -o wide')],
      scope: {},
      advice: [{ text: 'third', data: {}, command: 'kubeadm join --control-plane --help' }],
    });
  },
});
