import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/rules/evaluate.ts';
import { connectsEnd, evidenceOf, hidden } from '../../support/red-team.ts';

describe('a node that answers itself', () => {
  it.each(['host-firewall-drops-node-port', 'ip-forward-off'] as const)(
    'proves nothing where the only agent is on the struck node: %s',
    async (fault) => {
      const { bundle, cluster } = await evidenceOf(0, fault);
      const [struck] = cluster.expect.nodes;
      const lone = hidden(bundle, (item) => item.source === 'agent' && item.object.name !== struck);
      const diagnosis = judge(lone);
      expect(diagnosis.verdict).not.toBe('no-fault-found');
      expect(diagnosis.layer).not.toBe('client');
    },
  );

  it('names the node where nobody reaches it at any port', async () => {
    const { bundle } = await evidenceOf(1, null, (rendered, _, subject) => {
      const [cut] = subject.away;
      for (const host of rendered.hosts.filter((one) => one.node !== cut?.name)) {
        connectsEnd(host, 'no-route', (address) => address === cut?.internalIp);
      }
    });
    const diagnosis = judge(bundle);
    expect(diagnosis.verdict).toBe('inconclusive');
    expect(diagnosis.layer).toBe('node');
  });

  it('points to a firewall where the node answers on other ports', async () => {
    const { bundle } = await evidenceOf(1, null, (rendered, _, subject) => {
      const [cut] = subject.away;
      for (const host of rendered.hosts.filter((one) => one.node !== cut?.name)) {
        connectsEnd(host, 'timeout', (address, port) => address === cut?.internalIp && port >= 30_000);
      }
    });
    expect(judge(bundle).layer).toBe('firewall');
  });
});
