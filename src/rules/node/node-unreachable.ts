/** Cause: the host itself is gone or cut off (N57). Rules itself out where the host answers and only kubelet is silent. */
import type { NodeObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { nodeRef, sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { isReady, isStale, nodesByName, readyCondition } from '../model/nodes.ts';
import { backendProbes, connects, entries, underlay } from '../model/paths.ts';
import { backends, entryAsked, serviceTarget } from '../model/target.ts';
import { lastSign, suspectNodes } from './suspects.ts';

/** Proofs shown at most; the evidence has them all. */
const MAX_PROOFS = 3;

export const nodeUnreachable = defineRule({
  id: 'node-unreachable',
  role: 'cause',
  severity: 'critical',
  summary: 'a node whose host is down or cut off from the others',
  needs: ['nodes', 'node-leases', 'node-tcp', 'node-clock', 'services', 'endpoints'],
  texts: {
    found:
      'The host {node} is down or cut off: no other node reaches it, and its kubelet has been silent since {last}.',
    tried: 'From {from}, {address} answers neither on port 10250 nor on port 22.',
    silent: 'Condition Ready of {node} is {status}; its kubelet was last heard of at {last}.',
    start: 'Look at the machine itself: power, console, network link. Nothing in Kubernetes can bring it back.',
    delete: 'Deleting the Node object: it brings nothing back, and takes the node’s labels and addresses with it.',
    'off-path':
      '{node} is NotReady, but not on this way: no endpoint of {service} runs there, and the way through {others} fails without it.',
    status: 'Condition Ready of {node} is {status}. Endpoints of {service} run on {backends}.',
  },
  explains: {
    'node-not-ready': sameObjectLink,
    'endpoint-on-dead-node': { when: strikes },
    'controller-manager-down': { when: tookTheLeaderAlong },
    'scheduler-down': { when: tookTheLeaderAlong },
    'node-port-unreachable': { when: everyFailingIsDown },
    'service-unreachable': { when: everyFailingIsDown },
  },
  judge(facts, say) {
    const nodes = facts.get('nodes');
    if (!nodes.known) return;
    for (const node of suspectNodes(facts)) {
      const ready = readyCondition(node);
      const last = lastSign(facts, node) ?? '?';
      const seen = downByNode(facts).get(node.name);
      if (seen?.down === true) {
        say.find({
          object: nodeRef(node.name),
          confidence: seen.sure ? 'confirmed' : 'likely',
          text: 'found',
          data: { node: node.name, last },
          because: [
            proof(
              nodes,
              'silent',
              { node: node.name, status: ready?.status ?? '?', last },
              `kubectl describe node ${node.name}`,
            ),
            ...seen.from.slice(0, MAX_PROOFS).flatMap((from) => {
              const fact = connects(facts).get(from)?.fact;
              const address = node.addresses.find((a) => a.type === 'InternalIP')?.address ?? node.name;
              const command = `nc -vz -w 2 ${address} 10250; nc -vz -w 2 ${address} 22   # on ${from}`;
              return fact === undefined ? [] : [proof(fact, 'tried' as const, { from, address }, command)];
            }),
          ],
          scope: { nodes: [node.name] },
          ...(last === '?' ? {} : { since: last }),
          advice: [{ text: 'start', data: {} }],
          wouldNotHelp: [{ text: 'delete', data: {} }],
          ...(seen.sure ? {} : { tryThis: `ping -c 3 ${node.name}` }),
        });
        continue;
      }
      const off = offPath(facts, node);
      if (off === undefined) continue;
      say.clear({
        object: nodeRef(node.name),
        text: 'off-path',
        data: { node: node.name, service: off.service, others: off.others },
        because: [
          proof(
            nodes,
            'status',
            { node: node.name, status: ready?.status ?? '?', service: off.service, backends: off.backends },
            'kubectl get nodes -o wide',
          ),
        ],
      });
    }
  },
});

interface Down {
  readonly down: boolean;
  readonly sure: boolean;
  readonly from: readonly string[];
}

/** What is known of each suspect's host, by node. */
function downByNode(facts: Facts): ReadonlyMap<string, Down> {
  return facts.model(computeDown);
}

function computeDown(facts: Facts): Map<string, Down> {
  const probers = [...connects(facts).keys()].sort();
  const names = [...nodesByName(facts).keys()];
  const reachesSome = new Set(
    probers.filter((from) => names.some((to) => to !== from && underlay(facts, from, to) === true)),
  );
  return new Map(suspectNodes(facts).map((node) => [node.name, hostState(facts, node, probers, reachesSome)]));
}

/**
 * Down: the control plane has lost it, its Lease is late, no agent answers on it, and no other node that tried reaches it.
 * Sure where those that tried reach some other node, so that it is not their own network that is cut.
 */
function hostState(facts: Facts, node: NodeObject, probers: readonly string[], reachesSome: ReadonlySet<string>): Down {
  const no = { down: false, sure: false, from: [] };
  if (readyCondition(node)?.status !== 'Unknown' || !isStale(facts, node.name)) return no;
  const clock = facts.get('node-clock', nodeRef(node.name));
  if (clock.known || connects(facts).has(node.name)) return no;
  const tried = probers.filter((from) => underlay(facts, from, node.name) !== undefined);
  if (tried.length === 0 || tried.some((from) => underlay(facts, from, node.name) === true)) return no;
  return { down: true, sure: tried.length > 1 || tried.some((from) => reachesSome.has(from)), from: tried };
}

interface OffPath {
  readonly service: string;
  readonly backends: readonly string[];
  readonly others: readonly string[];
}

/** The node is not the entry that was asked about, holds no endpoint, and ways that do not touch it fail as well. */
function offPath(facts: Facts, node: NodeObject): OffPath | undefined {
  if (facts.question.type !== 'why-not-reachable' || isReady(node)) return undefined;
  const { service } = serviceTarget(facts);
  const ends = backends(facts);
  if (service === undefined || ends.length === 0 || ends.some((end) => end.node === node.name)) return undefined;
  if (ends.some((end) => end.node === undefined) || entryAsked(facts)?.name === node.name) return undefined;
  const failing = [
    ...entries(facts).flatMap((entry) => (entry.state === 'fails' || entry.state === 'mixed' ? [entry.node] : [])),
    ...backendProbes(facts).flatMap((probe) => (probe.result.result === 'open' ? [] : [probe.from])),
  ].filter((name) => name !== node.name && nodesByName(facts).get(name) !== undefined);
  if (failing.length === 0) return undefined;
  const others = [...new Set(failing)].sort();
  return {
    service: `${service.namespace}/${service.name}`,
    backends: [...new Set(ends.flatMap((end) => end.node ?? []))].sort(),
    others,
  };
}

function strikes(mine: Finding, theirs: Finding): boolean {
  const there = sameRef(mine.object, theirs.object) || theirs.scope.nodes?.includes(mine.object.name) === true;
  return there && theirs.scope.working?.includes(mine.object.name) !== true;
}

/** A dead host explains the entry through itself; that entries on living nodes fail it does not. */
function everyFailingIsDown(mine: Finding, theirs: Finding, facts: Facts): boolean {
  if (!strikes(mine, theirs)) return false;
  return (theirs.scope.nodes ?? []).every((name) => downByNode(facts).get(name)?.down === true);
}

/** It ran on this node and on no other. */
function tookTheLeaderAlong(mine: Finding, theirs: Finding): boolean {
  const nodes = theirs.scope.nodes ?? [];
  return theirs.text === 'silent' && nodes.length === 1 && nodes[0] === mine.object.name;
}
