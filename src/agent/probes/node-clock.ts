/** Probe: the node's clock, when it booted, its time zone, and whether systemd says that the clock is synchronised. */
import { HostError } from '../host.ts';
import { orNothing, type Probe, readText } from '../probe.ts';

export const nodeClock: Probe<'node-clock'> = {
  kind: 'node-clock',
  command: () => 'date --iso-8601=seconds; uptime --since; timedatectl',
  read: async (host, _params, limits) => {
    const uptime = Number((await readText(host, '/proc/uptime')).trim().split(/\s+/)[0]);
    const now = host.now();
    if (!Number.isFinite(uptime)) throw new HostError('failed', '/proc/uptime holds no number');
    // Old systemd has no `timedatectl show`; a container may not reach it: both are left out, not guessed.
    const said = await orNothing(host.run('timedatectl', ['show'], limits));
    const text = said?.code === 0 ? said.stdout : '';
    const synchronised = /^NTPSynchronized=(yes|no)$/m.exec(text)?.[1];
    const timeZone = /^Timezone=(\S+)$/m.exec(text)?.[1] ?? zoneOf(await orNothing(host.readLink('/etc/localtime')));
    return {
      now: new Date(now).toISOString(),
      bootedAt: new Date(Math.round((now - uptime * 1000) / 1000) * 1000).toISOString(),
      ...(synchronised === undefined ? {} : { synchronised: synchronised === 'yes' }),
      ...(timeZone === undefined ? {} : { timeZone }),
    };
  },
};

function zoneOf(link: string | undefined): string | undefined {
  return /zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(link ?? '')?.[1];
}
