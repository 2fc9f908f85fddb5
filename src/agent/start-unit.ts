/** Starts a systemd unit, or starts it anew, and waits until it is active and stays so. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeUnit } from '../core/evidence/node-system.ts';
import { HostError } from './host.ts';
import { already, done, effect, READ, type StepContext, type StepEnd, StepFailed, StepRefused } from './step.ts';
import { readUnit } from './unit-states.ts';

/** Gives the unit. @throws StepRefused where it does not exist or is masked */
export async function unitThere({ host }: StepContext, name: string): Promise<NodeUnit> {
  const unit = await readUnit(host, name, READ);
  if (unit === undefined || unit.loadState === 'not-found')
    throw new StepRefused(`${name} does not exist on this node`);
  if (unit.loadState === 'masked') throw new StepRefused(`${name} is masked: it cannot be started`);
  return unit;
}

/** `start` leaves a unit that is active alone. @throws StepRefused, StepFailed, HostError */
export async function startUnit(context: StepContext, name: string, verb: 'start' | 'restart'): Promise<StepEnd> {
  const before = await unitThere(context, name);
  if (verb === 'start' && before.activeState === 'active') return already(`${name} is running`);
  await bringUp(context, before, verb);
  return done(`${name} was ${verb === 'start' ? 'started' : 'restarted'} and is active`);
}

/** Gives orders to systemd, waits, and notes the change. @throws StepFailed where the unit does not stay active */
export async function bringUp(context: StepContext, before: NodeUnit, verb: 'start' | 'restart'): Promise<void> {
  const { name } = before;
  // systemd has given up on a unit that failed too often; it starts it again only after this.
  if (before.activeState === 'failed') await effect(context, 'systemctl', ['reset-failed', name]);
  try {
    await effect(context, 'systemctl', [verb, name]);
  } catch (error) {
    // Whoever waits for systemctl in vain: systemd goes on, and the unit's state says what came of it.
    if (!(error instanceof HostError && error.code === 'timeout')) {
      const after = await readUnit(context.host, name, READ);
      context.changed(name, describe(before), `${verb} tried, ${describe(after)}`);
      throw error;
    }
  }
  const { unit, steady } = await watch(context, name);
  context.changed(name, describe(before), `${verb}ed, ${describe(unit)}`);
  if (steady) return;
  throw new StepFailed(`${name} was ${verb}ed and did not stay active within ${context.waits.activeMs / 1000} s`);
}

/** True where the unit is active now and still is, without a restart, a little later. @throws HostError */
export async function staysActive(context: StepContext, unit: NodeUnit): Promise<boolean> {
  if (unit.activeState !== 'active') return false;
  await sleep(context.waits.steadyMs);
  const later = await readUnit(context.host, unit.name, READ);
  return later?.activeState === 'active' && later.restarts === unit.restarts;
}

/** Looks at the unit until it has been active for a while, or until time is up. */
async function watch(context: StepContext, name: string): Promise<{ unit: NodeUnit | undefined; steady: boolean }> {
  const { activeMs, steadyMs, lookMs } = context.waits;
  const until = performance.now() + activeMs;
  let since: { at: number; restarts: number | undefined } | undefined;
  for (;;) {
    const unit = await readUnit(context.host, name, READ);
    const now = performance.now();
    if (unit?.activeState !== 'active') since = undefined;
    else if (since?.restarts !== unit.restarts || since === undefined) since = { at: now, restarts: unit.restarts };
    if (since !== undefined && now - since.at >= steadyMs) return { unit, steady: true };
    // What became active in time may show that it stays so.
    if (since === undefined && now >= until) return { unit, steady: false };
    if (now >= until + steadyMs) return { unit, steady: false };
    await sleep(lookMs);
  }
}

function describe(unit: NodeUnit | undefined): string {
  return unit === undefined ? 'unknown' : `${unit.activeState} (${unit.subState})`;
}
