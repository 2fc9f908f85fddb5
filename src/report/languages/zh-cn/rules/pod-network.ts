/** Sentences of the pod network's rules in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const podNetwork: RuleWords = {
  'pod-network-broken': {
    _summary: '无法访问其他节点上 Pod 的节点',
    found: '{from} 无法访问 {to} 上的 Pod：连接 {address} {result}。',
    cut: '从 {from} 连接 {address}：{result}。',
    own: '从 Pod 所在的 {node} 发起同样的连接：可通。应用有应答。',
    underlay: '{from} 能到达节点 {to} 本身：底层网络完好。',
  },
  'pod-route-missing': {
    _summary: '没有通往其他节点 Pod 的路由的节点',
    found: '{node} 没有通往 {to} 上 Pod 的路由。发往 {address} 的数据包经默认路由从 {device} 出去。',
    blocked: '{node} 上 {address} 的路由类型为 {type}：发往 {to} 上 Pod 的数据包被丢弃。',
    get: '发往 {address} 的数据包离开 {node} 的路径：{way}。',
    table: '{node} 的 {count} 条路由中，除默认路由外没有一条覆盖 {address}。',
    present: '{node} 有通往 {to} 上 Pod 的路由：{route}。',
  },
};
