/** Proofs and advice about what turns swap on at boot: shared by the two rules about swap. */

import type { Fact } from '../../core/facts.ts';
import { proof } from '../../core/facts.ts';
import type { Finding, Proof, RemediationHint } from '../../core/finding.ts';
import { type SwapSource, swapSources } from '../../core/swap-sources.ts';

export const SWAP_TEXTS = {
  'by-gpt-auto':
    '{unit} comes from {path}: systemd itself turns on every partition of the type swap ({detail}) at boot, whatever /etc/fstab says.',
  'by-fstab': 'A line of /etc/fstab turns swap on at boot: {detail}',
  'by-zram': 'The zram generator makes swap on {device} at boot.',
  'by-unit': '{unit} turns swap on at boot; its file is {path}.',
  'fstab-off': '/etc/fstab does not do it: its line for swap is commented out.',
  'fstab-none': '/etc/fstab does not do it: it has no line for swap.',
  mask: 'Then keep it off: mask {unit}. Without that swap is back after the next boot.',
  'comment-fstab': 'Then keep it off: comment out the line in /etc/fstab.',
  'stop-zram': 'Then keep it off: an empty /etc/systemd/zram-generator.conf switches the zram generator off.',
} as const;
export type SwapText = keyof typeof SWAP_TEXTS;

type KnownSwap = Extract<Fact<'node-swap'>, { known: true }>;

/** What turns swap on at boot, each with the command that shows it. */
export function sourceProofs(swap: KnownSwap, node: string): Proof<SwapText>[] {
  const sources = swapSources(swap.value);
  const out = sources.map((source): Proof<SwapText> => {
    const { device, path, detail } = source;
    const data = { device, path, detail, unit: source.unit ?? device };
    return proof(swap, `by-${source.kind}`, data, `${sourceCommand(source)}   # on ${node}`);
  });
  if (sources.length === 0 || sources.some((source) => source.kind === 'fstab')) return out;
  const commented = swap.value.fstab.some((line) => line.commented);
  return [...out, proof(swap, commented ? 'fstab-off' : 'fstab-none', {}, `grep swap /etc/fstab   # on ${node}`)];
}

function sourceCommand(source: SwapSource): string {
  if (source.kind === 'fstab') return 'grep swap /etc/fstab';
  if (source.kind === 'gpt-auto') return `systemctl cat '${source.unit ?? ''}'; lsblk -o NAME,PARTTYPE,FSTYPE`;
  return `systemctl cat '${source.unit ?? ''}'`;
}

/** What is offered to keep swap off: nothing where no source is known, or where only a person can switch one off. */
export function keepOffHint(node: string, sources: readonly SwapSource[]): RemediationHint[] {
  if (sources.length === 0 || sources.some((source) => source.kind === 'zram')) return [];
  const unit = sources.find((source) => source.unit !== undefined)?.unit;
  return [{ id: 'keep-swap-off', params: { node, ...(unit === undefined ? {} : { unit }) } }];
}

/** How to keep swap off over the next boot, for each source once. */
export function keepOff(swap: KnownSwap): NonNullable<Finding<SwapText>['advice']> {
  return swapSources(swap.value).map((source) => {
    if (source.kind === 'fstab')
      return {
        text: 'comment-fstab' as const,
        data: {},
        command: "sed -i.bak -E 's/^([^#].*[[:space:]]swap[[:space:]])/#\\1/' /etc/fstab && systemctl daemon-reload",
      };
    if (source.kind === 'zram')
      return { text: 'stop-zram' as const, data: {}, command: ': > /etc/systemd/zram-generator.conf' };
    const unit = source.unit ?? source.device;
    return { text: 'mask' as const, data: { unit }, command: `systemctl mask --now '${unit}'` };
  });
}
