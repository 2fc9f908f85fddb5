/** Chinese of NODE_TEXTS: what all remediations of nodes share. */
import type { NODE_TEXTS } from '../../../../remediations/node-drafts.ts';

export const ZH_NODE_TEXTS: Record<keyof typeof NODE_TEXTS, string> = {
  'wait-ready': '等待 {node} 就绪。',
  'restart-kubelet': '启动 {node} 上的 kubelet：systemd 已经放弃它。',
  'no-node': '集群中没有节点 {node}。',
  'no-agent': '{node} 所需的情况不知道：{reason}',
  'after-ready': '{node} 已就绪。',
  'after-rule': '当初指出原因的规则在 {node} 上不再发现什么。',
  'note-other-pods': 'kubelet 恢复运行后，{node} 上的 Pod 会随之启动。',
};
