/** BIRD 1.6 (as Calico ships it) answering `show protocols` and `show protocols all` on its socket (nest/proto.c, proto/bgp/bgp.c). */
import type { SimNode } from './model.ts';
import { routesOf } from './routes.ts';
import type { Session, World } from './world.ts';

const BANNER = '0001 BIRD v0.3.3+birdv1.6.8 ready.';
const HEAD = '2002-name     proto    table    state  since       info';

/** Text by request. Reply codes stand before the first line of each code, a blank before the others, as BIRD does it. */
export function birdAnswers(world: World, node: SimNode): Record<string, string> {
  return { 'show protocols all': show(world, node, true), 'show protocols': show(world, node, false) };
}

/** The IPv6 daemon runs too and has no peers. */
export function bird6Answers(world: World, node: SimNode): Record<string, string> {
  const rows = basics(world, node, 6);
  return { 'show protocols all': frame(rows, true), 'show protocols': frame(rows, false) };
}

interface Row {
  line: string;
  details: string[];
}

function show(world: World, node: SimNode, all: boolean): string {
  const rows = basics(world, node, 4);
  const learnt = new Map<string, number>();
  for (const route of routesOf(world, node)) {
    if (route.proto === 'bird' && route.via !== undefined) learnt.set(route.via, (learnt.get(route.via) ?? 0) + 1);
  }
  for (const session of world.sessions(node)) {
    const since = sinceText(session.since, world.model.now);
    rows.push({
      line: `${row(session.name, 'BGP', session.state, since)}${session.info.padEnd(14)}${session.error}`,
      details: all ? details(world, node, session, learnt.get(session.peerAddress) ?? 0) : [],
    });
  }
  return frame(rows, all);
}

function frame(rows: Row[], all: boolean): string {
  const out = [BANNER, HEAD];
  rows.forEach((one, index) => {
    out.push(`${all || index === 0 ? '1002-' : ' '}${one.line}`);
    if (all) out.push(...one.details.map((line, i) => `${i === 0 ? '1006-' : ' '}${line}`), ' ');
  });
  return `${[...out, '0000 '].join('\n')}\n`;
}

function row(name: string, proto: string, state: string, since: string): string {
  return `${name.padEnd(8)} ${proto.padEnd(8)} ${'master'.padEnd(8)} ${state.padEnd(5)}  ${since.padEnd(10)}  `;
}

function basics(world: World, node: SimNode, family: 4 | 6): Row[] {
  const since = sinceText(node.calicoStarted, world.model.now);
  const common = (imported: number): string[] => [
    '  Preference:     10',
    '  Input filter:   ACCEPT',
    `  Output filter:  ${imported === 0 ? 'REJECT' : 'calico_kernel_programming'}`,
    `  Routes:         ${imported} imported, 0 exported, ${imported} preferred`,
  ];
  const names =
    family === 4 ? ['static1 Static', 'kernel1 Kernel', 'device1 Device', 'direct1 Direct'] : ['device1 Device'];
  return names.map((pair) => {
    const [name = '', proto = ''] = pair.split(' ');
    return { line: row(name, proto, 'up', since), details: common(name === 'static1' ? 1 : 0) };
  });
}

function details(world: World, node: SimNode, session: Session, routes: number): string[] {
  const here = world.bgpAddress(node) ?? '';
  const out = [
    '  Description:    Connection to BGP peer',
    '  Preference:     100',
    '  Input filter:   ACCEPT',
    '  Output filter:  calico_export_to_bgp_peers',
    `  Routes:         ${session.state === 'up' ? Math.max(1, routes) : 0} imported, ${session.state === 'up' ? 1 : 0} exported, ${routes} preferred`,
    `  BGP state:          ${session.info}`,
    `    Neighbor address: ${session.peerAddress}`,
    `    Neighbor AS:      ${world.model.calico.asNumber}`,
  ];
  if (session.state === 'up') {
    out.push(
      `    Neighbor ID:      ${session.peerAddress}`,
      '    Neighbor caps:    refresh enhanced-refresh restart-aware llgr-aware AS4 add-path-rx add-path-tx',
      '    Session:          internal multihop AS4 add-path-rx add-path-tx',
      `    Source address:   ${here}`,
      '    Hold timer:       164/240',
      '    Keepalive timer:  28/80',
    );
  } else if (session.info === 'Active') {
    out.push('    Connect delay:    2/5');
  }
  if (session.error !== '') out.push(`    Last error:       ${session.error}`);
  return out;
}

/** The time of day for the last 20 hours, the date before that; the container's clock is UTC. */
export function sinceText(since: string, now: string): string {
  const recent = Date.parse(now) - Date.parse(since) < 20 * 3_600_000;
  return recent ? since.slice(11, 19) : since.slice(0, 10);
}
