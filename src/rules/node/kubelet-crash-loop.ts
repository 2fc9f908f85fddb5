/** Symptom: kubelet dies at each start. Its last words are shown even where no rule knows them. */
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { asksAboutNode } from './asked.ts';
import { kubelets } from './kubelet.ts';
import { downSince, KUBELET_PROOFS, kubeletProofs, unitText } from './kubelet-fatal-rule.ts';

export const kubeletCrashLoop = defineRule({
  id: 'kubelet-crash-loop',
  role: 'symptom',
  severity: 'critical',
  summary: 'a kubelet that dies at each start',
  needs: ['nodes', 'node-leases', 'node-units', 'node-journal'],
  texts: {
    found: 'kubelet on {node} dies at each start ({state}).',
    ...KUBELET_PROOFS,
  },
  explains: { 'node-not-ready': sameObjectLink },
  answers: asksAboutNode,
  judge(facts, say) {
    for (const kubelet of kubelets(facts)) {
      if (kubelet.state !== 'looping') continue;
      const { node } = kubelet;
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node, state: unitText(kubelet) },
        because: kubeletProofs(kubelet),
        scope: { nodes: [node] },
        ...downSince(facts, node),
      });
    }
  },
});
