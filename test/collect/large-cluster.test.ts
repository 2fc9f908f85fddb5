/** What a question costs on a large cluster: requests are counted, nodes are chosen by a fixed rule, nothing lists all Pods. */
import { describe, expect, test } from 'vitest';
import { chooseNodes } from '../../src/collect/agents/choose-nodes.ts';
import { type Aim, requestsFor, tcpTargets } from '../../src/collect/agents/requests.ts';
import { collectEvidence } from '../../src/collect/collect.ts';
import { toNode } from '../../src/collect/objects/node.ts';
import { toService } from '../../src/collect/objects/service.ts';
import { planFor } from '../../src/collect/plan.ts';
import { AskRequest, PROBE_PARAMS } from '../../src/core/agent-api.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import {
  clock,
  endpoints,
  GROUPS,
  lease,
  node,
  pod,
  service,
  slice,
  smallCluster,
} from '../support/cluster-objects.ts';
import { MemoryAgents } from '../support/memory-agents.ts';
import { MemoryCluster, type Obj } from '../support/memory-cluster.ts';

const ip = (i: number) => `10.1.${Math.floor(i / 250)}.${(i % 250) + 1}`;
const name = (i: number) => `node-${String(i).padStart(4, '0')}`;

function largeCluster(nodes: number, services: number): MemoryCluster {
  const objects: Obj[] = smallCluster().filter(
    ({ kind }) => !['Node', 'Lease', 'Service', 'Endpoints', 'EndpointSlice'].includes(kind),
  );
  for (let i = 0; i < nodes; i++) {
    objects.push(node(name(i), ip(i), `${ip(i)}/24`, i !== 7), lease(name(i)));
    objects.push(pod('kube-system', `calico-node-${i}`, { 'k8s-app': 'calico-node' }, name(i)));
  }
  objects.push(service('shop', 'web', 30080), slice('shop', 'web', '10.20.1.5', name(4321 % nodes)));
  objects.push(endpoints('shop', 'web', '10.20.1.5', name(4321 % nodes)));
  for (let i = 0; i < services; i++) objects.push(service(`ns-${i % 50}`, `svc-${i}`, 31000 + (i % 1700)));
  const api = new MemoryCluster(objects);
  api.groups = GROUPS;
  return api;
}

const question = parseQuestion(['why-not-reachable', '30080', 'at', name(42)]);

test('5,000 nodes and 5,000 Services: a bounded number of requests, agents and items, and no list of all Pods', async () => {
  const api = largeCluster(5000, 5000);
  const agents = new MemoryAgents({});
  const bundle = await collectEvidence(question, { cluster: api, agents, clock }, { id: 'dx-1' });
  const all = api.reads.filter(
    ({ path, query = {} }) => path === '/api/v1/pods' && query['fieldSelector'] === undefined,
  );
  expect(all).toEqual([]);
  const counted = (path: RegExp) => api.reads.filter((read) => path.test(read.path)).length;
  expect({
    nodes: counted(/\/nodes$/),
    services: counted(/v1\/services$/),
    leases: counted(/kube-node-lease\/leases$/),
  }).toEqual({
    nodes: 10,
    services: 6,
    leases: 5,
  });
  expect(api.reads.length).toBeLessThan(70);
  // calico-node is looked up by name on the node that was asked about and on the endpoint's.
  const looked = api.reads.flatMap(
    ({ query }) => /^spec.nodeName=(.*)/.exec(query?.['fieldSelector'] ?? '')?.[1] ?? [],
  );
  expect(new Set(looked)).toEqual(new Set([name(7), name(42), name(4321)]));
  expect(bundle.agents).toMatchObject({ total: 5000, sampled: true });
  expect(bundle.agents.asked).toHaveLength(100);
  expect(bundle.agents.asked).toEqual(expect.arrayContaining([name(42), name(7), name(4321)]));
  const nodes = bundle.items.find((item) => item.kind === 'nodes');
  expect(nodes).toMatchObject({ value: { total: 5000 } });
  const kept = (nodes as { value: { nodes: { name: string }[] } }).value.nodes.map((entry) => entry.name);
  expect(kept.sort()).toEqual(bundle.agents.asked);
  expect(JSON.stringify(bundle).length).toBeLessThan(3_000_000);
  for (const { requests, networks } of agents.asked)
    expect(AskRequest.safeParse({ version: 1, deadlineMs: 1000, networks, requests }).error).toBeUndefined();
});

