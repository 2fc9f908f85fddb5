/** Causes: no node has room for a Pod's requests, of processor time or of memory. One rule made twice. */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { nodesByName } from '../model/nodes.ts';
import { seenPods } from '../model/pods.ts';
import { byOwner, podNames, servesPods } from './owners.ts';
import { parseQuantity, quantityText } from './quantity.ts';
import { explainsPending, nodesLookedAt, refusals, schedulingWord } from './scheduling.ts';

type Resource = 'cpu' | 'memory';

function insufficient(resource: Resource) {
  return defineRule({
    id: `insufficient-${resource}`,
    role: 'cause',
    severity: 'critical',
    summary: `Pods that no node has enough ${resource} for`,
    needs: ['pods', 'events', 'nodes', 'services', 'services-without-endpoints'],
    texts: {
      found: `{owner} asks for {request} of ${resource}, and {count} of {total} nodes {count:has|have} not that much left.`,
      full: `{count} of {total} nodes {count:has|have} not enough ${resource} left for {owner}.`,
      'too-big': `{owner} asks for {request} of ${resource}. No node has that much at all: the largest has {largest}.`,
      word: 'The scheduler says of {pod}: {message}',
      size: `Most ${resource} that a Pod can get on one node: {largest}.`,
      room: `Make room: fewer or smaller requests of others, or another node.`,
      smaller: `Ask for less ${resource}, or add a node that is large enough.`,
      usage: `A node that looks idle: the scheduler counts what Pods ask for, not what they use.`,
    },
    explains: { 'pod-pending': explainsPending, 'service-no-ready-endpoints': { when: servesPods } },
    judge(facts, say) {
      const waiting = seenPods(facts).filter((seen) => refusedFor(seen, resource) !== undefined);
      for (const group of byOwner(waiting)) {
        const [first] = group.pods;
        const refusal = first === undefined ? undefined : refusedFor(first, resource);
        if (first === undefined || refusal === undefined) continue;
        const request = requestOf(first.pod, resource);
        const largest = largestNode(facts, resource);
        const never = request !== undefined && largest !== undefined && request > largest;
        const nodes = facts.get('nodes');
        const owner = `${group.owner.kind}/${group.owner.namespace}/${group.owner.name}`;
        const size = largest === undefined ? '?' : quantityText(largest, resource);
        say.find({
          object: group.owner,
          confidence: 'confirmed',
          text: never ? 'too-big' : request === undefined ? 'full' : 'found',
          data: {
            owner,
            request: request === undefined ? '?' : quantityText(request, resource),
            count: refusal.nodes,
            total: refusal.total,
            largest: size,
            pods: podNames(group, facts.question),
          },
          because: [
            proof(
              refusal.fact,
              'word',
              { pod: `${first.pod.namespace}/${first.pod.name}`, message: refusal.message },
              `kubectl -n ${first.pod.namespace} describe pod ${first.pod.name}`,
            ),
            ...(nodes.known && largest !== undefined
              ? [proof(nodes, 'size' as const, { largest: size }, 'kubectl describe nodes | grep -A 8 Allocatable')]
              : []),
          ],
          scope: {},
          ...(first.pod.createdAt === undefined ? {} : { since: first.pod.createdAt }),
          advice: [
            never
              ? { text: 'smaller', data: {} }
              : { text: 'room', data: {}, command: 'kubectl describe nodes | grep -A 10 "Allocated resources"' },
          ],
          wouldNotHelp: never ? [] : [{ text: 'usage', data: {} }],
        });
      }
    },
  });
}

function refusedFor(seen: Parameters<typeof schedulingWord>[0], resource: Resource) {
  if (seen.pod.phase !== 'Pending' || seen.pod.deletionTime !== undefined) return undefined;
  const word = schedulingWord(seen);
  if (word === undefined) return undefined;
  const refusal = refusals(word.message).find((r) => r.reason.toLowerCase() === `insufficient ${resource}`);
  return refusal === undefined
    ? undefined
    : { ...word, nodes: refusal.nodes, total: nodesLookedAt(word.message) ?? refusal.nodes };
}

/** What the Pod's containers ask for together; a container without a request of its own asks for its limit. */
function requestOf(pod: PodObject, resource: Resource): number | undefined {
  const all = pod.containers.flatMap((c) => parseQuantity(c.requests[resource] ?? c.limits[resource]) ?? []);
  return all.length === 0 ? undefined : all.reduce((sum, value) => sum + value, 0);
}

/** Known only where every node of the cluster is in the evidence. */
function largestNode(facts: Facts, resource: Resource): number | undefined {
  const nodes = facts.get('nodes');
  if (!nodes.known || nodes.value.total > nodes.value.nodes.length) return undefined;
  const sizes = [...nodesByName(facts).values()].flatMap((node) => parseQuantity(node.allocatable[resource]) ?? []);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

export const insufficientCpu = insufficient('cpu');
export const insufficientMemory = insufficient('memory');
