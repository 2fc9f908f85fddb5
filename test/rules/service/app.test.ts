/** Faults inside the endpoint: nothing listens, localhost only, the wrong port; and one bad endpoint of several. */
import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { appListensOnLoopback } from '../../../src/rules/service/app-listens-on-loopback.ts';
import { appNotListening } from '../../../src/rules/service/app-not-listening.ts';
import { serviceTargetPortWrong } from '../../../src/rules/service/service-target-port-wrong.ts';
import { bundle, outcomeOf, said, unknown } from '../../support/evidence.ts';
import {
  ASK_PORT,
  allBehind,
  backendOf,
  cluster,
  declaring,
  endpoint,
  entryOf,
  listeners,
  pod,
  podRef,
  service,
} from './kit.ts';

const refused = allBehind('b', 'refused');
const all = (items: EvidenceItem[]) => ({
  loopback: said(appListensOnLoopback, ASK_PORT, items),
  silent: said(appNotListening, ASK_PORT, items),
  port: said(serviceTargetPortWrong, ASK_PORT, items),
});
const DEPLOYMENT = 'Deployment/shop/web';

describe('a connect that the Pod refuses', () => {
  it.each<[string, EvidenceItem[], ReturnType<typeof all>]>([
    [
      'nothing listens at all',
      cluster({ tcp: refused, more: [listeners(podRef('b'))] }),
      { loopback: [], silent: [`finding found ${DEPLOYMENT}`], port: [] },
    ],
    [
      'it listens on localhost only',
      cluster({ tcp: refused, more: [listeners(podRef('b'), '127.0.0.1:8080')] }),
      { loopback: [`finding found ${DEPLOYMENT}`], silent: [], port: [] },
    ],
    [
      'it listens on ::1 only',
      cluster({ tcp: refused, more: [listeners(podRef('b'), '::1:8080')] }),
      { loopback: [`finding found ${DEPLOYMENT}`], silent: [], port: [] },
    ],
    [
      'it listens on localhost and elsewhere: refused for another reason',
      cluster({ tcp: refused, more: [listeners(podRef('b'), '127.0.0.1:8080', '0.0.0.0:8080')] }),
      { loopback: [], silent: [], port: [] },
    ],
    [
      'it listens on the port that it declares, the Service sends to another',
      cluster({ tcp: refused, pods: [pod('b', declaring(3000))], more: [listeners(podRef('b'), '3000', '9100')] }),
      { loopback: [], silent: [], port: ['finding found Service/shop/web'] },
    ],
    [
      'it declares the port that the Service sends to, and only its metrics are up',
      cluster({ tcp: refused, more: [listeners(podRef('b'), '9090')] }),
      { loopback: [], silent: [`finding found ${DEPLOYMENT}`], port: [] },
    ],
    [
      'its sockets could not be read: nobody knows which of the three',
      cluster({ tcp: refused, more: [unknown('pod-listeners', podRef('b'))] }),
      { loopback: [], silent: [`finding unseen ${DEPLOYMENT} (likely)`], port: [] },
    ],
    [
      'a Pod on the host network: the daemons of the node are not its application',
      cluster({
        tcp: refused,
        pods: [pod('b', { hostNetwork: true, ...declaring() })],
        more: [listeners(podRef('b'), '22', '10250', '111')],
      }),
      { loopback: [], silent: [`finding found ${DEPLOYMENT}`], port: [] },
    ],
    [
      'the list of Pods is missing: the Pod itself is named',
      cluster({ tcp: refused, pods: 'unknown', more: [listeners(podRef('b'))] }),
      { loopback: [], silent: ['finding found Pod/shop/web-5d9-b'], port: [] },
    ],
  ])('%s', (_, items, expected) => expect(all(items)).toEqual(expected));

  it('is no matter of the application where the own node gets no answer at all', () => {
    const items = cluster({ tcp: allBehind('b', 'timeout'), more: [listeners(podRef('b'))] });
    expect(all(items)).toEqual({ loopback: [], silent: [], port: [] });
  });
  it('proves nothing for a UDP port', () => {
    const udp = service({ ports: [{ name: 'http', protocol: 'UDP', port: 80, targetPort: 8080, nodePort: 30080 }] });
    const ports = [{ name: 'http', port: 8080, protocol: 'UDP' }];
    const items = cluster({
      service: udp,
      endpoints: [endpoint('b', { ports })],
      tcp: refused,
      more: [listeners(podRef('b'))],
    });
    const question = { ...ASK_PORT, target: { ...ASK_PORT.target, protocol: 'UDP' as const } };
    expect(said(appNotListening, question, items)).toEqual([]);
  });
});

