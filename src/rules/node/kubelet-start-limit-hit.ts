/** Cause: systemd has given kubelet up after too many starts; it stays down until somebody resets that (facts §3.1). */
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { kubelets } from './kubelet.ts';
import { downSince, KUBELET_PROOFS, kubeletProofs } from './kubelet-fatal-rule.ts';

export const kubeletStartLimitHit = defineRule({
  id: 'kubelet-start-limit-hit',
  role: 'cause',
  severity: 'critical',
  summary: 'a kubelet that systemd has given up',
  needs: ['nodes', 'node-leases', 'node-units', 'node-journal'],
  texts: {
    found: 'systemd has given up kubelet on {node}: it failed too often in a short time and is not started again.',
    ...KUBELET_PROOFS,
    reset: 'Mend what made it fail first. Then reset the counter and start it.',
  },
  explains: { 'node-not-ready': sameObjectLink },
  judge(facts, say) {
    for (const kubelet of kubelets(facts)) {
      if (kubelet.state !== 'failed' || kubelet.unit?.result !== 'start-limit-hit') continue;
      const { node } = kubelet;
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node },
        because: kubeletProofs(kubelet),
        scope: { nodes: [node] },
        ...downSince(facts, node),
        advice: [{ text: 'reset', data: {}, command: 'systemctl reset-failed kubelet && systemctl start kubelet' }],
      });
    }
  },
});
