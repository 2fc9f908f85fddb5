/** Faults of the Service's own object: unknown port, protocol, selector, targetPort's name, policy, localhost. */
import { describe, expect, it } from 'vitest';
import type { PodObject, ServiceObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import type { Rule } from '../../../src/core/rule.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { externalTrafficPolicyLocal } from '../../../src/rules/service/external-traffic-policy-local.ts';
import { nodePortOnLocalhost } from '../../../src/rules/service/node-port-on-localhost.ts';
import { nodePortUnknown } from '../../../src/rules/service/node-port-unknown.ts';
import { serviceNoReadyEndpoints } from '../../../src/rules/service/service-no-ready-endpoints.ts';
import { servicePortUnknown } from '../../../src/rules/service/service-port-unknown.ts';
import { serviceProtocolMismatch } from '../../../src/rules/service/service-protocol-mismatch.ts';
import { serviceSelectorMismatch } from '../../../src/rules/service/service-selector-mismatch.ts';
import { serviceSelectorless } from '../../../src/rules/service/service-selectorless.ts';
import { serviceTargetPortNameMissing } from '../../../src/rules/service/service-target-port-name-missing.ts';
import { bundle, known, said, unknown } from '../../support/evidence.ts';
import { ASK_PORT, ASK_SERVICE, cluster, endpoint, entryOf, everyEntry, node, PORT, pod, service } from './kit.ts';

const WEB = 'Service/shop/web';
type Case = [string, Question, EvidenceItem[], string[]];
const table = (rule: Rule<never> | Rule, cases: Case[]) =>
  it.each<Case>(cases)('%s', (_, question, items, expected) =>
    expect(said(rule as Rule, question, items)).toEqual(expected),
  );
const asking = (nodePort: number, protocol?: 'TCP' | 'UDP'): Question => ({
  type: 'why-not-reachable',
  target: { kind: 'NodePort', nodePort, ...(protocol === undefined ? {} : { protocol }) },
});
const port = (change: Partial<ServiceObject['ports'][number]>) =>
  service({ ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: PORT, ...change }] });

describe('node-port-unknown', () =>
  table(nodePortUnknown as never, [
    ['nobody has the port', asking(30081), cluster(), ['finding found NodePort/30081']],
    [
      'nobody has any NodePort',
      asking(30081),
      cluster({ service: service({ type: 'ClusterIP', ports: [] }) }),
      ['finding none NodePort/30081'],
    ],
    ['somebody has it', ASK_PORT, cluster(), []],
    ['somebody has it under another protocol', asking(PORT), cluster({ service: port({ protocol: 'UDP' }) }), []],
    ['Services could not be listed', asking(30081), [unknown('services')], []],
  ]));

describe('service-port-unknown', () =>
  table(servicePortUnknown as never, [
    [
      'a number that it does not have',
      { ...ASK_SERVICE, target: { ...ASK_SERVICE.target, port: 9999 } },
      cluster(),
      [`finding found ${WEB}`],
    ],
    [
      'a name that it does not have',
      { ...ASK_SERVICE, target: { ...ASK_SERVICE.target, port: 'grpc' } },
      cluster(),
      [`finding found ${WEB}`],
    ],
    ['a name that it has', { ...ASK_SERVICE, target: { ...ASK_SERVICE.target, port: 'http' } }, cluster(), []],
    ['no port named', ASK_SERVICE, cluster(), []],
    ['a Service without ports', ASK_SERVICE, cluster({ service: service({ ports: [] }) }), [`finding none ${WEB}`]],
    ['ExternalName needs none', ASK_SERVICE, cluster({ service: service({ type: 'ExternalName', ports: [] }) }), []],
    [
      'Services could not be listed',
      { ...ASK_SERVICE, target: { ...ASK_SERVICE.target, port: 9999 } },
      [unknown('services')],
      [],
    ],
  ]));

describe('service-protocol-mismatch', () =>
  table(serviceProtocolMismatch as never, [
    [
      'asked over TCP, served over UDP',
      asking(PORT, 'TCP'),
      cluster({ service: port({ protocol: 'UDP' }) }),
      [`finding found ${WEB}`],
    ],
    [
      'asked without a protocol, served over UDP',
      ASK_PORT,
      cluster({ service: port({ protocol: 'UDP' }) }),
      [`finding unsaid ${WEB} (likely)`],
    ],
    ['asked over UDP, served over TCP', asking(PORT, 'UDP'), cluster(), [`finding found ${WEB}`]],
    [
      'a Service by name, its port over the wrong protocol',
      { ...ASK_SERVICE, target: { ...ASK_SERVICE.target, port: 80, protocol: 'UDP' } },
      cluster(),
      [`finding found ${WEB}`],
    ],
    ['the same protocol', ASK_PORT, cluster(), []],
    [
      'both protocols',
      ASK_PORT,
      cluster({ service: service({ ports: [...port({}).ports, ...port({ name: 'u', protocol: 'UDP' }).ports] }) }),
      [],
    ],
    ['Services could not be listed', ASK_PORT, [unknown('services')], []],
  ]));

