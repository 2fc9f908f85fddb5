/** Sentences of the rules about nodes that run short, Pods that are evicted and runtimes that hang, in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

const pressure = (what: string, mend: string): Readonly<Record<string, string>> => ({
  _summary: `自称${what}不足的节点`,
  found: `{node} 的${what}不足，因此它结束 Pod 且不接收新的 Pod。`,
  was: `{node} 曾${what}不足并为此结束了 Pod。它表示现已过去。`,
  condition: '{node} 的状况 {type} 自 {since} 起为 {status}：{message}',
  evicted: 'Pod {pod} 在 {at} 被驱逐：{message}',
  disk: '{node} 上的 {mount}：空间已用 {used} %，inode 已用 {inodes}。',
  memory: '{node} 的内存剩余 {available} MiB，共 {total} MiB。',
  mend,
  taint: '手动去掉污点：kubelet 会继续驱逐，Kubernetes 也会把污点加回来。',
});

export const nodePressure: RuleWords = {
  'node-disk-pressure': pressure(
    '磁盘空间',
    '腾出空间：未使用的镜像、旧日志、Pod 写入 emptyDir 的内容。然后查明是什么占满了它。',
  ),
  'node-memory-pressure': pressure(
    '内存',
    '查明谁在使用：没有内存限制的 Pod，或 Kubernetes 之外的进程。让 Pod 的请求符合实际。',
  ),
  'node-pid-pressure': pressure(
    '进程号',
    '查明什么在不断产生进程或线程，并加以限制（kubelet 配置中的 podPidsLimit）。',
  ),
  'container-runtime-hung': {
    _summary: '容器运行时在运行却不应答的节点',
    found: '{node} 上的容器运行时（{runtime}）卡住了：它在运行，但 kubelet 得不到及时的应答。',
    slow: '{node} 上的容器运行时（{runtime}）对 kubelet 的一些调用应答过晚或从不应答。',
    condition: '节点自己的说明：{message}',
    runtime: '{node} 上的 systemd 显示 {runtime}：{state}。',
    calls: '{node} 上的 kubelet 在十分钟内放弃了 {count} 次对容器运行时的调用。最后一次：{line}',
    stall: '{node} 上最近一分钟有 {percent} % 的时间所有工作都在等待磁盘。',
    look: '查明是什么拖住了它：磁盘、处理器、无法结束的容器。重启 containerd 不影响运行中的容器；未启用 live-restore 的 docker 则会影响。',
    disk: '先检查磁盘：容器运行时和节点上的其他一切一样在等待它。',
  },
  'pod-evicted': {
    _summary: '被 kubelet 驱逐的 Pod',
    found: '{owner} 有 {count} 个 Pod 被从 {nodes} 驱逐：{pods}。',
    status: '{node} 上的 Pod {pod}，在 {at} 被驱逐：{message}',
  },
  'ephemeral-storage-limit-exceeded': {
    _summary: '写入磁盘的内容超过限制的 Pod',
    found: '{owner} 的 Pod 写入磁盘的内容超过允许，因此 kubelet 结束了它们：{message}',
    status: '{node} 上的 Pod {pod}：{message}',
    write: '查明它写了什么（文件中的日志、缓存、/tmp、emptyDir），少写或写到卷上，或提高 ephemeral-storage 的限制。',
  },
};
