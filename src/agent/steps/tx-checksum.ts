/** Step: TX checksum offload of a VXLAN device on or off (facts §6 R24). */
import { failureText } from '../probe.ts';
import { type AgentStep, already, done, effect, READ, type StepContext, StepFailed, StepRefused } from '../step.ts';

const FEATURE = 'tx-checksum-ip-generic';

export const txChecksum: AgentStep<'tx-checksum'> = {
  name: 'tx-checksum',
  take: async ({ device, state }, context) => {
    const before = await readFeature(context, device);
    if (before.state === state) return already(`${FEATURE} of ${device} is ${state}`);
    if (before.fixed) throw new StepRefused(`${FEATURE} of ${device} is ${before.state} and cannot be changed`);
    await effect(context, 'ethtool', ['-K', device, FEATURE, state]);
    const after = await readFeature(context, device);
    if (after.state !== state) {
      throw new StepFailed(`ethtool -K ${device} ended without an error, and ${FEATURE} is still ${after.state}`);
    }
    context.changed(`${FEATURE} of ${device}`, before.state, after.state);
    return done(`${FEATURE} of ${device} is ${state}, until the device is made anew`);
  },
};

async function readFeature({ host }: StepContext, device: string): Promise<{ state: string; fixed: boolean }> {
  const args = ['-k', device];
  const result = await host.run('ethtool', args, READ);
  if (result.code !== 0) throw new StepRefused(failureText('ethtool', args, result));
  const found = /^\s*tx-checksum-ip-generic: (on|off)\b(.*)$/m.exec(result.stdout);
  if (found === null) throw new StepRefused(`${device} has no ${FEATURE}`);
  return { state: found[1] ?? '', fixed: (found[2] ?? '').includes('[fixed]') };
}
