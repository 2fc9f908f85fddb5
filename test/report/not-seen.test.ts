/** What could not be seen, grouped as people would say it; and the table of ways in. */
import { describe, expect, it } from 'vitest';
import { nodeRef } from '../../src/core/object-ref.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { entryTable } from '../../src/report/entry-table.ts';
import { gapTexts, groupNotSeen } from '../../src/report/not-seen.ts';
import { renderThread } from '../../src/report/render-blocks.ts';
import { renderText } from '../../src/report/render-text.ts';
import { catalogue, notSeen, outage, path } from './fixtures.ts';

const report = (part: object) => buildReport({ ...outage, ...part }, { language: 'en', catalogue });

describe('not seen', () => {
  it('says one line for a node that does not answer, with the command that says most', () => {
    expect(gapTexts(report({}))).toEqual([
      {
        line: 'Nothing from inside Node/k8scephnode (BIRD (BGP sessions), the journal, swap, TCP probes, systemd units): the agent does not answer: connection refused.',
        could: 'It could have shown: kubelet was stopped; kubelet refuses to start because swap is on.',
        command: 'systemctl status kubelet   # on k8scephnode',
      },
    ]);
  });

  it('a reason that ends with a question keeps its own mark', () => {
    const [bird] = notSeen;
    const reason = 'the connection was refused; is kubewhy agent running there?';
    const [gap] = gapTexts(report({ notSeen: [{ ...bird, reason }] }));
    expect(gap?.line).toMatch(/running there\?$/);
  });

  it('keeps apart what is missing for different reasons', () => {
    const [bird, journal] = notSeen;
    const groups = groupNotSeen(report({ notSeen: [bird, { ...journal, reason: 'permission denied' }] }).notSeen);
    expect(groups.map((gap) => [gap.evidence, gap.reason])).toEqual([
      [['node-bird'], 'the agent does not answer: connection refused'],
      [['node-journal'], 'permission denied'],
    ]);
  });

  it('joins nodes that lack the same for the same reason', () => {
    const gaps = Array.from({ length: 30 }, (_, i) => ({ ...notSeen[0], object: nodeRef(`n${i}`), blocks: [] }));
    const [text, ...rest] = gapTexts(report({ notSeen: gaps }));
    expect(rest).toEqual([]);
    expect(text?.line).toMatch(/^Nothing on Node\/n0, .* and 20 more about BIRD/);
    expect(text?.could).toBeUndefined();
  });

  it('names a few kinds and rules, and counts the rest', () => {
    const kinds = [
      'node-bird',
      'node-cni',
      'node-clock',
      'node-disk',
      'node-memory',
      'node-neighbours',
      'node-routes',
      'node-rules',
      'node-swap',
    ] as const;
    const gaps = kinds.map((evidence) => ({ ...notSeen[0], evidence, blocks: [`rule-${evidence}`] }));
    const [text] = gapTexts(report({ notSeen: gaps }));
    expect(text?.line).toContain(
      'BIRD (BGP sessions), the CNI configuration, the clock, disks, memory, neighbours on the LAN, and 3 more',
    );
    expect(text?.could).toContain('rule-node-disk; and 5 more');
  });
});

describe('ways in', () => {
  it.each([
    ['open to all', ['open', 'open'], '✓ open from a0, a1'],
    ['shut to all', ['timeout', 'timeout'], '✗ times out from a0, a1'],
    ['open to some', ['open', 'refused'], '✗ open from a0; refused from a1'],
    ['not asked', ['not-asked'], '? not asked'],
    ['open to many', ['open', 'open', 'open', 'open'], '✓ open from 4 nodes'],
  ] as const)('shows a way in that is %s', (_, results, shown) => {
    const paths = results.map((result, i) => path(`a${i}`, 'n1', result));
    expect(entryTable(report({ paths }), 10).rows.map((row) => row.result)).toEqual([shown]);
  });

  it('a table of ways that nobody tried is left out', () => {
    const untried = report({ paths: [path('a', 'n1', 'not-asked'), path('b', 'n2', 'unknown')] });
    expect(renderText(untried)).not.toContain('Which way works');
    expect(
      renderThread(untried)
        .thread.map(({ text }) => text)
        .join(),
    ).not.toContain('ways in work');
    expect(renderText(report({}))).toContain('Which way works');
  });

  it('counts only what was asked, and says where a sample was', () => {
    const paths = [path('a', 'n1', 'open'), path('a', 'n2', 'timeout'), path('a', 'n3', 'not-asked')];
    const agents = { asked: ['a'], total: 5000, sampled: true };
    expect(entryTable(report({ paths, agents }), 10).summary).toBe(
      '1 of 2 ways in work. A sample was asked: agents of 1 of 5000 nodes.',
    );
  });
});
