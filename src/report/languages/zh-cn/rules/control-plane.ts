/** Sentences of the control plane's rules in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const controlPlane: RuleWords = {
  'etcd-slow': {
    _summary: '时而应答过慢的 etcd',
    found: 'etcd 时而应答过慢：{first} 到 {last} 之间至少 {count} 次。{victims} 因此受影响。',
    once: 'etcd 有一次应答过慢，在 {last}。{victims} 因此受影响。',
    single: 'etcd 超时：一次，在 {last}。它已过去；而本次故障在每次探测中都存在，并且 NodePort 的转发不依赖 etcd。',
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
  'api-server-unreachable': {
    _summary: '没有应答或未就绪的 API server',
    pod: 'API server {pod} 运行不正常：{state}。另有 {others} 个已知。',
    'not-ready': 'API server 表示自己未就绪。未通过的检查：{checks}。',
    endpoint: '无法连接位于 {address} 的 API server：试过的节点都没有连通（{from}）。',
    status: '{node} 上的 Pod {pod}：{state}。',
    readyz: 'GET /readyz?verbose：{checks}。',
    tried: '从 {from} 连接 {address}：{result}。',
    log: '在它所在的节点上读取它最后的日志：它停止时 kubectl 可能读不到。',
    checks: '用各自的地址询问每个 API server，不要只通过负载均衡器。',
  },
  'etcd-leader-unstable': {
    _summary: '一再更换领导者的 etcd',
    found: '{first} 到 {last} 之间 etcd 至少更换了 {count} 次领导者。每次更换都会使请求失败。',
    undated: 'etcd 至少更换了 {count} 次领导者。每次更换都会使请求失败。',
    once: 'etcd 在 {last} 更换了领导者。一次可能是重启，多次则是故障。',
    word: '{object} 报告 {count} 次，最后一次在 {last}：{sample}',
    restart: '{pod} 在 {finished} 以退出码 {code} 结束：只有能在 etcd 中续租时它才是领导者。',
    look: '检查 etcd 的磁盘、成员之间的网络，以及它们得到的处理器时间。',
  },
};
