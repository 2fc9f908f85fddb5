/** Slack's limits hold by construction: for huge diagnoses, and for hundreds of random ones. */
import { describe, expect, it } from 'vitest';
import type { Diagnosis, RankedFinding } from '../../src/core/diagnosis.ts';
import { EVIDENCE_KINDS } from '../../src/core/evidence/kinds.ts';
import { nodeRef } from '../../src/core/object-ref.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { renderThread } from '../../src/report/render-blocks.ts';
import { renderText } from '../../src/report/render-text.ts';
import { alsoFound, catalogue, cause, HOSTILE, outage, path, ruledOut } from './fixtures.ts';
import { expectWithinLimits } from './limits.ts';

/** A small generator with a seed (mulberry32): the same cases each time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const ALPHABETS = ['abc-0.', '<&>*_~`:@', '节点地址', '🙂é\u202E\u0000', 'a b '];

function randomDiagnosis(seed: number): Diagnosis {
  const below = random(seed);
  const many = (most: number) => (below(3) === 0 ? below(most) : below(4));
  const list = <T>(most: number, make: (i: number) => T): T[] => Array.from({ length: many(most) }, (_, i) => make(i));
  const text = (): string => {
    if (below(10) === 0) return HOSTILE;
    const alphabet = Array.from(ALPHABETS[below(ALPHABETS.length)] ?? 'a');
    const length = below(50) === 0 ? below(4000) : 1 + below(40);
    return Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');
  };
  const proof = () => ({
    ...(cause.because[0] as (typeof cause.because)[number]),
    data: { node: text(), wrong: text(), right: text() },
    command: text(),
  });
  const finding = (id: string): RankedFinding => ({
    ...cause,
    id,
    object: nodeRef(text()),
    data: { node: text(), wrong: text(), peers: list(300, text) },
    because: list(30, proof),
    explains: [`s${below(20)}`],
    advice: list(30, () => ({ text: 'fix', data: { method: text() }, ...(below(2) === 0 ? {} : { command: text() }) })),
    wouldNotHelp: list(10, () => ({ text: 'reapply', data: {} })),
    confidence: below(2) === 0 ? 'likely' : 'confirmed',
    ...(below(2) === 0 ? {} : { tryThis: text() }),
  });
  const verdict = (['cause-found', 'no-fault-found', 'inconclusive'] as const)[below(3)] ?? 'inconclusive';
  const results = ['open', 'refused', 'timeout', 'no-route', 'error', 'not-asked', 'unknown'] as const;
  return {
    ...outage,
    cluster: text(),
    verdict,
    causes: verdict === 'no-fault-found' ? [] : list(12, (i) => finding(`f${i}`)),
    symptoms: verdict === 'no-fault-found' ? [] : list(25, (i) => finding(`s${i}`)),
    alsoFound: list(200, (i) => finding(`a${i}`)),
    ruledOut: list(200, () => ({ ...ruledOut, data: { node: text(), status: 1, port: 2 } })),
    notSeen: list(300, () => ({
      evidence: EVIDENCE_KINDS[below(EVIDENCE_KINDS.length)] ?? 'nodes',
      object: nodeRef(text()),
      reason: text(),
      blocks: list(20, () => `rule-${below(50)}`),
      tryThis: text(),
    })),
    paths: list(800, () => path(text(), text(), results[below(results.length)] ?? 'open', below(2) === 0)),
    ...(below(2) === 0 ? {} : { layer: 'kernel' as const }),
    agents: { asked: ['a'], total: 1 + below(5000), sampled: below(2) === 0 },
  };
}

const all = ({ root, thread }: ReturnType<typeof renderThread>) => [root, ...thread];

describe('limits', () => {
  it.each([...Array(5).keys()])('hold for random diagnoses, part %i', (part) => {
    for (let seed = part * 30; seed < part * 30 + 30; seed += 1) {
      const language = seed % 2 === 0 ? 'en' : 'zh-cn';
      const report = buildReport(randomDiagnosis(seed), { language, catalogue });
      const messages = all(renderThread(report));
      expect(messages.length, `seed ${seed}`).toBeLessThanOrEqual(30);
      expect(new Set(messages.map((message) => message.key)).size, `seed ${seed}`).toBe(messages.length);
      for (const message of messages) expectWithinLimits(message);
      // oxlint-disable-next-line no-control-regex -- control characters are the subject
      expect(renderText(report), `seed ${seed}`).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]/);
    }
  });

  it('hold for 5000 ways in: those that fail are shown, the rest is counted', () => {
    const paths = Array.from({ length: 5000 }, (_, i) =>
      path('asker', `n${String(i).padStart(4, '0')}`, i % 1000 === 7 ? 'timeout' : 'open'),
    );
    const messages = all(renderThread(buildReport({ ...outage, paths }, { language: 'en', catalogue })));
    for (const message of messages) expectWithinLimits(message);
    const ways = messages.filter((message) => message.key.startsWith('paths'));
    const shown = ways
      .flatMap((message) => message.blocks.filter((block) => block.type === 'table'))
      .flatMap((table) => table.rows.slice(1));
    expect(shown.filter((row) => JSON.stringify(row).includes('times out'))).toHaveLength(5);
    expect(JSON.stringify(ways.at(-1))).toContain(`${5000 - shown.length} more entries are left out here`);
  });

  it('hold for 200 findings: what is shown and what is left out make up all', () => {
    const many = Array.from({ length: 200 }, (_, i) => ({
      ...alsoFound,
      id: `x${i}`,
      data: { node: `node-${i}-${'x'.repeat(80)}`, since: '2020-05-20T10:39:34Z' },
    }));
    const { thread } = renderThread(buildReport({ ...outage, alsoFound: many }, { language: 'en', catalogue }));
    const found = thread.filter((message) => message.key.startsWith('also-found'));
    expect(found.map((message) => message.key)).toEqual(
      ['also-found', 'also-found.2', 'also-found.3'].slice(0, found.length),
    );
    for (const message of found) expectWithinLimits(message);
    const text = JSON.stringify(found.map((message) => message.blocks));
    const shown = new Set(text.match(/node-\d+-x/g)).size;
    expect(text).toContain(`${200 - shown} more entries are left out here`);
  });

  it('hold for one sentence of 100,000 characters', () => {
    const huge = {
      ...cause,
      data: { node: 'x'.repeat(100_000), wrong: '<'.repeat(100_000), peers: Array<string>(5000).fill('&'.repeat(500)) },
    };
    const report = buildReport(
      { ...outage, causes: [{ ...huge, tryThis: '<'.repeat(50_000) }] },
      { language: 'en', catalogue },
    );
    for (const message of all(renderThread(report))) expectWithinLimits(message);
  });
});
