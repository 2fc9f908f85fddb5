/** One row per kind, in the columns of the API server's own printers. */
import { describe, expect, it } from 'vitest';
import { printerFor } from '../../../src/sandbox/cluster/api/printers/index.ts';
import { ago, RECORDED_AT } from './fixtures.ts';

type Json = Record<string, unknown>;

const DAY = 86_400_000;
const template = { spec: { containers: [{ name: 'c', image: 'img:1' }], nodeSelector: { disk: 'ssd', os: 'linux' } } };
const selector = { matchLabels: { app: 'x' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }] };

/** The cells of an object one day old, joined, with its column names. */
function print(group: string, kind: string, fields: Json, minor = 33): { columns: string; row: string } {
  const { metadata, ...rest } = fields;
  const object = {
    apiVersion: 'v1',
    kind,
    metadata: { name: 'x', creationTimestamp: ago(DAY), ...(metadata as Json | undefined) },
    ...rest,
  };
  const printer = printerFor(group, kind, minor);
  const cells = printer.cells(object, { nowMs: RECORDED_AT, minor, shiftTime: (time) => time });
  expect(cells).toHaveLength(printer.columns.length);
  return { columns: printer.columns.map((column) => column.name).join('|'), row: cells.map(String).join('|') };
}

describe('printers', () => {
  it.each<[string, string, Json, string]>([
    [
      '',
      'Service',
      { spec: { type: 'ClusterIP', clusterIP: 'None', ports: [] } },
      'x|ClusterIP|None|<none>|<none>|24h|<none>',
    ],
    [
      '',
      'Service',
      {
        spec: {
          type: 'ClusterIP',
          clusterIP: '10.0.0.1',
          externalIPs: ['1.2.3.4'],
          ports: [{ port: 53, protocol: 'UDP' }],
          selector: { b: '1', a: '2' },
        },
      },
      'x|ClusterIP|10.0.0.1|1.2.3.4|53/UDP|24h|a=2,b=1',
    ],
    [
      '',
      'Service',
      { spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1', ports: [{ port: 80, nodePort: 30080 }] } },
      'x|LoadBalancer|10.0.0.1|<pending>|80:30080/TCP|24h|<none>',
    ],
    [
      '',
      'Service',
      {
        spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1', ports: [{ port: 80 }] },
        status: { loadBalancer: { ingress: [{ ip: '5.5.5.5' }] } },
      },
      'x|LoadBalancer|10.0.0.1|5.5.5.5|80/TCP|24h|<none>',
    ],
    [
      '',
      'Service',
      { spec: { type: 'ExternalName', externalName: 'db.example' } },
      'x|ExternalName|<none>|db.example|<none>|24h|<none>',
    ],
    ['', 'Endpoints', {}, 'x|<none>|24h'],
    ['', 'Endpoints', { subsets: [{ notReadyAddresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] }, 'x||24h'],
    [
      '',
      'Endpoints',
      { subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [{ port: 80 }, { port: 443 }] }] },
      'x|10.0.0.1:80,10.0.0.2:80,10.0.0.1:443 + 1 more...|24h',
    ],
    [
      'discovery.k8s.io',
      'EndpointSlice',
      { addressType: 'IPv4', ports: [{ port: 80 }, {}], endpoints: [{ addresses: ['10.0.0.1'] }] },
      'x|IPv4|80,*|10.0.0.1|24h',
    ],
    ['discovery.k8s.io', 'EndpointSlice', { addressType: 'IPv4' }, 'x|IPv4|<unset>|<unset>|24h'],
    ['networking.k8s.io', 'NetworkPolicy', { spec: { podSelector: {} } }, 'x|<none>|24h'],
    ['networking.k8s.io', 'NetworkPolicy', { spec: { podSelector: selector } }, 'x|app=x,tier in (a,b)|24h'],
    [
      'apps',
      'DaemonSet',
      {
        spec: { template, selector },
        status: {
          desiredNumberScheduled: 3,
          currentNumberScheduled: 3,
          numberReady: 2,
          updatedNumberScheduled: 3,
          numberAvailable: 2,
        },
      },
      'x|3|3|2|3|2|disk=ssd,os=linux|24h|c|img:1|app=x,tier in (a,b)',
    ],
    [
      'apps',
      'Deployment',
      {
        spec: { replicas: 2, template, selector },
        status: { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 },
      },
      'x|1/2|2|1|24h|c|img:1|app=x,tier in (a,b)',
    ],
    ['apps', 'Deployment', { spec: { replicas: 0, template, selector } }, 'x|0/0|0|0|24h|c|img:1|app=x,tier in (a,b)'],
    [
      'apps',
      'ReplicaSet',
      { spec: { replicas: 2, template, selector }, status: { replicas: 2 } },
      'x|2|2|0|24h|c|img:1|app=x,tier in (a,b)',
    ],
    ['apps', 'StatefulSet', { spec: { template }, status: { readyReplicas: 1 } }, 'x|1/1|24h|c|img:1'],
    [
      'batch',
      'Job',
      {
        spec: { completions: 1, template, selector },
        status: {
          succeeded: 1,
          startTime: ago(DAY),
          completionTime: ago(DAY - 90_000),
          conditions: [{ type: 'Complete', status: 'True' }],
        },
      },
      'x|Complete|1/1|90s|24h|c|img:1|app=x,tier in (a,b)',
    ],
    [
      'batch',
      'CronJob',
      {
        spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template } } },
        status: { lastScheduleTime: ago(30_000), active: [{}] },
      },
      'x|* * * * *|<none>|False|1|30s|24h|c|img:1|<none>',
    ],
    ['', 'ConfigMap', { data: { a: '', b: '' }, binaryData: { c: '' } }, 'x|3|24h'],
    ['', 'Secret', { type: 'kubernetes.io/tls', data: { a: '' } }, 'x|kubernetes.io/tls|1|24h'],
    ['coordination.k8s.io', 'Lease', { spec: { holderIdentity: 'me' } }, 'x|me|24h'],
    ['', 'Namespace', { status: { phase: 'Terminating' } }, 'x|Terminating|24h'],
    [
      '',
      'PersistentVolumeClaim',
      {
        spec: { volumeName: 'pv1', storageClassName: 'fast', volumeMode: 'Filesystem' },
        status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteMany', 'ReadWriteOnce'] },
      },
      'x|Bound|pv1|1Gi|RWO,RWX|fast|<unset>|24h|Filesystem',
    ],
    ['', 'PersistentVolumeClaim', { spec: {}, status: { phase: 'Pending' } }, 'x|Pending|||||<unset>|24h|<unset>'],
    [
      'policy',
      'PodDisruptionBudget',
      { spec: { minAvailable: 1 }, status: { disruptionsAllowed: 0 } },
      'x|1|N/A|0|24h',
    ],
    ['policy', 'PodDisruptionBudget', { spec: { maxUnavailable: '50%' } }, 'x|N/A|50%|0|24h'],
    [
      'storage.k8s.io',
      'StorageClass',
      { provisioner: 'p', metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } },
      'x (default)|p|Delete|Immediate|false|24h',
    ],
    [
      'networking.k8s.io',
      'Ingress',
      { spec: { ingressClassName: 'n', rules: [{ host: 'a.example' }], tls: [{}] } },
      'x|n|a.example||80, 443|24h',
    ],
    [
      'certificates.k8s.io',
      'CertificateSigningRequest',
      { spec: { signerName: 's', username: 'u' }, status: { conditions: [{ type: 'Approved' }], certificate: 'abc' } },
      'x|24h|s|u|Approved,Issued',
    ],
    [
      '',
      'ComponentStatus',
      { conditions: [{ type: 'Healthy', status: 'False', error: 'refused' }] },
      'x|Unhealthy||refused',
    ],
    ['example.com', 'Unknown', {}, 'x|24h'],
  ])('%s/%s', (group, kind, fields, expected) => {
    expect(print(group, kind, fields).row).toBe(expected);
  });

  it('an event is dated by its series, else by its last or first sighting', () => {
    const target = { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' };
    const base = {
      type: 'Warning',
      reason: 'R',
      message: ' m \n',
      involvedObject: target,
      source: { component: 'kubelet', host: 'n' },
    };
    const old = { firstTimestamp: ago(600_000), lastTimestamp: ago(60_000), count: 4 };
    expect(print('', 'Event', { ...base, ...old }).row).toBe(
      '60s|Warning|R|pod/p|spec.containers{c}|kubelet, n|m|10m|4|x',
    );
    const series = { eventTime: ago(600_000), series: { count: 7, lastObservedTime: ago(30_000) } };
    expect(print('', 'Event', { ...base, ...series }).row).toBe(
      '30s|Warning|R|pod/p|spec.containers{c}|kubelet, n|m|10m|7|x',
    );
  });

  it('older servers have fewer columns', () => {
    expect(print('batch', 'Job', {}, 18).columns).not.toContain('Status');
    expect(print('batch', 'CronJob', {}, 18).columns).not.toContain('Timezone');
    expect(print('', 'PersistentVolumeClaim', {}, 18).columns).not.toContain('VolumeAttributesClass');
  });

  it('a node without a Ready condition is Unknown; a cordoned one says so; roles come from both labels', () => {
    const labels = { 'node-role.kubernetes.io/worker': '', 'kubernetes.io/role': 'edge' };
    const { row } = print('', 'Node', { metadata: { labels }, spec: { unschedulable: true }, status: {} });
    expect(row).toBe('x|Unknown,SchedulingDisabled|edge,worker|24h||<none>|<none>|<unknown>|<unknown>|<unknown>');
  });
});
