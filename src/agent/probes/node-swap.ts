/** Probe: active swap and everything that could turn it on again at boot. */

import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { type Host, HostError, type Limits } from '../host.ts';
import { parseActiveSwap, parseFstabSwap, parseSwapPartitions, zramConfigured } from '../parse/swap.ts';
import { parseBlocks } from '../parse/systemd.ts';
import { failureText, orMissing, type Probe, readText, runText } from '../probe.ts';

const ZRAM = ['/etc/systemd/zram-generator.conf', '/usr/lib/systemd/zram-generator.conf'];
const LIST = ['list-units', '--type=swap', '--all', '--no-legend', '--plain', '--no-pager'];
/** What is asked of a swap unit. */
export const SWAP_PROPERTIES = 'Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,SourcePath,What';
const LSBLK = ['-P', '-o', 'NAME,PARTTYPE,FSTYPE'];
type Swap = EvidenceValue<'node-swap'>;

export const nodeSwap: Probe<'node-swap'> = {
  kind: 'node-swap',
  command: () =>
    'cat /proc/swaps; systemctl list-units --type=swap --all; grep swap /etc/fstab; lsblk -o NAME,PARTTYPE,FSTYPE',
  read: async (host, _params, limits) => {
    const active = parseActiveSwap(await readText(host, '/proc/swaps'));
    const units = await swapUnits(host, limits);
    const fstab = parseFstabSwap((await orMissing(readText(host, '/etc/fstab'))) ?? '');
    const partitions = parseSwapPartitions((await orMissing(runText(host, 'lsblk', LSBLK, limits))) ?? '');
    const commandLine = (await orMissing(readText(host, '/proc/cmdline')))?.trim();
    return {
      active,
      units,
      fstab,
      partitions,
      zramGenerator: await hasZram(host),
      ...(commandLine === undefined || commandLine === '' ? {} : { kernelCommandLine: commandLine }),
    };
  },
};

/** The file under /etc hides the vendor's; an empty one switches the generator off. */
async function hasZram(host: Host): Promise<boolean> {
  for (const path of ZRAM) {
    const text = await orMissing(readText(host, path));
    if (text !== undefined) return zramConfigured(text);
  }
  return false;
}

async function swapUnits(host: Host, limits: Limits): Promise<Swap['units']> {
  const list = await orMissing(host.run('systemctl', LIST, limits));
  if (list === undefined || /not been booted with systemd/.test(list.stderr)) return [];
  if (list.code !== 0) throw new HostError('failed', failureText('systemctl', LIST, list));
  const names = list.stdout.split('\n').flatMap((line) => /(?:^|\s)([^\s-]\S*\.swap)(?:\s|$)/.exec(line)?.[1] ?? []);
  if (names.length === 0) return [];
  const shown = await runText(
    host,
    'systemctl',
    ['show', ...names, `--property=${SWAP_PROPERTIES}`, '--no-pager'],
    limits,
  );
  return parseBlocks(shown).map((properties) => {
    const optional = (property: string): string | undefined => properties.get(property) || undefined;
    const what = optional('What');
    const unitFileState = optional('UnitFileState');
    const fragmentPath = optional('FragmentPath');
    const sourcePath = optional('SourcePath');
    return {
      name: properties.get('Id') ?? '',
      loadState: properties.get('LoadState') ?? 'unknown',
      activeState: properties.get('ActiveState') ?? 'unknown',
      ...(what === undefined ? {} : { what }),
      ...(unitFileState === undefined ? {} : { unitFileState }),
      ...(fragmentPath === undefined ? {} : { fragmentPath }),
      ...(sourcePath === undefined ? {} : { sourcePath }),
    };
  });
}
