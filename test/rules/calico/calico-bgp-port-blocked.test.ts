/** TCP 179 filtered, told apart from a host that is gone, a side that does not dial, and a password. */
import { expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { calicoBgpPortBlocked } from '../../../src/rules/calico/calico-bgp-port-blocked.ts';
import { known, said, unknown } from '../../support/evidence.ts';
import { bgpConfig, bird, CALICO, node, nodes, tcp } from './kit.ts';

const THREE = [...nodes(node('n1'), node('n2'), node('n3')), bgpConfig()];
const DIALS = bird('n1', '192.0.2.2 Connect Socket: Connection timed out');
const BLOCKED = ['192.0.2.2:179 timeout', '192.0.2.2:10250 open'];

function drops(name: string, hook: 'input' | 'output'): EvidenceItem {
  const rule = `-A ${hook.toUpperCase()} -p tcp -m tcp --dport 179 -j DROP`;
  const denial = { backend: 'iptables', chain: hook.toUpperCase(), hook, rule, protocol: 'tcp', ports: '179' };
  return known('node-firewall', { policies: [], denials: [denial], managers: [] }, nodeRef(name));
}

test.each<[string, EvidenceItem[], string[]]>([
  [
    'filtered, while another port answers',
    [DIALS, tcp('n1', ...BLOCKED, '192.0.2.3:179 open')],
    ['finding found Node/n2'],
  ],
  [
    'no BGP port answers anywhere: a password looks the same',
    [DIALS, tcp('n1', ...BLOCKED)],
    ['finding found Node/n2 (likely)'],
  ],
  [
    'the side that waits does not dial',
    [bird('n1', '192.0.2.2 Passive'), tcp('n1', ...BLOCKED, '192.0.2.3:179 open')],
    [],
  ],
  ['the session is up', [bird('n1', '192.0.2.2 Established'), tcp('n1', ...BLOCKED, '192.0.2.3:179 open')], []],
  [
    'what is blocked from one node alone, to several: it is filtered where it leaves',
    [
      bird('n3', '192.0.2.1 Connect Socket: Connection timed out', '192.0.2.2 Connect Socket: Connection timed out'),
      tcp('n3', '192.0.2.1:179 timeout', '192.0.2.1:10250 open', ...BLOCKED),
      tcp('n1', '192.0.2.2:179 open'),
    ],
    ['finding found Node/n3'],
  ],
  ['the dialled node drops it itself', [DIALS, tcp('n1', ...BLOCKED), drops('n2', 'input')], ['finding found Node/n2']],
  [
    'the dialling node drops it itself',
    [DIALS, tcp('n1', ...BLOCKED), drops('n1', 'output')],
    ['finding found Node/n1'],
  ],
  [
    'a rule for what leaves the dialled node is none',
    [DIALS, tcp('n1', ...BLOCKED), drops('n2', 'output')],
    ['finding found Node/n2 (likely)'],
  ],
  [
    'no other port answers either',
    [DIALS, tcp('n1', '192.0.2.2:179 timeout', '192.0.2.2:10250 timeout', '192.0.2.3:179 open')],
    [],
  ],
  [
    'refused: nothing listens, nothing filters',
    [DIALS, tcp('n1', '192.0.2.2:179 refused', '192.0.2.2:10250 open')],
    [],
  ],
  ['BIRD could not be asked', [unknown('node-bird', nodeRef('n1')), tcp('n1', ...BLOCKED, '192.0.2.3:179 open')], []],
  ['connects could not be made', [DIALS, unknown('node-tcp', nodeRef('n1'))], []],
])('%s', (_, items, expected) => {
  expect(said(calicoBgpPortBlocked, CALICO, [...THREE, ...items])).toEqual(expected);
});
