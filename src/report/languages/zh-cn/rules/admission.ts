/** Sentences of the rules about admission in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

const WORD = 'API server 对 {controller} 的答复：{message}';

export const admission: RuleWords = {
  'create-rejected': {
    _summary: 'API server 拒绝为其创建 Pod 的工作负载',
    found: '{workload} 期望 {wanted} 个 Pod，只有 {have} 个：API server 拒绝创建其余的。',
    none: '{workload} 没有任何 Pod：API server 拒绝创建。',
    event: '{controller} 被拒绝 {count} 次，最后一次在 {last}：{message}',
    condition: '{controller} 的状况 ReplicaFailure 为 True：{message}',
  },
  'quota-exceeded': {
    _summary: '配额已容不下新 Pod 的命名空间',
    found: '命名空间 {namespace} 的配额 {quota} 已用完，因此 {workloads} 的 Pod 被拒绝。{sums}。',
    unset: '命名空间 {namespace} 的配额 {quota} 要求写明 {what}，而 {workloads} 的 Pod 没有写，因此被拒绝。',
    uncounted: '命名空间 {namespace} 的配额 {quota} 还没有统计，在此之前 {workloads} 的 Pod 被拒绝。',
    word: WORD,
    now: '命名空间 {namespace} 的配额 {quota} 目前：{rows}。',
    gone: '命名空间 {namespace} 已没有配额 {quota}。',
    room: '提高配额，或释放它所计的用量：减少副本、缩小请求、删除已结束的 Pod。已用加上请求必须放得下。',
    state: '在 Pod 模板中写明，或为命名空间设置带默认值的 LimitRange。',
    count: '配额由 kube-controller-manager 统计。请查看它是否在运行。',
    restart: '重启工作负载：滚动更新期间占用的配额只会更多。',
  },
  'service-account-missing': {
    _summary: 'Pod 使用了不存在的 ServiceAccount',
    found: 'ServiceAccount {account} 不存在，因此 {workloads} 的 Pod 被拒绝。',
    word: WORD,
    absent: 'ServiceAccount {account}：未找到。',
    present: 'ServiceAccount {account} 现在存在。',
    make: '创建该账号并赋予原有的角色，或在 Pod 模板中使用已有的账号。',
    default: '每个命名空间的账号 “default” 由 kube-controller-manager 创建。请查看它是否在运行。',
  },
  'admission-webhook-failing': {
    _summary: '无法被询问的准入 webhook',
    'no-endpoints':
      'webhook {hook} 背后没有人：其 Service {service} 没有就绪的 Pod，因此 API server 拒绝 {workloads} 的 Pod。',
    'no-service': 'webhook {hook} 指向不存在的 Service {service}，因此 API server 拒绝 {workloads} 的 Pod。',
    certificate: 'API server 不信任 webhook {hook}（{service}）的证书，因此拒绝 {workloads} 的 Pod。',
    refused: 'webhook {hook}（{service}）拒绝连接，因此 API server 拒绝 {workloads} 的 Pod。',
    timeout: 'webhook {hook}（{service}）没有按时应答，因此 API server 拒绝 {workloads} 的 Pod。',
    other: '无法询问 webhook {hook}（{service}），因此 API server 拒绝 {workloads} 的 Pod。',
    word: WORD,
    endpoints: '{service} 背后：{total} 个地址中有 {ready} 个就绪。',
    pods: '先修复该 webhook 的 Service 背后的 Pod；由它判断的一切都在等待它们。',
    renew: '更新它的证书，同时更新其配置中的 caBundle。',
    path: '检查从 API server 到该 webhook 的路径：它的 Pod、网络策略，以及 API server 到 Pod 是否有路由。',
    lift: '如果不再需要它，请删除其配置。failurePolicy Ignore 期间一切都会绕过它：请有意识地决定。',
    restart: '重启工作负载：新的 Pod 同样会被拒绝。',
  },
  'admission-policy-denies': {
    _summary: '不被集群策略放行的 Pod',
    found: 'webhook {policy} 拒绝 {workloads} 的 Pod：{reason}。它工作正常；这是它的决定。',
    policy: '准入策略 {policy} 拒绝 {workloads} 的 Pod：{reason}。它工作正常；这是它的决定。',
    word: WORD,
    change: '修改 Pod 模板使其符合策略，或请策略的负责人给予例外。',
  },
  'pod-security-denies': {
    _summary: 'Pod 要求的权限超过其命名空间所允许的',
    found: '命名空间 {namespace} 只允许级别为 {level} 的 Pod，而 {workloads} 的 Pod 不符合：{reason}。',
    psp: '{workloads} 可用的 PodSecurityPolicy 都不允许它的 Pod：{reason}。',
    scc: '{workloads} 可用的 SecurityContextConstraints 都不允许它的 Pod：{reason}。',
    word: WORD,
    change: '在 Pod 模板中设置该级别所要求的内容。只有 Pod 确实需要这些权限时才降低命名空间的级别。',
    grant: '修改 Pod 模板，或让它的 ServiceAccount 使用允许所需权限的策略。',
  },
  'limit-range-refuses': {
    _summary: 'Pod 的请求超出或低于其命名空间的 LimitRange 所允许的',
    found: '命名空间 {namespace} 的 LimitRange 拒绝 {workloads} 的 Pod：{reason}。',
    word: WORD,
    ranges: '命名空间 {namespace} 的 LimitRange：{names}。',
    none: '命名空间 {namespace} 已没有 LimitRange。',
    change: '修改 Pod 模板中的请求与限制；如果 LimitRange 对这个命名空间过窄，则修改它。',
  },
  'priority-class-missing': {
    _summary: 'Pod 使用了不存在的 PriorityClass',
    found: 'PriorityClass {name} 不存在，因此 {workloads} 的 Pod 被拒绝。',
    word: WORD,
    make: '创建该 PriorityClass，或在 Pod 模板中使用已有的。',
  },
  'namespace-terminating': {
    _summary: '正在删除的命名空间不接收任何新对象',
    found: '命名空间 {namespace} 正在删除：它不接收新的 Pod。',
    word: WORD,
    look: '如果它卡住了，其状况会指出还剩下什么。删除无法撤回：请在删除完成后重新创建命名空间。',
  },
};
