/** The sentences of the remediations in remediations/application.ts, in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';
import { nodes } from './application-nodes.ts';
import { COMMON } from './application-shared.ts';
import { workloads } from './application-workloads.ts';

const services: RuleWords = {
  'fix-service-selector': {
    ...COMMON,
    _summary: '让 Service 选中它所指的 Pod',
    title: '让 Service {service} 选中 {workload} 的 Pod',
    step: 'Service {service}：选择器从 {from} 改为 {to}。',
    back: 'Service {service}：选择器改回 {from}。',
    blast:
      '只影响 Service {service}。它现在没有选中任何 Pod；之后会选中 {workload} 的 {count} 个 Pod，客户端几秒内即可访问。',
    simulated: '{to} 匹配命名空间 {namespace} 中 {total} 个 Pod 里的 {count} 个：{pods}。全部属于 {workload}。',
    after: '再次询问每个节点，Service 是否应答。',
    'no-pod': 'Service 差一点匹配的 Pod {pod} 已不存在。',
    bare: 'Pod {pod} 之上没有工作负载：无法判断还指哪些 Pod。',
    empty: '选择器会一项不剩：它将匹配所有 Pod。',
    generated: '选择器依赖 {key}，而控制器为每个模板重新生成它。',
    others: '{to} 还会匹配 {others} 的 Pod。该 Service 只应发往 {workload}。',
    'matches-now': 'Service {service} 的选择器现在匹配 {count} 个 Pod。',
    'no-selector': 'Service {service} 没有选择器。',
  },
  'fix-service-target-port': {
    ...COMMON,
    _summary: '把 Service 的端口指向其 Pod 应答的端口',
    title: '把 Service {service} 的端口 {port} 从 {from} 改为发往 {to}',
    step: 'Service {service} 的端口 {port}：targetPort 从 {from} 改为 {to}。其他不变。',
    back: 'Service {service} 的端口 {port}：targetPort 改回 {from}。',
    blast: '只影响 Service {service} 的这个端口。它现在没有为任何人服务；几秒内客户端即可访问 Pod。',
    seen: '{pod} 监听 {to}，并且不只是对自己。',
    answered: '{pod} 在 {to} 上应答了来自 {node} 的连接。',
    probed: '{pod} 已就绪，kubelet 在 {to} 上探测它。',
    after: '再次询问每个节点，Service 是否应答。',
    'no-port': '请说明是哪个端口：证据没有给出应用监听的唯一端口。',
    'bad-port': '{to} 不是端口：应为 1 到 65535 的数字，或容器端口的名称。',
    unproven: '没有看到 {service} 的任何 Pod 在 {to} 上应答。不会发往没有谁在服务的端口。',
    same: 'Service {service} 的端口 {port} 已经发往 {to}。',
    changed: 'Service {service} 的端口 {port} 已不是发现问题时的样子。',
    'two-ports': 'Service {service} 有两个端口 {port}。无法判断指的是哪一个。',
  },
  'set-external-traffic-policy': {
    ...COMMON,
    _summary: '让每个节点都为 Service 应答（externalTrafficPolicy 为 Cluster）',
    title: '让每个节点都为 Service {service} 应答：externalTrafficPolicy 设为 Cluster',
    step: 'Service {service}：externalTrafficPolicy 从 Local 改为 Cluster。',
    back: 'Service {service}：externalTrafficPolicy 改回 Local。',
    blast: '影响从集群外访问 Service {service} 的所有客户端。此后其 Pod 看到的是节点的地址，而不是客户端的地址。',
    'client-ip': '依赖客户端地址的日志、限流和白名单对该 Service 不再有效。',
    'health-port': '负载均衡器的健康检查端口 {port} 会消失，其检查随之改变。',
    'health-back': '撤销时会再次请求健康检查端口 {port}。若届时已被占用，撤销会被拒绝。',
    before: 'Service {service} 现在的 externalTrafficPolicy 为 Local。',
    after: '再次询问每个节点，Service 是否应答。',
    policy: '只有策略 Cluster 能让每个节点应答；请求的是 {policy}。',
    'not-local': 'Service {service} 的 externalTrafficPolicy 已不是 Local。',
    'wrong-type': 'Service {service} 的类型是 {type}：它没有 externalTrafficPolicy。',
  },
};

export const application: RuleWords = { ...services, ...workloads, ...nodes };
