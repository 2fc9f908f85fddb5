/** Cause: swap is on and kubelet refuses to start (K01–K02); and what will turn swap on again at the next boot. */
import type { NodeSwap } from '../../core/evidence/node-system.ts';
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import type { Finding, Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { swapSources } from '../../core/swap-sources.ts';
import { type Kubelet, kubelets } from './kubelet.ts';
import { downSince, hitConfidence, KUBELET_LINKS, KUBELET_PROOFS, kubeletProofs } from './kubelet-fatal-rule.ts';
import { keepOff, keepOffHint, SWAP_TEXTS, sourceProofs } from './swap-advice.ts';

/** Above this share of free memory, taking swap away would kill processes (facts R17). */
const SAFE_SHARE = 0.8;

export const kubeletSwapOn = defineRule({
  id: 'kubelet-swap-on',
  role: 'cause',
  severity: 'critical',
  summary: 'swap is on, so kubelet refuses to start',
  needs: ['nodes', 'node-leases', 'node-units', 'node-journal', 'node-swap', 'node-memory'],
  texts: {
    found: 'Swap is on at {node} ({devices}), and its kubelet refuses to start with swap.',
    'no-device': 'kubelet on {node} refuses to start because swap is on.',
    fits: 'Swap is on at {node} ({devices}) and its kubelet does not stay up. Unless it is told otherwise, kubelet refuses to start with swap.',
    ...KUBELET_PROOFS,
    swaps: '/proc/swaps on {node} names {devices}; {used} KiB of {size} KiB are in use.',
    ...SWAP_TEXTS,
    off: 'Turn swap off now. systemd starts kubelet again within seconds, and the node becomes Ready by itself.',
    tight:
      'Free memory first: {used} KiB of swap are in use and only {available} KiB of memory are free. Taking swap away now would kill processes.',
    flag: '--fail-swap-on=false lets kubelet start and leaves swap on. That changes how memory is handled on this node: a decision, not a repair.',
    'fstab-again': 'Editing /etc/fstab again: it is not what turns swap on here.',
  },
  explains: KUBELET_LINKS,
  judge(facts, say) {
    for (const kubelet of kubelets(facts)) {
      const fatal = kubelet.hit?.id === 'kubelet-swap-on';
      const blind = kubelet.hit === undefined && !kubelet.journal.known && kubelet.state === 'looping';
      if (!fatal && !blind) continue;
      const swap = facts.get('node-swap', nodeRef(kubelet.node));
      // Swap is off by now: the line is history, and kubelet comes up at its next start.
      if (swap.known && swap.value.active.length === 0) continue;
      if (!swap.known && !fatal) continue;
      const certainty = fatal
        ? hitConfidence(kubelet)
        : { confidence: 'likely' as const, tryThis: `journalctl -u kubelet -n 50 --no-pager   # on ${kubelet.node}` };
      say.find({
        object: nodeRef(kubelet.node),
        ...certainty,
        text: !swap.known ? 'no-device' : fatal ? 'found' : 'fits',
        data: { node: kubelet.node, devices: swap.known ? devices(swap.value) : [] },
        scope: { nodes: [kubelet.node] },
        ...downSince(facts, kubelet.node),
        ...restOf(facts, kubelet, swap),
      });
    }
  },
});

type TextId = Extract<keyof (typeof kubeletSwapOn)['texts'], string>;
type Rest = Pick<Finding<TextId>, 'because' | 'advice' | 'wouldNotHelp' | 'remediations'>;

function restOf(facts: Facts, kubelet: Kubelet, swap: Fact<'node-swap'>): Rest {
  const { node } = kubelet;
  const because: Proof<TextId>[] = [...kubeletProofs(kubelet)];
  const wouldNotHelp: NonNullable<Rest['wouldNotHelp']> = [{ text: 'flag', data: {} }];
  if (!swap.known) {
    const command = 'swapon --show; swapoff -a';
    return { because, wouldNotHelp, advice: [{ text: 'off', data: {}, command }] };
  }
  const { used, size } = sums(swap.value);
  const data = { node, devices: devices(swap.value), used, size };
  because.push(proof(swap, 'swaps', data, `cat /proc/swaps   # on ${node}`), ...sourceProofs(swap, node));
  const sources = swapSources(swap.value);
  const fstab = sources.length > 0 && sources.every((source) => source.kind !== 'fstab');
  return {
    because,
    advice: [...offAdvice(facts, kubelet.node, swap.value), ...keepOff(swap)],
    wouldNotHelp: fstab ? [...wouldNotHelp, { text: 'fstab-again', data: {} }] : wouldNotHelp,
    remediations: [{ id: 'turn-swap-off', params: { node } }, ...keepOffHint(node, sources)],
  };
}

function offAdvice(facts: Facts, node: string, swap: NodeSwap): NonNullable<Rest['advice']> {
  const memory = facts.get('node-memory', nodeRef(node));
  const { used } = sums(swap);
  const off = { text: 'off' as const, data: {}, command: `swapoff ${devices(swap).join(' ')}` };
  if (!memory.known || used <= SAFE_SHARE * memory.value.availableKiB) return [off];
  return [{ text: 'tight', data: { used, available: memory.value.availableKiB }, command: 'free -h' }, off];
}

function devices(swap: NodeSwap): string[] {
  return swap.active.map((area) => area.device);
}

function sums(swap: NodeSwap): { used: number; size: number } {
  return {
    used: swap.active.reduce((sum, area) => sum + area.usedKiB, 0),
    size: swap.active.reduce((sum, area) => sum + area.sizeKiB, 0),
  };
}