describe('which port to set', () => {
  const advice = (declared: number[], open: string[]) => {
    const items = cluster({
      tcp: refused,
      pods: [pod('b', declaring(...declared))],
      more: [listeners(podRef('b'), ...open)],
    });
    const [found] = outcomeOf(serviceTargetPortWrong, ASK_PORT, items).judgements;
    return found?.type === 'finding' ? [found.advice?.[0]?.text, found.remediations?.[0]?.params] : undefined;
  };
  it.each<[string, number[], string[], unknown]>([
    ['the declared one of several', [3000], ['3000', '9100'], ['set', { targetPort: 3000 }]],
    ['the only one', [], ['3000'], ['only', { targetPort: 3000 }]],
    ['a person chooses among equals', [], ['3000', '9100'], ['choose', {}]],
    ['a person chooses where both are declared', [3000, 9100], ['3000', '9100'], ['choose', {}]],
  ])('%s', (_, declared, open, expected) => expect(advice(declared, open)).toEqual(expected));
});

describe('ruled out', () => {
  it('is the application, and the port, where the endpoint answers and the NodePort fails', () => {
    const items = cluster({ tcp: { [entryOf('a')]: 'timeout' } });
    expect(said(appNotListening, ASK_PORT, items)).toEqual(['cleared answers Service/shop/web']);
    expect(said(serviceTargetPortWrong, ASK_PORT, items)).toEqual(['cleared right Service/shop/web']);
  });
  it('is nothing where one of two endpoints does not answer', () => {
    const tcp = { [entryOf('a')]: 'refused', [backendOf('c')]: 'refused' } as const;
    const items = cluster({
      endpoints: [endpoint('b'), endpoint('c')],
      tcp,
      more: [unknown('pod-listeners', podRef('c'))],
    });
    expect(said(appNotListening, ASK_PORT, items)).toEqual([`finding unseen ${DEPLOYMENT} (likely)`]);
    expect(said(serviceTargetPortWrong, ASK_PORT, items)).toEqual([]);
  });
  it('is nothing where nobody could try', () => {
    expect(said(appNotListening, ASK_PORT, cluster({ agents: [] }))).toEqual([]);
  });
  it('is nothing where nothing fails', () => {
    expect(said(appNotListening, ASK_PORT, cluster())).toEqual([]);
    expect(said(serviceTargetPortWrong, ASK_PORT, cluster())).toEqual([]);
  });
});

describe('one bad endpoint of two', () => {
  const two = [endpoint('b'), endpoint('c')];
  const verdict = (tcp: Parameters<typeof cluster>[0]) => {
    const diagnosis = judge(bundle(ASK_PORT, cluster({ endpoints: two, more: [listeners(podRef('c'))], ...tcp })));
    return [diagnosis.verdict, diagnosis.causes.map((c) => c.rule), diagnosis.symptoms.map((s) => s.text)];
  };
  it('explains entries that are refused now and then, on whatever node', () => {
    const tcp = { [backendOf('c')]: 'refused', [entryOf('a', 'b')]: 'refused' } as const;
    expect(verdict({ tcp })).toEqual(['cause-found', ['app-not-listening'], ['found']]);
  });
  it('is told also where every connect happened to work', () => {
    expect(verdict({ tcp: { [backendOf('c')]: 'refused' } })).toEqual([
      'cause-found',
      ['app-not-listening'],
      ['partly'],
    ]);
  });
  it('does not explain an entry that is silent', () => {
    const tcp = { [backendOf('c')]: 'refused', [entryOf('a')]: 'timeout' } as const;
    expect(verdict({ tcp })[0]).toBe('inconclusive');
  });
  it('does not explain an entry that reaches not even the good one', () => {
    const tcp = { [backendOf('c')]: 'refused', [backendOf('b', 'a')]: 'timeout', [entryOf('a')]: 'refused' } as const;
    expect(verdict({ tcp })[1]).not.toContain('app-not-listening');
  });
  it('is no wrong targetPort of the Service: another Pod answers on it', () => {
    const items = cluster({
      endpoints: two,
      pods: [pod('b', declaring(3000)), pod('c', declaring(3000))],
      tcp: { [backendOf('c')]: 'refused', [entryOf('a')]: 'refused' },
      more: [listeners(podRef('c'), '3000')],
    });
    expect(all(items).port).toEqual([]);
    expect(all(items).silent).toEqual([`finding found ${DEPLOYMENT}`]);
  });
});
