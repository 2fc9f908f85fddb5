/** The proof that it is not kube-proxy, and what a listening socket is worth: part of rule kube-proxy-down. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { namespacedRef, nodeRef } from '../../core/object-ref.ts';
import type { Say } from '../../core/rule.ts';
import { fails, healthy, type ProxyView, proxyViews } from './view.ts';

/** Above this number of failing nodes one sentence speaks for all of them. */
const SINGLY = 3;

type TextId = 'well' | 'well-many' | 'health' | 'entry' | 'socket';

/** Says of failing entries that their service proxy is right: rules there, right, and nothing said against its health. */
export function sayWell(facts: Facts, port: number, say: Pick<Say<TextId>, 'clear'>): void {
  const failing = proxyViews(facts).filter(fails);
  const well = failing.filter((view) => view.state === 'right' && view.expected && healthy(view) !== false);
  if (well.length > SINGLY && well.length === failing.length) return sayMany(well, port, say);
  for (const view of well.slice(0, SINGLY)) {
    const status = view.health?.value.healthz.status;
    const node = view.entry.node;
    say.clear({
      object: nodeRef(node),
      text: 'well',
      data: {
        node,
        port,
        destinations: destinations(view),
        health: status === undefined ? 'healthz ?' : `healthz ${status}`,
      },
      because: [...health(view), ...entry(view, port), ...socket(facts, node, port)],
    });
  }
}

function sayMany(well: readonly ProxyView[], port: number, say: Pick<Say<TextId>, 'clear'>): void {
  const [first] = well;
  if (first === undefined) return;
  say.clear({
    object: namespacedRef('DaemonSet', 'kube-system', 'kube-proxy'),
    text: 'well-many',
    data: { count: well.length, nodes: well.map((v) => v.entry.node), port, destinations: destinations(first) },
    because: well.slice(0, 2).flatMap((view) => [...health(view), ...entry(view, port)]),
  });
}

function destinations(view: ProxyView): string[] {
  return view.matching.flatMap((e) => e.destinations.map((d) => `${d.ip}:${d.port}`)).slice(0, 5);
}

function health(view: ProxyView): Proof<TextId>[] {
  const status = view.health?.value.healthz.status;
  if (view.health === undefined || status === undefined) return [];
  const { node } = view.entry;
  return [
    proof<TextId>(view.health, 'health', { node, status }, `curl -s http://127.0.0.1:10256/healthz   # on ${node}`),
  ];
}

function entry(view: ProxyView, port: number): Proof<TextId>[] {
  if (view.rules === undefined) return [];
  const { node, address } = view.entry;
  const commands: Record<string, string> = {
    ipvs: `ipvsadm -Ln -t ${address}:${port}`,
    nftables: 'nft list map ip kube-proxy service-nodeports',
  };
  const mode = view.rules.value.modes.find((m) => m in commands);
  const command = mode === undefined ? `iptables-save -t nat | grep -- '--dport ${port}'` : commands[mode];
  const data = { node, address, port, destinations: destinations(view) };
  return [proof<TextId>(view.rules, 'entry', data, `${command}   # on ${node}`)];
}

function socket(facts: Facts, node: string, port: number): Proof<TextId>[] {
  const sockets = facts.get('node-listeners', nodeRef(node));
  if (!sockets.known || !sockets.value.some((l) => l.protocol === 'tcp' && l.port === port)) return [];
  return [proof<TextId>(sockets, 'socket', { node, port }, `ss -ltn 'sport = :${port}'   # on ${node}`)];
}
