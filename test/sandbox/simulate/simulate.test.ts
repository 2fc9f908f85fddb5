/** The simulator held against captured text: BIRD's tables, readiness messages, kubelet's last words, proxies' tables. */
import { describe, expect, it } from 'vitest';
import { sinceText } from '../../../src/sandbox/cluster/simulate/bird-text.ts';
import { generateCluster } from '../../../src/sandbox/cluster/simulate/generate.ts';
import { RELEASES } from '../../../src/sandbox/cluster/simulate/generate-choices.ts';
import { kubeletJournal, swapFatal } from '../../../src/sandbox/cluster/simulate/kubelet-journal.ts';
import type { ClusterModel, SimNode } from '../../../src/sandbox/cluster/simulate/model.ts';
import { reachOf } from '../../../src/sandbox/cluster/simulate/reach.ts';
import { renderCluster } from '../../../src/sandbox/cluster/simulate/render.ts';
import { readinessText } from '../../../src/sandbox/cluster/simulate/system-objects.ts';
import { derive } from '../../../src/sandbox/cluster/simulate/world.ts';
import { K8SCEPHNODE, K8SMASTER2, K8SMATER1 } from '../../../src/sandbox/incidents/nodeport-30080/nodes.ts';
import { READINESS, stageModel } from '../../../src/sandbox/incidents/nodeport-30080/stages.ts';
import { age } from '../incidents/strings.ts';

function release(kubernetes: string) {
  const found = RELEASES.find((one) => one.kubernetes === kubernetes);
  if (found === undefined) throw new Error(`No release ${kubernetes}.`);
  return found;
}

describe('readiness text', () => {
  it('of v3.9.5 glues a log line to the address, as line 394 has it', () => {
    const why = 'calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.66';
    expect(readinessText(stageModel(1), why, '2020-05-27T03:45:40.461Z')).toBe(READINESS);
  });
  it('of v3.14.0 prints the log line before the message', () => {
    const text = readinessText(
      stageModel(3),
      'calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.66',
      '2020-05-27T04:30:00.000Z',
    );
    expect(text.split('\n')[1]).toBe('calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.66');
  });
});

describe('the mesh of the incident', () => {
  it('once the peer with the wrong address is alone with k8smaster2, only 10.0.0.66 is missing', () => {
    const model: ClusterModel = { ...stageModel(1), nodes: [K8SMASTER2, K8SMATER1], pods: [] };
    expect(derive(model).calicoNotReady(K8SMASTER2)).toBe(
      'calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.66',
    );
  });

  it('a session over the storage network comes up, calico-node turns Ready, and the Pod is still out of reach', () => {
    const ceph: SimNode = { ...K8SCEPHNODE, containersRun: true, kubelet: { ...K8SMATER1.kubelet } };
    const model: ClusterModel = { ...stageModel(1), nodes: [ceph, K8SMASTER2, K8SMATER1] };
    const world = derive(model);
    const session = world.sessions(K8SMATER1).find((one) => one.peer === ceph);
    expect(session).toMatchObject({ state: 'up', info: 'Established', peerAddress: '10.0.0.63' });
    expect(world.calicoNotReady(K8SMATER1)).toBeUndefined();
    expect(reachOf(world).connect(K8SMATER1, '10.109.209.196', 8080).result).toBe('timeout');
    expect(reachOf(world).connect(K8SMASTER2, '172.17.73.66', 30080).result).toBe('timeout');
  });

  it('exactly one side of each session waits', () => {
    const world = derive(stageModel(1));
    const waiting = [K8SMATER1, K8SMASTER2].map((node) => world.sessions(node).some((one) => one.info === 'Passive'));
    expect(waiting).toEqual([true, false]); // "172.17.73.65" > "10.0.0.66" as text
  });
});

describe('since', () => {
  it.each([
    ['2020-05-27T07:11:05.000Z', '2020-05-27T09:19:10.000Z', '07:11:05'],
    ['2020-05-21T01:46:52.000Z', '2020-05-27T02:37:37.000Z', '2020-05-21'],
  ])('%s seen at %s reads %s', (since, now, text) => {
    expect(sinceText(since, now)).toBe(text);
  });
});

