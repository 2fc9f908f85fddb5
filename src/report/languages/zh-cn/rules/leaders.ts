/** Sentences of the rules about components that elect a leader, in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

const leader = (component: string, summary: string, undone: string): Readonly<Record<string, string>> => ({
  _summary: summary,
  down: `${component} 没有运行：${undone}。`,
  absent: `控制平面的其他部分都在，唯独没有 ${component}：${undone}。`,
  silent: `${component} 运行在 {nodes} 上，而那里没有音讯：${undone}。`,
  idle: `${component} 在运行，但自 {renewed} 起没有担任领导者：${undone}。`,
  unseen: `自 {renewed} 起没有谁作为 ${component} 担任领导者：${undone}。`,
  lease: `Lease kube-system/${component} 最后一次续约在 {renewed}，由 {holder}。领导者每两秒续约一次。`,
  status: '{node} 上的 Pod {pod}：{state}。',
  none: `列出了控制平面的 Pod，其中没有 ${component}。`,
  words: '阅读它最后的日志，再修复其中指出的问题：参数、证书、不存在的文件。',
  manifest: '查看 /etc/kubernetes/manifests 中是否有它的清单：kubelet 启动其中的内容。',
  node: '恢复该节点，或让该组件也在另一个控制平面节点上运行。',
  health: '询问它的健康状态；再从日志中查看它为何没有担任领导者。',
});

export const leaders: RuleWords = {
  'scheduler-down': leader('kube-scheduler', '没有谁调度 Pod 的集群', '新的 Pod 得不到节点'),
  'controller-manager-down': leader(
    'kube-controller-manager',
    '没有谁运行控制器的集群',
    'Deployment、Job、端点和配额停留在原来的状态',
  ),
};