describe('the choice of nodes', () => {
  const nodes = Array.from({ length: 300 }, (_, i) =>
    toNode(node(name(i), ip(i), i % 3 === 0 ? '10.9.9.9/24' : `${ip(i)}/24`)),
  );
  const evidence = { question, plan: planFor(question), nodes, endpoints: [], calicoPods: [], pods: [] };

  test('the same nodes in another order give the same choice', () => {
    const one = chooseNodes(evidence, 40).asked.map((entry) => entry.name);
    const other = chooseNodes({ ...evidence, nodes: [...nodes].reverse() }, 40).asked.map((entry) => entry.name);
    expect(other).toEqual(one);
    expect(one).toHaveLength(40);
  });

  test('many suspects leave half of the places to the sample, so that healthy nodes are seen too', () => {
    const { asked } = chooseNodes(evidence, 40);
    const healthy = asked.filter((entry) => entry.annotations['projectcalico.org/IPv4Address'] !== '10.9.9.9/24');
    expect(healthy.length).toBeGreaterThanOrEqual(10);
    expect(asked.length - healthy.length).toBeGreaterThanOrEqual(15);
    expect(asked.map((entry) => entry.name)).toContain(name(42));
  });

  test('where every node has another address for Calico, that is how it was built, and none is suspect for it', () => {
    const all = nodes.map((entry) => ({ ...entry, annotations: { 'projectcalico.org/IPv4Address': '10.9.9.9/24' } }));
    expect(chooseNodes({ ...evidence, nodes: all }, 40).reasons).toEqual([name(42)]);
  });

  test('up to the limit all are asked', () => {
    expect(chooseNodes({ ...evidence, nodes: nodes.slice(0, 40) }, 40)).toMatchObject({ sampled: false });
  });

  test('with many nodes each looks at the important ones and some neighbours, within what an agent takes', () => {
    const { asked, reasons } = chooseNodes(evidence, 100);
    const web = toService(service('shop', 'web', 30080));
    const aim: Aim = {
      plan: evidence.plan,
      asked,
      important: new Set([name(42), ...reasons]),
      service: web,
      ports: web.ports,
      endpoints: Array.from({ length: 50 }, (_, i) => ({
        ip: `10.20.0.${i + 1}`,
        ready: true,
        serving: true,
        terminating: false,
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      })),
      pods: [],
      apiServers: [],
      entries: [],
      bgpPort: 179,
      totalNodes: 300,
    };
    const looked = new Map<string, number>();
    for (const one of asked) {
      const targets = tcpTargets(one, aim);
      expect(targets.filter((target) => target.port === 8080)).toHaveLength(20);
      for (const { address, port } of targets) if (port === 30080) looked.set(address, (looked.get(address) ?? 0) + 1);
      for (const request of requestsFor(one, aim)) {
        const schema = PROBE_PARAMS[request.kind as keyof typeof PROBE_PARAMS];
        if (schema !== undefined) expect(schema.safeParse(request.params).error, request.kind).toBeUndefined();
      }
    }
    // Every entry is tried from elsewhere; the one that was asked about, from everywhere.
    expect(Math.min(...asked.map((one) => looked.get(one.addresses[0]?.address ?? '') ?? 0))).toBeGreaterThan(10);
    expect(looked.get(ip(42))).toBe(100);
  });
});
