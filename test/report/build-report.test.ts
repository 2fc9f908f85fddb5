/** A diagnosis in words: every sentence filled, the chain in order, the JSON true to its schema. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Diagnosis } from '../../src/core/diagnosis.ts';
import { buildReport, chainOf } from '../../src/report/build-report.ts';
import { untranslated } from '../../src/report/catalogue.ts';
import { chainLinks } from '../../src/report/chain.ts';
import { renderJson } from '../../src/report/render-json.ts';
import { Report, reportJsonSchema } from '../../src/report/report.ts';
import { alsoFound, catalogue, cause, HOSTILE, healthy, likely, outage, unexplained } from './fixtures.ts';

const en = { language: 'en', catalogue } as const;

describe('buildReport', () => {
  it('says verdict, cause and symptom of an outage', () => {
    const report = buildReport(outage, { ...en, askedBy: 'U0ALICE01' });
    expect(report.headline).toBe('NodePort 30080 (ci/jenkins-svc) is not reachable through k8smater1');
    expect(report.summary).toBe(
      'Cause found: Calico on k8smater1 took 10.0.0.66, the address of another NIC, so BGP with k8smaster2, k8scephnode never comes up.',
    );
    expect(report.causes[0]).toMatchObject({
      id: 'f1',
      chain: ['f2', 'f3'],
      because: [{ says: 'k8smater1: projectcalico.org/IPv4Address is 10.0.0.66/24, InternalIP is 172.17.73.66' }],
      advice: [{ says: 'Tell Calico which address to take: IP_AUTODETECTION_METHOD=can-reach=172.17.73.65' }],
      wouldNotHelp: [{ says: 'Applying calico.yaml again changes nothing: the same choice is made again' }],
    });
    expect(report.rules['swap-refused']).toBe('kubelet refuses to start because swap is on.');
    expect(report.askedBy).toBe('U0ALICE01');
  });

  it.each<[string, Diagnosis, string]>([
    ['nothing wrong', healthy, 'No fault found on the way to NodePort 30080 (ci/jenkins-svc): 4 of 4 ways are open.'],
    [
      'nothing wrong, from a sample',
      { ...healthy, agents: { asked: ['a', 'b'], total: 5000, sampled: true } },
      'No fault found on the way to NodePort 30080 (ci/jenkins-svc): 4 of 4 ways are open, asked from 2 of 5000 nodes.',
    ],
    [
      'nothing wrong with a node, nothing probed',
      { ...healthy, paths: [], question: { type: 'diagnose', target: { kind: 'Node', name: 'n1' } } },
      'No fault found in Node n1.',
    ],
    [
      'a cause that is only likely',
      likely,
      'Inconclusive, one decisive fact is missing; the likely cause: Calico on k8smater1 took 10.0.0.66, the address of another NIC, so BGP with k8smaster2, k8scephnode never comes up.',
    ],
    [
      'a fault that no rule explains',
      unexplained,
      'Inconclusive: no rule explains it; the probes point to a firewall.',
    ],
    [
      'nothing to go by',
      { ...likely, causes: [], symptoms: [] },
      'Inconclusive: the evidence that was seen names no cause.',
    ],
    [
      'two causes',
      { ...outage, causes: [cause, { ...alsoFound, id: 'f9' }] },
      '2 causes found: Calico on k8smater1 took 10.0.0.66, the address of another NIC, so BGP with k8smaster2, k8scephnode never comes up; k8scephnode is NotReady: its kubelet has been silent since 2020-05-20T10:39:34Z.',
    ],
  ])('sums up: %s', (_, diagnosis, summary) => {
    expect(buildReport(diagnosis, en).summary).toBe(summary);
  });

  it.each<[string, Diagnosis['question'], string]>([
    [
      'a port nobody has',
      { type: 'why-not-reachable', target: { kind: 'NodePort', nodePort: 30999 } },
      'NodePort 30999: a fault was found',
    ],
    [
      'a Service',
      { type: 'diagnose', target: { kind: 'Service', namespace: 'ci', name: 'web', port: 'http' } },
      'Service ci/web:http: a fault was found',
    ],
    [
      'a component',
      { type: 'diagnose', target: { kind: 'Component', name: 'control-plane' } },
      'the control plane: a fault was found',
    ],
    [
      'a restart to come',
      { type: 'preflight', target: { kind: 'Component', name: 'cluster' } },
      '1 thing to mend before the next restart',
    ],
  ])('heads: %s', (_, question, headline) => {
    expect(buildReport({ ...outage, question, symptoms: [] }, en).headline).toBe(headline);
  });

  it('writes its own words in Chinese, and rules in English where they have no translation', () => {
    const report = buildReport(outage, { language: 'zh-cn', catalogue });
    expect(report.summary).toMatch(/^已找到根因：Calico on k8smater1 took/);
    expect(untranslated(catalogue, 'zh-cn')).toContain('swap-refused/_summary');
    expect(untranslated(catalogue, 'en')).toEqual([]);
  });

  it('offers no fix for a cause that is only likely', () => {
    const unsure = { ...cause, confidence: 'likely' as const };
    const [reported] = buildReport({ ...outage, verdict: 'inconclusive', causes: [unsure] }, en).causes;
    expect(reported).toMatchObject({ remediations: [], wouldNotHelp: [{}] });
    expect(reported?.advice).toBeUndefined();
  });

  it('refuses a sentence with a hole and a sentence that does not exist, naming both', () => {
    const hole = { ...cause, data: { node: 'n' } };
    expect(() => buildReport({ ...outage, causes: [hole] }, en)).toThrow(
      'rule calico-wrong-address, text found: the sentence wants "wrong"',
    );
    const stranger = { ...cause, text: 'constructor' };
    expect(() => buildReport({ ...outage, causes: [stranger] }, en)).toThrow('has no such sentence');
  });

  it('orders the chain as the diagnosis does, follows it to the end, and survives a circle', () => {
    const [second, third] = outage.symptoms;
    if (second === undefined || third === undefined) throw new Error('the fixture has two symptoms');
    expect(chainOf({ ...cause, explains: ['f3', 'f2', 'f1'] }, outage.symptoms)).toEqual(['f2', 'f3']);
    expect(chainOf(cause, [second, { ...third, explains: ['f2'] }])).toEqual(['f2', 'f3']);
    expect(chainOf({ ...cause, explains: [] }, outage.symptoms)).toEqual([]);
  });
});

describe('chainLinks', () => {
  it('shows each link once, and no proof that was shown before', () => {
    const [route] = outage.symptoms[0]?.because ?? [];
    if (route === undefined) throw new Error('the fixture has a proof');
    const symptoms = outage.symptoms.map((symptom) => ({
      ...symptom,
      rule: 'pods-cut-off',
      text: 'found',
      data: { from: 'a', to: 'b' },
      because: [route],
    }));
    const report = buildReport({ ...outage, symptoms }, en);
    const [reported] = report.causes;
    if (reported === undefined) throw new Error('the fixture has a cause');
    expect(chainLinks(report, reported).map((link) => [link.symptom.id, link.because.length])).toEqual([
      ['f2', 1],
      ['f3', 0],
    ]);
  });
});

describe('renderJson', () => {
  it.each<[string, Diagnosis]>([
    ['outage', outage],
    ['healthy', healthy],
    ['likely', likely],
    ['unexplained', unexplained],
  ])('gives a document that fits its own schema and reads back the same: %s', (_, diagnosis) => {
    const report = buildReport(diagnosis, en);
    const json: unknown = JSON.parse(renderJson(report));
    expect(z.fromJSONSchema(reportJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]).parse(json)).toEqual(json);
    expect(Report.parse(json)).toEqual(report);
  });

  it('has a schema that refuses what is no report', () => {
    const schema = z.fromJSONSchema(reportJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
    const report = buildReport(outage, en);
    expect(schema.safeParse({ ...report, verdict: 'maybe' }).success).toBe(false);
    expect(schema.safeParse({ ...report, causes: undefined }).success).toBe(false);
    expect(schema.safeParse({ ...report, addedLater: 1 }).success).toBe(true);
  });

  it('gives the same bytes for the same diagnosis', () => {
    expect(renderJson(buildReport(structuredClone(outage), en))).toBe(renderJson(buildReport(outage, en)));
  });

  it('writes what a terminal could act on as escapes', () => {
    const text = renderJson(buildReport({ ...outage, cluster: `${HOSTILE}\u009B` }, en));
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
    expect((JSON.parse(text) as { cluster: string }).cluster).toBe(`${HOSTILE}\u009B`);
  });
});
