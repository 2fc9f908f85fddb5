/** The real agent reads simulated hosts: every probe finds its reads, and what it makes of the text is what the model says. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerAsk } from '../../../src/agent/ask.ts';
import { createRecordedHost } from '../../../src/agent/recorded-host.ts';
import type { AskAnswer, ProbeRequest } from '../../../src/core/agent-api.ts';
import { type EvidenceValue, NODE_KINDS, type NodeKind } from '../../../src/core/evidence/kinds.ts';
import { allBackends } from '../../../src/sandbox/cluster/simulate/endpoints.ts';
import { generateCluster } from '../../../src/sandbox/cluster/simulate/generate.ts';
import { RELEASES } from '../../../src/sandbox/cluster/simulate/generate-choices.ts';
import type { FaultName } from '../../../src/sandbox/cluster/simulate/generate-faults.ts';
import { renderCluster, settle } from '../../../src/sandbox/cluster/simulate/render.ts';
import { podUid } from '../../../src/sandbox/cluster/simulate/sockets.ts';
import { derive } from '../../../src/sandbox/cluster/simulate/world.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-simulate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const CASES: [version: string, mode: 'ipvs' | 'iptables' | 'nftables', fault: FaultName | null, seed: number][] = [
  ['v1.18.2', 'ipvs', null, 3],
  ['v1.18.20', 'iptables', null, 4],
  ['v1.24.17', 'ipvs', 'calico-node-ip-mismatch', 5],
  ['v1.30.14', 'iptables', 'external-traffic-policy-local', 6],
  ['v1.36.1', 'nftables', null, 7],
  ['v1.34.2', 'nftables', 'app-listens-on-loopback', 8],
];

describe.each(CASES)('%s, %s, %s', (version, mode, fault, seed) => {
  const found = RELEASES.find((one) => one.kubernetes === version);
  if (found === undefined) throw new Error(`No release ${version}.`);
  const { model, expect: wanted } = generateCluster(seed, { fault, release: { ...found, proxies: [mode] } });
  const world = derive(settle(model));
  const nodePort =
    model.services.flatMap((one) => one.ports).find((port) => port.nodePort !== undefined)?.nodePort ?? 0;
  const backends = allBackends(world.model).find((one) => one.port.nodePort === nodePort);
  const endpoint = backends?.endpoints[0];
  if (endpoint?.pod?.node === undefined) throw new Error('The generated Service has an endpoint.');
  const home = world.model.nodes.find((node) => node.name === endpoint.node) ?? world.model.nodes[0];
  const entry = world.model.nodes.find(
    (node) => node.name === (wanted.nodes[0] ?? model.nodes.find((n) => n !== home)?.name),
  );
  const rendered = renderCluster(model);

  async function ask(name: string): Promise<AskAnswer> {
    const recording = rendered.hosts.find((host) => host.node === name);
    const file = join(folder, `${seed}-${name}.json`);
    await writeFile(file, JSON.stringify(recording));
    const host = await createRecordedHost(file, 0);
    const params: Partial<Record<NodeKind, ProbeRequest['params']>> = {
      'node-tcp': { targets: [{ address: endpoint?.ip, port: endpoint?.port }], timeoutMs: 200 },
      'node-route-get': { to: [endpoint?.ip] },
      'node-service-proxy': { ports: [{ port: nodePort }], clusterIPs: [] },
      'node-journal': { unit: 'kubelet.service', lines: 400 },
      'pod-listeners': {
        podUid: podUid(endpoint?.pod),
        namespace: endpoint?.pod?.namespace,
        name: endpoint?.pod?.name,
      },
    };
    const kinds = NODE_KINDS.filter((kind) => kind !== 'pod-listeners' || name === home?.name);
    return answerAsk(
      { host, node: name, agentVersion: 'test', bucket: { take: () => true } },
      {
        version: 1,
        deadlineMs: 20_000,
        networks: [model.calico.pool, model.serviceCidr, model.lans[0]?.cidr ?? ''],
        requests: kinds.map((kind) => ({ kind, params: params[kind] ?? {} })),
      },
    );
  }

  function value<K extends NodeKind>(answer: AskAnswer, kind: K): EvidenceValue<K> {
    const one = answer.answers.find((candidate) => candidate.kind === kind);
    if (one?.status !== 'collected') throw new Error(`${kind}: ${one?.reason ?? 'not asked'}`);
    return one.value as EvidenceValue<K>;
  }

  it('every probe reads what it needs, on the node of the endpoint and on an entry', async () => {
    for (const name of [home?.name ?? '', entry?.name ?? '']) {
      const { answers } = await ask(name);
      const missing = answers.flatMap((one) => (one.status === 'collected' ? [] : [`${one.kind}: ${one.reason}`]));
      const old = Number.parseInt(found?.kernel ?? '', 10) < 5;
      expect(missing.filter((line) => !(old && line.startsWith('node-pressure')))).toEqual([]);
    }
  });

  it('what the agent understands is what the model holds', async () => {
    if (entry === undefined) throw new Error('There is an entry.');
    const answer = await ask(entry.name);
    const nics = value(answer, 'node-interfaces');
    for (const nic of entry.nics) {
      const seen = nics.find((one) => one.name === nic.name);
      expect(seen?.index).toBe(nic.ifindex);
      expect(seen?.addresses.map((one) => one.cidr)).toEqual(nic.addresses.map((one) => one.cidr));
    }
    const [family4] = value(answer, 'node-bird');
    const sessions = world.sessions(entry).map((one) => [one.peerAddress, one.state, one.info, one.error || undefined]);
    const bgp = family4?.sessions.filter((one) => one.neighbour !== undefined) ?? [];
    expect(bgp.map((one) => [one.neighbour, one.state, one.info, one.error])).toEqual(sessions);
    expect(value(answer, 'node-tcp')[0]?.result).toBe(
      rendered.hosts.find((one) => one.node === entry.name)?.connects[`${endpoint.ip}:${endpoint.port}`]?.result,
    );
    expect(value(answer, 'node-kube-proxy').healthz).toMatchObject({ result: 'answered', status: 200 });
    const denials = value(answer, 'node-firewall').denials;
    expect(denials, 'nothing of Calico or kube-proxy passes for the host’s firewall').toEqual([]);
    const kubelet = value(answer, 'node-units').find((unit) => unit.name === 'kubelet.service');
    expect(kubelet?.activeState).toBe('active');
  });

  it('the service proxy forwards the NodePort to the endpoints that it may use there', async () => {
    if (entry === undefined) throw new Error('There is an entry.');
    const answer = await ask(entry.name);
    const proxy = value(answer, 'node-service-proxy');
    expect(proxy.modes).toContain(mode);
    const forwards = proxy.entries.filter((one) => one.port === nodePort && one.verdict === 'forward');
    const local = backends?.service.externalTrafficPolicy === 'Local';
    const here = backends?.endpoints.filter((one) => !local || one.node === entry.name) ?? [];
    if (here.length > 0) {
      expect(forwards.length).toBeGreaterThan(0);
      for (const one of forwards)
        expect(one.destinations.map((to) => `${to.ip}:${to.port}`).sort()).toEqual(
          here.map((to) => `${to.ip}:${to.port}`).sort(),
        );
    } else
      expect(proxy.entries.filter((one) => one.port === nodePort).map((one) => one.verdict)).toContain(
        mode === 'ipvs' ? 'none' : 'drop',
      );
  });

  it('the sockets inside the Pod are those of the application', async () => {
    if (home === undefined) throw new Error('The endpoint has a node.');
    const listeners = value(await ask(home.name), 'pod-listeners');
    const sockets = endpoint.pod?.containers.flatMap((one) => one.listens) ?? [];
    expect(listeners.map((one) => `${one.address}:${one.port}`)).toEqual(
      sockets.map((one) => `${one.address}:${one.port}`),
    );
    expect(listeners.every((one) => one.process?.name !== undefined)).toBe(true);
  });
});
