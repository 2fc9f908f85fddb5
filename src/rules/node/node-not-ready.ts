/** Symptom: a node is not ready. Says who wrote that, and when the node was last heard of (facts §3.4). */
import type { Condition, NodeObject } from '../../core/evidence/cluster-types.ts';
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import type { Finding, Proof } from '../../core/finding.ts';
import { nodeRef, sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { isReady, nodesByName, readyCondition } from '../model/nodes.ts';
import { podsOf } from '../model/pods.ts';
import { asksAboutNode } from './asked.ts';
import { lastSign, readyButSilent } from './suspects.ts';

/** The taints that Kubernetes puts on a node for not being ready; those of pressure have other reasons. */
const DEAD = /^node\.kubernetes\.io\/(not-ready|unreachable)$/;

type TextId = 'silent' | 'never' | 'own-word' | 'no-condition' | 'unwatched' | 'condition' | 'lease';

export const nodeNotReady = defineRule({
  id: 'node-not-ready',
  role: 'symptom',
  severity: 'critical',
  summary: 'a node that is not ready',
  needs: ['nodes', 'node-leases', 'pods', 'events', 'node-clock'],
  texts: {
    silent:
      '{node} is NotReady: its kubelet has been silent since {last}. The control plane wrote that, at {noticed}; the node itself says nothing.',
    never: '{node} is NotReady: its kubelet has never reported. The control plane wrote that, not the node.',
    'own-word': '{node} is NotReady. Its own kubelet says so: {message}',
    'no-condition': '{node} is registered, but nobody has said yet whether it is ready.',
    unwatched:
      '{node} still counts as ready, but its kubelet has been silent since {last}. Nothing in the control plane has noticed.',
    condition: 'Condition Ready is {status} ({reason}) since {since}; last heartbeat {beat}.',
    lease: 'The last renewal of the node’s Lease was at {renewed}.',
  },
  explains: {
    'pods-on-unready-node': sameObjectLink,
    'pod-not-ready': { when: podIsThere },
    'pod-pending': { when: (mine, theirs) => theirs.text === 'starting' && onlyThere(mine, theirs) },
    'calico-node-not-ready': { when: onlyThere },
    'endpoint-on-dead-node': { when: onlyThere },
    'taint-not-tolerated': {
      when: (mine, theirs) =>
        theirs.text === 'trouble' && DEAD.test(String(theirs.data['taint'])) && onlyThere(mine, theirs),
    },
    // kubelet alone does not break a NodePort; a boot without kubelet does: nothing was started since, kube-proxy neither.
    'kube-proxy-down': { when: deadSinceBoot },
    'proxy-rules-flushed': { when: deadSinceBoot },
    'ipvs-virtual-server-missing': { when: deadSinceBoot },
    'calico-bird-not-running': { when: deadSinceBoot },
    'pod-route-missing': { when: deadSinceBoot },
    'pod-network-broken': { when: deadSinceBoot },
    'controller-manager-down': { when: tookTheLeaderAlong },
    'scheduler-down': { when: tookTheLeaderAlong },
    'node-port-unreachable': {
      when: (mine, theirs, facts) => onlyUnready(theirs, facts) && deadSinceBoot(mine, theirs, facts),
    },
  },
  answers: asksAboutNode,
  judge(facts, say) {
    const nodes = facts.get('nodes');
    if (!nodes.known) return say.undecided();
    const { target, type } = facts.question;
    const missing = target.kind === 'Node' && !nodesByName(facts).has(target.name ?? '');
    if (type === 'diagnose' && missing) say.undecided();
    for (const node of nodesByName(facts).values()) {
      if (isReady(node) && !readyButSilent(facts, node)) continue;
      const last = lastSign(facts, node);
      const ready = readyCondition(node);
      const { text, since, ...data } = wording(node, ready, last);
      say.find({
        object: nodeRef(node.name),
        confidence: 'confirmed',
        text,
        data: { node: node.name, ...data },
        because: proofs(facts, nodes, node),
        scope: { nodes: [node.name] },
        ...(since === undefined ? {} : { since }),
      });
    }
  },
});

interface Wording {
  readonly text: TextId;
  readonly since?: string | undefined;
  readonly last: string;
  readonly noticed: string;
  readonly message: string;
}

/** Status Unknown is the controller's word, False the kubelet's own. */
function wording(node: NodeObject, ready: Condition | undefined, last: string | undefined): Wording {
  const noticed = ready?.lastTransitionTime ?? '?';
  const base = { last: last ?? '?', noticed, message: ready?.message ?? ready?.reason ?? '?' };
  if (ready === undefined) return { ...base, text: 'no-condition', since: node.createdAt };
  if (ready.status === 'True') return { ...base, text: 'unwatched', since: last };
  if (ready.status === 'False') return { ...base, text: 'own-word', since: ready.lastTransitionTime };
  if (ready.reason === 'NodeStatusNeverUpdated' || last === undefined)
    return { ...base, text: 'never', since: node.createdAt };
  return { ...base, text: 'silent', since: last };
}

function proofs(facts: Facts, nodes: Extract<Fact<'nodes'>, { known: true }>, node: NodeObject): Proof<TextId>[] {
  const ready = readyCondition(node);
  const out: Proof<TextId>[] = [];
  if (ready !== undefined) {
    const data = {
      status: ready.status,
      reason: ready.reason ?? '?',
      since: ready.lastTransitionTime ?? '?',
      beat: ready.lastHeartbeatTime ?? '?',
    };
    out.push(proof(nodes, 'condition', data, `kubectl describe node ${node.name}`));
  }
  const leases = facts.get('node-leases');
  const renewed = leases.known ? leases.value.find((lease) => lease.node === node.name)?.renewTime : undefined;
  if (leases.known && renewed !== undefined) {
    const command = `kubectl -n kube-node-lease get lease ${node.name} -o jsonpath='{.spec.renewTime}'`;
    out.push(proof(leases, 'lease', { renewed }, command));
  }
  return out;
}

/** The Pod of the other finding runs on this node, and no other Pod of that finding elsewhere. */
function podIsThere(mine: Finding, theirs: Finding, facts: Facts): boolean {
  if (theirs.scope.nodes !== undefined) return onlyThere(mine, theirs);
  const [seen] = podsOf(facts, (pod) =>
    sameRef({ kind: 'Pod', namespace: pod.namespace, name: pod.name }, theirs.object),
  );
  return seen?.pod.nodeName === mine.object.name;
}

function onNode(mine: Finding, theirs: Finding): boolean {
  return sameRef(mine.object, theirs.object) || theirs.scope.nodes?.includes(mine.object.name) === true;
}

/** The other finding strikes this node and none that is seen to work. */
function onlyThere(mine: Finding, theirs: Finding): boolean {
  return onNode(mine, theirs) && theirs.scope.working?.includes(mine.object.name) !== true;
}

function onlyUnready(theirs: Finding, facts: Facts): boolean {
  const nodes = nodesByName(facts);
  return (theirs.scope.nodes ?? []).every((name) => {
    const node = nodes.get(name);
    return node !== undefined && !isReady(node);
  });
}

function deadSinceBoot(mine: Finding, theirs: Finding, facts: Facts): boolean {
  return onlyThere(mine, theirs) && bootedSince(facts, mine.object.name);
}

/** It ran only here, and since the boot nobody starts it: kubelet would have to. */
function tookTheLeaderAlong(mine: Finding, theirs: Finding, facts: Facts): boolean {
  return theirs.text === 'silent' && theirs.scope.nodes?.length === 1 && deadSinceBoot(mine, theirs, facts);
}

/** True where the node booted after its last sign of life. */
function bootedSince(facts: Facts, name: string): boolean {
  const clock = facts.get('node-clock', nodeRef(name));
  const node = nodesByName(facts).get(name);
  const last = node === undefined ? undefined : lastSign(facts, node);
  return clock.known && last !== undefined && Date.parse(clock.value.bootedAt) > Date.parse(last);
}
