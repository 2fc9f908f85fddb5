/** What turns swap on at boot, read from units, fstab, partition types and generators (facts §3.3). */
import type { NodeSwap } from './evidence/node-system.ts';

type SwapUnit = NodeSwap['units'][number];

/** One thing that turns swap on at boot. `path` is the file that says so. */
export interface SwapSource {
  readonly kind: 'fstab' | 'gpt-auto' | 'zram' | 'unit';
  readonly device: string;
  readonly unit: string | undefined;
  readonly path: string;
  /** The line of fstab, the type of the partition, or the unit's own file. */
  readonly detail: string;
}

/** GPT's type for swap: systemd-gpt-auto-generator turns such a partition on by itself. */
const GPT_SWAP = '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f';
const GENERATED = /^\/run\/systemd\/generator/;

/** Everything that will turn swap on at the next boot; empty where nothing known will. */
export function swapSources(swap: NodeSwap): SwapSource[] {
  const commandLine = swap.kernelCommandLine ?? '';
  if (/(?:^|\s)systemd\.swap=(?:0|no|false|off)(?:\s|$)/.test(commandLine)) return [];
  const fromUnits = swap.units.flatMap((unit) => unitSource(unit, swap));
  const covered = new Set(fromUnits.filter((source) => source.kind === 'fstab').map((source) => source.detail));
  const fromFstab = swap.fstab
    .filter((entry) => !entry.commented && !optionsOf(entry.line).includes('noauto') && !covered.has(entry.line))
    .filter((entry) => !maskedUnit(swap, entry.device))
    .map((entry): SwapSource => ({ ...fstabSource(entry), unit: undefined }));
  const zram = swap.zramGenerator && !fromUnits.some((s) => s.kind === 'zram') && !maskedUnit(swap, '/dev/zram0');
  const fromZram: SwapSource[] = zram
    ? [
        {
          kind: 'zram',
          device: '/dev/zram0',
          unit: 'dev-zram0.swap',
          path: 'zram-generator.conf',
          detail: 'zram-generator',
        },
      ]
    : [];
  return [...fromUnits, ...fromFstab, ...fromZram];
}

/** systemd lists one unit for each name of a device; only the one that some file makes is started at boot. */
function unitSource(unit: SwapUnit, swap: NodeSwap): SwapSource[] {
  const { fragmentPath, sourcePath, name } = unit;
  if (fragmentPath === undefined || isMasked(unit)) return [];
  const device = unit.what ?? name;
  if (sourcePath === '/etc/fstab') {
    const entry = swap.fstab.find((line) => !line.commented && sameDevice(line.device, unit, swap));
    if (entry !== undefined && optionsOf(entry.line).includes('noauto')) return [];
    return [{ kind: 'fstab', device, unit: name, path: '/etc/fstab', detail: entry?.line ?? '/etc/fstab' }];
  }
  if (/zram/.test(name)) return [{ kind: 'zram', device, unit: name, path: fragmentPath, detail: 'zram-generator' }];
  if (GENERATED.test(fragmentPath)) return [generated(unit, fragmentPath, swap)];
  const enabled = unit.unitFileState === undefined || !['disabled', 'static', 'indirect'].includes(unit.unitFileState);
  return enabled ? [{ kind: 'unit', device, unit: name, path: fragmentPath, detail: fragmentPath }] : [];
}

/** The fstab generator writes to generator/, the GPT generator to generator.late/. */
function generated(unit: SwapUnit, path: string, swap: NodeSwap): SwapSource {
  const partition = partitionOf(unit, swap);
  const device = partition?.device ?? unit.what ?? unit.name;
  const byGpt = path.includes('/generator.late/') || partition?.partType === GPT_SWAP;
  if (byGpt) return { kind: 'gpt-auto', device, unit: unit.name, path, detail: partition?.partType ?? GPT_SWAP };
  return { kind: 'unit', device, unit: unit.name, path, detail: path };
}

function partitionOf(unit: SwapUnit, swap: NodeSwap): NodeSwap['partitions'][number] | undefined {
  const exact = swap.partitions.find((p) => p.device === unit.what || unitName(p.device) === unit.name);
  const [only, ...others] = swap.partitions;
  return exact ?? (others.length === 0 ? only : undefined);
}

function sameDevice(device: string, unit: SwapUnit, swap: NodeSwap): boolean {
  return device === unit.what || unitName(device) === unit.name || (device.includes('=') && swap.fstab.length === 1);
}

function isMasked(unit: SwapUnit): boolean {
  return (
    unit.loadState === 'masked' || (unit.unitFileState ?? '').startsWith('masked') || unit.fragmentPath === '/dev/null'
  );
}

function maskedUnit(swap: NodeSwap, device: string): boolean {
  return swap.units.some((unit) => (unit.what === device || unit.name === unitName(device)) && isMasked(unit));
}

function fstabSource(entry: NodeSwap['fstab'][number]): Pick<SwapSource, 'kind' | 'device' | 'path' | 'detail'> {
  return { kind: 'fstab', device: entry.device, path: '/etc/fstab', detail: entry.line };
}

function optionsOf(line: string): string[] {
  return (line.trim().split(/\s+/)[3] ?? '').split(',');
}

/** `/dev/sda3` → `dev-sda3.swap`, as systemd.unit(5) escapes it. */
export function unitName(device: string): string {
  return `${device.replace(/^\//, '').replaceAll('-', '\\x2d').replaceAll('/', '-')}.swap`;
}
