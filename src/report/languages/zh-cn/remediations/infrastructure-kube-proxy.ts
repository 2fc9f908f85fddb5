/** The sentences of the remediations of kube-proxy in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';
import { ZH_NODE_TEXTS } from './infrastructure-shared.ts';
import { ZH_OWNER_TEXTS } from './owner.ts';

const SET = {
  'no-daemon-set': '没有 DaemonSet kube-system/kube-proxy：kube-proxy 由别的方式运行，或者用的是另一种代理。',
  'set-unread': '读不到 DaemonSet kube-system/kube-proxy：{reason}。',
  'pods-unread': '读不到 kube-proxy 的 Pod：{reason}。',
};

export const kubeProxy: RuleWords = {
  'restart-kube-proxy': {
    ...SET,
    _summary: '重启一个节点上的 kube-proxy',
    title: '重启 {node} 上的 kube-proxy',
    delete: '删除 {node} 上的 Pod {pod}；它的 DaemonSet 会新建一个。',
    wait: '等待 {node} 上新的 kube-proxy 就绪。',
    'blast-node': '只影响 {node}。已有的连接继续，kube-proxy 不在时规则也保留。',
    'blast-new': '期间发生变化的 Service 要等它恢复后才生效，10 到 30 秒。',
    'before-pod': '{node} 上仍是 Pod {pod}。',
    'before-others': 'kube-proxy 用同样的配置在 {nodes} 上正常。',
    'after-rules': '{node} 上的 kube-proxy 通过健康检查，规则正确。',
    'no-undo': '重启无法撤销，也无需撤销。',
    'note-again': '重启会重新写入规则。清除规则的东西（重新加载的防火墙）可能再次清除。',
    'no-node': '集群中没有节点 {node}。',
    silent: '{node} 上没有 kubelet 应答：Pod 会停在 Terminating，新的也不会来。',
    'no-pod': '{node} 上没有 kube-proxy 的 Pod，没有什么可重启。请查它的 DaemonSet 为什么不在那里放置。',
    leaving: '{node} 上的 Pod {pod} 已经在删除中。',
    crashes:
      '{node} 上的 Pod {pod} 一再退出（{state}，重启 {restarts} 次）。kubelet 本来就在重启它：再重启一次没有用。原因在日志里。',
    'manual-log': '查看日志：',
    'none-well': '没有看到别的节点上 kube-proxy 正常，问题可能在大家共用的配置里。重启没有用。',
  },
  'set-node-port-addresses': {
    ...SET,
    ...ZH_OWNER_TEXTS,
    _summary: '让 kube-proxy 漏掉的地址也提供 NodePort',
    title: '让 {address} 也提供 NodePort',
    patch: 'ConfigMap kube-system/kube-proxy：nodePortAddresses 从 {old} 改为 {list}。其他内容不变。',
    back: 'ConfigMap kube-system/kube-proxy：nodePortAddresses 改回 {old}。',
    restart: '在每个节点上重启 kube-proxy，让它读取配置。',
    wait: '等待 kube-proxy 重启完毕。',
    'blast-restart': 'kube-proxy 在 {count} 个节点上重启，同时最多 {max}：{nodes}。已有的连接继续。',
    'blast-stuck': '{nodes} 上没有 kubelet 应答：那里的 kube-proxy 在 kubelet 恢复之前保持旧配置。',
    'blast-new': '期间发生变化的 Service，要等该节点的 kube-proxy 恢复后才生效，10 到 30 秒。',
    'blast-time': '总共约 {seconds} 秒。',
    'note-security':
      '此后集群的每个 NodePort（不只是这一个）都会在每个节点属于 {list} 的地址上提供。能访问这些地址的人就能访问它们。',
    'note-kubeadm': 'kubeadm 升级时会重写此 ConfigMap：请同时修改它的配置。',
    'before-config': 'ConfigMap kube-system/kube-proxy 仍与制定此计划时读到的一样。',
    'after-port': '{address} 提供该 NodePort。',
    'no-address': '不知道要提供的是哪个地址。',
    'config-gone': '没有 ConfigMap kube-system/kube-proxy：这个 kube-proxy 的配置来自别处。',
    'config-unread': '读不到 ConfigMap kube-system/kube-proxy：{reason}。',
    'odd-config':
      'ConfigMap kube-system/kube-proxy 中 config.conf 的形式不是 kubewhy 能编辑的。请手工修改 nodePortAddresses。',
    same: '{address} 已经在 nodePortAddresses（{list}）之内。之后没有重启过的 kube-proxy 不知道它。',
    'lan-unknown': '没有列表时 kube-proxy 提供各节点自己的地址，而列表必须包含它们全部。没有看到 {nodes} 的网段。',
    'nodes-unknown': '集群的节点没有全部读到，因此无法判断列表该包含哪些地址。',
    'on-delete': 'kube-proxy 的 Pod 只有被删除才会重启（updateStrategy OnDelete）。请手工执行。',
    'too-slow':
      'kube-proxy 要在 {count} 个节点上重启，约 {minutes} 分钟：超过 kubewhy 观察一项更改的时间。请手工执行。',
  },
  'start-kube-proxy': {
    ...ZH_NODE_TEXTS,
    _summary: '启动作为 systemd 单元的 kube-proxy',
    title: '启动 {node} 上的 kube-proxy',
    start: '启动 {node} 上的 {unit}。',
    blast: '只影响 {node}：kube-proxy 几秒内写入规则。已有的连接继续。',
    'before-down': '{node} 上的 {unit} 为 {state}。',
    'after-health': '{node} 上的 kube-proxy 通过健康检查，规则正确。',
    'no-undo': '启动无法撤销；再停掉 kube-proxy 只会让故障回来。',
    'note-why': '它为什么退出写在日志里。批准之前请先看：它可能再次退出。',
    'note-disabled': '该单元被禁用：下次开机不会启动。要由人启用：',
    absent: '{node} 的 systemd 没有 {unit}：kube-proxy 在那里不是单元。',
    masked: '{node} 上的 {unit} 被屏蔽，systemd 拒绝启动它。这是有人有意做的。',
    runs: '{node} 上的 {unit} 处于 active。启动它不会改变什么。',
    loops: '{node} 上的 {unit} 一再退出，systemd 本来就在启动它。原因在日志里。',
    'manual-log': '查看日志：',
  },
};
