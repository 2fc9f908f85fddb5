/** Evidence as rules read it: three values, and a memory of what was wanted and not there. */
import { describe, expect, test } from 'vitest';
import { type EvidenceItem, parseEvidenceBundle } from '../../src/core/evidence.ts';
import { Facts } from '../../src/core/facts.ts';
import { nodeRef } from '../../src/core/object-ref.ts';
import { bundle, known, unknown } from '../support/evidence.ts';

const question = { type: 'diagnose', target: { kind: 'Component', name: 'cluster' } } as const;
const sysctls = known('node-sysctls', { 'net.ipv4.ip_forward': '1' }, nodeRef('a'));
const lost = unknown('node-sysctls', nodeRef('b'));
const facts = Facts.from(bundle(question, [sysctls, lost]));

describe('a fact', () => {
  test('is known with its value', () => {
    expect(facts.get('node-sysctls', nodeRef('a'))).toMatchObject({
      known: true,
      value: { 'net.ipv4.ip_forward': '1' },
    });
  });

  test('is unknown with its reason where it could not be read', () => {
    expect(facts.get('node-sysctls', nodeRef('b'))).toMatchObject({
      known: false,
      asked: true,
      reason: expect.stringContaining('connection refused'),
    });
  });

  test('is unknown and unasked where nobody tried', () => {
    expect(facts.get('node-sysctls', nodeRef('c'))).toMatchObject({ known: false, asked: false });
  });

  test('all of a kind come in the order of their objects', () => {
    expect(facts.all('node-sysctls').map((fact) => `${fact.object.name} ${fact.known}`)).toEqual(['a true', 'b false']);
  });
});

describe('reads are seen', () => {
  test('directly, and through a model that another rule computed first', () => {
    const seen: (EvidenceItem | undefined)[] = [];
    const model = (f: Facts): number => f.all('node-sysctls').length;
    facts.model(model);
    facts.observed((item) => seen.push(item)).model(model);
    expect(seen.map((item) => item?.object.name)).toEqual(['a', 'b']);
  });

  test('a model is computed once for all', () => {
    let runs = 0;
    const model = (): number => ++runs;
    expect([facts.model(model), facts.observed(() => undefined).model(model)]).toEqual([1, 1]);
  });
});

describe('saved evidence', () => {
  test('a value that does not fit its kind becomes unavailable, not a guess', () => {
    const broken = { ...bundle(question, [sysctls]), items: [{ ...sysctls, value: { 'net.ipv4.ip_forward': 1 } }] };
    const [item] = parseEvidenceBundle(JSON.parse(JSON.stringify(broken))).items;
    expect(item).toMatchObject({ status: 'unavailable', reason: expect.stringContaining('net.ipv4.ip_forward') });
  });

  test('another version is refused', () => {
    expect(() => parseEvidenceBundle({ ...bundle(question, []), apiVersion: 'kubewhy/v2' })).toThrow();
  });
});
