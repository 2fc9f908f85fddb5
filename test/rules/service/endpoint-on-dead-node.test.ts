/** Endpoints that are still listed on a node that is gone. */
import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { endpointOnDeadNode } from '../../../src/rules/service/endpoint-on-dead-node.ts';
import { bundle, said, unknown } from '../../support/evidence.ts';
import { ASK_PORT, allBehind, backendOf, cluster, endpoint, entryOf } from './kit.ts';

const FOUND = ['finding found Service/shop/web'];
const others = ['a', 'c'];

describe('endpoint-on-dead-node', () => {
  it.each<[string, EvidenceItem[], string[]]>([
    [
      'silent node, nobody reaches its Pod',
      cluster({ silent: { b: 90 }, agents: others, tcp: allBehind('b', 'timeout') }),
      FOUND,
    ],
    ['silent node whose Pod still answers: only its kubelet is dead', cluster({ silent: { b: 90 } }), []],
    [
      'silent node whose Pod refuses: the node is there',
      cluster({ silent: { b: 90 }, tcp: allBehind('b', 'refused') }),
      [],
    ],
    ['living node, nobody reaches its Pod', cluster({ tcp: allBehind('b', 'timeout') }), []],
    [
      'one of two is gone',
      cluster({
        endpoints: [endpoint('b'), endpoint('c')],
        silent: { b: 90 },
        agents: others,
        tcp: { [backendOf('b')]: 'timeout' },
      }),
      FOUND,
    ],
    ['nobody could try', cluster({ silent: { b: 90 }, agents: [] }), []],
    [
      'Leases could not be read',
      cluster({ agents: others, tcp: allBehind('b', 'timeout') }).map((i) =>
        i.kind === 'node-leases' ? unknown('node-leases') : i,
      ),
      [],
    ],
  ])('%s', (_, items, expected) => expect(said(endpointOnDeadNode, ASK_PORT, items)).toEqual(expected));

  it('explains that now and then a connect times out, where another endpoint is well', () => {
    const tcp = { [backendOf('b')]: 'timeout', [entryOf('a', 'c')]: 'timeout' } as const;
    const items = cluster({ endpoints: [endpoint('b'), endpoint('c')], silent: { b: 90 }, agents: others, tcp });
    const { verdict, causes, symptoms } = judge(bundle(ASK_PORT, items));
    expect([verdict, causes.map((c) => c.rule)]).toEqual(['cause-found', ['endpoint-on-dead-node']]);
    expect(symptoms.map((s) => s.rule)).toEqual(['node-port-unreachable']);
  });
});
