/** The recorded incident held against its text: every line that it claims, every listing that it rebuilds. */
import { beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { HostRecording } from '../../../src/agent/recording.ts';
import { count, flag, items, present, text } from '../../../src/sandbox/cluster/api/json.ts';
import type { KubeObject } from '../../../src/sandbox/cluster/api/types.ts';
import {
  loadStage,
  provenance,
  type RecordedStage,
  STAGE_NUMBERS,
  type StageNumber,
} from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { CEPH_JOURNAL, MASTER2_JOURNAL } from '../../../src/sandbox/incidents/nodeport-30080/journal.ts';
import { CONTROLLER_LOG } from '../../../src/sandbox/incidents/nodeport-30080/log.ts';
import { beijing, LISTING, NOW } from '../../../src/sandbox/incidents/nodeport-30080/times.ts';
import { age, HAS_TEXT, incidentLine, NO_TEXT, strings } from './strings.ts';

const needsText = ({ skip }: TestContext): void => skip(!HAS_TEXT, NO_TEXT);

const stages = Object.fromEntries(STAGE_NUMBERS.map((n) => [n, loadStage(n)])) as Record<StageNumber, RecordedStage>;

function objects(stage: StageNumber, kind: string): KubeObject[] {
  return stages[stage].objects.filter((object) => object.kind === kind);
}

function named(stage: StageNumber, kind: string, name: string): KubeObject {
  const found = objects(stage, kind).find((object) => object.metadata.name === name);
  if (found === undefined) throw new Error(`Stage ${stage} has no ${kind} ${name}.`);
  return found;
}

function host(stage: StageNumber, node: string) {
  const found = stages[stage].hosts.find((one) => one.node === node);
  if (found === undefined) throw new Error(`Stage ${stage} has no host ${node}.`);
  return HostRecording.parse(found);
}

function bird(stage: StageNumber, node: string): string {
  const socket = host(stage, node).sockets['/var/run/calico/bird.ctl'];
  return socket !== undefined && 'answers' in socket ? (socket.answers['show protocols'] ?? '') : '';
}

describe('provenance', () => {
  const literals = provenance().filter((entry) => 'line' in entry);

  it('has many literals and reasons for what was completed', () => {
    expect(literals.length).toBeGreaterThan(150);
    const reasons = provenance().filter((entry) => 'completed' in entry);
    expect(reasons.length).toBeGreaterThan(40);
    for (const entry of reasons) expect('completed' in entry && entry.completed.length > 10, entry.where).toBe(true);
  });

  it.for(literals)('stage $stage, $where: line $line', ({ stage, text: literal, line, stored }, context) => {
    needsText(context);
    expect(incidentLine(line)).toContain(literal);
    expect(everything[stage]).toContain(stored ?? literal);
  });

  const everything = Object.fromEntries(STAGE_NUMBERS.map((n) => [n, strings(stages[n]).join('\n')]));

  it('cut lines begin as the text does', (context) => {
    needsText(context);
    for (const line of [...CEPH_JOURNAL, ...MASTER2_JOURNAL]) {
      if (line.line === undefined) continue;
      const shown = incidentLine(line.line)
        .replace(/^\w+ \d+ [\d:]+ \w+ [\w.]+\[\d+\]: /, '')
        .trimEnd();
      expect(line.text.startsWith(shown), `${line.line}: ${shown}`).toBe(true);
    }
    const first = CONTROLLER_LOG[0];
    expect(first?.text.endsWith(incidentLine(544))).toBe(true);
  });
});

describe('listings of the text', () => {
  beforeEach(needsText);
  /** NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE, as `kubectl get pod -A -o wide` prints them. */
  function row(line: number): string[] {
    return incidentLine(line).trim().split(/\s+/);
  }
  function check(line: number, moment: string): void {
    const [namespace, name = '', ready, status, restarts, shownAge, ip, node] = row(line);
    const pod = named(1, 'Pod', name);
    const statuses = items(pod, 'status', 'containerStatuses');
    const up = statuses.filter((one) => flag(one, 'ready')).length;
    const total = items(pod, 'spec', 'containers').length;
    expect([pod.metadata.namespace, `${up}/${total}`, text(pod, 'status', 'phase')], name).toEqual([
      namespace,
      ready,
      status,
    ]);
    expect(String(Math.max(0, ...statuses.map((one) => count(one, 'restartCount')))), name).toBe(restarts);
    expect([text(pod, 'status', 'podIP') || '<none>', text(pod, 'spec', 'nodeName') || '<none>'], name).toEqual([
      ip,
      node,
    ]);
    expect(age(text(pod, 'metadata', 'creationTimestamp'), moment), name).toBe(shownAge);
  }

  it.each(Array.from({ length: 19 }, (_, i) => i + 92))('all namespaces, 2020-05-23: line %d', (line) =>
    check(line, LISTING),
  );
  it.each(
    Array.from({ length: 14 }, (_, i) => i + 350).filter(
      (line) => HAS_TEXT && line < 364 && incidentLine(line).includes('/'),
    ),
  )('all namespaces, 2020-05-27: line %d', (line) => check(line, beijing('2020-05-27 11:50:00')));
  it('ci, at the first listing', () => {
    expect(row(51).slice(0, 5).join(' ')).toBe('jenkins-dc995bb85-7w6t8 1/1 Running 1 28d');
    const jenkins = named(1, 'Pod', 'jenkins-dc995bb85-7w6t8');
    expect(age(text(jenkins, 'metadata', 'creationTimestamp'), LISTING)).toBe('28d');
  });

  it.each([79, 80, 81])('nodes at stage 1: line %d', (line) => {
    const [name = '', status, roles, shownAge, version] = row(line);
    const node = named(1, 'Node', name);
    const ready = items(node, 'status', 'conditions').find((one) => text(one, 'type') === 'Ready');
    expect(text(ready, 'status') === 'True' ? 'Ready' : 'NotReady').toBe(status);
    expect(present(node, 'metadata', 'labels', 'node-role.kubernetes.io/master') ? 'master' : '<none>').toBe(roles);
    expect(age(text(node, 'metadata', 'creationTimestamp'), NOW[1])).toBe(shownAge);
    expect(text(node, 'status', 'nodeInfo', 'kubeletVersion')).toBe(version);
  });

  it('the ages of describe at stage 1 and of the events at their moments', () => {
    const exporter = named(1, 'Pod', 'prometheus-operator-release-prometheus-node-exporter-9dk8c');
    expect(age(text(exporter, 'metadata', 'creationTimestamp'), NOW[1])).toBe('15h');
    const unhealthy = objects(3, 'Event').find((event) => count(event, 'count') === 52551);
    const seen = '2020-05-27T03:47:44Z';
    expect(age(text(unhealthy, 'lastTimestamp'), seen)).toBe('2m4s');
    expect(age(text(unhealthy, 'firstTimestamp'), seen)).toBe('6d2h');
    const etcd = objects(4, 'Event').find((event) => count(event, 'count') === 7);
    expect(age(text(etcd, 'lastTimestamp'), NOW[4])).toBe('59m');
    expect(age(text(etcd, 'firstTimestamp'), NOW[4])).toBe('2d2h');
  });
});

describe('stages', () => {
  it.each(STAGE_NUMBERS)('stage %d: nothing lies after its moment', (n) => {
    for (const value of strings([stages[n].objects, stages[n].logs])) {
      for (const [time] of value.matchAll(/2020-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g)) {
        expect(Date.parse(time), value).toBeLessThanOrEqual(Date.parse(stages[n].now));
      }
      for (const [time] of value.matchAll(/2020-\d\d-\d\d \d\d:\d\d:\d\d\.\d\d\d/g)) {
        expect(Date.parse(`${time.replace(' ', 'T')}Z`), value).toBeLessThanOrEqual(Date.parse(stages[n].now));
      }
    }
  });

  it.each(STAGE_NUMBERS)('stage %d: every host is a valid recording and no object is there twice', (n) => {
    for (const one of stages[n].hosts) expect(() => HostRecording.parse(one)).not.toThrow();
    const keys = stages[n].objects.map((o) => `${o.apiVersion}/${o.kind}/${o.metadata.namespace}/${o.metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('agents answer where the issue says', () => {
    expect(stages[1].hosts.map((one) => one.node).sort()).toEqual(['k8smaster2', 'k8smater1']);
    expect(stages[1].agentless).toEqual(['k8scephnode']);
    expect(stages[2].hosts).toHaveLength(3);
    expect(stages[2].agentless).toEqual([]);
    for (const n of [3, 4] as const)
      expect(objects(n, 'Node').map((one) => one.metadata.name)).toEqual(['k8smaster2', 'k8smater1']);
  });

  it('stages 1 to 3 fail on 73.66 and work on 73.65; stage 4 works on both', () => {
    const at = (n: StageNumber, from: string, to: string) => host(n, from).connects[to]?.result;
    for (const n of [1, 2, 3] as const) {
      expect(at(n, 'k8smater1', '10.109.209.196:8080')).toBe('timeout');
      expect(at(n, 'k8smaster2', '10.109.209.196:8080')).toBe('open');
      expect(at(n, 'k8smaster2', '172.17.73.66:30080')).toBe('timeout');
      expect(at(n, 'k8smater1', '172.17.73.65:30080')).toBe('open');
      expect(at(n, 'k8smater1', '10.99.214.53:80')).toBe('timeout');
      expect(named(n, 'Node', 'k8smater1').metadata.annotations?.['projectcalico.org/IPv4Address']).toBe(
        '10.0.0.66/24',
      );
    }
    expect(at(4, 'k8smaster2', '172.17.73.66:30080')).toBe('open');
    expect(at(4, 'k8smater1', '10.109.209.196:8080')).toBe('open');
    expect(at(4, 'k8smater1', '172.17.73.66:30082')).toBe('refused');
    expect(named(4, 'Node', 'k8smater1').metadata.annotations?.['projectcalico.org/IPv4Address']).toBe(
      '172.17.73.66/22',
    );
    expect(host(4, 'k8smater1').commands['ip route show table all']).toMatchObject({
      stdout: expect.stringContaining('10.109.209.192/26 via 172.17.73.65 dev tunl0  proto bird onlink'),
    });
  });

  it('calicoctl tables: the sessions of lines 703, 641 and 662', (context) => {
    needsText(context);
    expect(incidentLine(703)).toMatch(/172\.17\.73\.65 .* start \| 2020-05-21 \| Passive/);
    expect(bird(1, 'k8smater1')).toMatch(/Mesh_172_17_73_65 BGP +master +start +2020-05-21 +Passive/);
    expect(bird(1, 'k8smaster2')).toMatch(/Mesh_10_0_0_66 BGP .* start .* Connection timed out/);
    expect(incidentLine(641)).toMatch(/172\.17\.73\.65 .* up .* 07:11:05 \| Established/);
    expect(bird(4, 'k8smater1')).toMatch(/Mesh_172_17_73_65 BGP +master +up +07:11:05 +Established/);
    expect(bird(4, 'k8smaster2')).toMatch(/Mesh_172_17_73_66 BGP +master +up +07:11:05 +Established/);
  });

  it('ipvsadm on k8smaster2: the servers of lines 322 to 328', (context) => {
    needsText(context);
    const table = (host(1, 'k8smaster2').files['/proc/net/ip_vs'] ?? '').split('\n');
    const after = (server: string): string | undefined => table[table.findIndex((line) => line.startsWith(server)) + 1];
    expect(incidentLine(324)).toContain('10.109.209.196:http-alt');
    expect(after('TCP  7F000001:7580 rr')).toContain('0A6DD1C4:1F90'); // 127.0.0.1:30080 to 10.109.209.196:8080
    expect(incidentLine(325)).toContain('localhost:30082');
    expect(after('TCP  7F000001:7582 rr')).not.toContain('->');
    expect(incidentLine(328)).toContain('172.17.73.65:30080');
    expect(after('TCP  AC114941:7580 rr')).toContain('0A6DD1C4:1F90');
  });

  it('netstat: both masters hold 30080 open, as lines 21 and 33 show', () => {
    for (const node of ['k8smater1', 'k8smaster2']) {
      expect(host(1, node).files['/proc/net/tcp']).toMatch(/ 00000000:7580 00000000:0000 0A /);
    }
  });

  it('k8scephnode inside: kubelet gives up on swap, fstab is commented, the generator is to blame', () => {
    const ceph = host(2, 'k8scephnode');
    expect(ceph.files['/proc/swaps']).toMatch(/\/dev\/sda3 +partition\t27992060\t0\t-2/);
    expect(ceph.files['/etc/fstab']).toMatch(/^#.*swap/m);
    expect(JSON.stringify(ceph.commands)).toContain('/run/systemd/generator.late/dev-sda3.swap');
    expect(ceph.commands['lsblk -P -o NAME,PARTTYPE,FSTYPE']).toMatchObject({
      stdout: expect.stringContaining('NAME="sda3" PARTTYPE="0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"'),
    });
    expect(ceph.sockets).toEqual({});
    expect(ceph.files['/proc/net/ip_vs']).toBeUndefined();
  });
});
