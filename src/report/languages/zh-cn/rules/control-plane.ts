/** Sentences of the control plane's rules in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const controlPlane: RuleWords = {
  'etcd-slow': {
    _summary: '时而应答过慢的 etcd',
    found: 'etcd 时而应答过慢：{first} 到 {last} 之间至少 {count} 次。{victims} 因此受影响。',
    undated: 'etcd 时而应答过慢：至少 {count} 次。{victims} 因此受影响。',
    word: '{object} 报告 {count} 次，最后一次在 {last}：{sample}',
    disk: '先检查 etcd 的磁盘：一次写入应少于 10 毫秒。不要让 etcd 与其他程序共用磁盘。',
    intermittent:
      'etcd 超时：{first} 到 {last} 之间 {count} 次。它们时有时无；而本次故障在每次探测中都存在，并且 NodePort 的转发不依赖 etcd。',
  },
  'etcd-two-members': {
    _summary: '只有两个成员的 etcd，比一个成员更不安全',
    found: 'etcd 有两个成员（{members}）。失去任何一个它都会停止：比只有一个成员更糟。',
    pods: '标签为 component=etcd 的 Pod 有两个：{members}。',
    third: '在第三个控制平面节点上增加第三个成员。三个成员可以承受失去一个。',
  },
};
