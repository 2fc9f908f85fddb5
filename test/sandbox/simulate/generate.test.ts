/** The generator: the same seed gives the same cluster, and each fault shows exactly where it was placed. */
import { describe, expect, it } from 'vitest';
import { HostRecording } from '../../../src/agent/recording.ts';
import {
  FAULT_NAMES,
  type FaultName,
  generateCluster,
  rangesApart,
} from '../../../src/sandbox/cluster/simulate/generate.ts';
import { largeCluster } from '../../../src/sandbox/cluster/simulate/large.ts';
import type { SimNode } from '../../../src/sandbox/cluster/simulate/model.ts';
import { reachOf } from '../../../src/sandbox/cluster/simulate/reach.ts';
import { renderCluster, settle } from '../../../src/sandbox/cluster/simulate/render.ts';
import { derive } from '../../../src/sandbox/cluster/simulate/world.ts';

const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);

/** How each entry answers when another node asks it. */
function entries(seed: number, fault: FaultName | null) {
  const { model, expect: wanted } = generateCluster(seed, { fault });
  const world = derive(settle(model));
  const reach = reachOf(world);
  const subject = model.services.find((one) => one.ports.some((port) => port.nodePort !== undefined));
  const nodePort = subject?.ports[0]?.nodePort ?? 0;
  const client = (node: SimNode) =>
    world.model.nodes.find((one) => one !== node && !wanted.nodes.includes(one.name)) ?? node;
  const results = world.model.nodes.map((node) => ({
    name: node.name,
    result: reach.connect(client(node), node.internalIp, nodePort).result,
  }));
  return { world, wanted, results, nodePort, reach };
}

describe('healthy clusters', () => {
  it.each(SEEDS)('seed %d: all entries and all Pods answer from every node', (seed) => {
    const { world, results, reach } = entries(seed, null);
    expect(results.filter((one) => one.result !== 'open')).toEqual([]);
    for (const from of world.model.nodes) {
      for (const pod of world.model.pods.filter((one) => one.role === 'app')) {
        const port = pod.containers[0]?.listens[0]?.port ?? 0;
        expect(reach.connect(from, pod.ip ?? '', port).result).toBe('open');
      }
      expect(world.bgpAddress(from)).toBe(from.internalIp);
      expect(world.calicoNotReady(from)).toBeUndefined();
    }
    expect(world.model.pods.filter((pod) => !pod.ready)).toEqual([]);
    expect(rangesApart(world.model)).toBe(true);
  });
});

describe('faults of nodes', () => {
  const ofNodes = FAULT_NAMES.filter((name) => generateCluster(1, { fault: name }).expect.nodes.length > 0);
  it('are most of them', () => expect(ofNodes.length).toBeGreaterThanOrEqual(9));
  it.each(ofNodes.flatMap((fault) => SEEDS.slice(0, 12).map((seed) => [fault, seed] as const)))(
    '%s, seed %d: the struck entries fail, the others work',
    (fault, seed) => {
      const { wanted, results } = entries(seed, fault);
      expect(wanted.nodes.length).toBeGreaterThan(0);
      const failing = results.filter((one) => one.result !== 'open').map((one) => one.name);
      expect(failing).toEqual(results.map((one) => one.name).filter((name) => wanted.nodes.includes(name)));
    },
  );
});

describe('faults of a Service or its application', () => {
  it.each(SEEDS)('seed %d: app, selector and targetPort faults are refused at every entry', (seed) => {
    for (const fault of [
      'app-listens-on-loopback',
      'app-not-listening',
      'service-target-port-wrong',
      'service-selector-mismatch',
    ] as const) {
      const { results, wanted } = entries(seed, fault);
      expect(new Set(results.map((one) => one.result)), fault).toEqual(new Set(['refused']));
      expect(wanted.object).toBeDefined();
    }
  });
  it.each(SEEDS)('seed %d: externalTrafficPolicy Local works exactly where the Pods are', (seed) => {
    const { results, world, wanted } = entries(seed, 'external-traffic-policy-local');
    const service = world.model.services.find(
      (one) => one.name === wanted.object?.name && one.namespace === wanted.object.namespace,
    );
    const homes = world.model.pods
      .filter((pod) => Object.entries(service?.selector ?? {}).every(([k, v]) => pod.labels[k] === v))
      .map((pod) => pod.node);
    for (const one of results) expect(one.result === 'open', one.name).toBe(homes.includes(one.name));
  });
  it.each(SEEDS)('seed %d: a mesh that is off leaves all calico-nodes Ready and no way between nodes', (seed) => {
    const { results, world } = entries(seed, 'calico-bgp-no-peers');
    expect(results.some((one) => one.result !== 'open')).toBe(true);
    for (const node of world.model.nodes) expect(world.calicoNotReady(node)).toBeUndefined();
  });
});

