/** Probe: BIRD's BGP sessions over its control socket, as Calico runs it. */
import type { z } from 'zod';
import type { NodeBird } from '../../core/evidence/node-network.ts';
import { type Host, HostError, type Limits } from '../host.ts';
import { parseBird } from '../parse/bird.ts';
import type { Probe } from '../probe.ts';

const SOCKETS = {
  4: ['/var/run/calico/bird.ctl', '/var/run/bird/bird.ctl'],
  6: ['/var/run/calico/bird6.ctl', '/var/run/bird/bird6.ctl'],
} as const;
type Bird = z.infer<typeof NodeBird>[number];

export const nodeBird: Probe<'node-bird'> = {
  kind: 'node-bird',
  command: () => 'birdcl -r -s /var/run/calico/bird.ctl show protocols all',
  read: async (host, { neighbours }, limits) => {
    const birds = splitFamilies([await ask(host, 4, limits), await ask(host, 6, limits)]);
    return neighbours === undefined
      ? birds
      : birds.map((bird) => ({ ...bird, sessions: telling(bird.sessions, neighbours) }));
  },
};

/** Established sessions with others that are kept: enough to see that there are some. */
const OTHERS = 20;
/** Sessions that are not up, at most: a mesh of thousands that is down is told by this many as well. */
const MAX_DOWN = 500;

function telling(sessions: Bird['sessions'], neighbours: readonly string[]): Bird['sessions'] {
  const wanted = new Set(neighbours);
  let down = 0;
  let others = 0;
  return sessions.filter(({ info, neighbour }) => {
    if (neighbour !== undefined && wanted.has(neighbour)) return true;
    return info === 'Established' ? others++ < OTHERS : down++ < MAX_DOWN;
  });
}

async function ask(host: Host, family: 4 | 6, limits: Limits): Promise<Bird> {
  for (const path of SOCKETS[family]) {
    try {
      const answer = parseBird(await host.unix(path, 'show protocols all', limits));
      if (answer.refused !== undefined) return down(family, `BIRD refused "show protocols all": ${answer.refused}`);
      if (!answer.complete) return down(family, `BIRD's answer at ${path} has no end`);
      return {
        family,
        status: 'up',
        ...(answer.version === undefined ? {} : { version: answer.version }),
        sessions: answer.sessions,
      };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.code === 'not-found') continue;
      if (error.code === 'denied') throw error;
      return down(family, error.message);
    }
  }
  return { family, status: 'absent', sessions: [] };
}

function down(family: 4 | 6, error: string): Bird {
  return { family, status: 'down', error: error.slice(0, 300), sessions: [] };
}

/** BIRD 2 speaks both families through one socket: its IPv6 sessions belong to family 6. */
function splitFamilies([v4, v6]: [Bird, Bird]): Bird[] {
  const other = v4.sessions.filter((session) => session.neighbour?.includes(':'));
  if (other.length === 0 || v6.status !== 'absent') return [v4, v6];
  const own = v4.sessions.filter((session) => !other.includes(session));
  return [
    { ...v4, sessions: own },
    { ...v4, family: 6, sessions: other },
  ];
}