describe('kubelet on a node with swap', () => {
  it('says in v1.18.2 what line 273 says', () => {
    const text = swapFatal(
      stageModel(2),
      { ...K8SCEPHNODE, kubelet: { ...K8SCEPHNODE.kubelet, pid: 38152 } },
      '2020-05-26T16:17:27.449Z',
    );
    expect(text.replace('449000', '449453')).toBe(
      'F0527 00:17:27.449453   38152 server.go:274] failed to run Kubelet: running with swap on is not supported, please disable swap! or set --fail-swap-on flag to false. /proc/swaps contained: [Filename                               Type            Size    Used    Priority /dev/sda3                               partition      27992060        0       -2]',
    );
  });
  it.each([
    [
      'v1.22.17',
      /E\d{4} .*\] "Failed to run kubelet" err="failed to run Kubelet: running with swap on is not supported, please disable swap!/,
      'status=1/FAILURE',
    ],
    [
      'v1.36.1',
      /E\d{4} .* run\.go:74\] "command failed" err="failed to run Kubelet: running with swap on is not supported, please disable swap or set/,
      'status=1/FAILURE',
    ],
    ['v1.18.20', /F\d{4} .* server\.go:274\] failed to run Kubelet: running with swap on/, 'status=255/n/a'],
  ])('says in %s what that version says', (version, message, status) => {
    const { model, expect: wanted } = generateCluster(5, { fault: 'kubelet-swap-on', release: release(version) });
    const node = model.nodes.find((one) => one.name === wanted.nodes[0]);
    const text = node === undefined ? [] : kubeletJournal(model, node).map((entry) => entry['MESSAGE'] ?? '');
    expect(text.some((line) => message.test(line))).toBe(true);
    expect(text.some((line) => line.includes(status))).toBe(true);
  });
});

describe('service proxies on an untouched cluster', () => {
  it.each([
    ['v1.36.1', 'nftables'],
    ['v1.18.20', 'iptables'],
    ['v1.30.14', 'iptables'],
    ['v1.24.17', 'ipvs'],
  ] as const)('%s in %s mode sends the NodePort to each endpoint', (version, mode) => {
    const { model, expect: wanted } = generateCluster(11, {
      fault: null,
      release: { ...release(version), proxies: [mode] },
    });
    const port = Number(wanted.question[1]);
    const rendered = renderCluster(model);
    const host = rendered.hosts[0];
    const read = (command: string): string => {
      const answer = host?.commands[command];
      return answer !== undefined && 'stdout' in answer ? (answer.stdout ?? '') : '';
    };
    const endpoints = model.pods.filter((pod) =>
      model.services.some(
        (one) =>
          one.ports.some((p) => p.nodePort === port) &&
          one.namespace === pod.namespace &&
          Object.entries(one.selector ?? {}).every(([k, v]) => pod.labels[k] === v),
      ),
    );
    expect(endpoints.length).toBeGreaterThan(0);
    for (const pod of endpoints) {
      if (mode === 'nftables') {
        expect(read('nft -j list table ip kube-proxy')).toContain(
          `{"concat":["tcp",${port}]},{"goto":{"target":"external-`,
        );
        expect(read('nft -j list table ip kube-proxy')).toContain(`"dnat":{"addr":"${pod.ip}"`);
      } else if (mode === 'iptables') {
        expect(read('iptables-save')).toMatch(
          new RegExp(
            `-A KUBE-NODEPORTS -p tcp .* --dport ${port} -j KUBE-${version === 'v1.18.20' ? '(SVC|MARK)' : 'EXT'}-`,
          ),
        );
        expect(read('iptables-save')).toContain(`-j DNAT --to-destination ${pod.ip}:`);
      } else {
        const hex = (pod.ip ?? '')
          .split('.')
          .map((part) => Number(part).toString(16).padStart(2, '0'))
          .join('')
          .toUpperCase();
        expect(host?.files['/proc/net/ip_vs']).toContain(`  -> ${hex}:`);
      }
    }
  });
});

describe('ages in the tests', () => {
  it.each([
    ['2020-05-27T00:00:00Z', '2020-05-27T00:02:04Z', '2m4s'],
    ['2020-05-21T00:00:00Z', '2020-05-27T02:10:00Z', '6d2h'],
    ['2020-04-28T00:00:00Z', '2020-05-27T02:10:00Z', '29d'],
  ])('from %s to %s is %s', (from, to, text) => {
    expect(age(from, to)).toBe(text);
  });
});
