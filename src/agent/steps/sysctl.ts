/** Step: a sysctl of the list, now and for the next boot (facts §6 R22, R23). */
import { orNothing, readText } from '../probe.ts';
import { type AgentStep, already, done, loadMaybe, type StepContext, StepFailed, StepRefused } from '../step.ts';
import { SYSCTL_FILE, sysctlPath } from '../step-host.ts';
import { sysctlSettings, withSysctl } from '../sysctl-file.ts';

const FOLDER = '/etc/sysctl.d';

export const sysctl: AgentStep<'sysctl'> = {
  name: 'sysctl',
  take: async ({ name, value, persist }, context) => {
    const wanted = String(value);
    const path = sysctlPath(name);
    const kernel = await loadMaybe(context.effects, path);
    if (kernel === undefined) {
      throw new StepRefused(`this kernel has no ${name}: the module that brings it is not loaded`);
    }
    const file = (await loadMaybe(context.effects, SYSCTL_FILE)) ?? '';
    const written = sysctlSettings(file).get(name);
    const writtenWanted = persist ? wanted : undefined;
    if (kernel.trim() === wanted && written === writtenWanted) {
      return already(`${name} is ${wanted}${persist ? `, also in ${SYSCTL_FILE}` : ''}`);
    }
    if (kernel.trim() !== wanted) await setKernel(context, { name, path, kernel, wanted });
    if (written !== writtenWanted) await setFile(context, name, writtenWanted);
    const later = persist ? await overriding(context, name, wanted) : undefined;
    return done(
      `${name} is ${wanted}${later === undefined ? '' : `, but ${later} sets another value at the next boot`}`,
    );
  },
};

async function setKernel(
  { effects, changed }: StepContext,
  { name, path, kernel, wanted }: { name: string; path: string; kernel: string; wanted: string },
): Promise<void> {
  await effects.put({ path, content: `${wanted}\n`, was: kernel });
  const now = (await effects.load(path)).trim();
  if (now !== kernel.trim()) changed(name, kernel.trim(), now);
  if (now !== wanted) throw new StepFailed(`${name} was set to ${wanted}, and the kernel says ${now}`);
}

async function setFile({ effects, changed }: StepContext, name: string, value: string | undefined): Promise<void> {
  const was = await loadMaybe(effects, SYSCTL_FILE);
  const content = withSysctl(was ?? '', name, value);
  if (content !== undefined) await effects.put({ path: SYSCTL_FILE, content, was });
  else if (was !== undefined) await effects.remove(SYSCTL_FILE, was);
  const now = await loadMaybe(effects, SYSCTL_FILE);
  if (now !== content) throw new StepFailed(`${SYSCTL_FILE} does not hold what was written`);
  changed(`${name} in ${SYSCTL_FILE}`, sysctlSettings(was ?? '').get(name) ?? 'absent', value ?? 'absent');
}

/** Gives the file that is read after ours at boot and sets another value: it wins. */
async function overriding({ host }: StepContext, name: string, wanted: string): Promise<string | undefined> {
  const names = (await orNothing(host.readDir(FOLDER))) ?? [];
  const later = names.filter((one) => one.endsWith('.conf') && `${FOLDER}/${one}` > SYSCTL_FILE).sort();
  for (const path of [...later.map((one) => `${FOLDER}/${one}`), '/etc/sysctl.conf'].reverse()) {
    const set = sysctlSettings((await orNothing(readText(host, path))) ?? '').get(name);
    if (set !== undefined) return set === wanted ? undefined : path;
  }
  return undefined;
}
