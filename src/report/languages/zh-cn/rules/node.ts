/** Sentences of the rules about nodes in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const node: RuleWords = {
  'node-not-ready': {
    _summary: '未就绪的节点',
    silent:
      '{node} 为 NotReady：其 kubelet 自 {last} 起没有音讯。这是控制平面在 {noticed} 写下的；节点自己什么也没说。',
    never: '{node} 为 NotReady：其 kubelet 从未上报。这是控制平面写下的，不是节点写的。',
    'own-word': '{node} 为 NotReady。其 kubelet 自己这样说：{message}',
    'no-condition': '{node} 已注册，但还没有谁说明它是否就绪。',
    unwatched: '{node} 仍被视为就绪，但其 kubelet 自 {last} 起没有音讯。控制平面中没有谁察觉。',
    condition: '状况 Ready 自 {since} 起为 {status}（{reason}）；最后一次心跳 {beat}。',
    lease: '该节点的 Lease 最后一次续约在 {renewed}。',
  },
  'node-unreachable': {
    _summary: '主机宕机或与其他节点隔绝的节点',
    found: '主机 {node} 已宕机或被隔绝：没有其他节点能到达它，其 kubelet 自 {last} 起没有音讯。',
    tried: '从 {from} 访问 {address}，端口 10250 和端口 22 都没有应答。',
    silent: '{node} 的状况 Ready 为 {status}；其 kubelet 最后一次音讯在 {last}。',
    start: '检查机器本身：电源、控制台、网络链路。Kubernetes 里没有办法让它恢复。',
    delete: '删除 Node 对象：什么也恢复不了，还会丢失该节点的标签和地址。',
    'off-path':
      '{node} 为 NotReady，但不在这条路径上：{service} 没有端点在那里运行，而经由 {others} 的路径没有它也会失败。',
    status: '{node} 的状况 Ready 为 {status}。{service} 的端点运行在 {backends}。',
  },
  'pods-on-unready-node': {
    _summary: '因节点失联而状态过时的 Pod',
    found:
      '{node} 上的 {count} 个 Pod 仍显示节点失联前的状态（其中 {running} 个为 Running）。没有谁知道它们现在如何：{pods}。',
    pods: 'Pod 列表中有 {count} 个在 {node} 上；其状态不晚于 {last}。',
  },
};
