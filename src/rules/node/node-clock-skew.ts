/** Cause: the node's clock is wrong, so certificates look as if they were not valid yet or no more (K27, N62). */
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import { nodeRef, sameRef } from '../../core/object-ref.ts';
import { defineRule, type Link } from '../../core/rule.ts';
import { kubelets } from './kubelet.ts';
import { KUBELET_PROOFS, kubeletProofs } from './kubelet-fatal-rule.ts';
import { nodesToRead } from './suspects.ts';

/** The two clocks are read seconds apart, and one of them after a way through the network. */
const SKEW_MS = 60_000;

/** Only a clock that broke certificates explains a node that is not ready. */
const ifRefused: Link = { when: (mine, theirs) => mine.data['refused'] === 1 && sameRef(mine.object, theirs.object) };

export const nodeClockSkew = defineRule({
  id: 'node-clock-skew',
  role: 'cause',
  severity: 'warning',
  summary: 'a node whose clock is wrong',
  needs: ['nodes', 'node-leases', 'node-units', 'node-journal', 'node-clock'],
  texts: {
    behind: 'The clock of {node} is {seconds} seconds behind.',
    ahead: 'The clock of {node} is {seconds} seconds ahead.',
    'not-yet':
      'kubelet on {node} takes certificates for not yet valid: its clock stood at {now}, they begin at {from}.',
    ...KUBELET_PROOFS,
    clock: 'The clock of {node} said {now} when it was {at} here.',
    set: 'Set the clock, and let a time service keep it. After a power cut, look at the battery of the clock.',
  },
  explains: { 'node-not-ready': ifRefused, 'kubelet-crash-loop': ifRefused, 'kubelet-start-limit-hit': ifRefused },
  judge(facts, say) {
    const byNode = new Map(kubelets(facts).map((kubelet) => [kubelet.node, kubelet]));
    for (const node of nodesToRead(facts)) {
      const clock = facts.get('node-clock', nodeRef(node.name));
      const kubelet = byNode.get(node.name);
      const refused = kubelet?.hit?.id === 'node-clock-skew';
      const skew = clock.known ? Date.parse(clock.value.now) - Date.parse(clock.item.at) : 0;
      const { wrong, sure } = compare(facts, node.name, skew);
      // The clock is right by now: kubelet's complaint is history.
      if (!wrong && !(refused && !clock.known)) continue;
      const proofs = refused && kubelet !== undefined ? kubeletProofs(kubelet) : [];
      say.find({
        object: nodeRef(node.name),
        severity: refused ? 'critical' : 'warning',
        ...wording(node.name, clock.known ? skew : undefined, refused || sure),
        data: dataOf(node.name, skew, refused ? kubelet?.hit?.named : undefined),
        because: [...proofs, ...clockProof(clock, node.name)],
        scope: { nodes: [node.name] },
        advice: [{ text: 'set', data: {}, command: 'timedatectl; chronyc makestep' }],
      });
    }
  },
});

/** Where the other nodes are off by as much, it is the clock here that is wrong; sure where theirs and ours agree. */
function compare(facts: Facts, node: string, skew: number): { wrong: boolean; sure: boolean } {
  if (!(Math.abs(skew) > SKEW_MS)) return { wrong: false, sure: false };
  const others = othersSkew(facts, node);
  const sure = others !== undefined && Math.abs(others) <= SKEW_MS;
  return { wrong: Math.abs(skew - (others ?? 0)) > SKEW_MS, sure };
}

/**
 * How far the other nodes are from the clock here, by what their agents said, else by the newest of their Leases;
 * undefined where there is nothing to compare with.
 */
function othersSkew(facts: Facts, node: string): number | undefined {
  const clocks = facts.all('node-clock').filter((fact) => fact.known && fact.object.name !== node);
  const skews = clocks.flatMap((f) => (f.known ? [Date.parse(f.value.now) - Date.parse(f.item.at)] : []));
  const median = skews.sort((a, b) => a - b)[Math.floor(skews.length / 2)];
  if (median !== undefined) return median;
  const leases = facts.get('node-leases');
  const renewed = (leases.known ? leases.value : []).flatMap((lease) =>
    lease.node === node || lease.renewTime === undefined ? [] : [Date.parse(lease.renewTime)],
  );
  return renewed.length === 0 ? undefined : Math.max(...renewed) - facts.now;
}

function wording(node: string, skew: number | undefined, sure: boolean) {
  const tryThis = `timedatectl   # on ${node}`;
  if (skew === undefined) return { text: 'not-yet' as const, confidence: 'likely' as const, tryThis };
  const text = skew < 0 ? ('behind' as const) : ('ahead' as const);
  return sure ? { text, confidence: 'confirmed' as const } : { text, confidence: 'likely' as const, tryThis };
}

function dataOf(node: string, skew: number, named: Readonly<Record<string, string>> | undefined) {
  return {
    node,
    seconds: Math.round(Math.abs(skew) / 1000),
    refused: named === undefined ? 0 : 1,
    now: named?.['now'] ?? '?',
    from: named?.['from'] ?? '?',
  };
}

function clockProof(clock: Fact<'node-clock'>, node: string) {
  if (!clock.known) return [];
  const data = { node, now: clock.value.now, at: clock.item.at };
  return [proof(clock, 'clock' as const, data, `date --utc +%FT%TZ   # on ${node}`)];
}
