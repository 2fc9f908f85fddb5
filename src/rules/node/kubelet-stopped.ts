/** Cause: kubelet was stopped or switched off, without a failure: somebody did that (facts §3.1). */
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { kubelets } from './kubelet.ts';
import { downSince, KUBELET_PROOFS, kubeletProofs } from './kubelet-fatal-rule.ts';

export const kubeletStopped = defineRule({
  id: 'kubelet-stopped',
  role: 'cause',
  severity: 'critical',
  summary: 'a kubelet that somebody stopped',
  needs: ['nodes', 'node-leases', 'node-units', 'node-journal'],
  texts: {
    found: 'kubelet on {node} is stopped. It did not fail: somebody stopped it, or nothing started it.',
    disabled: 'kubelet on {node} is stopped and disabled: it does not start at boot either.',
    masked: 'kubelet on {node} is masked: systemd refuses to start it.',
    ...KUBELET_PROOFS,
    start: 'Start kubelet, if nobody stopped it on purpose.',
    enable: 'Enable and start kubelet, if nobody disabled it on purpose.',
    unmask: 'Unmask, enable and start kubelet, if nobody masked it on purpose.',
  },
  explains: { 'node-not-ready': sameObjectLink },
  judge(facts, say) {
    for (const kubelet of kubelets(facts)) {
      const { node, unit } = kubelet;
      if (kubelet.state !== 'stopped' || unit === undefined) continue;
      const masked = unit.loadState === 'masked' || (unit.unitFileState ?? '').startsWith('masked');
      const text = masked ? 'masked' : unit.unitFileState === 'disabled' ? 'disabled' : 'found';
      const advice = {
        masked: { text: 'unmask', data: {}, command: 'systemctl unmask kubelet && systemctl enable --now kubelet' },
        disabled: { text: 'enable', data: {}, command: 'systemctl enable --now kubelet' },
        found: { text: 'start', data: {}, command: 'systemctl start kubelet' },
      } as const;
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text,
        data: { node },
        // Whatever line stands in the journal, this kubelet did not end by it.
        because: kubeletProofs(kubelet).filter((entry) => entry.text === 'unit'),
        scope: { nodes: [node] },
        ...downSince(facts, node),
        advice: [advice[text]],
        // systemd refuses to start what is masked, and whoever masked it meant it.
        ...(text === 'masked' ? {} : { remediations: [{ id: 'restart-kubelet', params: { node } }] }),
      });
    }
  },
});
