/** Parses what says that swap is on, or will be after the next boot: /proc/swaps, fstab, partition types, zram. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';

/** GPT's type of a Linux swap partition, which systemd-gpt-auto-generator turns on by itself; 0x82 is MBR's. */
const SWAP_TYPES = new Set(['0657fd6d-a4ab-43c4-84e5-0933c84b4f4f', '0x82']);
type Swap = EvidenceValue<'node-swap'>;

/** Gives the lines of /proc/swaps below its header. Sizes in KiB. */
export function parseActiveSwap(text: string): Swap['active'] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device, type, size, used, priority] = line.trim().split(/\s+/);
      if (device === undefined || type === undefined || priority === undefined) return [];
      return [
        {
          device: unescapeOctal(device).replace(/ \(deleted\)$/, ''),
          type,
          sizeKiB: Number(size),
          usedKiB: Number(used),
          priority: Number(priority),
        },
      ];
    });
}

/** Gives the swap lines of fstab; a line that is commented out counts as such. */
export function parseFstabSwap(text: string): Swap['fstab'] {
  return text.split('\n').flatMap((line) => {
    const trimmed = line.trim();
    const commented = trimmed.startsWith('#');
    const [device, , type] = trimmed.replace(/^[#\s]+/, '').split(/\s+/);
    if (device === undefined || type !== 'swap') return [];
    return [{ device: unescapeOctal(device), line: trimmed, commented }];
  });
}

/** Gives the partitions of `lsblk -P -o NAME,PARTTYPE,FSTYPE` that are swap by type or by content. */
export function parseSwapPartitions(text: string): Swap['partitions'] {
  return text.split('\n').flatMap((line) => {
    const fields = new Map([...line.matchAll(/([A-Z]+)="([^"]*)"/g)].map((match) => [match[1], match[2] ?? '']));
    const name = fields.get('NAME') ?? '';
    const partType = (fields.get('PARTTYPE') ?? '').toLowerCase();
    const fsType = fields.get('FSTYPE') ?? '';
    if (name === '' || (!SWAP_TYPES.has(partType) && fsType !== 'swap')) return [];
    return [
      {
        device: `/dev/${name}`,
        ...(partType === '' ? {} : { partType }),
        ...(fsType === '' ? {} : { fsType }),
      },
    ];
  });
}

/** True where a zram-generator.conf has a section for a device; an empty file, or one of comments, has none. */
export function zramConfigured(text: string): boolean {
  return /^\s*\[zram\d+\]/m.test(text);
}

function unescapeOctal(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
