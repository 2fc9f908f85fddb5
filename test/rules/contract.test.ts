/** What every rule keeps to, whoever wrote it: names, pages, links, what it reads, and that missing facts prove nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVIDENCE_KINDS, type EvidenceKind } from '../../src/core/evidence/kinds.ts';
import type { EvidenceBundle, EvidenceItem } from '../../src/core/evidence.ts';
import { Facts } from '../../src/core/facts.ts';
import { CLUSTER } from '../../src/core/object-ref.ts';
import type { Rule } from '../../src/core/rule.ts';
import { judge, runRule } from '../../src/rules/evaluate.ts';
import { RULES } from '../../src/rules/index.ts';
import { FAULT_NAMES, type FaultName, generateCluster } from '../../src/sandbox/cluster/simulate/generate.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { loadStage, STAGE_NUMBERS } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { bundle, unknown } from '../support/evidence.ts';
import { simulatedEvidence } from '../support/simulated-evidence.ts';

const FOLDER = join(import.meta.dirname, '../../src/rules');
const FAMILIES = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'model')
  .map((entry) => entry.name);
const HEADINGS = ['## Meaning', '## Confirms', '## Refutes', '## Fix', '## When it is silent'];
/** The rules that issue 3 asks for by name; the kubelet family beside them is a table of its own. */
const WANTED = `node-port-unreachable service-unreachable service-no-ready-endpoints node-not-ready pods-on-unready-node
  pod-not-ready pod-pending workload-unavailable calico-node-not-ready pod-network-broken
  node-port-unknown service-protocol-mismatch service-selector-mismatch service-selectorless
  service-target-port-name-missing service-target-port-wrong external-traffic-policy-local node-port-on-localhost
  endpoint-on-dead-node app-not-listening app-listens-on-loopback
  kube-proxy-down kube-proxy-not-syncing proxy-rules-flushed node-port-address-excluded ipvs-virtual-server-missing
  ip-forward-off host-firewall-drops-node-port blocked-outside-cluster
  pod-route-missing encapsulation-blocked pod-cidr-overlap calico-node-ip-mismatch calico-node-ip-conflict
  calico-autodetection-ignored calico-bgp-port-blocked calico-bgp-no-peers calico-graceful-restart
  calico-bird-not-running calico-felix-not-ready calico-operator-reverts-edit calico-datastore-slow
  kubelet-swap-on kubelet-stopped kubelet-start-limit-hit container-runtime-down node-unreachable node-disk-full
  node-clock-skew swap-returns-at-boot cni-not-initialized
  etcd-slow etcd-leader-unstable etcd-two-members api-server-unreachable insufficient-cpu insufficient-memory
  taint-not-tolerated`.split(/\s+/);

const ids = RULES.map((rule) => rule.id);
const each = RULES.map((rule) => [rule.id, rule] as const);

