import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/rules/evaluate.ts';
import type { KubeObject } from '../../../src/sandbox/cluster/api/types.ts';
import { evidenceOf } from '../../support/red-team.ts';

type Address = { type: string; address: string };

function addressesOf(objects: readonly KubeObject[]): Address[][] {
  return objects
    .filter((object) => object.kind === 'Node')
    .map((object) => (object as unknown as { status: { addresses: Address[] } }).status.addresses);
}

describe('a healthy cluster whose nodes have unusual addresses', () => {
  it.each<[string, (addresses: Address[], index: number) => void]>([
    ['IPv6 before IPv4', (all, index) => all.unshift({ type: 'InternalIP', address: `fd00::${index + 1}` })],
    ['IPv6 after IPv4', (all, index) => all.push({ type: 'InternalIP', address: `fd00::${index + 1}` })],
    ['an ExternalIP first', (all, index) => all.unshift({ type: 'ExternalIP', address: `203.0.113.${index + 1}` })],
    [
      'an ExternalIP only',
      (all) => {
        for (const one of all) if (one.type === 'InternalIP') one.type = 'ExternalIP';
      },
    ],
  ])('%s', async (_, change) => {
    const { bundle } = await evidenceOf(1, null, ({ objects }) => addressesOf(objects).forEach(change));
    const { verdict, paths } = judge(bundle);
    expect(verdict).toBe('no-fault-found');
    expect(paths.length).toBeGreaterThan(0);
  });
});
