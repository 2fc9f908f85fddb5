/** Sentences of the Service rules in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const service: RuleWords = {
  'node-port-unreachable': {
    _summary: '不能从每个节点访问的 NodePort',
    found: '{port} 在 {failing} 上没有应答。在 {working} 上有应答。',
    everywhere: '{port} 在所有试过的节点上都没有应答：{failing}。',
    reported: '据报告 {port} 无法访问。没有 agent 能够尝试。',
    open: '从 {from} 连接 {address}:{port}：可通，{ms} 毫秒。',
    closed: '从 {from} 连接 {address}:{port}：{result}。',
  },
  'service-unreachable': {
    _summary: '其 ClusterIP 不能从每个节点访问的 Service',
    found: '{service}（{address}）从 {failing} 访问没有应答。从 {working} 访问有应答。',
    everywhere: '{service}（{address}）从所有试过的节点访问都没有应答：{failing}。',
    reported: '据报告 {service} 无法访问。没有 agent 能够尝试。',
    tried: '从 {from} 连接 {address}：{result}。',
  },
};
