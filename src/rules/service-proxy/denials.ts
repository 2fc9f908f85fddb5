/** Whether a firewall rule is about a port: for the rules that ask what a host's own firewall drops. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';

type Denial = EvidenceValue<'node-firewall'>['denials'][number];

/**
 * True where the rule names the port, alone, in a list or in a range, for this protocol and for every sender. A rule
 * without ports is too general to blame, one for single senders says nothing of the others.
 */
export function deniesPort(denial: Denial, port: number, protocol: string): boolean {
  if (denial.source !== undefined && !/^(0\.0\.0\.0|::)\/0$/.test(denial.source)) return false;
  if (!(denial.protocol ?? 'tcp').toLowerCase().includes(protocol.toLowerCase())) return false;
  const text = denial.ports ?? /--dports?\s+(\S+)/.exec(denial.rule)?.[1] ?? '';
  return text.split(',').some((part) => {
    const [from, to] = part.split(/[:-]/).map((word) => Number.parseInt(word, 10));
    return from !== undefined && !Number.isNaN(from) && port >= from && port <= (to ?? from);
  });
}
