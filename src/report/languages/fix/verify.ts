/** Sentences of verification and of undo, shared by all remediations. `{name}` is filled from the line's data. */

interface Both {
  readonly en: string;
  readonly zh: string;
}

export const VERIFY_SENTENCES = {
  'verify.rule-silent': {
    en: 'The cause is gone: {rule} finds nothing about {object} any more.',
    zh: '根因已消失：{rule} 对 {object} 不再有任何发现。',
  },
  'verify.rule-speaks': { en: 'The cause is still found: {says}', zh: '仍然发现该根因：{says}' },
  'verify.rule-blind': {
    en: 'Whether the cause is gone was not seen: the rule {rule} had no {evidence} of {of} ({why}).',
    zh: '未能看到根因是否已消失：规则 {rule} 没有 {of} 的 {evidence}（{why}）。',
  },
  'verify.symptom-gone': {
    en: '{question}: what was wrong is gone.',
    zh: '{question}：原来的问题已消失。',
  },
  'verify.symptom-there': { en: '{question}: {says}', zh: '{question}：{says}' },
  'verify.symptom-other': {
    en: '{question}: as before, and for another cause than the one that is fixed.',
    zh: '{question}：与之前相同，且原因不是所修复的根因。',
  },
  'verify.symptom-unseen': {
    en: '{question}: nobody here could see whether it is gone. {says}',
    zh: '{question}：无法看到问题是否已消失。{says}',
  },
  'verify.question-failed': {
    en: '{question}: it could not be asked again: {why}.',
    zh: '{question}：无法再次提问：{why}。',
  },
  'verify.nothing-new': {
    en: 'Nothing is found here that was not found before the fix.',
    zh: '没有发现修复之前不存在的问题。',
  },
  'verify.new': { en: 'New since the fix: {says}', zh: '修复之后新出现：{says}' },
  'verify.now-visible': {
    en: 'Seen only now that the node is back: {says}',
    zh: '节点恢复后才看得到：{says}',
  },
  'verify.node-ready': { en: 'Ready', zh: 'Ready' },
  'verify.node-not-ready': { en: 'Not Ready: {says}', zh: '未就绪：{says}' },
  'verify.node-as-before': {
    en: 'Not Ready, as before. This fix does not concern that.',
    zh: '与之前一样未就绪。此修复与之无关。',
  },
  'verify.node-unseen': {
    en: 'Whether it is Ready was not seen: {why}.',
    zh: '未能看到其是否就绪：{why}。',
  },
  'verify.way-open': {
    en: '{target} is open through it ({open} of {total} {total:try|tries}).',
    zh: '经由该节点可以访问 {target}（{total} 次尝试中 {open} 次成功）。',
  },
  'verify.way-closed': {
    en: '{target} is not open through it: {results}.',
    zh: '经由该节点无法访问 {target}：{results}。',
  },
  'verify.way-unseen': {
    en: 'Whether {target} is open through it was not seen: no other node could try.',
    zh: '未能看到经由该节点能否访问 {target}：没有其他节点可以尝试。',
  },
  'verify.nodes-fine': {
    en: '{count} more {count:node|nodes}: all as it should be.',
    zh: '另外 {count} 个节点：一切正常。',
  },
  'verify.sampled': {
    en: 'Agents of {asked} of {total} nodes were asked. Of the others nothing was seen from inside.',
    zh: '{total} 个节点中询问了 {asked} 个节点的 agent。其余节点的内部情况未能看到。',
  },
  'verify.more': { en: '{count} more of the same kind.', zh: '另有 {count} 项同类结果。' },
  'verify.change-stands': { en: 'The change of {object} stands.', zh: '对 {object} 的更改仍然有效。' },
  'verify.change-reversed': {
    en: 'The change of {object} does not stand: {field} was changed again{by}.',
    zh: '对 {object} 的更改已失效：{field} 又被更改{by}。',
  },
  'verify.change-unseen': {
    en: 'Whether the change of {object} stands was not seen: {why}.',
    zh: '未能看到对 {object} 的更改是否仍然有效：{why}。',
  },
  'verify.object-gone': { en: '{object} is no longer there.', zh: '{object} 已不存在。' },
  'verify.deleted': { en: '{object} was deleted.', zh: '{object} 已删除。' },
  'verify.not-deleted': { en: '{object} is still being deleted.', zh: '{object} 仍在删除中。' },
  'verify.rolled-out': {
    en: '{object} is rolled out: {available} of {desired} Pods available.',
    zh: '{object} 已完成滚动更新：{desired} 个 Pod 中 {available} 个可用。',
  },
  'verify.rolling': {
    en: '{object} is not rolled out: {updated} of {desired} Pods are new, {available} available.',
    zh: '{object} 未完成滚动更新：{desired} 个 Pod 中 {updated} 个已更新，{available} 个可用。',
  },
  'verify.node-step': { en: 'The step {step} on {node} was done.', zh: '{node} 上的步骤 {step} 已完成。' },
  'undo.not-again': {
    en: 'An undo is not undone. Propose the fix again instead.',
    zh: '撤销操作不能再撤销。请重新提议修复。',
  },
  'undo.check-unchanged': {
    en: '{object} is as the fix left it.',
    zh: '{object} 仍是修复后的状态。',
  },
  'undo.check-restored': {
    en: '{object} has the fields that it had before the fix.',
    zh: '{object} 的字段恢复为修复之前的值。',
  },
  'undo.blast-object': {
    en: 'Only {object}, which the fix changed, and what follows from it.',
    zh: '仅涉及修复所更改的 {object} 及其影响。',
  },
  'undo.blast-nodes': {
    en: 'The same {count:node|nodes} as the fix: {nodes}. What the fix restarted there restarts again.',
    zh: '与修复相同的 {count} 个节点：{nodes}。修复时重启过的内容会再次重启。',
  },
  'undo.fault-returns': {
    en: 'What was wrong before the fix will be wrong again.',
    zh: '修复之前的问题会再次出现。',
  },
} as const satisfies Readonly<Record<string, Both>>;

/** Ids of the sentences that verification and undo use. */
export type VerifyText = keyof typeof VERIFY_SENTENCES;
