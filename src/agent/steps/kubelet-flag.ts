/** Step: one flag that kubelet no longer knows out of one of its three files, or back in; then kubelet anew (facts §6 R21). */
import type { NodeStepParams } from '../../core/node-steps.ts';
import { findFlag, REMOVED_FLAGS, withFlag, withoutFlag } from '../flag-text.ts';
import { bringUp, staysActive, unitThere } from '../start-unit.ts';
import {
  type AgentStep,
  already,
  done,
  editFile,
  effect,
  keptBefore,
  loadFile,
  loadMaybe,
  type StepContext,
  StepRefused,
} from '../step.ts';

type Params = NodeStepParams<'kubelet-flag'>;

export const kubeletFlag: AgentStep<'kubelet-flag'> = {
  name: 'kubelet-flag',
  take: async (params, context) => {
    const { file, flag, state } = params;
    if (!REMOVED_FLAGS.includes(flag)) throw new StepRefused(`${flag} is no flag that this agent may change`);
    // Where a file is not there, nothing stands in it: a plan names every file that may hold the flag.
    if (state === 'absent' && (await loadMaybe(context.effects, file)) === undefined)
      return already(`${file} does not exist, so ${flag} is not in it`);
    const now = await loadFile(context, file);
    const found = findFlag(now, flag);
    if (typeof found === 'string') throw new StepRefused(`${found} in ${file}: edit the file by hand`);
    const [first, second] = found;
    if (second !== undefined) throw new StepRefused(`${flag} stands ${found.length} times in ${file}: edit it by hand`);
    if ((first === undefined) === (state === 'absent')) return already(`${flag} is ${state} in ${file}`);
    const kubelet = await unitThere(context, 'kubelet.service');
    if (state === 'absent' && (await staysActive(context, kubelet))) {
      throw new StepRefused(`kubelet runs with ${flag}, so it knows the flag`);
    }
    const content = state === 'absent' ? withoutFlag(now, flag) : await putBack(params, context, now);
    if (content === undefined) throw new StepRefused(`${file} has no setting for kubelet's flags: edit it by hand`);
    const after = findFlag(content, flag);
    const [put] = typeof after === 'string' ? [] : after;
    await editFile(context, file, now, content);
    context.changed(`${flag} in ${file}`, first?.text ?? 'absent', put?.text ?? 'absent');
    await effect(context, 'systemctl', ['daemon-reload']);
    await bringUp(context, kubelet, 'restart');
    return done(`${flag} is ${state} in ${file}, and kubelet is active`);
  },
};

/** As the file was before this agent took the flag out; else the flag as the last one. @throws StepRefused */
async function putBack({ file, flag, text }: Params, context: StepContext, now: string): Promise<string | undefined> {
  const kept = await keptBefore(context, file, (before) => withoutFlag(before, flag), now);
  if (kept !== undefined && (text === undefined || holds(kept, flag, text))) return kept;
  if (text === undefined) throw new StepRefused(`nothing says how ${flag} stood in ${file}: edit it by hand`);
  if (!text.startsWith(`${flag}=`)) throw new StepRefused(`${text} is not a value of ${flag}`);
  return withFlag(now, text);
}

function holds(content: string, flag: string, text: string): boolean {
  const found = findFlag(content, flag);
  return typeof found !== 'string' && found[0]?.text === text;
}
