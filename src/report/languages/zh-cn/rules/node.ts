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
  'cni-not-initialized': {
    _summary: '容器运行时没有可用网络配置的节点',
    found: '{node} 上的容器运行时还没有网络配置：网络插件尚未设置好该节点。',
    empty: '{node} 上的容器运行时没有网络配置：/etc/cni/net.d 中没有它能使用的文件。',
    broken: '{node} 上的容器运行时首先读取 {file}，而该文件有错误：{error}',
    'first-wins': '{node} 上的容器运行时首先读取 {file}，其后的 {others} 从不读取。残留的文件可能遮住了正确的文件。',
    condition: '节点自己的说明：{message}',
    files: '/etc/cni/net.d 中的文件，按读取顺序：{files}。',
    'no-files': '/etc/cni/net.d 中没有配置文件。',
    plugin: '检查该节点上网络插件的 Pod：该文件由它的 init 容器写入。',
    remove: '把不属于那里的文件移出 /etc/cni/net.d。容器运行时会自行察觉。',
  },
  'node-clock-skew': {
    _summary: '时钟不准的节点',
    behind: '{node} 的时钟慢了 {seconds} 秒。',
    ahead: '{node} 的时钟快了 {seconds} 秒。',
    'not-yet': '{node} 上的 kubelet 认为证书尚未生效：其时钟为 {now}，证书自 {from} 起生效。',
    line: 'kubelet 最近一次启动以这一行结束：{line}',
    unit: '{node} 上的 systemd 显示 kubelet：{state}。',
    clock: '此处为 {at} 时，{node} 的时钟显示 {now}。',
    set: '校正时钟，并用时间服务保持。若曾断电，请检查时钟的电池。',
  },
  'node-disk-full': {
    _summary: '磁盘写满的节点',
    found: '{node} 上有文件系统已写满：{mounts}。',
    line: 'kubelet 最近一次启动以这一行结束：{line}',
    unit: '{node} 上的 systemd 显示 kubelet：{state}。',
    'kubelet-says': '{node} 上的 kubelet 无法写入：其磁盘已没有剩余空间。',
    disk: '{node} 上的 {mount}：空间已用 {used} %，inode 已用 {inodes}。',
    free: '腾出空间：旧的 journal、未使用的镜像、占满 /var/log 的文件。然后查明是什么占满了它。',
  },
};
