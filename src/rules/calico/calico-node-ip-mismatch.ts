/** Cause: Calico's address on some nodes is not their node address, while on others it is (facts §1.5, §2.1). */
import type { Facts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { nodeRef, sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { type CalicoNode, mismatchedNodes } from '../model/calico.ts';
import { backends } from '../model/target.ts';
import { samePair } from './calico-bgp-not-established.ts';
import { adviceFor, wouldNotHelp } from './ip-mismatch-advice.ts';
import { calicoReaches, mismatchProofs, sessionState, sinceWhen } from './ip-mismatch-proofs.ts';
import { IP_MISMATCH_TEXTS } from './ip-mismatch-texts.ts';

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
    'calico-bgp-not-established': { when: touches },
    'calico-node-not-ready': {
      when: (cause, effect) => effect.scope.nodes?.some((n) => cause.scope.nodes?.includes(n)) === true,
    },
    // Between the address and these lies the session or the tunnel: where that was not seen, it only fits.
    'pod-route-missing': {
      when: (cause, effect, facts) => (touches(cause, effect) ? likelyUnlessUp(cause, effect, facts) : false),
    },
    'pod-network-broken': {
      when: (cause, effect, facts) => (touches(cause, effect) ? tunnelLink(cause, effect, facts) : false),
    },
    'node-port-unreachable': { when: unprobedLink },
    'service-unreachable': { when: unprobedLink },
  },
  judge(facts, say) {
    for (const wrong of mismatchedNodes(facts)) {
      // Every session with it is up and seen: odd, and no fault.
      const harmless = sessionState(facts, wrong) === 'up';
      const since = sinceWhen(facts, wrong);
      say.find({
        object: nodeRef(wrong.node),
        ...(harmless ? { severity: 'info' as const } : {}),
        confidence: 'confirmed',
        text: 'found',
        data: { node: wrong.node, wrong: wrong.address, right: wrong.internalIp },
        because: mismatchProofs(facts, wrong),
        scope: { nodes: [wrong.node], pairs: pairsOf(facts, wrong) },
        advice: adviceFor(facts, wrong),
        wouldNotHelp: wouldNotHelp(facts, wrong),
        remediations: [{ id: 'set-calico-ip-autodetection', params: {} }],
        ...(since === undefined ? {} : { since }),
      });
    }
  },
});

/** The node against every other: in which pairs its address matters. */
function pairsOf(facts: Facts, wrong: CalicoNode): [string, string][] {
  const nodes = facts.get('nodes');
  return nodes.known ? nodes.value.nodes.filter((n) => n.name !== wrong.node).map((n) => [wrong.node, n.name]) : [];
}

/** True where the effect is about this node, or about a pair with it. */
function touches(cause: Finding, effect: Finding): boolean {
  return sameRef(cause.object, effect.object) || samePair(cause, effect);
}

function wrongOf(cause: Finding, facts: Facts): CalicoNode | undefined {
  return mismatchedNodes(facts).find((n) => n.node === cause.object.name);
}

function likelyUnlessUp(cause: Finding, _effect: Finding, facts: Facts): boolean | 'likely' {
  const wrong = wrongOf(cause, facts);
  return wrong !== undefined && sessionState(facts, wrong) === 'up' ? false : 'likely';
}

/** VXLAN needs no BGP: its tunnels end at the Calico address, so a peer that cannot reach that address proves the link. */
function tunnelLink(cause: Finding, effect: Finding, facts: Facts): boolean | 'likely' {
  const wrong = wrongOf(cause, facts);
  if (wrong === undefined) return false;
  const others = (effect.scope.pairs ?? []).flat().filter((n) => n !== wrong.node);
  const reach = others.map((n) => calicoReaches(facts, n, wrong));
  if (reach.includes(true) && !reach.includes(false)) return false;
  return sessionState(facts, wrong) === 'up' ? false : 'likely';
}

/** Without probes of the endpoints: the address fits where a packet must cross between this node and another. */
function unprobedLink(cause: Finding, effect: Finding, facts: Facts): boolean | 'likely' {
  const failing = effect.scope.nodes ?? [];
  const working = effect.scope.working ?? [];
  const wrong = cause.object.name;
  const hosts = new Set(backends(facts).flatMap((b) => b.node ?? []));
  if (hosts.size === 0 || effect.confidence === 'confirmed') {
    const probed = facts.get('node-tcp', nodeRef(wrong)).known;
    if (probed || !failing.includes(wrong) || working.includes(wrong)) return false;
    return hosts.size === 0 || [...hosts].some((host) => host !== wrong) ? 'likely' : false;
  }
  const crossing = failing.some((node) =>
    [...hosts].some((host) => host !== node && (host === wrong || node === wrong)),
  );
  return crossing ? 'likely' : false;
}
