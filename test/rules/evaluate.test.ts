/** Judging a bundle: the same bytes whatever the order, noise changes nothing, less evidence never means another cause. */
import { describe, expect, it } from 'vitest';
import type { EvidenceBundle, EvidenceItem } from '../../src/core/evidence.ts';
import { namespacedRef, nodeRef } from '../../src/core/object-ref.ts';
import type { Rule } from '../../src/core/rule.ts';
import { judge } from '../../src/rules/evaluate.ts';
import { generateCluster } from '../../src/sandbox/cluster/simulate/generate.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { bundle, known, unknown } from '../support/evidence.ts';
import { simulatedEvidence } from '../support/simulated-evidence.ts';
import { ASK_PORT, cluster, node, pod } from './service/kit.ts';

const FAULTS = [
  'app-not-listening',
  'external-traffic-policy-local',
  'ip-forward-off',
  'kube-proxy-down',
  'proxy-rules-flushed',
  'service-selector-mismatch',
] as const;

async function evidenceOf(fault: (typeof FAULTS)[number], seed: number): Promise<EvidenceBundle> {
  const { model, expect: wanted } = generateCluster(seed, { fault });
  return await simulatedEvidence(renderCluster(model), wanted.question);
}

const causesOf = (evidence: EvidenceBundle) => judge(evidence).causes.map((c) => `${c.rule} ${c.object.name}`);
/** The same shuffle every time. */
const shuffled = (items: readonly EvidenceItem[]) =>
  items
    .map((item, i) => ({ item, key: (i * 7919) % 1009 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

describe.each(FAULTS)('%s', (fault) => {
  const evidence = evidenceOf(fault, 77);

  it('is the same in any order', async () => {
    const one = await evidence;
    expect(JSON.stringify(judge({ ...one, items: shuffled(one.items) }))).toBe(JSON.stringify(judge(one)));
  });

  it('is the same among 500 healthy objects', async () => {
    const one = await evidence;
    const noise = Array.from({ length: 500 }, (_, i) => {
      const other = pod('b', { name: `other-${i}`, namespace: `noise-${i}`, nodeName: 'elsewhere' });
      return known('pods', { total: 1, pods: [other] }, namespacedRef('Service', `noise-${i}`, 'other'));
    });
    expect(JSON.stringify(judge({ ...one, items: [...one.items, ...noise] }))).toBe(JSON.stringify(judge(one)));
  });

  it('gets weaker without a fact, and never turns into another cause', { timeout: 60_000 }, async () => {
    const one = await evidence;
    const right = causesOf(one);
    expect(right).toHaveLength(1);
    const kinds = [...new Set(one.items.map((item) => item.kind))];
    let weaker = 0;
    for (const kind of kinds) {
      const items = one.items.map((item) => (item.kind === kind ? unknown(kind, item.object, item.part) : item));
      const diagnosis = judge({ ...one, items });
      const confirmed = diagnosis.causes
        .filter((c) => c.confidence === 'confirmed')
        .map((c) => `${c.rule} ${c.object.name}`);
      expect([kind, diagnosis.verdict === 'cause-found' ? confirmed.map((c) => c.split(' ')[0]) : [fault]]).toEqual([
        kind,
        [fault],
      ]);
      expect([kind, diagnosis.verdict]).not.toEqual([kind, 'no-fault-found']);
      if (diagnosis.verdict !== 'cause-found') weaker += 1;
    }
    expect(weaker).toBeGreaterThan(0);
  });
});

describe('what could not be seen', () => {
  const reader: Rule = {
    id: 'reader',
    role: 'cause',
    severity: 'warning',
    summary: 'x',
    needs: ['node-swap'],
    texts: { found: 'x' },
    judge(facts, say) {
      facts.get('node-swap', nodeRef('a'));
      facts.get('node-swap', nodeRef('a'));
      facts.get('node-swap', nodeRef('b'));
      say.find({ object: nodeRef('b'), confidence: 'confirmed', text: 'found', data: {}, because: [], scope: {} });
    },
  };
  it('is told once, with what it blocks and the command, unless the rule spoke of that object all the same', () => {
    const items = [unknown('node-swap', nodeRef('a')), unknown('node-swap', nodeRef('b'))];
    const { notSeen } = judge(bundle(ASK_PORT, items), [reader, { ...reader, id: 'another' }]);
    expect(notSeen).toEqual([
      {
        evidence: 'node-swap',
        object: nodeRef('a'),
        reason: 'agent did not answer: connection refused',
        blocks: ['another', 'reader'],
        tryThis: 'see node-swap',
      },
    ]);
  });
  it('leaves out what nobody tried to collect', () =>
    expect(judge(bundle(ASK_PORT, []), [reader]).notSeen).toEqual([]));
});

describe('ruled out', () => {
  const both = (found: boolean): Rule => ({
    id: 'both',
    role: 'cause',
    severity: 'warning',
    summary: 'x',
    needs: [],
    texts: { found: 'x', well: 'y' },
    judge(_, say) {
      say.clear({ object: nodeRef('a'), text: 'well', data: {}, because: [] });
      if (found)
        say.find({ object: nodeRef('a'), confidence: 'likely', text: 'found', data: {}, because: [], scope: {} });
    },
  });
  it('is nothing that stands as an explanation of the same object', () => {
    expect(judge(bundle(ASK_PORT, []), [both(false)]).ruledOut.map((c) => c.rule)).toEqual(['both']);
    expect(judge(bundle(ASK_PORT, []), [both(true)]).ruledOut).toEqual([]);
  });
});

describe('the question', () => {
  it('is resolved to the Service behind the port', () => {
    const { question, paths } = judge(bundle(ASK_PORT, cluster({ nodes: [node('a'), node('b')] })));
    expect(question.target).toEqual({
      kind: 'Service',
      namespace: 'shop',
      name: 'web',
      port: 80,
      protocol: 'TCP',
      nodePort: 30080,
    });
    expect(paths.map((p) => `${p.from.name}→${p.via.name} ${p.result} ${p.hasEndpoint}`)).toEqual([
      'b→a open false',
      'a→b open true',
    ]);
  });
});
