/** Probe: the policy rules that choose a routing table. */
import { parseRules } from '../parse/iproute.ts';
import { type Probe, runText } from '../probe.ts';

export const nodeRules: Probe<'node-rules'> = {
  kind: 'node-rules',
  command: () => 'ip rule show',
  read: async (host, _params, limits) => parseRules(await runText(host, 'ip', ['rule', 'show'], limits)),
};
