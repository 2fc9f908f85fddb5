/** Cause: Calico's address on some nodes is not their node address, while on others it is (facts §1.5, §2.1). */
import type { Facts } from '../../core/facts.ts';
import type { Confidence, Finding, Severity, TextData } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { bgpNeeded, type CalicoNode, mismatchedNodes } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { backendProbes } from '../model/paths.ts';
import { backends, targetEndpoints } from '../model/target.ts';
import { likelyNode, samePair } from './bgp-links.ts';
import { adviceFor, wouldNotHelp } from './ip-mismatch-advice.ts';
import { mismatchProofs, sinceWhen } from './ip-mismatch-proofs.ts';
import { IP_MISMATCH_TEXTS, type IpMismatchText } from './ip-mismatch-texts.ts';
import { brokenPairs, type PeerView, peersOf, standing, tunnelIsLost, wrongNode } from './mismatch-view.ts';
import { pairSession } from './sessions.ts';

export const calicoNodeIpMismatch = defineRule({
  id: 'calico-node-ip-mismatch',
  role: 'cause',
  severity: 'critical',
  summary: 'a node whose Calico address is not its node address',
  needs: [
    'nodes',
    'node-leases',
    'services',
    'endpoints',
    'calico-install',
    'calico-ip-pools',
    'calico-felix-config',
    'pods',
    'events',
    'pod-log',
    'node-interfaces',
    'node-routes',
    'node-route-get',
    'node-bird',
    'node-tcp',
  ],
  texts: IP_MISMATCH_TEXTS,
  explains: {
    'calico-bgp-not-established': { when: samePair },
    'calico-node-not-ready': likelyNode,
    // Between the address and these lies the session or the tunnel: where that was not seen, it only fits.
    'pod-route-missing': { when: routeLink },
    'pod-network-broken': { when: tunnelLink },
    'node-port-unreachable': { when: unprobedLink },
    'service-unreachable': { when: unprobedLink },
  },
  judge(facts, say) {
    const install = facts.get('calico-install');
    // Calico for policies only: nothing of the network hangs on its address.
    if (install.known && install.value.env['CALICO_NETWORKING_BACKEND'] === 'none') return;
    for (const wrong of mismatchedNodes(facts)) {
      const peers = peersOf(facts, wrong);
      const verdict = verdictOf(facts, wrong, peers);
      const since = sinceWhen(facts, wrong);
      const harmless = verdict.severity === 'info';
      say.find({
        object: nodeRef(wrong.node),
        severity: verdict.severity,
        confidence: verdict.confidence,
        text: verdict.text,
        data: verdict.data,
        because: mismatchProofs(facts, wrong),
        scope: { nodes: [wrong.node], pairs: harmless ? [] : brokenPairs(facts, wrong, peers) },
        ...(verdict.tryThis === undefined ? {} : { tryThis: verdict.tryThis }),
        ...(harmless
          ? {}
          : {
              advice: adviceFor(facts, wrong),
              wouldNotHelp: wouldNotHelp(facts, wrong),
            }),
        // Without its kubelet the node's calico-node cannot start anew, whatever is set.
        ...(harmless || isStale(facts, wrong.node)
          ? {}
          : { remediations: [{ id: 'set-calico-ip-autodetection', params: {} }] }),
        ...(since === undefined || harmless ? {} : { since }),
      });
    }
  },
});

interface Verdict {
  readonly text: IpMismatchText;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly data: TextData;
  readonly tryThis?: string;
}

/** What can be said of a wrong address, by how its living peers stand to it. */
function verdictOf(facts: Facts, wrong: CalicoNode, peers: readonly PeerView[]): Verdict {
  const names = (of: readonly PeerView[]) => of.map((p) => p.node).slice(0, 10);
  const cut = peers.filter((p) => standing(p) === 'cut');
  const fine = peers.filter((p) => standing(p) === 'fine');
  const data = {
    node: wrong.node,
    wrong: wrong.address,
    right: wrong.internalIp,
    peers: names(cut),
    fine: names(fine),
  };
  const sure = { severity: 'critical', confidence: 'confirmed', data } as const;
  if (isStale(facts, wrong.node)) return { ...sure, text: 'found-silent', severity: 'warning' };
  const filtered = cut.find((p) => p.filtered);
  if (filtered !== undefined && cut.every((p) => p.filtered)) {
    const tryThis = `iptables -nvL cali-INPUT | grep 'non-Calico hosts'   # on ${filtered.node}: does the counter of drops rise?`;
    return { ...sure, text: 'found-filtered', confidence: 'likely', tryThis };
  }
  if (cut.length > 0 && fine.length > 0) return { ...sure, text: 'found-some' };
  if (cut.some((p) => p.session === 'down')) {
    return { ...sure, text: cut.some((p) => p.reaches === false) ? 'found' : 'found-session' };
  }
  if (cut.length > 0) return { ...sure, text: 'found-tunnel' };
  if (fine.length > 0) return { ...sure, text: 'found-fine', severity: 'info' };
  const [peer] = peers;
  const tryThis = `nc -vz -w 2 ${wrong.address} 10250   # on ${peer?.node ?? 'another node'}: does it reach that address?`;
  return { ...sure, text: 'found-unproven', confidence: 'likely', tryThis };
}

function routeLink(cause: Finding, effect: Finding, facts: Facts): boolean | 'likely' {
  if (!samePair(cause, effect) || bgpNeeded(facts) === false) return false;
  const peers = othersOf(cause, effect);
  return peers.some((peer) => pairSession(facts, cause.object.name, peer) !== 'up') ? 'likely' : false;
}

function tunnelLink(cause: Finding, effect: Finding, facts: Facts): boolean | 'likely' {
  const wrong = wrongNode(facts, cause.object.name);
  if (wrong === undefined || !samePair(cause, effect)) return false;
  const peers = othersOf(cause, effect);
  return peers.length > 0 && peers.every((peer) => tunnelIsLost(facts, wrong, peer)) ? true : 'likely';
}

/** The nodes that a symptom puts against the cause's node. */
function othersOf(cause: Finding, effect: Finding): string[] {
  const { name } = cause.object;
  const pairs = (effect.scope.pairs ?? []).filter((pair) => pair.includes(name));
  return [...new Set(pairs.flat())].filter((node) => node !== name);
}

/**
 * Without a probe of the endpoints from a node that fails: the address fits where a packet must cross between it and
 * another node. What works although it must cross there refutes it.
 */
function unprobedLink(cause: Finding, effect: Finding, facts: Facts): boolean | 'likely' {
  const wrong = cause.object.name;
  // A silent node fails by its own fault.
  if (isStale(facts, wrong)) return false;
  const broken = new Set((cause.scope.pairs ?? []).map(([, other]) => other));
  const hosts = [...new Set(backends(facts).flatMap((b) => b.node ?? []))];
  if (hosts.length === 0 && targetEndpoints(facts).known) return false;
  const crosses = (node: string, host: string) =>
    (node === wrong && broken.has(host)) || (host === wrong && broken.has(node));
  const working = effect.scope.working ?? [];
  const refuted = working.some((node) =>
    hosts.length === 0 ? node === wrong : hosts.every((host) => crosses(node, host)),
  );
  if (refuted) return false;
  const probed = new Set(backendProbes(facts).map((p) => p.from));
  const fits = (effect.scope.nodes ?? [])
    .filter((node) => !probed.has(node))
    .some((node) => (hosts.length === 0 ? node === wrong : hosts.some((host) => crosses(node, host))));
  return fits ? 'likely' : false;
}