describe('the address of a node’s tunnel', () => {
  it.each(SEEDS.slice(0, 8))('seed %d: answers for the node’s own sockets, unless encapsulation is blocked', (seed) => {
    const ask = (fault: FaultName | null) => {
      const { world, reach, wanted } = entries(seed, fault);
      const struck = world.model.nodes.find((node) => node.name === wanted.nodes[0]) ?? world.model.nodes[1];
      const other = world.model.nodes.find((node) => node !== struck);
      if (struck === undefined || other === undefined) throw new Error('There are two nodes.');
      const to = (ip: string, port: number) => reach.connect(other, ip, port).result;
      return {
        encapsulation: world.model.calico.encapsulation,
        kubelet: to(struck.tunnelAddress, 10250),
        nobody: to(struck.tunnelAddress, 7),
        node: to(struck.internalIp, 10250),
      };
    };
    const healthy = ask(null);
    if (healthy.encapsulation !== 'none') expect(healthy).toMatchObject({ kubelet: 'open', nobody: 'refused' });
    expect(ask('encapsulation-blocked')).toMatchObject({ kubelet: 'timeout', nobody: 'timeout', node: 'open' });
    if (ask('ip-forward-off').encapsulation !== 'none') expect(ask('ip-forward-off').kubelet).toBe('open');
  });
});

describe('what is generated', () => {
  it('depends on the seed alone', () => {
    const once = JSON.stringify(renderCluster(generateCluster(7, { fault: 'ip-forward-off' }).model));
    expect(JSON.stringify(renderCluster(generateCluster(7, { fault: 'ip-forward-off' }).model))).toBe(once);
    expect(JSON.stringify(renderCluster(generateCluster(8, { fault: 'ip-forward-off' }).model))).not.toBe(once);
  });
  it.each(SEEDS.slice(0, 10))('seed %d: hosts are valid recordings, objects are unique', (seed) => {
    const rendered = renderCluster(
      generateCluster(seed, { fault: FAULT_NAMES[seed % FAULT_NAMES.length] ?? null }).model,
    );
    for (const host of rendered.hosts) expect(() => HostRecording.parse(host)).not.toThrow();
    const keys = rendered.objects.map((o) => `${o.apiVersion}/${o.kind}/${o.metadata.namespace}/${o.metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
  it('varies', () => {
    const models = SEEDS.map((seed) => generateCluster(seed, { fault: null }).model);
    expect(new Set(models.map((model) => model.nodes.length)).size).toBeGreaterThan(5);
    expect(new Set(models.map((model) => model.kubernetes)).size).toBeGreaterThan(5);
    expect(new Set(models.map((model) => model.proxy.mode)).size).toBe(3);
    expect(new Set(models.map((model) => model.calico.encapsulation)).size).toBe(3);
    expect(new Set(models.map((model) => model.calico.install)).size).toBe(2);
  });
});

describe('a large cluster', () => {
  it('has what was asked for, one struck node, and a few recorded hosts', () => {
    const { model, nodePort, hosts, struck } = largeCluster(300, 200, 3000);
    const rendered = renderCluster(model, { nodes: hosts, nodePorts: [nodePort] });
    expect(rendered.hosts.map((host) => host.node)).toEqual(hosts);
    expect(rendered.objects.filter((object) => object.kind === 'Node')).toHaveLength(300);
    expect(rendered.objects.filter((object) => object.kind === 'Service')).toHaveLength(200);
    expect(rendered.externalConnects[`${model.nodes[0]?.internalIp}:${nodePort}`]?.result).toBe('open');
    const entry = model.nodes.find((node) => node.name === struck)?.internalIp;
    expect(rendered.externalConnects[`${entry}:${nodePort}`]?.result).toBe('timeout');
  });
});
