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
};
