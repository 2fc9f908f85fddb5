/** End to end on generated clusters: a fault gives exactly its rule and object, no fault gives none; any mode, any version. */
import { describe, expect, it } from 'vitest';
import { refText } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { type FaultName, generateCluster } from '../../../src/sandbox/cluster/simulate/generate.ts';
import { RELEASES } from '../../../src/sandbox/cluster/simulate/generate-choices.ts';
import { renderCluster } from '../../../src/sandbox/cluster/simulate/render.ts';
import { simulatedEvidence } from '../../support/simulated-evidence.ts';

const FAULTS = [
  'app-listens-on-loopback',
  'app-not-listening',
  'external-traffic-policy-local',
  'host-firewall-drops-node-port',
  'ip-forward-off',
  'kube-proxy-down',
  'proxy-rules-flushed',
  'service-selector-mismatch',
  'service-target-port-wrong',
] as const satisfies readonly FaultName[];
const COUNT = process.env['KUBEWHY_TEST_LONG'] === undefined ? 5 : 40;
/** Seeds of their own for each fault, so that few runs see many kinds of clusters. */
const seedsOf = (place: number) => Array.from({ length: COUNT }, (_, i) => 1000 + place * COUNT + i);

async function diagnose(seed: number, fault: FaultName | null) {
  const { model, expect: wanted } = generateCluster(seed, { fault });
  const evidence = await simulatedEvidence(renderCluster(model), wanted.question);
  return { model, wanted, diagnosis: judge(evidence) };
}

describe.each(FAULTS.map((fault, place) => [fault, place] as const))('%s', (fault, place) => {
  it.each(seedsOf(place))('seed %d', { timeout: 60_000 }, async (seed) => {
    const { wanted, diagnosis } = await diagnose(seed, fault);
    const causes = diagnosis.causes.map((c) => `${c.rule} ${refText(c.object)} ${c.confidence}`);
    if (wanted.object === undefined) throw new Error(`the generator does not say where it put ${fault}`);
    expect([diagnosis.verdict, causes]).toEqual(['cause-found', [`${fault} ${refText(wanted.object)} confirmed`]]);
    expect(diagnosis.symptoms.at(-1)?.rule).toBe('node-port-unreachable');
    expect(diagnosis.ruledOut.map((c) => c.rule)).not.toContain(fault);
  });
});

type Model = ReturnType<typeof generateCluster>['model'];
type Subject = Model['services'][number];

/** Faults that the generator does not place, done to a healthy cluster by hand: what is changed, and whose fault it is. */
const BY_HAND: [rule: string, change: (model: Model, subject: Subject) => string][] = [
  [
    'service-target-port-name-missing',
    (_, subject) => {
      if (subject.ports[0] !== undefined) subject.ports[0].targetPort = 'no-such-name';
      return `Service/${subject.namespace}/${subject.name}`;
    },
  ],
  [
    'service-selectorless',
    (_, subject) => {
      delete subject.selector;
      return `Service/${subject.namespace}/${subject.name}`;
    },
  ],
];

describe.each(BY_HAND)('%s', (rule, change) => {
  it.each(seedsOf(20))('seed %d', { timeout: 60_000 }, async (seed) => {
    const { model, expect: wanted } = generateCluster(seed, { fault: null });
    const subject = subjectOf(model, wanted.question);
    const object = change(model, subject);
    const diagnosis = judge(await simulatedEvidence(renderCluster(model), wanted.question));
    const causes = diagnosis.causes.map((c) => `${c.rule} ${refText(c.object)} ${c.confidence}`);
    expect([diagnosis.verdict, causes]).toEqual(['cause-found', [`${rule} ${object} confirmed`]]);
  });
});

describe('proxy-rules-flushed where kube-proxy still holds each NodePort by a socket that accepts anyone', () => {
  const old = RELEASES.filter((release) => /^v1\.(1\d|2[0-3])\./.test(release.kubernetes));
  it('is of four releases', () => expect(old).toHaveLength(4));
  it.each(old.map((release, i) => [release.kubernetes, release, 300 + i] as const))(
    '%s',
    { timeout: 60_000 },
    async (_, release, seed) => {
      const { model, expect: wanted } = generateCluster(seed, { fault: 'proxy-rules-flushed', release });
      const diagnosis = judge(await simulatedEvidence(renderCluster(model), wanted.question));
      expect(diagnosis.paths.map((path) => path.result)).not.toContain('timeout');
      const causes = diagnosis.causes.map((c) => `${c.rule} ${c.object.name} ${c.confidence}`);
      expect([diagnosis.verdict, causes]).toEqual([
        'cause-found',
        [`proxy-rules-flushed ${wanted.nodes[0]} confirmed`],
      ]);
    },
  );
});

describe('a node whose kubelet does not start after a boot', () => {
  it.each(seedsOf(30))(
    'seed %d: asked about a NodePort, its own fault is the cause and not kube-proxy',
    { timeout: 60_000 },
    async (seed) => {
      const { model, expect: wanted } = generateCluster(seed, { fault: 'kubelet-swap-on' });
      const subject = model.services.find((s) => s.ports.some((p) => p.nodePort !== undefined));
      const port = subject?.ports.find((p) => p.nodePort !== undefined)?.nodePort;
      const diagnosis = judge(await simulatedEvidence(renderCluster(model), ['why-not-reachable', String(port)]));
      const causes = diagnosis.causes.map((c) => `${c.rule} ${c.object.name}`);
      expect([diagnosis.verdict, causes]).toEqual(['cause-found', [`kubelet-swap-on ${wanted.nodes[0]}`]]);
    },
  );
});

