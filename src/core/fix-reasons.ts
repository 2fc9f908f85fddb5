/** Every reason for which a fix stands where it stands: `fix.<code>` and its sentence. `{name}` is filled from the reason's data. */

interface Sentences {
  readonly en: string;
  readonly zh: string;
}

/** Codes of the remediator, and (added by the worker and the bot) of everybody else. Kept complete by the type of `reason`. */
export const FIX_REASONS = {
  // Before a proposal.
  'fix.no-policy': {
    en: 'The policy has no rule for {remediation} in cluster {cluster}, so nobody may approve it.',
    zh: '策略中没有适用于集群 {cluster} 的 {remediation} 的规则，因此无人可以批准。',
  },
  'fix.policy-broken': {
    en: 'The policy file cannot be used now: {why}. Nothing is approved or applied until it is mended.',
    zh: '策略文件目前无法使用：{why}。修好之前不会批准或执行任何操作。',
  },
  'fix.not-known': {
    en: 'This remediator does not know {remediation}: worker and remediator are of different versions.',
    zh: '此 remediator 不认识 {remediation}：worker 与 remediator 的版本不同。',
  },
  'fix.too-many-nodes': {
    en: 'It touches {nodes} nodes, and the policy allows at most {limit} (limits.nodes).',
    zh: '它会影响 {nodes} 个节点，而策略最多允许 {limit} 个（limits.nodes）。',
  },
  'fix.right-missing': {
    en: 'The remediator may not {right}. Give it that right, then propose again. Check: {command}',
    zh: 'remediator 没有权限 {right}。授予该权限后再次提议。检查：{command}',
  },
  'fix.beyond-rights': {
    en: 'The plan asks to {right}, which {remediation} never needs. It was refused.',
    zh: '该计划要求 {right}，而 {remediation} 从不需要它。已拒绝。',
  },
  'fix.object-gone': {
    en: '{object} is no longer there.',
    zh: '{object} 已不存在。',
  },
  'fix.object-changed': {
    en: '{object} was changed since the plan was made. Propose again for a new plan.',
    zh: '制定计划之后，{object} 已被修改。请重新提议以获得新计划。',
  },
  'fix.object-changed-by': {
    en: '{object} was changed by {by} at {at}, since the plan was made. Propose again for a new plan.',
    zh: '制定计划之后，{object} 已于 {at} 被 {by} 修改。请重新提议以获得新计划。',
  },
  'fix.pod-ready': {
    en: '{object} is Ready by now: it serves, and it was left alone.',
    zh: '{object} 现已就绪并在提供服务，因此未作改动。',
  },
  'fix.done-before': {
    en: 'The audit log says that this plan changed {object} before, and it was taken back since. One approval changes it once: propose again.',
    zh: '审计日志表明该计划已修改过 {object}，之后又被撤回。一次批准只修改一次：请重新提议。',
  },
  'fix.overtaken': {
    en: '{other} changed the same part of the cluster since this plan was made. Nothing of this one was run: propose again.',
    zh: '制定该计划之后，{other} 改动了集群的同一部分。本计划没有执行任何部分：请重新提议。',
  },
  'fix.object-unreadable': {
    en: '{object} cannot be read: {why}.',
    zh: '无法读取 {object}：{why}。',
  },
  'fix.dry-run-refused': {
    en: "The API server's dry run refuses the change of {object}: {why}.",
    zh: 'API server 的试运行拒绝了对 {object} 的修改：{why}。',
  },
  'fix.no-dry-run': {
    en: 'API server {version} has no dry run for sure (it came with v1.13), so nothing is proposed.',
    zh: 'API server {version} 不一定支持试运行（自 v1.13 起提供），因此不提议任何操作。',
  },
  'fix.only-manual': {
    en: 'Every step of this plan needs a person; there is nothing to approve.',
    zh: '该计划的每一步都需要人工完成，没有可批准的内容。',
  },
  'fix.agents-off': {
    en: 'A step runs on node {node}, and this remediator asks no agents. Set KUBEWHY_AGENTS for it.',
    zh: '有一步要在节点 {node} 上执行，而此 remediator 不使用 agent。请为它设置 KUBEWHY_AGENTS。',
  },
  'fix.freeze-note': {
    en: 'Nothing is applied in {cluster} until {until}: {why}. An approval before then voids the plan.',
    zh: '{cluster} 在 {until} 之前不执行任何操作：{why}。在此之前批准会使计划作废。',
  },
  // Between the approval and the first write.
  'fix.too-long': {
    en: 'The change of {object} is too long to be shown whole, and what was not shown cannot be approved. Make it by hand.',
    zh: '{object} 的改动太长，无法完整显示；未显示的内容不能被批准。请手工修改。',
  },
  'fix.tampered': {
    en: 'The plan is not the one that was signed. Nothing of it was run; this is in the audit log.',
    zh: '该计划与签名的计划不符。没有执行任何部分；已记入审计日志。',
  },
  'fix.not-approved': {
    en: 'The approvals do not hold any more: {why}.',
    zh: '批准不再有效：{why}。',
  },
  'fix.expired': {
    en: 'The plan expired at {at}, before it was begun.',
    zh: '该计划在开始执行之前已于 {at} 过期。',
  },
  'fix.frozen': {
    en: 'Nothing is applied in {cluster} until {until}: {why}.',
    zh: '{cluster} 在 {until} 之前不执行任何操作：{why}。',
  },
  'fix.cooling-down': {
    en: 'An earlier fix of {object} did not succeed; nothing else is applied to it until {until}.',
    zh: '之前对 {object} 的修复没有成功；在 {until} 之前不会再对其执行任何操作。',
  },
  // While it is applied.
  'fix.write-refused': {
    en: 'The API server refuses the change of {object}: {why}.',
    zh: 'API server 拒绝了对 {object} 的修改：{why}。',
  },
  'fix.write-contended': {
    en: '{object} is changed by others all the time; {attempts} attempts met another version of it.',
    zh: '{object} 一直被其他写入者修改；{attempts} 次尝试都遇到了别的版本。',
  },
  'fix.api-away': {
    en: 'The API server could not be asked for {seconds} s: {why}.',
    zh: 'API server 在 {seconds} 秒内无法访问：{why}。',
  },
  'fix.outcome-unknown': {
    en: 'Nobody knows whether the change of {object} was carried out: {why}. Look at the object before you go on.',
    zh: '无法确定对 {object} 的修改是否已执行：{why}。继续之前请先查看该对象。',
  },
  'fix.node-refused': {
    en: 'The agent of {node} did not do its step: {why}.',
    zh: '{node} 的 agent 没有执行该步骤：{why}。',
  },
  'fix.node-failed': {
    en: 'The step on {node} was tried and did not come to its end: {why}.',
    zh: '{node} 上的步骤已尝试但未完成：{why}。',
  },
  'fix.node-away': {
    en: 'The agent of {node} could not be asked for {seconds} s: {why}. Nothing was done there.',
    zh: '{node} 的 agent 在 {seconds} 秒内无法访问：{why}。那里没有执行任何操作。',
  },
  'fix.node-unknown': {
    en: 'Nobody knows whether the step on {node} was done: {why}. Look at the node before you go on.',
    zh: '无法确定 {node} 上的步骤是否已执行：{why}。继续之前请先查看该节点。',
  },
  'fix.wait-pod': {
    en: 'No new Pod became Ready on {node} within {seconds} s: {seen}.',
    zh: '{node} 上在 {seconds} 秒内没有新的 Pod 变为 Ready：{seen}。',
  },
  'fix.wait-rollout': {
    en: '{object} was not rolled out within {seconds} s: {seen}.',
    zh: '{object} 在 {seconds} 秒内没有完成滚动更新：{seen}。',
  },
  'fix.wait-node': {
    en: '{node} did not become Ready within {seconds} s: {seen}.',
    zh: '{node} 在 {seconds} 秒内没有变为 Ready：{seen}。',
  },
  // While the worker plans.
  'fix.gone': {
    en: 'The cause is no longer found: {verdict}. There is nothing to fix.',
    zh: '已不再发现该根因：{verdict}。无需修复。',
  },
  'fix.gone-other': {
    en: 'This cause is no longer found. {verdict}. Ask again: the fix of that stands in the new report.',
    zh: '已不再发现该根因。{verdict}。请重新诊断：新报告中有相应的修复。',
  },
  'fix.gone-unclear': {
    en: 'The cause is not found now, and what was seen does not say that it is gone. Ask again, then propose again.',
    zh: '现在没有发现该根因，但所见的证据也不能说明它已消失。请重新诊断，然后再次提议。',
  },
  'fix.unproven': {
    en: 'Fresh evidence does not prove the cause any more. No fix is offered for what is not proven.',
    zh: '最新证据不再能证实该根因。未经证实的原因不提供修复。',
  },
  'fix.no-such-remediation': {
    en: 'This version of kubewhy has no remediation {remediation} for {rule}.',
    zh: '此版本的 kubewhy 没有适用于 {rule} 的修复方法 {remediation}。',
  },
  'fix.not-planned': {
    en: 'No plan could be made now: {why}.',
    zh: '目前无法制定计划：{why}。',
  },
  'fix.plan-too-large': {
    en: 'The plan is larger than one fix may be ({what}). Fix a part of it by hand first.',
    zh: '该计划超出单个修复允许的大小（{what}）。请先手动修复一部分。',
  },
  // While the worker plans an undo.
  'fix.undo-none': { en: 'There is no way back for this fix.', zh: '此修复无法撤销。' },
  'fix.undo-nothing': {
    en: '{fix} changed nothing, so there is nothing to take back.',
    zh: '{fix} 没有更改任何内容，因此没有可撤销的内容。',
  },
  'fix.undo-not-now': {
    en: '{fix} is {state}; it cannot be taken back now.',
    zh: '{fix} 处于 {state} 状态，目前无法撤销。',
  },
  'fix.undo-gone': {
    en: '{fix} is no longer kept, so nobody knows what to take back.',
    zh: '{fix} 的记录已不再保存，无法得知要撤销什么。',
  },
  'fix.undo-changed': {
    en: '{object} was changed since the fix; taking the fix back would overwrite that. Who changed it is not recorded.',
    zh: '修复之后 {object} 又被更改；撤销会覆盖该更改。没有记录是谁更改的。',
  },
  'fix.undo-changed-by': {
    en: '{object} was changed by {by} at {at}, since the fix; taking the fix back would overwrite that.',
    zh: '修复之后，{object} 已于 {at} 被 {by} 更改；撤销会覆盖该更改。',
  },
  // At a terminal.
  'fix.needs-remediator': {
    en: 'Steps on {nodes} need the remediator and its grants; from a terminal they are only shown. Nothing was done.',
    zh: '{nodes} 上的步骤需要 remediator 及其授权；在终端中只会显示。没有执行任何操作。',
  },
  'fix.undo-by': { en: 'To take it back:', zh: '撤销方法：' },
  // Where nobody goes on.
  'fix.no-worker': {
    en: 'No worker planned it within {seconds} s. Look whether kubewhy worker runs for this cluster, then propose again.',
    zh: '{seconds} 秒内没有 worker 制定计划。请检查此集群的 kubewhy worker 是否在运行，然后再次提议。',
  },
  'fix.no-remediator': {
    en: 'No remediator took it up within {seconds} s. Look whether kubewhy remediator runs for this cluster, then propose again.',
    zh: '{seconds} 秒内没有 remediator 接手。请检查此集群的 kubewhy remediator 是否在运行，然后再次提议。',
  },
  'fix.too-late': {
    en: 'Nobody decided before {at}. Propose again for a new plan.',
    zh: '在 {at} 之前没有人作出决定。请重新提议以获得新计划。',
  },
  'fix.not-begun': {
    en: 'It was approved, and the remediator did not begin before {at}. Nothing was changed.',
    zh: '已获批准，但 remediator 在 {at} 之前没有开始。没有更改任何内容。',
  },
  // What verification saw in the end.
  'fix.still-wrong': {
    en: 'After {seconds} s {count} {count:check is|checks are} still not as expected.',
    zh: '{seconds} 秒后仍有 {count} 项检查不符合预期。',
  },
  'fix.not-seen': {
    en: 'After {seconds} s nothing was seen to be wrong, and {count} {count:thing|things} could not be seen at all.',
    zh: '{seconds} 秒后没有看到异常，但有 {count} 项完全无法看到。',
  },
} as const satisfies Readonly<Record<string, Sentences>>;

export type FixReasonCode = keyof typeof FIX_REASONS;

/** Gives a reason; its code is one of the list. */
export function fixReason(
  code: FixReasonCode,
  data: Readonly<Record<string, string | number>> = {},
): { code: FixReasonCode; data: Record<string, string | number> } {
  const bounded = Object.entries(data).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, 2000) : value,
  ]);
  return { code, data: Object.fromEntries(bounded) as Record<string, string | number> };
}

/** Gives the English sentence of a reason: for logs, the audit log and terminals. */
export function reasonText(reason: {
  readonly code: string;
  readonly data: Readonly<Record<string, string | number>>;
}) {
  const known = Object.hasOwn(FIX_REASONS, reason.code) ? FIX_REASONS[reason.code as FixReasonCode].en : reason.code;
  return known.replaceAll(/\{(\w+)(?::([^{}|]*)\|([^{}|]*))?\}/g, (_whole, name: string, one?: string, many?: string) =>
    String(one === undefined ? (reason.data[name] ?? '') : reason.data[name] === 1 ? one : many),
  );
}
