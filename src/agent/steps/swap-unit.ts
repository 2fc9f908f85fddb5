/** Step: one `.swap` unit of systemd masked, so that no boot turns it on, or unmasked (facts §3.3, §6 R18). */
import { parseBlocks } from '../parse/systemd.ts';
import { runText } from '../probe.ts';
import { SWAP_PROPERTIES } from '../probes/node-swap.ts';
import { type AgentStep, already, done, effect, READ, type StepContext, StepFailed, StepRefused } from '../step.ts';
import { assertEffect } from '../step-host.ts';

interface UnitFile {
  readonly loadState: string;
  readonly fileState: string;
  readonly fragment: string;
}

export const swapUnit: AgentStep<'swap-unit'> = {
  name: 'swap-unit',
  take: async ({ unit, state }, context) => {
    const verb = state === 'masked' ? 'mask' : 'unmask';
    // Before the name is given to systemctl at all: a name with a dash in front would be an option.
    assertEffect('systemctl', [verb, unit]);
    const before = await readFileState(context, unit);
    const masked = before.fileState === 'masked' || (before.fileState === '' && before.loadState === 'masked');
    if (state === 'masked' && masked) return already(`${unit} is masked`);
    if (state === 'unmasked' && !masked) return already(`${unit} is not masked`);
    if (before.loadState !== 'loaded' && before.loadState !== 'masked') {
      throw new StepRefused(`${unit} is no unit of this node (systemd says ${before.loadState})`);
    }
    if (state === 'masked' && before.fragment === `/etc/systemd/system/${unit}`) {
      throw new StepRefused(
        `${unit} is a file in /etc/systemd/system, which a mask cannot hide: disable or remove it by hand`,
      );
    }
    await effect(context, 'systemctl', [verb, unit]);
    const after = await readFileState(context, unit);
    const isMasked = after.fileState === 'masked' || after.loadState === 'masked';
    if (isMasked !== (state === 'masked')) {
      throw new StepFailed(`systemctl ${verb} ${unit} ended without an error, and the unit is ${describe(after)}`);
    }
    context.changed(unit, describe(before), describe(after));
    return done(`${unit} is ${state}`);
  },
};

async function readFileState({ host }: StepContext, unit: string): Promise<UnitFile> {
  const args = ['show', unit, `--property=${SWAP_PROPERTIES}`, '--no-pager'];
  const [properties] = parseBlocks(await runText(host, 'systemctl', args, READ));
  return {
    loadState: properties?.get('LoadState') ?? 'unknown',
    fileState: properties?.get('UnitFileState') ?? '',
    fragment: properties?.get('FragmentPath') ?? '',
  };
}

function describe({ loadState, fileState }: UnitFile): string {
  return fileState === '' ? loadState : fileState;
}