describe('one Pod of two that does not listen', () => {
  const pairs = Array.from({ length: 60 }, (_, seed) => seed).filter((seed) => podsOfSubject(seed).length === 2);
  it.each(pairs.slice(0, COUNT))('seed %d', { timeout: 60_000 }, async (seed) => {
    const { model, expect: wanted } = generateCluster(seed, { fault: null });
    const [bad] = podsOf(model, subjectOf(model, wanted.question));
    bad?.containers[0]?.listens.splice(0);
    const diagnosis = judge(await simulatedEvidence(renderCluster(model), wanted.question));
    expect([diagnosis.verdict, diagnosis.causes.map((c) => c.rule)]).toEqual(['cause-found', ['app-not-listening']]);
    expect(diagnosis.causes[0]?.data['pods']).toEqual([bad?.name]);
  });
});

function subjectOf(model: Model, question: readonly string[]): Subject {
  const found = model.services.find((s) => s.ports.some((p) => String(p.nodePort) === question[1]));
  if (found === undefined) throw new Error(`no Service has NodePort ${question[1]}`);
  return found;
}

function podsOf(model: Model, { namespace, selector = {} }: Subject): Model['pods'] {
  const wanted = Object.entries(selector);
  return model.pods.filter((p) => p.namespace === namespace && wanted.every(([key, value]) => p.labels[key] === value));
}

function podsOfSubject(seed: number): Model['pods'] {
  const { model, expect: wanted } = generateCluster(seed, { fault: null });
  return podsOf(model, subjectOf(model, wanted.question));
}

describe('two faults on two nodes', () => {
  const struck: [string, (node: Model['nodes'][number], port: number) => void][] = [
    ['ip-forward-off', (node) => void (node.faults.ipForwardOff = true)],
    ['proxy-rules-flushed', (node) => void (node.faults.proxyFlushed = true)],
    ['host-firewall-drops-node-port', (node, port) => void (node.faults.firewallDrops = [port])],
  ];
  it.each(seedsOf(40))('seed %d: are two causes, each on its node', { timeout: 60_000 }, async (seed) => {
    const { model, expect: wanted } = generateCluster(seed, { fault: null });
    const homes = new Set(podsOf(model, subjectOf(model, wanted.question)).map((p) => p.node));
    const [one, two] = model.nodes.filter((node) => !homes.has(node.name));
    const [first, second] = [struck[seed % 3], struck[(seed + 1) % 3]];
    if (one === undefined || first === undefined || second === undefined) return;
    first[1](one, Number(wanted.question[1]));
    if (two !== undefined) second[1](two, Number(wanted.question[1]));
    const { verdict, causes } = judge(await simulatedEvidence(renderCluster(model), wanted.question));
    const expected = [`${first[0]} ${one.name}`, ...(two === undefined ? [] : [`${second[0]} ${two.name}`])];
    expect([verdict, new Set(causes.map((c) => `${c.rule} ${c.object.name}`))]).toEqual([
      'cause-found',
      new Set(expected),
    ]);
  });
});

describe('another Service that is broken', () => {
  it.each(seedsOf(50))(
    'seed %d: is told, and is no fault of the one asked about',
    { timeout: 60_000 },
    async (seed) => {
      const { model, expect: wanted } = generateCluster(seed, { fault: null });
      const subject = subjectOf(model, wanted.question);
      const other = model.services.find((s) => s !== subject && s.ports.some((p) => p.nodePort !== undefined));
      if (other === undefined) throw new Error('the generator makes several Services');
      other.selector = { app: 'nobody' };
      const { verdict, alsoFound } = judge(await simulatedEvidence(renderCluster(model), wanted.question));
      expect([verdict, alsoFound.map((f) => `${f.rule} ${f.object.name}`)]).toEqual([
        'no-fault-found',
        [`service-no-ready-endpoints ${other.name}`],
      ]);
    },
  );
});

describe('no fault', () => {
  it.each(seedsOf(FAULTS.length))('seed %d', { timeout: 60_000 }, async (seed) => {
    const { diagnosis } = await diagnose(seed, null);
    expect([diagnosis.verdict, diagnosis.causes, diagnosis.symptoms]).toEqual(['no-fault-found', [], []]);
    expect(diagnosis.alsoFound.map((f) => `${f.rule} ${refText(f.object)}`)).toEqual([]);
  });
});

describe('the clusters', () => {
  it('are of many versions and of every proxy mode', () => {
    const models = [...FAULTS, null].flatMap((fault, place) =>
      seedsOf(place).map((seed) => generateCluster(seed, { fault }).model),
    );
    expect(new Set(models.map((m) => m.proxy.mode)).size).toBe(3);
    expect(new Set(models.map((m) => m.kubernetes)).size).toBeGreaterThan(RELEASES.length / 2);
  });
});
