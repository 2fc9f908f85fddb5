/** Sentences of the workload rules in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const workload: RuleWords = {
  'pod-pending': {
    _summary: '等待节点、或在已分配的节点上没有启动的 Pod',
    unscheduled: '{owner} 有 {count} 个 Pod 在等待节点：{pods}。',
    starting: '{owner} 有 {count} 个 Pod 已分配节点但没有启动：{pods}。',
    word: '调度器对 {pod} 的说明：{message}',
    phase: '{pod} 自 {since} 起处于 Pending 阶段；{reason}。',
  },
  'insufficient-cpu': {
    _summary: '没有节点有足够 CPU 可用的 Pod',
    found: '{owner} 请求 {request} 的 CPU，{total} 个节点中有 {count} 个已没有这么多剩余。',
    full: '{total} 个节点中有 {count} 个剩余的 CPU 不够 {owner} 使用。',
    'too-big': '{owner} 请求 {request} 的 CPU。没有节点有这么多：最大的只有 {largest}。',
    word: '调度器对 {pod} 的说明：{message}',
    size: '一个 Pod 在单个节点上最多能得到的 CPU：{largest}。',
    room: '腾出余量：减少或缩小其他 Pod 的请求，或增加节点。',
    smaller: '减少请求的 CPU，或增加足够大的节点。',
    usage: '看起来空闲的节点：调度器计算的是 Pod 的请求量，而不是使用量。',
  },
  'insufficient-memory': {
    _summary: '没有节点有足够内存可用的 Pod',
    found: '{owner} 请求 {request} 的内存，{total} 个节点中有 {count} 个已没有这么多剩余。',
    full: '{total} 个节点中有 {count} 个剩余的内存不够 {owner} 使用。',
    'too-big': '{owner} 请求 {request} 的内存。没有节点有这么多：最大的只有 {largest}。',
    word: '调度器对 {pod} 的说明：{message}',
    size: '一个 Pod 在单个节点上最多能得到的内存：{largest}。',
    room: '腾出余量：减少或缩小其他 Pod 的请求，或增加节点。',
    smaller: '减少请求的内存，或增加足够大的节点。',
    usage: '看起来空闲的节点：调度器计算的是 Pod 的请求量，而不是使用量。',
  },
  'pod-not-ready': {
    _summary: '在运行但未就绪的 Pod',
    found: '{owner} 有 {count} 个 Pod 未就绪：{pods}。',
    silent: '{owner} 有 {count} 个 Pod 因 {nodes} 没有音讯而被视为未就绪：{pods}。没有谁知道它们现在如何。',
    status: '{node} 上的 Pod {pod}：Ready 为 {status}（{reason}）；{containers}。',
    event: 'Pod {pod} 报告 {count} 次：{message}',
  },
  'taint-not-tolerated': {
    _summary: '不容忍节点污点的 Pod',
    found: '{total} 个节点中有 {count} 个带有污点 {taint}，而 {owner} 不容忍它。',
    trouble: '{total} 个节点中有 {count} 个出了问题（{taint}），不接受新的 Pod，因此 {owner} 在等待。',
    word: '调度器对 {pod} 的说明：{message}',
    nodes: '带有污点 {taint} 的节点：{nodes}。',
    tolerate: '若 Pod 应运行在这些节点上，请给它们加上容忍；若污点是残留的，请去掉它。',
    mend: '修复节点；Kubernetes 会自行去掉污点。',
    remove: '手动去掉污点：只要节点仍有问题，Kubernetes 就会再加回来。',
  },
  'workload-unavailable': {
    _summary: '可用 Pod 少于期望的工作负载',
    found: '{workload} 期望 {desired} 个 Pod，可用的有 {available} 个。',
    none: '{workload} 期望 {desired} 个 Pod，可用的一个也没有。',
    failed: '{workload} 已失败：{message}',
    counts: '{workload} 的状态：期望 {desired}，就绪 {ready}，可用 {available}，最新模板的 {updated}。',
    condition: '{workload} 的状况 {type} 为 {status}：{message}',
  },
};
