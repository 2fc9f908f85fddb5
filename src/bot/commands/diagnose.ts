/** `diagnose node x`: what is wrong with one object, with Calico, the control plane or the cluster. */
import type { Command } from './command.ts';
import { questionPlan } from './question.ts';

export const diagnose: Command = {
  name: 'diagnose',
  aliases: ['diag'],
  summary: {
    en: 'What is wrong with a node, Pod, workload, Calico, the control plane or the cluster.',
    'zh-cn': '诊断节点、Pod、工作负载、Calico、控制面或整个集群。',
  },
  usage: '<kind>/<name> [-n namespace] | calico | control-plane | cluster',
  examples: ['diagnose node/worker-2', 'diagnose pod ci/jenkins-0', 'diagnose deploy web -n shop', 'diagnose calico'],
  plan: (words, context) => questionPlan(['diagnose', ...words], context),
};