describe(`the catalogue of ${RULES.length} rules`, () => {
  it('has names that are unique, kebab-case and sorted', () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
    expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('has all that were asked for', () => {
    expect(WANTED.length).toBeGreaterThan(55);
    expect(WANTED.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it.each(FAMILIES)('keeps the list of family %s sorted, each rule in one family', async (family) => {
    const module = (await import(join(FOLDER, family, 'index.ts'))) as Record<string, readonly Rule[]>;
    const lists = Object.values(module).filter((value) => Array.isArray(value));
    expect(lists).toHaveLength(1);
    const own = (lists[0] ?? []).map((rule) => rule.id);
    expect(own.length).toBeGreaterThan(0);
    expect(own).toEqual(own.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(own.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it.each(each)('%s: explains rules that exist, and not itself', (id, rule) => {
    const named = Object.keys(rule.explains ?? {});
    expect(named.filter((other) => !ids.includes(other) || other === id)).toEqual([]);
  });

  it.each(each)('%s: has sentences, a summary that fits into a list, and real needs', (_, rule) => {
    expect(Object.keys(rule.texts).length).toBeGreaterThan(0);
    expect(rule.summary).not.toMatch(/\.$|\n/);
    expect(rule.needs.filter((kind) => !EVIDENCE_KINDS.includes(kind))).toEqual([]);
    expect(new Set(rule.needs).size).toBe(rule.needs.length);
  });

  it.each(ids)('%s: has its page', (id) => {
    const pages = FAMILIES.map((family) => join(FOLDER, family, `${id}.md`)).filter((path) => existsSync(path));
    expect(pages).toHaveLength(1);
    const text = readFileSync(pages[0] ?? '', 'utf8');
    expect(text.split('\n')[0]).toBe(`# ${id}`);
    expect([...text.matchAll(/^## .*$/gm)].map((match) => match[0])).toEqual(HEADINGS);
    for (const part of text.split(/^## .*$/m).slice(1)) expect(part.trim().length).toBeGreaterThan(10);
  });

  it('has no page without a rule', () => {
    const pages = FAMILIES.flatMap((family) =>
      readdirSync(join(FOLDER, family)).filter((name) => name.endsWith('.md')),
    );
    expect(pages.map((name) => name.slice(0, -3)).filter((id) => !ids.includes(id))).toEqual([]);
  });
});

/** Rich evidence: the recorded incident and one generated cluster for each fault, and the odd questions. */
async function rich(): Promise<EvidenceBundle[]> {
  const stages = STAGE_NUMBERS.map((n) => loadStage(n));
  const recorded = await Promise.all(stages.map((stage) => simulatedEvidence(stage, stage.question)));
  const generated: EvidenceBundle[] = [];
  for (const [place, fault] of FAULT_NAMES.entries()) generated.push(await ofFault(place + 50, fault));
  const [first] = recorded;
  if (first === undefined) throw new Error('there is no recorded stage');
  const at = { ...first.question, at: 'localhost' };
  const outside = { ...first.question, from: '203.0.113.9' };
  const whole = { type: 'diagnose' as const, target: { kind: 'Component' as const, name: 'cluster' } };
  return [...recorded, ...generated, ...[at, outside, whole].map((question) => ({ ...first, question }))];
}

async function ofFault(seed: number, fault: FaultName): Promise<EvidenceBundle> {
  const { model, expect: wanted } = generateCluster(seed, { fault });
  return await simulatedEvidence(renderCluster(model), wanted.question);
}

/** What a rule reads of some evidence, by kind. */
function readsOf(rule: Rule, evidence: EvidenceBundle): Set<EvidenceKind> {
  const read = new Set<EvidenceKind>();
  const facts = Facts.from(evidence).observed((_, kind) => read.add(kind));
  rule.judge(facts, { find: () => undefined, clear: () => undefined, undecided: () => undefined });
  return read;
}

/** The same evidence with every value gone. */
function blind(evidence: EvidenceBundle): EvidenceBundle {
  const items = evidence.items.map((item): EvidenceItem => unknown(item.kind, item.object, item.part));
  const kinds = new Set(items.map((item) => item.kind));
  const rest = EVIDENCE_KINDS.filter((kind) => !kinds.has(kind)).map((kind) => unknown(kind, CLUSTER));
  return { ...evidence, items: [...items, ...rest] };
}

describe('over rich evidence', () => {
  const evidence = rich();

  it('each rule reads only the kinds that it names', { timeout: 120_000 }, async () => {
    const undeclared: string[] = [];
    let reads = 0;
    for (const rule of RULES) {
      const read = new Set((await evidence).flatMap((one) => [...readsOf(rule, one)]));
      reads += read.size;
      undeclared.push(...[...read].filter((kind) => !rule.needs.includes(kind)).map((kind) => `${rule.id}: ${kind}`));
    }
    expect(undeclared).toEqual([]);
    expect(reads).toBeGreaterThan(RULES.length * 2);
  });

  it('each sentence has what it wants', { timeout: 120_000 }, async () => {
    const holes: string[] = [];
    for (const one of await evidence) {
      const facts = Facts.from(one);
      for (const rule of RULES) holes.push(...runRule(rule, facts).judgements.flatMap((said) => holesOf(rule, said)));
    }
    expect([...new Set(holes)]).toEqual([]);
  });

  it('with every fact missing no rule confirms or rules out anything, and no question is answered with "no fault"', async () => {
    for (const one of await evidence) {
      const empty = blind(one);
      const facts = Facts.from(empty);
      for (const rule of RULES) {
        const sure = runRule(rule, facts).judgements.filter(
          (j) => j.type === 'cleared' || j.confidence === 'confirmed',
        );
        // That nothing could be read is itself confirmed where the API server did not answer.
        expect([rule.id, rule.id === 'api-server-unreachable' ? [] : sure]).toEqual([rule.id, []]);
      }
      expect(judge(empty).verdict).not.toBe('no-fault-found');
    }
  });

  it('an empty bundle says nothing either', () => {
    for (const rule of RULES) {
      const facts = Facts.from(
        bundle({ type: 'why-not-reachable', target: { kind: 'NodePort', nodePort: 30080 } }, []),
      );
      expect([rule.id, runRule(rule, facts).judgements]).toEqual([rule.id, []]);
    }
  });
});

type Said = ReturnType<typeof runRule>['judgements'][number];

/** Places of a sentence that its data does not fill. */
function holesOf(rule: Rule, said: Said): string[] {
  const notes = said.type === 'finding' ? [...(said.advice ?? []), ...(said.wouldNotHelp ?? [])] : [];
  return [said, ...said.because, ...notes].flatMap(({ text, data }) => {
    const places = [...(rule.texts[text] ?? '{?}').matchAll(/\{([A-Za-z]\w*|\?)(?::[^{}]*)?\}/g)].map(
      (m) => m[1] ?? '',
    );
    return places.filter((name) => !(name in data)).map((name) => `${rule.id}/${text}: ${name}`);
  });
}
