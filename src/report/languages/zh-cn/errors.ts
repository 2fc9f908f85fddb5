/** Errors that people who ask can get, in Simplified Chinese: what was given, what is wrong, what to do. */
import type { ErrorWords } from '../words.ts';

const missing = (what: string): readonly string[] => [
  `没有名为 {name} 的${what}。是不是 {candidates}？`,
  `没有名为 {name} 的${what}。请检查名称和命名空间。`,
];

export const errors: ErrorWords = {
  'question-empty': ['没有提出问题。例如：why-not-reachable 30080，或 diagnose node NAME。'],
  'question-too-long': ['问题有 {length} 个字符，上限是 {limit}。请只写一个端口、Service、节点或工作负载。'],
  'unseen-characters': ['{given} 中含有看不见的字符。请重新输入，去掉它们。'],
  'unknown-verb': ['没有 {given} 这种问题。是不是 {nearest}？', '没有 {given} 这种问题。`help` 列出全部。'],
  'unknown-kind': ['没有 {given} 这种对象。是不是 {nearest}？', '没有 {given} 这种对象。`help` 列出全部。'],
  'unknown-protocol': ['没有 {given} 这种协议。是不是 {nearest}？', '没有 {given} 这种协议。可用的有 tcp、udp、sctp。'],
  'unknown-flag': ['没有 {given} 这个选项。是不是 {nearest}？', '没有 {given} 这个选项。`help` 列出全部。'],
  'flag-value-missing': ['{flag} 后面缺少值，例如：{flag} NAME。'],
  'too-many-words': ['{after} 后面的 {given} 无法理解。'],
  'target-missing': ['{verb} 后面缺少要查看的对象。例如：why-not-reachable 30080，或 diagnose node NAME。'],
  'target-not-reachable': ['why-not-reachable 问的是端口或 Service，而不是 {kind}。请改用 diagnose 查看 {name}。'],
  'port-invalid': ['{given} 既不是端口号，也不是端口名称。'],
  'port-out-of-range': ['{given} 不是端口：端口是 1 到 65535 之间的数字。'],
  'name-invalid': [
    '{given} 不能作为 {kind} 的名称：名称只含小写字母、数字、“-”和“.”。',
    '{given} 中的斜杠太多。请写成 NAMESPACE/NAME。',
  ],
  'place-invalid': ['{end} 后面的 {given} 既不是节点，也不是地址。'],
  'name-ambiguous': ['名为 {name} 的 {kind} 存在于 {count} 个命名空间。请指定一个：{candidates}。'],
  'service-not-found': [
    '命名空间 {namespace} 中没有名为 {name} 的 Service。是不是 {candidates}？',
    '命名空间 {namespace} 中没有名为 {name} 的 Service。`kubectl get services -A` 列出全部。',
    ...missing(' Service'),
  ],
  'node-not-found': missing('节点'),
  'namespace-not-found': missing('命名空间'),
  'workload-not-found': missing(' {kind}'),
};
