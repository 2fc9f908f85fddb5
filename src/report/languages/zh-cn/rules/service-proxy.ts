/** Sentences of the rules about the service proxy, the kernel and firewalls in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const serviceProxy: RuleWords = {
  'blocked-outside-cluster': {
    _summary: '在客户端与节点之间阻断 NodePort 的东西',
    found:
      '试过的每个节点的 {port} 对其他节点都有应答。若 {from} 得不到应答，则是在途中被阻断：安全组、防火墙，或缺少回程路由。',
    check: '检查 {from} 与节点之间的安全组和防火墙，以及 {from} 的网络是否与集群的网络重叠。',
  },
  'host-firewall-drops-node-port': {
    _summary: '丢弃 NodePort 的主机防火墙',
    found: '{node} 的防火墙丢弃了 NodePort {port}：{rule}。',
    suspected:
      '在 {node} 上 NodePort {port} 背后一切正常，而来自外部的连接失败。其主机防火墙（{managers}）已启用，很可能是原因。',
    'wrong-place':
      '在 {node} 上 NodePort {port} 背后一切正常，而来自外部的连接失败。那里有一条防火墙规则提到了该端口，但它在链 {chain} 中，而在此代理模式下发往 NodePort 的数据包不会以该端口经过它。',
    rule: '{node} 上的防火墙规则（{chain}）：{rule}',
    policy: '{node} 上的链 {chain} 的策略为 {policy}。',
    inner: '{node} 自己能到达端点和 ClusterIP。',
    allow: '在 {node} 上允许来自客户端的该端口（或 TCP 30000-32767）。',
  },
  'ip-forward-off': {
    _summary: '内核不转发数据包的节点',
    found: '{node} 上的 net.ipv4.ip_forward 是 0：该节点丢弃所有不是发给自己的数据包，因此没有一个能到达 Pod。',
    sysctl: '{node} 上的 net.ipv4.ip_forward 是 {value}。',
    fix: '把它设为 1，并写入 /etc/sysctl.d 下的文件。查明是什么把它设为 0：重启 Calico 或 kube-proxy 只会掩盖故障，直到它再次运行。',
  },
  'ipvs-virtual-server-missing': {
    _summary: '没有该 NodePort 的 ipvs 表',
    found: '{node} 的 ipvs 表中没有虚拟服务器 {address}:{port}。该节点不会转发它。',
    empty: '{node} 的 ipvs 表中 {address}:{port} 没有目的地，而就绪的端点有 {count} 个。',
    table: '{node} 上的 ipvs：{total} 个虚拟服务器；端口 {port} 的在 {addresses}。',
    restart: '重启 {node} 上的 kube-proxy。Kubernetes 1.34 和 1.35 在之后新增地址时不会自行重新查看。',
  },
  'kube-proxy-down': {
    _summary: '没有运行的 kube-proxy',
    found: '{node} 上的 kube-proxy 没有运行，该节点没有 NodePort {port} 的正确规则。',
    suspected: '{node} 上的 kube-proxy 似乎没有运行。无法读取该节点如何处理 NodePort {port}。',
    idle: '{node} 上的 kube-proxy 没有运行。它留下的规则仍然有效，但会逐渐过时。',
    beside: '{node} 上的 kube-proxy 没有运行。它留下的东西会逐渐过时。',
    refused: '{node} 上 kube-proxy 的健康检查（端口 10256）：{result}。',
    pod: '{node} 上的 Pod {pod}：{state}，重启 {restarts} 次。',
    absent: '{node} 上没有 kube-proxy 的 Pod。',
    rules: '{node} 的服务代理中有 {count} 条 NodePort {port} 的条目。',
    look: '读取 {node} 上 kube-proxy 的日志以了解原因：kubectl logs -n kube-system -l k8s-app=kube-proxy --previous。',
    well: '{node} 上的 kube-proxy（{health}）：其 {port} 的规则存在且正确，通往 {destinations}。',
    'well-many': '全部 {count} 个失败节点（{nodes}）上的 kube-proxy：其 {port} 的规则存在且正确，通往 {destinations}。',
    health: '{node} 上的 kube-proxy 对健康检查的应答是 {status}。',
    entry: '在 {node} 上，{address}:{port} 通往 {destinations}。',
    socket:
      '{node} 也在监听 {port}。仅凭这一点什么也证明不了：kube-proxy 在有规则之前就打开套接字，而较新的版本根本不打开。',
  },
  'kube-proxy-not-syncing': {
    _summary: '没有更新规则的 kube-proxy',
    found: '{node} 上的 kube-proxy 在运行，并表示自己不是最新的（状态 {status}）。它没有 NodePort {port} 的正确规则。',
    idle: '{node} 上的 kube-proxy 表示自己不是最新的（状态 {status}）。NodePort {port} 的规则目前仍然正确。',
    stale:
      '{node} 上的 kube-proxy 表示自己不是最新的（状态 {status}）。它仍把 NodePort {port} 的一部分发往已不存在的地方。',
    beside: '{node} 上的 kube-proxy 表示自己不是最新的（状态 {status}）。',
    health: '{node} 上 kube-proxy 的健康检查：状态 {status}，最后更新 {updated}。',
    rules: '{node} 有 {count} 条 NodePort {port} 的条目，通往 {destinations}。',
    log: '读取它的日志：“Failed to execute iptables-restore”、“nftables sync failed”或被拒绝的 watch 会说明原因。',
  },
  'node-port-address-excluded': {
    _summary: '不提供 NodePort 的地址',
    found: '{node} 不在 {address} 上提供 NodePort：kube-proxy 只在 {served} 上提供。',
    config: 'ConfigMap kube-proxy：nodePortAddresses 是 {served}。',
    set: '{node} 上的 nftables：在 {served} 上提供 NodePort。',
    widen:
      '把该地址加入 nodePortAddresses 并重启 kube-proxy；或使用节点的其他地址。nftables 模式默认只使用节点的主地址。',
  },
  'proxy-rules-flushed': {
    _summary: 'kube-proxy 规则被清空的节点',
    found:
      '{node} 上的 kube-proxy 在运行，但它的规则一条也没有。有东西清空了它们：防火墙重新加载、nft flush ruleset 或 iptables -F。',
    empty: '{node} 没有任何 Service 条目。{other} 有 {count} 条。',
    alone: '{node} 没有任何 Service 条目，而 {service} 有 {count} 个就绪的端点。',
    health: '{node} 上的 kube-proxy 对健康检查的应答是 {status}。',
    restart:
      '重启 {node} 上的 kube-proxy 以重新写入规则，并避免防火墙下次重新加载时清空一切。CNI 的 hostPort 规则要等其 Pod 重启才会恢复。',
  },
};
