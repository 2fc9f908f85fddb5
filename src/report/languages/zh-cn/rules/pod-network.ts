/** Sentences of the pod network's rules in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const podNetwork: RuleWords = {
  'pod-network-broken': {
    _summary: '无法访问其他节点上 Pod 的节点',
    found: '{from} 无法访问 {to} 上的 Pod：连接 {address} {result}。',
    cut: '从 {from} 连接 {address}：{result}。',
    own: '从 Pod 所在的 {node} 发起同样的连接：可通。应用有应答。',
    other: '从 {node} 发起同样的连接：可通。应用有应答。',
    underlay: '{from} 能到达节点 {to} 本身：底层网络完好。',
  },
  'pod-route-missing': {
    _summary: '没有通往其他节点 Pod 的路由的节点',
    found: '{node} 没有通往 {to} 上 Pod 的路由。发往 {address} 的数据包经默认路由从 {device} 出去。',
    elsewhere: '{node} 没有通往 {to} 上 Pod 的路由。发往 {address} 的数据包走 {route}，而它通向别处。',
    blocked: '{node} 上 {address} 的路由类型为 {type}：发往 {to} 上 Pod 的数据包被丢弃。',
    back: '{node} 没有返回 {to} 的路由：其 Pod 发往隧道地址 {address} 的应答会丢失。',
    get: '发往 {address} 的数据包离开 {node} 的路径：{way}。',
    table: '{node} 的 {count} 条路由中，没有一条通往 {address} 附近的 Pod。',
    present: '{node} 有通往 {to} 上 Pod 的路由：{route}。',
  },
  'encapsulation-blocked': {
    _summary: '节点之间丢包的隧道',
    found:
      '发往 {to} 上 Pod 的数据包从 {from} 经隧道 {device} 出去后丢失：{carrier} 在节点之间不通，而节点本身互相可达。',
    suspected:
      '发往 {to} 上 Pod 的数据包从 {from} 经隧道 {device} 出去后没有应答，而节点本身互相可达。{carrier} 在节点之间可能被阻断。',
    route: '{from} 有经隧道通往 {address} 的路由：{route}。',
    lost: '从 {from} 连接 {address}：没有应答。',
    tunnel: '从 {from} 连接 {to} 上隧道自身的地址 {address}：没有应答。针对 Pod 的策略在那里不起作用。',
    node: '从 {from} 连接 {to} 的节点地址 {address}：{result}。',
    denial: '{node} 的防火墙将其丢弃：{rule}',
    allow: '在主机防火墙、安全组和虚拟化平台中，允许所有节点之间的 {carrier}。',
    offload: '对 VXLAN 还要检查校验和：如果 {to} 上的 tcpdump 显示数据包到达但校验和错误，则应关闭校验和卸载。',
    works: '从 {from} 到 {to} 的隧道能传送数据包：它在那里的地址有应答。',
  },
  'pod-cidr-overlap': {
    _summary: 'Pod 地址段与其他用途重叠',
    services: '{name}（{cidr}）与 Service 的地址段（{other}）重叠。Pod 可能得到某个 Service 的地址，从而无法访问。',
    'cluster-ips': '{name}（{cidr}）包含 Service 的地址，例如 {other}。Pod 可能得到某个 Service 的地址，从而无法访问。',
    lan: '{name}（{cidr}）与节点所在网络（{other}）重叠。Pod 可能得到某台机器的地址。',
    pools: '{name}（{cidr}）与 {other} 重叠。同一个地址可能被分配两次。',
    nodes: '两个节点的 Pod 地址段重叠：{name}（{cidr}）与 {other}。',
    'service-lan': 'Service 的地址段（{cidr}）与节点所在网络（{other}）重叠。Service 可能得到某台机器的地址。',
    range: '{name}：{cidr}。',
    other: '同时被使用：{other}。',
    move: '在独立的地址段中新建地址池，禁用当前地址池，然后重建 Pod：它们会使用新的地址段。地址池无法调整大小。',
    rebuild: '运行中集群的地址段无法就地修改。请做好规划：这是潜在问题，不是紧急故障。',
  },
};