describe('service-selector-mismatch', () => {
  const labelled = (app: string, change: Partial<PodObject> = {}) => pod('b', { labels: { app }, ...change });
  const bare = (
    selector: Record<string, string>,
    pods: readonly PodObject[],
    others: ServiceObject[] = [],
    total = pods.length,
  ) => {
    const mine = service({ selector });
    return cluster({
      service: mine,
      services: [mine, ...others],
      endpoints: [],
      pods: [],
      more: [known('pods', { total, pods: [...pods] }, { kind: 'Namespace', name: 'shop' })],
    });
  };
  const otherService = service({ name: 'api', selector: { app: 'web' }, ports: [] });
  table(serviceSelectorMismatch as never, [
    ['a slip in the value', ASK_PORT, bare({ app: 'webs' }, [labelled('web')]), [`finding found ${WEB}`]],
    ['the value under another key', ASK_PORT, bare({ 'k8s-app': 'web' }, [labelled('web')]), [`finding found ${WEB}`]],
    [
      'another value, and the Pod serves the port',
      ASK_PORT,
      bare({ app: 'nonsense' }, [labelled('web')]),
      [`finding found ${WEB}`],
    ],
    [
      'another value, another port: perhaps the workload just has no Pods',
      ASK_PORT,
      bare({ app: 'nonsense' }, [labelled('web', { containers: [] })]),
      [`finding alone ${WEB} (likely)`],
    ],
    [
      'the nearest Pod belongs to another Service',
      ASK_PORT,
      bare({ app: 'webs' }, [labelled('web')], [otherService]),
      [`finding alone ${WEB} (likely)`],
    ],
    ['no Pod in the namespace', ASK_PORT, bare({ app: 'web' }, []), [`finding alone ${WEB} (likely)`]],
    ['Pods match and none is ready', ASK_PORT, cluster({ endpoints: [], pods: [pod('b')] }), []],
    [
      'it matches and the port fails',
      ASK_PORT,
      cluster({ tcp: { [entryOf('a')]: 'timeout' } }),
      [`cleared matches ${WEB}`],
    ],
    ['without a selector', ASK_PORT, cluster({ service: service({ selector: {} }), endpoints: [] }), []],
    [
      'Pods could not be listed',
      ASK_PORT,
      [...cluster({ endpoints: [], pods: 'unknown' }), unknown('pods', { kind: 'Namespace', name: 'shop' })],
      [],
    ],
  ]);
});

describe('service-selectorless', () =>
  table(serviceSelectorless as never, [
    [
      'no selector, no endpoints',
      ASK_PORT,
      cluster({ service: service({ selector: {} }), endpoints: [] }),
      [`finding found ${WEB}`],
    ],
    ['no selector, endpoints by hand', ASK_PORT, cluster({ service: service({ selector: {} }) }), []],
    ['a selector', ASK_PORT, cluster({ endpoints: [] }), []],
    [
      'ExternalName',
      ASK_SERVICE,
      cluster({ service: service({ type: 'ExternalName', selector: {} }), endpoints: [] }),
      [],
    ],
    [
      'endpoints could not be read',
      ASK_PORT,
      cluster({ service: service({ selector: {} }), endpoints: 'unknown' }),
      [],
    ],
  ]));

describe('service-target-port-name-missing', () => {
  const named = port({ targetPort: 'web' });
  table(serviceTargetPortNameMissing as never, [
    [
      'no Pod has the name',
      ASK_PORT,
      cluster({ service: named, endpoints: [], pods: [pod('b')] }),
      [`finding found ${WEB}`],
    ],
    ['the name is there', ASK_PORT, cluster({ service: port({ targetPort: 'http' }) }), []],
    ['a number', ASK_PORT, cluster(), []],
    ['somebody resolved it', ASK_PORT, cluster({ service: named, pods: [pod('b')] }), []],
    ['no Pods', ASK_PORT, cluster({ service: named, endpoints: [], pods: [] }), []],
    ['Pods could not be listed', ASK_PORT, cluster({ service: named, endpoints: [], pods: 'unknown' }), []],
  ]);
});

