/** Cause of tomorrow: swap is off now, and something turns it on again at the next boot, when kubelet will not start. */
import { proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { swapSources } from '../../core/swap-sources.ts';
import { nodesToRead } from './suspects.ts';
import { keepOff, keepOffHint, SWAP_TEXTS, sourceProofs } from './swap-advice.ts';

export const swapReturnsAtBoot = defineRule({
  id: 'swap-returns-at-boot',
  role: 'cause',
  severity: 'warning',
  summary: 'swap that is off now and comes back at the next boot',
  needs: ['nodes', 'node-leases', 'node-swap'],
  texts: {
    found:
      'Swap is off on {node} now, but the next boot turns it on again ({sources}). kubelet then refuses to start, unless it was told to accept swap.',
    swaps: '/proc/swaps on {node} is empty.',
    ...SWAP_TEXTS,
  },
  judge(facts, say) {
    for (const node of nodesToRead(facts)) {
      const swap = facts.get('node-swap', nodeRef(node.name));
      if (!swap.known || swap.value.active.length > 0) continue;
      const sources = swapSources(swap.value);
      if (sources.length === 0) continue;
      const remediations = keepOffHint(node.name, sources);
      say.find({
        object: nodeRef(node.name),
        confidence: 'confirmed',
        text: 'found',
        data: { node: node.name, sources: [...new Set(sources.map((source) => source.unit ?? source.path))] },
        because: [
          proof(swap, 'swaps', { node: node.name }, `cat /proc/swaps   # on ${node.name}`),
          ...sourceProofs(swap, node.name),
        ],
        scope: { nodes: [node.name] },
        advice: keepOff(swap),
        ...(remediations.length === 0 ? {} : { remediations }),
      });
    }
  },
});
