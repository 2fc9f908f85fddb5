/** What the probes tell of tunnels between nodes: which carry packets, which lose them, and how sure that is. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof, TextData } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { pairSession } from '../calico/sessions.ts';
import { bgpNeeded, calicoNodes, mismatchedNodes } from '../model/calico.ts';
import { internalIps, nodesByName } from '../model/nodes.ts';
import { arrives, backendProbes, connectResult, connects, underlay } from '../model/paths.ts';
import { type CutProbe, cutProbes } from '../model/pod-probes.ts';
import { isTunnel, routeText, tunnelAddresses, type WayToPod, wayToPod } from '../model/pod-routes.ts';
import { carrierOf, type Denied, denialOf, firewallIsOpen } from './tunnel-carriers.ts';

type TextId = 'route' | 'lost' | 'tunnel' | 'node' | 'denial' | 'works';
/** kubelet listens on every address of its node, and no policy for Pods covers the node's own addresses. */
const KUBELET = 10250;

/** A pair of nodes whose tunnel does not carry packets. */
export interface LostTunnel {
  readonly from: string;
  readonly to: string;
  readonly ip: string;
  readonly probe: CutProbe;
  readonly way: WayToPod;
  readonly device: string;
  readonly carrier: string;
  /** The expression for tcpdump. */
  readonly filter: string;
  readonly vxlan: boolean;
  readonly tunnelIp: string | undefined;
  readonly denied: Denied | undefined;

  readonly sure: boolean;
}

/** Pairs whose Pods are not reached through a tunnel, with nothing else in sight that would explain it. */
export function lostTunnels(facts: Facts): readonly LostTunnel[] {
  return facts.model(computeLost);
}

function computeLost(facts: Facts): LostTunnel[] {
  const out = new Map<string, LostTunnel>();
  for (const probe of cutProbes(facts)) {
    const key = `${probe.from} ${probe.to}`;
    const lost = out.has(key) ? undefined : lostTunnel(facts, probe);
    if (lost !== undefined) out.set(key, lost);
  }
  return [...out.values()];
}

function lostTunnel(facts: Facts, probe: CutProbe): LostTunnel | undefined {
  const { from, to } = probe;
  const way = wayToPod(facts, from, probe.backend.ip);
  const device = way?.device;
  if (way?.state !== 'present' || device === undefined || !isTunnel(device)) return undefined;
  if (probe.result.result !== 'timeout' || underlay(facts, from, to) !== true) return undefined;
  if (explainedOtherwise(facts, probe)) return undefined;
  const tunnels = tunnelAddresses(facts, to).map((ip) => ({ ip, result: connectResult(facts, from, ip, KUBELET) }));
  // An answer through the tunnel: it carries packets, whatever keeps the Pod from answering.
  if (tunnels.some((t) => t.result !== undefined && arrives(t.result))) return undefined;
  const { carrier, filter, protocols, ports } = carrierOf(device);
  const tunnelIp = tunnels.find((t) => t.result?.result === 'timeout')?.ip;
  const denied = denialOf(facts, [to, from], protocols, ports);
  const vxlan = carrier.includes('VXLAN');
  // A broken checksum offload loses TCP in VXLAN just so: only the wire itself tells the two apart.
  const sure = denied !== undefined || (tunnelIp !== undefined && !vxlan && onlyTheTunnel(facts, from, to));
  const ip = tunnelIp ?? probe.backend.ip;
  return { from, to, ip, probe, way, device, carrier, filter, vxlan, tunnelIp, denied, sure };
}

/** The far end is reached outside of the tunnel, kubelet answers there, and no firewall shuts it on one side. */
function onlyTheTunnel(facts: Facts, from: string, to: string): boolean {
  return (
    reachesEnd(facts, from, to) === true &&
    nodeAddress(facts, from, to) !== undefined &&
    firewallIsOpen(facts, to, KUBELET)
  );
}

