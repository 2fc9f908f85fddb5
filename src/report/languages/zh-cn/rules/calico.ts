/** Sentences of the Calico rules in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const calico: RuleWords = {
  'calico-bgp-not-established': {
    _summary: '节点之间未建立的 BGP 会话',
    found: '{node} 与 {peers} 的 BGP 会话未建立。',
    passive: '{node} 在等待 {peer} 发起连接（Passive）。这不是错误：由对端发起连接，失败原因也显示在对端。',
    session: '{node} 上的 BIRD：与 {peer} 的会话自 {since} 起为 {state} {info}。{error}',
    readiness: '{node} 上的 calico-node 报告 {count} 次：{message}',
  },
  'calico-node-ip-mismatch': {
    _summary: 'Calico 地址与节点地址不一致的节点',
    found:
      '{node} 上的 Calico 选用了 {wrong}，而不是节点地址 {right}。其他节点无法通过该地址到达它，因此与它们的 BGP 会话从未建立。',
    'found-some':
      '{node} 上的 Calico 选用了 {wrong}，而不是节点地址 {right}。{peers} 无法通过该地址到达它；只有 {fine} 能经该地址所在的网络到达。',
    'found-session':
      '{node} 上的 Calico 选用了 {wrong}，而不是节点地址 {right}，与其他节点不同，并且与 {peers} 的 BGP 会话未建立。',
    'found-tunnel':
      '{node} 上的 Calico 选用了 {wrong}，而不是节点地址 {right}。{peers} 无法通过该地址到达它，因此发往它的隧道数据包会丢失。',
    'found-filtered':
      '{node} 上的 Calico 选用了 {wrong}，而不是节点地址 {right}。BGP 已建立，但 {peers} 上的 Pod 没有应答：那里的 Calico 会丢弃来自未知地址的隧道数据包。',
    'found-unproven':
      '{node} 上的 Calico 选用了 {wrong}，而不是节点地址 {right}，与其他节点不同。其他节点能否通过该地址到达它，没有看到。',
    'found-silent':
      '{node} 上的 Calico 选用了 {wrong}，而不是节点地址 {right}。该节点目前没有响应；等它恢复后，这会成为问题。',
    'found-fine':
      '{node} 上的 Calico 使用 {wrong}，而不是节点地址 {right}。{fine} 仍能通过它到达该节点：目前不构成故障。',
    leftover: '{node} 没有网卡持有 {wrong}：该地址是以前启动时留下的。',
    annotation: '节点 {node}：projectcalico.org/IPv4Address 是 {wrong}，而 InternalIP 是 {right}。',
    others: '{nodes} 上这两个地址一致。',
    nic: '在 {node} 上，{wrong} 位于 {nic}，节点地址位于 {rightNic}。{nic} 的接口序号更大（{index} 对 {rightIndex}），而 first-found 从序号最大的接口开始找。',
    'nic-only': '在 {node} 上，{wrong} 位于 {nic}，节点地址位于 {rightNic}。',
    log: '{node} 上的 calico-node 日志：{line}',
    unreachable: '从 {peer} 发往 {wrong} 的数据包经网关 {gateway}（dev {device}）出去：{peer} 没有包含该地址的网络。',
    'no-way': '{peer} 没有通往 {wrong} 的路：{error}。',
    'no-answer': '从 {peer} 连接 {wrong}:{port}：{result}。',
    session: '{peer} 上的 BIRD：与 {wrong} 的会话为 {info}。{error}',
    passive:
      '{node} 上的 BIRD：会话都是 Passive。它在等待其他节点连接 {wrong}，而它们连不上。失败原因显示在发起连接的一端。',
    readiness: '{peer} 上的 calico-node 报告 {count} 次：与 {wrong} 的 BGP 未建立。',
    'use-kubernetes-internal-ip':
      '把 IP_AUTODETECTION_METHOD 设为 kubernetes-internal-ip：每个节点都会选用自己的 InternalIP。Calico {version} 支持它。',
    'use-cidr': '把 IP_AUTODETECTION_METHOD 设为 {method}：每个节点上只有节点地址落在其中。Calico {version} 支持它。',
    'use-can-reach':
      '把 IP_AUTODETECTION_METHOD 设为 {method}：它选用通往网关的路径所用的源地址。Calico {version} 支持它，且没有节点自己持有 {target}。',
    'use-interface': '把 IP_AUTODETECTION_METHOD 设为 {method}：每个节点的节点地址都在该网卡上。',
    'use-unknown': '选择一种能让每个节点得到其 InternalIP 的自动探测方式。已知的网卡信息不足以决定用哪一种。',
    'operator-owns': '这里的 calico-node 由 operator 管理。请修改 Installation；直接改 DaemonSet 会被还原。',
    'keep-autodetect': 'IP 必须为 "autodetect"：若不设置 IP，已有地址的节点会保留原地址。',
    'avoid-newer': '不要用 cidr= 或 kubernetes-internal-ip：Calico {version} 不认识它们，会无法启动。',
    'avoid-cidr': '不要用 cidr=：{node} 上的地址 {vip} 也在同一网段，可能会被选中。',
    'avoid-vip': '不要用 can-reach={vip}：{node} 自己持有该地址，Calico 会选中它。',
    'avoid-interface': '不要用 interface={prefix}.*：它也会匹配 {nic}。',
    unseen: '{nodes} 的网卡未能看到。设置之前，请先在那里确认该方式会选中哪个地址。',
    'blast-radius':
      '影响：每个节点上的 calico-node 都会重启。未就绪的会同时被替换，其余的逐个替换。期间流量不中断；新的 Pod 要等待。',
    undo: '撤销：把 IP_AUTODETECTION_METHOD 改回 {old}。',
    verify:
      '之后按以下顺序检查：每个节点的注解等于 InternalIP；会话两端均为 Established；到每个远端地址块都有路由；节点到 Pod 可通；每个节点的 NodePort 可通；calico-node 为 Ready。',
    'no-reapply': '重新应用 Calico 清单：它不改变任何输入。网卡和探测方式不变，选择的结果也不变。',
    'no-upgrade': '升级 Calico：新版本查找地址的顺序相同（first-found，从序号最大的网卡开始）。',
    'no-delete-node': '删除 {nodes}：数据包并不经过那里。',
    'no-restart': '重启 calico-node 或节点：它会再次选中同一个地址。',
  },
  'calico-node-not-ready': {
    _summary: '未就绪的 calico-node Pod',
    found: '{nodes} 上的 calico-node 未就绪（正常节点上的 {total} 个 Pod 中有 {count} 个）。',
    pod: '{node} 上的 Pod {pod}：Ready 为 {status}。',
    event: 'Pod {pod} 报告 {count} 次：{message}',
  },
  'calico-autodetection-failed': {
    _summary: '让 calico-node 找不到地址的自动探测方式',
    invalid: '{nodes} 上的 calico-node 反复退出：此版本不认识自动探测方式 {method}。',
    none: '{nodes} 上的 calico-node 反复退出：其自动探测方式在那里找不到地址。',
    log: '{node} 上 {pod} 的日志：{line}',
    crash: '{node} 上的 Pod {pod}：{reason}，已重启 {restarts} 次。',
    method: '请设置此版本认识、并且在每个节点上都能找到 InternalIP 的方式。',
  },
  'calico-autodetection-ignored': {
    _summary: '被 Calico 忽略的自动探测方式',
    found: 'IP_AUTODETECTION_METHOD 是 {method}，而 IP 是 {ip}。因此 Calico 保留 {nodes} 已有的地址，根本不看该方式。',
    env: 'DaemonSet {daemonset}：IP 是 {ip}，IP_AUTODETECTION_METHOD 是 {method}。',
    annotation: '节点 {node} 保留了 {address}；其 InternalIP 是 {internal}。',
    set: '同时把 IP 设为 autodetect。calico-node 下次启动时就会重新探测。',
  },
  'calico-bgp-no-peers': {
    _summary: '已关闭且没有邻居代替的 BGP 全互联',
    found:
      'Calico 的节点间全互联（mesh）已关闭，并且没有任何 BGPPeer。因此没有节点能学到其他节点的路由。calico-node 仍然为 Ready。',
    some: 'Calico 的节点间全互联（mesh）已关闭，并且没有 BGPPeer 适用于 {nodes}：那里没有任何会话。calico-node 仍然为 Ready。',
    bare: '{nodes} 上的 BIRD 在运行，但没有任何会话。Calico 的全互联可能已关闭，且没有 BGPPeer 代替：这一点未能读取。',
    config: 'BGPConfiguration default：nodeToNodeMeshEnabled 为 false。',
    peers: '集群中的 BGPPeer 数量：{count}。',
    bird: '{node} 上的 BIRD 没有任何会话。',
    enable: '重新打开全互联，或添加能到达每个节点的 BGPPeer。',
  },
  'calico-bgp-port-blocked': {
    _summary: '丢弃节点间 BGP 的防火墙',
    found: '通往 {to} 的 BGP（TCP {port}）被过滤：从 {from} 连接没有应答，而同一地址的其他端口有应答。',
    tried: '从 {from} 连接 {address}:{port}：{result}。',
    other: '从 {from} 连接 {address}:{port}：{result}。主机是在的。',
    session: '{from} 上的 BIRD：与 {address} 的会话为 {info}。{error}',
    denial: '{node} 的防火墙将其丢弃：{rule}',
    allow: '在主机防火墙和安全组中，允许所有节点之间的 TCP {port}。',
  },
  'calico-bird-not-running': {
    _summary: '没有运行的 BIRD',
    found: '{node} 上的 BIRD 没有运行，因此该节点不交换路由。',
    event: '{node} 上的 calico-node 报告 {count} 次：{message}',
    socket: '{node} 上 BIRD 的控制套接字没有应答：{error}',
    look: '在 calico-node 的日志中查看 confd 和 BIRD：无法生成的配置会使 BIRD 无法启动。',
  },
  'calico-datastore-slow': {
    _summary: '在等待 API server 的 calico-kube-controllers',
    found:
      'calico-kube-controllers 有 {count} 次无法读取 API server，最后一次在 {last}。没有它 Pod 仍能转发：请检查 API server 和 etcd。',
    event: '{count} 次：{message}',
  },
  'calico-felix-not-ready': {
    _summary: '未就绪的 Felix',
    found: '{node} 上的 Felix 未就绪：它没有在那里下发路由和策略。',
    event: '{node} 上的 calico-node 报告 {count} 次：{message}',
    log: '原因见 calico-node 的日志：“Overall health status changed”之前的最后几行。',
  },
  'calico-graceful-restart': {
    _summary: '正在平滑重启的 BGP：等待即可',
    found: '{node} 上的 BIRD 正在平滑重启。其间路由保持不变。请等待两分钟后再问。',
    event: '{node} 上的 calico-node 报告 {count} 次：{message}',
  },
  'calico-node-ip-conflict': {
    _summary: '共用一个 Calico 地址的两个节点',
    found: 'Calico 在 {nodes} 上都使用 {address}。一个地址只能属于一个节点：其他节点只能到达其中之一。',
    annotation: '节点 {node}：projectcalico.org/IPv4Address 是 {address}，其 InternalIP 是 {internal}。',
    fix: '选择一种能让每个节点得到自己 InternalIP 的自动探测方式。该地址常常属于网桥，或是在节点间漂移的虚拟 IP。',
  },
  'calico-operator-reverts-edit': {
    _summary: '会被 operator 还原的 calico-node 修改',
    found:
      'calico-node 中 IP_AUTODETECTION_METHOD={actual}，而 Installation 中是 {wanted}。operator 会还原 DaemonSet：请修改 Installation。',
    ignored:
      'calico-node 中 IP_AUTODETECTION_METHOD={actual}，而 Installation 中是 {wanted}。DaemonSet 被标记为 operator 不管理，因此没有谁保证它正确。',
    env: 'DaemonSet calico-node：IP_AUTODETECTION_METHOD 是 {actual}。',
    spec: 'Installation default：nodeAddressAutodetectionV4 的含义是 {wanted}。',
  },
};
