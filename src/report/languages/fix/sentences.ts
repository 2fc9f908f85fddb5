/** Sentences that others ask for by a code: why a fix is where it is (`Reason.code`), and checks and steps shared by all remediations. */
import type { Language } from '../../../core/jobs.ts';

/** `{name}` is filled from the reason's data. A code that stands nowhere is shown as it is, with its data. */
export const SENTENCES: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  gone: {
    en: 'The cause is no longer found: {verdict}. There is nothing to fix.',
    'zh-cn': '已不再发现该根因：{verdict}。无需修复。',
  },
  unproven: {
    en: 'Fresh evidence does not prove the cause any more. No fix is offered for what is not proven.',
    'zh-cn': '最新证据不再能证实该根因。未经证实的原因不提供修复。',
  },
  'unknown-remediation': {
    en: 'This version of kubewhy has no remediation of that name.',
    'zh-cn': '此版本的 kubewhy 没有该名称的修复方法。',
  },
  'missing-right': {
    en: 'The remediator may not {verb} {resource}{where}. Give it that right, then propose again.',
    'zh-cn': 'remediator 无权对 {resource}{where} 执行 {verb}。请授予该权限，然后重新提出。',
  },
  'dry-run-refused': {
    en: 'The API server refused the dry run: {message}',
    'zh-cn': 'API server 拒绝了试运行：{message}',
  },
  'too-many-nodes': {
    en: 'It would touch {count} nodes; the policy allows {most}.',
    'zh-cn': '将影响 {count} 个节点；策略最多允许 {most} 个。',
  },
  'no-undo': { en: 'There is no way back for this fix.', 'zh-cn': '此修复无法撤销。' },
  'changed-since': {
    en: '{object} was changed by {by} since. Undoing would overwrite that.',
    'zh-cn': '{object} 之后被 {by} 更改过。撤销会覆盖该更改。',
  },
};