describe('service-no-ready-endpoints', () => {
  const gone = endpoint('b', { ready: false, serving: false });
  const leaving = endpoint('b', { ready: false, serving: true, terminating: true });
  const others = (...names: string[]) =>
    known(
      'services-without-endpoints',
      names.map((name) => ({ namespace: 'shop', name, ports: [] })),
    );
  table(serviceNoReadyEndpoints as never, [
    ['none at all', ASK_PORT, cluster({ endpoints: [] }), [`finding found ${WEB}`]],
    ['one that is not ready', ASK_PORT, cluster({ endpoints: [gone] }), [`finding found ${WEB}`]],
    [
      'one that shuts down and may still answer',
      ASK_PORT,
      cluster({ endpoints: [leaving] }),
      [`finding terminating ${WEB}`],
    ],
    [
      'ready, without the port',
      ASK_PORT,
      cluster({ endpoints: [endpoint('b', { ports: [] })] }),
      [`finding found ${WEB}`],
    ],
    ['one of two is ready', ASK_PORT, cluster({ endpoints: [gone, endpoint('c')] }), [`cleared ready ${WEB}`]],
    [
      'a Service that was not asked about',
      ASK_PORT,
      cluster({ more: [others('web', 'lonely')] }),
      [`cleared ready ${WEB}`, 'finding other Service/shop/lonely'],
    ],
    [
      'ExternalName has none by nature',
      ASK_SERVICE,
      cluster({ service: service({ type: 'ExternalName' }), endpoints: [] }),
      [],
    ],
    ['endpoints could not be read', ASK_PORT, cluster({ endpoints: 'unknown' }), []],
  ]);
  it('proves the outage where nobody could try, unless endpoints still serve', () => {
    const verdict = (endpoints: (typeof gone)[]) => {
      const items = cluster({ service: service({ selector: {} }), endpoints, agents: [] });
      const { verdict: is, causes } = judge(bundle(ASK_PORT, items));
      return [is, causes.map((c) => `${c.rule} ${c.confidence}`)];
    };
    expect(verdict([])).toEqual(['cause-found', ['service-selectorless confirmed']]);
    expect(verdict([leaving])[0]).toBe('inconclusive');
  });
});

describe('external-traffic-policy-local', () => {
  const local = service({ externalTrafficPolicy: 'Local' });
  const failing = { [entryOf('a')]: 'timeout', [entryOf('c')]: 'timeout' } as const;
  table(externalTrafficPolicyLocal as never, [
    ['nodes without a Pod fail', ASK_PORT, cluster({ service: local, tcp: failing }), [`finding found ${WEB}`]],
    ['nobody could try', ASK_PORT, cluster({ service: local, agents: [] }), [`finding found ${WEB} (likely)`]],
    [
      'the only node that fails runs a Pod',
      ASK_PORT,
      cluster({
        service: local,
        endpoints: [endpoint('a'), endpoint('b'), endpoint('c')],
        tcp: { [entryOf('a')]: 'timeout' },
      }),
      [`cleared has-pod ${WEB}`],
    ],
    [
      'a node without a Pod answers all the same',
      ASK_PORT,
      cluster({ service: local, tcp: { [entryOf('a')]: 'timeout' } }),
      [`finding found ${WEB} (likely)`],
    ],
    ['no endpoint anywhere', ASK_PORT, cluster({ service: local, endpoints: [], tcp: everyEntry('refused') }), []],
    ['the only node runs the Pod', ASK_PORT, cluster({ service: local, nodes: [node('b')] }), []],
    ['Cluster', ASK_PORT, cluster({ tcp: failing }), [`cleared cluster ${WEB}`]],
    ['endpoints could not be read', ASK_PORT, cluster({ service: local, endpoints: 'unknown', tcp: failing }), []],
  ]);
  it('names the policy and the Service as the cause, and no node', () => {
    const { causes, verdict } = judge(bundle(ASK_PORT, cluster({ service: local, tcp: failing })));
    expect([verdict, causes.map((c) => c.rule)]).toEqual(['cause-found', ['external-traffic-policy-local']]);
  });
});

describe('node-port-on-localhost', () => {
  const config = (change: object) => known('kube-proxy-config', { mode: 'iptables', nodePortAddresses: [], ...change });
  const at = (where: string): Question => ({ ...ASK_PORT, at: where });
  const running = known(
    'node-kube-proxy',
    { healthz: { result: 'answered', status: 200 }, mode: 'ipvs' },
    nodeRef('a'),
  );
  table(nodePortOnLocalhost as never, [
    ['ipvs', at('127.0.0.1'), cluster({ more: [config({ mode: 'ipvs' })] }), [`finding found ${WEB}`]],
    ['nftables', at('localhost'), cluster({ more: [config({ mode: 'nftables' })] }), [`finding found ${WEB}`]],
    ['iptables over IPv6', at('::1'), cluster({ more: [config({ mode: '' })] }), [`finding found ${WEB}`]],
    ['iptables', at('127.0.0.1'), cluster({ more: [config({ mode: '' })] }), []],
    [
      'iptables, switched off',
      at('127.0.0.1'),
      cluster({ more: [config({ localhostNodePorts: false })] }),
      [`finding off ${WEB}`],
    ],
    [
      'iptables, other addresses only',
      at('127.0.0.1'),
      cluster({ more: [config({ nodePortAddresses: ['192.0.2.0/24'] })] }),
      [`finding off ${WEB}`],
    ],
    [
      'no configuration, kube-proxy says its mode',
      at('localhost'),
      cluster({ more: [running] }),
      [`finding found ${WEB}`],
    ],
    ['nobody knows the mode', at('localhost'), cluster({ more: [unknown('kube-proxy-config')] }), []],
    ['asked at a node', at('a'), cluster({ more: [config({ mode: 'ipvs' })] }), []],
  ]);
  it('is no excuse for entries that fail', () => {
    const items = cluster({ tcp: everyEntry('timeout'), more: [config({ mode: 'ipvs' })] });
    expect(judge(bundle(at('localhost'), items)).verdict).toBe('inconclusive');
  });
});
