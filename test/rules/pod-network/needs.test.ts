/** The rules of Calico and the pod network read no evidence that they do not name, and each has its page. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Facts } from '../../../src/core/facts.ts';
import { CALICO_RULES } from '../../../src/rules/calico/index.ts';
import { POD_NETWORK_RULES } from '../../../src/rules/pod-network/index.ts';
import { generateCluster } from '../../../src/sandbox/cluster/simulate/generate.ts';
import { renderCluster } from '../../../src/sandbox/cluster/simulate/render.ts';
import { loadStage } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { simulatedEvidence } from '../../support/simulated-evidence.ts';

const RULES = [
  ...CALICO_RULES.map((rule) => ['calico', rule] as const),
  ...POD_NETWORK_RULES.map((rule) => ['pod-network', rule] as const),
];

test('nothing but what is named is read', async () => {
  const stages = ([1, 3] as const).map(loadStage);
  const faults = (['encapsulation-blocked', 'calico-bgp-no-peers', 'calico-bird-not-running'] as const).map((fault) => {
    const { model, expect: expected } = generateCluster(4, { fault });
    return { ...renderCluster(model), question: expected.question };
  });
  for (const cluster of [...stages, ...faults]) {
    const facts = Facts.from(await simulatedEvidence(cluster, cluster.question));
    for (const [, rule] of RULES) {
      const read = new Set<string>();
      const observed = facts.observed((_, kind) => read.add(kind));
      rule.judge(observed, { find: () => undefined, clear: () => undefined, undecided: () => undefined });
      const unnamed = [...read].filter((kind) => !rule.needs.some((need) => need === kind));
      expect([rule.id, unnamed]).toEqual([rule.id, []]);
    }
  }
});

test.each(RULES.map(([family, rule]) => [rule.id, family] as const))('%s has its page', (id, family) => {
  const page = readFileSync(new URL(`../../../src/rules/${family}/${id}.md`, import.meta.url), 'utf8');
  const headings = page.split('\n').filter((line) => line.startsWith('#'));
  expect(headings).toEqual([`# ${id}`, '## Meaning', '## Confirms', '## Refutes', '## Fix', '## When it is silent']);
});