/** Faults that lose packets of the pair just as well, and are seen or not seen to be absent. */
function explainedOtherwise(facts: Facts, { from, to }: CutProbe): boolean {
  const wrong = mismatchedNodes(facts).some((n) => n.node === from || n.node === to);
  const shared = [...calicoNodes(facts).values()].filter((n) => n.node === from || n.node === to);
  const conflict = shared.some((a) =>
    [...calicoNodes(facts).values()].some((b) => a.node !== b.node && a.address === b.address),
  );
  const sysctls = facts.get('node-sysctls', nodeRef(to));
  const forwardOff = sysctls.known && sysctls.value['net.ipv4.ip_forward'] === '0';
  const noWayBack = tunnelAddresses(facts, from).some((ip) => {
    const back = wayToPod(facts, to, ip)?.state;
    return back === 'missing' || back === 'discarded';
  });
  const sessionDown = bgpNeeded(facts) !== false && pairSession(facts, from, to) === 'down';
  // Another Pod over there answers: the tunnel carries packets.
  const carries = backendProbes(facts).some((p) => p.from === from && p.backend.node === to && arrives(p.result));
  const endsCut = reachesEnd(facts, from, to) === false || reachesEnd(facts, to, from) === false;
  // Under Calico the ends of tunnels are what its annotations say: without them nothing can be told.
  const known = calicoNodes(facts);
  const endUnknown = known.size > 0 && !(known.has(from) && known.has(to));
  return wrong || conflict || endsCut || endUnknown || forwardOff || noWayBack || sessionDown || carries;
}

/** Whether `from` reaches the address at which the tunnel ends on `to`: Calico's, which may be on a network of its own. */
function reachesEnd(facts: Facts, from: string, to: string): boolean | undefined {
  const end = calicoNodes(facts).get(to);
  if (end === undefined) return undefined;
  if (end.matches) return underlay(facts, from, to);
  const tried = [KUBELET, 179, 22].flatMap((port) => connectResult(facts, from, end.address, port) ?? []);
  return tried.length === 0 ? undefined : tried.some(arrives);
}

/** The node address at which kubelet answers. */
function nodeAddress(facts: Facts, from: string, to: string): string | undefined {
  const node = nodesByName(facts).get(to);
  return (node === undefined ? [] : internalIps(node)).find(
    (ip) => connectResult(facts, from, ip, KUBELET)?.result === 'open',
  );
}

/** A tunnel that a probe went through, although a Pod at its end does not answer. */
export interface OpenTunnel {
  readonly from: string;
  readonly to: string;
  readonly proof: (text: 'works', data: TextData) => Proof<'works'>;
}

/** Tunnels of failing pairs that carry packets all the same. */
export function openTunnels(facts: Facts): OpenTunnel[] {
  const pairs = new Map(cutProbes(facts).map((p) => [`${p.from} ${p.to}`, p]));
  return [...pairs.values()].flatMap(({ from, to }) => {
    const fact = connects(facts).get(from)?.fact;
    const ip = tunnelAddresses(facts, to).find((a) => connectResult(facts, from, a, KUBELET)?.result === 'open');
    // Without a route through the tunnel the packet went another way.
    if (fact === undefined || ip === undefined || !isTunnel(wayToPod(facts, from, ip)?.device)) return [];
    const command = `nc -vz -w 2 ${ip} ${KUBELET}   # on ${from}`;
    return [{ from, to, proof: (text: 'works', data: TextData) => proof(fact, text, data, command) }];
  });
}

/** The proofs of one lost tunnel. */
export function proofsOf(facts: Facts, lost: LostTunnel): Proof<TextId>[] {
  const { from, to, way, probe, tunnelIp, denied } = lost;
  const fact = connects(facts).get(from)?.fact;
  const out: Proof<TextId>[] = [];
  if (way.route !== undefined) {
    const data = { from, address: probe.backend.ip, route: routeText(way.route) };
    out.push(proof(way.table, 'route', data, `ip route get ${probe.backend.ip}   # on ${from}`));
  }
  if (fact !== undefined) {
    const tried = (text: 'lost' | 'tunnel' | 'node', ip: string, port: number, result = '') =>
      proof(fact, text, { from, to, address: `${ip}:${port}`, result }, `nc -vz -w 2 ${ip} ${port}   # on ${from}`);
    out.push(tried('lost', probe.backend.ip, probe.backend.port));
    if (tunnelIp !== undefined) out.push(tried('tunnel', tunnelIp, KUBELET));
    const address = nodeAddress(facts, from, to);
    if (address !== undefined) out.push(tried('node', address, KUBELET, 'open'));
  }
  if (denied !== undefined) out.push(proof(denied.fact, 'denial', { node: denied.node, rule: denied.denial.rule }));
  return out;
}
