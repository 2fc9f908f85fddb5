/** Sentences of the Service rules in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const service: RuleWords = {
  'app-listens-on-loopback': {
    _summary: '只监听 localhost 的应用',
    found: '{owner} 只监听 {address}:{port}。来自其 Pod（{pods}）之外的连接会被拒绝。',
    socket: '在 {pod} 中：{process} 监听 {address}:{port}，没有监听其他地址。',
    refused: '从 Pod 所在的节点 {node} 连接 {target}：被拒绝。',
    bind: '让应用监听 0.0.0.0（或 ::），或监听 Pod 的地址。',
  },
  'app-not-listening': {
    _summary: '没有任何进程在监听的 Pod',
    found: '{owner} 的 {pods} 中没有进程监听端口 {port}。Pod 在运行，并拒绝连接。',
    unseen: '{owner} 的 {pods} 拒绝端口 {port} 上的连接，从它所在的节点连接也一样。无法读取套接字。',
    sockets: '{pod} 中监听的套接字：{ports}。',
    refused: '从 Pod 所在的节点 {node} 连接 {target}：被拒绝。',
    answers: '{service} 背后的应用在监听并有应答：直接尝试了 {count} 个端点，全部可通。',
    open: '从 {node} 连接 {target}：可通。',
    'open-own': '从 Pod 所在的节点 {node} 连接 {target}：可通。',
  },
  'endpoint-on-dead-node': {
    _summary: '位于已失联节点上的端点',
    found: '{service} 仍列出 {nodes} 上的 {addresses}。该节点没有音讯，也没有谁能到达那里的 Pod。',
    listed: '{service} 的 {source}：{addresses} 标记为就绪。',
    silent: '{node} 最后一次音讯在 {age} 秒之前。',
    tried: '从 {from} 连接 {address}：{result}。',
    wait: 'Kubernetes 把节点标记为不可达时会移除该端点。若端点仍在，请先检查节点，然后删除 Pod。',
  },
  'external-traffic-policy-local': {
    _summary: 'externalTrafficPolicy 为 Local 而入口节点上没有端点',
    found:
      '{service} 的 externalTrafficPolicy 为 Local：只有运行其就绪 Pod 的节点才会应答。{failing} 上没有这样的 Pod。',
    spec: 'Service {service}：externalTrafficPolicy 为 {policy}。',
    endpoints: '其就绪的端点在 {nodes} 上。',
    cluster: '{service} 的 externalTrafficPolicy 为 Cluster：无论有没有 Pod，每个节点都可以应答。',
    'has-pod': '{service} 的 externalTrafficPolicy 为 Local，而 {failing} 上有其就绪的 Pod：应当有应答。',
    'use-node':
      '这是设计使然。请使用运行着 Pod 的节点，或在每个节点上运行一个 Pod，或把策略设为 Cluster（此后 Pod 将看不到客户端地址）。',
  },
  'node-port-on-localhost': {
    _summary: '在 localhost 上尝试的 NodePort，而那里并不提供服务',
    found:
      '是在 {at} 上尝试 NodePort {port} 的。在 {mode} 模式下 kube-proxy 不在那里提供 NodePort。这不是故障：请使用节点的地址。',
    off: '是在 {at} 上尝试 NodePort {port} 的，而 kube-proxy 设置为不在那里提供 NodePort。这不是故障：请使用节点的地址。',
    mode: 'kube-proxy 运行在 {mode} 模式。',
    settings: 'kube-proxy：localhostNodePorts 为 {localhost}，nodePortAddresses 为 {addresses}。',
  },
  'node-port-unknown': {
    _summary: '没有任何 Service 使用的 NodePort',
    found: '本集群没有 Service 使用 NodePort {port}。最接近的是：{nearest}。',
    none: '本集群没有 Service 使用 NodePort {port}。没有任何 Service 有 NodePort。',
    list: '读取了 {total} 个 Service。有 {count} 个 NodePort 在使用。',
  },
  'service-no-ready-endpoints': {
    _summary: '没有就绪端点的 Service',
    found: '{service} 的端口 {port} 没有就绪的端点。那里没有谁能应答。',
    terminating: '{service} 的端口 {port} 没有就绪的端点，只有 {count} 个正在关闭、可能仍会应答的端点。',
    other: '{service}（NodePort {ports}）没有就绪的端点。',
    list: '{service} 的 {source}：{total} 个地址，其中 {ready} 个就绪。',
    ports: '{service} 的 {source}：{total} 个地址，没有一个带有端口 {port}。',
    'other-list': '{service} 背后没有就绪的地址。',
    ready: '{service} 有 {count} 个就绪的端点：{addresses}。',
  },
  'service-port-unknown': {
    _summary: 'Service 没有的端口',
    found: '{service} 没有端口 {port}。它的端口是：{ports}。',
    none: '{service} 根本没有端口。',
    spec: 'Service {service}：spec.ports 为 {ports}。',
  },
  'service-protocol-mismatch': {
    _summary: '存在但协议不同的端口',
    found: '{service} 的端口 {port} 是 {actual}。通过 {asked} 那里没有谁应答。',
    unsaid: '{service} 的端口 {port} 是 {actual}。使用 {asked} 的客户端在那里得不到应答。',
    spec: 'Service {service}：端口 {port} 的协议是 {actual}。',
    ask: '请使用 {actual}，或为 Service 增加一个 {asked} 端口。如果出问题的就是 {actual}，请询问 {port}/{actual}。',
  },
  'service-selector-mismatch': {
    _summary: '选择器不匹配任何 Pod 的 Service',
    found:
      '{service} 的选择器（{selector}）不匹配任何 Pod。最接近的是 Pod {closest}：它有 {actual}，而 Service 要的是 {wanted}。',
    alone:
      '{service} 的选择器（{selector}）不匹配命名空间 {namespace} 中的任何 Pod。要么选择器有误，要么其工作负载没有 Pod。',
    pods: '比较了命名空间 {namespace} 中的 {count} 个 Pod。没有一个带有 {selector}。',
    labels: 'Pod {pod} 的标签是 {labels}。',
    matches: '{service} 的选择器（{selector}）是正确的：它匹配 {count} 个 Pod。',
    matched: '命名空间 {namespace} 中有 {count} 个 Pod 带有 {selector}。',
  },
  'service-selectorless': {
    _summary: '没有选择器也没有端点的 Service',
    found: '{service} 没有选择器，因此 Kubernetes 不会为它创建端点。也没有其他谁创建过。',
    make: '给 Service 设置选择器，或创建带有标签 kubernetes.io/service-name: {name} 的 EndpointSlice。',
    spec: 'Service {service}：spec.selector 为空。',
    none: '属于 {service} 且有地址的 {source} 对象有 {count} 个。',
  },
  'service-target-port-name-missing': {
    _summary: '没有任何 Pod 具有的 targetPort 名称',
    found:
      '{service} 把端口 {port} 转到名为“{name}”的容器端口。它的 {count} 个 Pod 中没有一个有该名称的端口。它们有：{ports}。',
    spec: 'Service {service}：端口 {port} 的 targetPort 是“{name}”。',
    pods: '这些 Pod 的命名端口：{ports}。',
    nearest: '把 targetPort 设为“{nearest}”，或给容器端口取这个名称。',
  },
  'service-target-port-wrong': {
    _summary: '没有谁监听的 targetPort',
    found: '{service} 把端口 {port} 转到其 Pod 的 {target}。那里的应用监听 {listening}，而不是 {target}。',
    spec: 'Service {service}：端口 {port} 的 targetPort 是 {target}。',
    socket: '在 {pod} 中：监听 {listening}。',
    refused: '从 Pod 所在的节点 {node} 连接 {address}：被拒绝。',
    set: '把 targetPort 设为 {candidate}。Pod 自己声明或探测的就是该端口。',
    only: '把 targetPort 设为 {candidate}，应用只监听这一个端口。',
    choose: '把 targetPort 设为应用的端口，即 {listening} 之一。',
    right: '{service} 的 targetPort {target} 是正确的：应用在那里有应答。',
    open: '从 {node} 连接 {address}：可通。',
  },
  'node-port-unreachable': {
    _summary: '不能从每个节点访问的 NodePort',
    found: '{port} 在 {failing} 上没有应答。在 {working} 上有应答。',
    everywhere: '{port} 在所有试过的节点上都没有应答：{failing}。',
    perhaps:
      '{port} 在 {failing} 上没有应答。在 {working} 上有应答。没有节点拥有地址 {at}，因此这里没有谁知道它通向其中哪一个。',
    partly:
      '{port} 在所有试过的节点上都有应答，但它的 {total} 个端点中有 {count} 个谁也到达不了：{dead}。大约这一部分连接会失败。',
    outside: '{port} 在所有试过的节点上都有应答。从 {from} 访问则这里没有谁能够尝试。',
    elsewhere: '{port} 在所有试过的节点上都有应答。没有节点拥有地址 {at}。',
    reported: '据报告 {port} 无法访问。没有 agent 能够尝试。',
    udp: '据报告 {port} 无法访问。连接对 {protocol} 证明不了什么，因此这里没有谁能够尝试。',
    open: '从 {from} 连接 {address}:{port}：可通，{ms} 毫秒。',
    closed: '从 {from} 连接 {address}:{port}：{result}。',
    dead: '从 {from} 连接端点 {target}：{result}。',
    held: '{node} 通过 kube-proxy 保持打开的套接字接受 {port} 上的连接，但背后没有规则：没有谁应答。',
  },
  'service-unreachable': {
    _summary: '其 ClusterIP 不能从每个节点访问的 Service',
    found: '{service}（{address}）从 {failing} 访问没有应答。从 {working} 访问有应答。',
    everywhere: '{service}（{address}）从所有试过的节点访问都没有应答：{failing}。',
    partly: '{service} 有应答，但它的 {total} 个端点中有 {count} 个谁也到达不了：{dead}。大约这一部分连接会失败。',
    reported: '据报告 {service} 无法访问。没有 agent 能够尝试。',
    udp: '据报告 {service} 无法访问。连接对 {protocol} 证明不了什么，因此这里没有谁能够尝试。',
    external: '{service} 只是 {target} 的一个 DNS 名称。它在本集群中没有地址，因此这里没有谁能够尝试。',
    tried: '从 {from} 连接 {address}：{result}。',
  },
};
