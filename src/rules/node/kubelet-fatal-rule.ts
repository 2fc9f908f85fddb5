/** Makes a rule of each entry of the table of fatal lines that needs no more than its line and its unit. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof, TextData } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule, type Link, type Rule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { nodesByName } from '../model/nodes.ts';
import { type Kubelet, kubelets } from './kubelet.ts';
import { FATAL_LINES, type FatalLine, type FatalTexts } from './kubelet-fatal-lines.ts';
import { lastSign } from './suspects.ts';

/** A kubelet that does not start loops or is given up, and its node becomes NotReady. */
export const KUBELET_LINKS: Readonly<Record<string, Link>> = {
  'kubelet-crash-loop': sameObjectLink,
  'kubelet-start-limit-hit': sameObjectLink,
  'node-not-ready': sameObjectLink,
};

/** Sentences of the proofs that every rule about a kubelet shares. */
export const KUBELET_PROOFS = {
  line: 'The last start of kubelet ended with: {line}',
  unit: 'systemd on {node} says of kubelet: {state}.',
} as const;

/** What a rule about a kubelet rests on: its last line, and what systemd says of it. */
export function kubeletProofs(kubelet: Kubelet): Proof<'line' | 'unit'>[] {
  const { node, journal, units, unit } = kubelet;
  const line = kubelet.hit?.line ?? kubelet.lastWords;
  const out: Proof<'line' | 'unit'>[] = [];
  if (journal.known && line !== undefined)
    out.push(proof(journal, 'line', { line: line.text }, `journalctl -u kubelet -n 50 --no-pager   # on ${node}`));
  if (units.known && unit !== undefined)
    out.push(proof(units, 'unit', { node, state: unitText(kubelet) }, `systemctl status kubelet   # on ${node}`));
  return out;
}

/** Gives `activating (auto-restart), exit-code, 255, restarts 41`. */
export function unitText({ unit }: Pick<Kubelet, 'unit'>): string {
  if (unit === undefined) return 'unknown';
  const parts = [`${unit.activeState} (${unit.subState})`];
  if (unit.result !== undefined && unit.result !== 'success') parts.push(unit.result);
  if (unit.exitCode !== undefined && unit.exitCode !== 0) parts.push(`exit ${unit.exitCode}`);
  if (unit.restarts !== undefined && unit.restarts > 0) parts.push(`restarts ${unit.restarts}`);
  return parts.join(', ');
}

/** When a node's kubelet gave its last sign of life: since then it has not come up. */
export function downSince(facts: Facts, node: string): { since?: string } {
  const object = nodesByName(facts).get(node);
  const sign = object === undefined ? undefined : lastSign(facts, object);
  return sign === undefined ? {} : { since: sign };
}

/** systemd's state confirms that the line is the present and not history. */
export function hitConfidence(kubelet: Kubelet): { confidence: 'confirmed' | 'likely'; tryThis?: string } {
  if (kubelet.state !== 'unknown') return { confidence: 'confirmed' };
  return { confidence: 'likely', tryThis: `systemctl status kubelet   # on ${kubelet.node}` };
}

function fatalRule(entry: FatalLine, texts: FatalTexts): Rule {
  const defaults = Object.assign(
    {},
    ...FATAL_LINES.filter((e) => e.id === entry.id).map((e) => e.defaults),
  ) as TextData;
  return defineRule({
    id: entry.id,
    role: 'cause',
    severity: 'critical',
    summary: entry.summary ?? entry.id,
    needs: ['nodes', 'node-leases', 'node-units', 'node-journal'],
    texts: { found: texts.found, fix: texts.fix, ...KUBELET_PROOFS },
    explains: KUBELET_LINKS,
    judge(facts, say) {
      for (const kubelet of kubelets(facts)) {
        const { hit, node } = kubelet;
        if (hit?.id !== entry.id) continue;
        const remediations = entry.remedy?.(hit.named, node, hit.line?.text ?? '') ?? [];
        say.find({
          object: nodeRef(node),
          ...hitConfidence(kubelet),
          text: 'found',
          data: { ...defaults, ...hit.named, node },
          because: kubeletProofs(kubelet),
          scope: { nodes: [node] },
          ...downSince(facts, node),
          ...(remediations.length === 0 ? {} : { remediations }),
          advice: [{ text: 'fix', data: {}, ...(entry.fixCommand === undefined ? {} : { command: entry.fixCommand }) }],
        });
      }
    },
  });
}

/** One rule for each entry with sentences of its own. */
export const KUBELET_FATAL_RULES: readonly Rule[] = FATAL_LINES.flatMap((entry) =>
  entry.texts === undefined ? [] : [fatalRule(entry, entry.texts)],
);
