import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/rules/evaluate.ts';
import { evidenceOf } from '../../support/red-team.ts';

describe('a question about an address that no node has', () => {
  const at = (port: string) => ['why-not-reachable', port, 'at', '198.51.100.7'];

  it('a fault of one node is only a suspicion', async () => {
    const { cluster } = await evidenceOf(1, 'host-firewall-drops-node-port');
    const question = at(cluster.expect.question[1] ?? '');
    const { bundle } = await evidenceOf(1, 'host-firewall-drops-node-port', undefined, question);
    const { verdict, causes } = judge(bundle);
    expect([verdict, causes.map((c) => `${c.rule} ${c.confidence}`)]).toEqual([
      'inconclusive',
      ['host-firewall-drops-node-port likely'],
    ]);
  });

  it('a fault of the Service is its fault everywhere', async () => {
    const { cluster } = await evidenceOf(1, 'service-target-port-wrong');
    const question = at(cluster.expect.question[1] ?? '');
    const { bundle } = await evidenceOf(1, 'service-target-port-wrong', undefined, question);
    const { verdict, causes } = judge(bundle);
    expect([verdict, causes.map((c) => c.rule)]).toEqual(['cause-found', ['service-target-port-wrong']]);
  });
});
