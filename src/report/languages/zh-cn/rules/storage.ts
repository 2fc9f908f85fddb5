/** Sentences of the rules about storage in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

const byHand = (summary: string, found: string, fix: string): Readonly<Record<string, string>> => ({
  _summary: summary,
  found,
  spec: '{claim} 请求 {request}，访问模式 {modes}，类 {class}。',
  volumes: '该类的卷：{volumes}。',
  event: '{claim} 的事件，{count} 次：{message}',
  fix,
});
const STOPS = '因此 {owner} 在 {nodes} 上无法启动';

export const storage: RuleWords = {
  'pvc-pending': {
    _summary: '没有卷的 PersistentVolumeClaim',
    found: 'PVC {claim} 没有卷。它请求 {request}，类为 {class}。',
    lost: 'PVC {claim} 失去了它的卷 {volume}。',
    phase: 'PVC {claim} 自 {since} 起为 {phase}。',
    event: '{claim} 的事件，{count} 次：{message}',
    waits: '{claim} 还没有卷，因为没有 Pod 使用它：其类 {class} 在第一个 Pod 出现时才创建。这不是故障。',
    bound: '{claim} 有卷 {volume}（{capacity}）。没有看到它用了多少：只有挂载它的 Pod 知道。',
  },
  'pvc-storage-class-missing': {
    _summary: '其 StorageClass 不存在的 PVC',
    found: 'PVC {claim} 使用的 StorageClass {class} 不存在。',
    'no-default': 'PVC {claim} 没有指定 StorageClass，而集群没有默认的。',
    event: '{claim} 的事件，{count} 次：{message}',
    classes: '现有的 StorageClass：{classes}。默认：{default}。',
    none: '集群中没有任何 StorageClass。',
    name: 'PVC 的类不能修改：以该名称创建 StorageClass，或使用已有的类重新创建 PVC。',
    default: '把一个类标记为默认；自 v1.26 起等待中的 PVC 会自行采用。更早的版本需重新创建 PVC。',
  },
  'pvc-provisioning-failed': {
    _summary: '制备器没有为其创建卷的 PVC',
    found: '类 {class} 的制备器无法为 {claim} 创建卷：{message}',
    silent: '没有谁为 {claim} 创建卷：制备器 {provisioner} 自 {since} 起没有应答。',
    event: '{claim} 的事件，{count} 次，最后一次在 {last}：{message}',
    driver: '检查制备器：它的控制器 Pod 及其日志。',
  },
  'pvc-volume-missing': byHand(
    '等待一个没有人创建的卷的 PVC',
    'PVC {claim} 等待人工创建的卷，而没有适合它的（类 {class}，卷 {volume}）。',
    '创建这样的卷，或使用能自动创建卷的类重新创建 PVC。',
  ),
  'pv-already-bound': byHand(
    '可用的卷都属于别人的 PVC',
    '可供 PVC {claim} 使用的卷都属于别人：{volumes}。',
    '处于 Released 的卷仍属于原来的 PVC：先查看其中的数据，再去掉 spec.claimRef 以释放它。或再创建一个卷。',
  ),
  'pvc-capacity-unmatched': byHand(
    '大于所有空闲卷的 PVC',
    'PVC {claim} 请求 {request}，没有空闲的卷这么大：{volumes}。',
    '创建更大的卷，或以较小的容量重新创建 PVC。',
  ),
  'pvc-access-mode-unmatched': byHand(
    '没有空闲卷提供其访问模式的 PVC',
    'PVC {claim} 请求访问模式 {modes}，没有空闲的卷提供：{volumes}。',
    '以卷所提供的模式重新创建 PVC。存储做不到的模式，写上也没有用。',
  ),
  'pvc-missing': {
    _summary: 'Pod 挂载了不存在的 PVC',
    found: '{owner} 挂载的 PVC {claim} 不存在。',
    word: '调度器对 {pod} 的说明：{message}',
    make: '创建该 PVC，或使用已有的。查看它是否建在了另一个命名空间。',
  },
  'volume-mount-failed': {
    _summary: '无法在其 Pod 所在节点附加或挂载的卷',
    'multi-attach': `卷 {volume} 仍附加在另一个节点上，${STOPS}。`,
    driver: `{volume} 的存储驱动没有在该节点上运行，${STOPS}。`,
    'file-system': `无法挂载 {volume} 的文件系统：类型不符或已损坏，${STOPS}。`,
    denied: `存储服务器不允许该节点挂载 {volume}，${STOPS}。`,
    server: `{volume} 的存储服务器没有应答，${STOPS}。`,
    path: `{volume} 所指的内容不存在，${STOPS}。`,
    other: `卷 {volume} 无法附加或挂载，${STOPS}。`,
    late: `卷 {volume} 没有及时挂载，${STOPS}。`,
    event: '{node} 上的 Pod {pod}，{count} 次，最后一次在 {last}：{message}',
    source: '卷 {volume} 的类型为 {source}：{detail}。',
    'free-node':
      '结束占用它的 Pod，或等待：已消失的节点在六分钟后释放其卷。如果该节点永久失效，请为它加上污点 node.kubernetes.io/out-of-service。',
    'start-driver': '检查驱动的 DaemonSet：它需要在该节点上有一个 Pod。',
    check: '在写入任何内容之前先检查磁盘本身；修复时它必须在所有地方都已卸载。',
    allow: '让服务器向该节点的地址导出它。',
    reach: '从该节点访问服务器，并检查两者之间的防火墙。',
    look: 'kubelet 和存储驱动的日志里有更多说明。',
    restart: '删除 Pod：下一个会遇到同一个卷。',
  },
  'pv-failed': {
    _summary: '不为任何人服务且无法使用的卷',
    found: '卷 {volume} 处于 Failed 阶段：{message}',
    pending: '卷 {volume} 处于 Pending 阶段：它还不能供任何 PVC 使用。',
    phase: '卷 {volume}（{capacity}）为 {phase}；属于 {claim}；回收策略 {policy}。',
    fine: '卷 {volume} 为 {phase}。没有看到它用了多少：只有挂载它的 Pod 知道。',
    kept: '卷 {volume} 为 Released：其 PVC {claim} 已不在，策略 {policy} 保留数据供您查看。这不是故障。',
  },
  'pv-reclaim-failed': {
    _summary: 'PVC 消失后未能删除的卷',
    found: '卷 {volume} 在其 PVC 消失后未能删除或清理：{message}',
    event: '{volume} 的事件，{count} 次：{message}',
    status: '卷 {volume} 为 {phase}：{message}',
    look: '修复存储驱动所指出的问题，它会再试。手动删除任何内容之前先查看数据。',
  },
};
