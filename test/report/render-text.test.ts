/** The terminal's report: golden text, colour, width, hostile and huge diagnoses. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeRef } from '../../src/core/object-ref.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { renderText } from '../../src/report/render-text.ts';
import { textWidth } from '../../src/report/text/layout.ts';
import {
  alsoFound,
  catalogue,
  cause,
  HOSTILE,
  healthy,
  likely,
  outage,
  path,
  ruledOut,
  unexplained,
} from './fixtures.ts';

const en = { language: 'en', catalogue } as const;
const golden = (name: string) => readFileSync(new URL(`./golden/${name}`, import.meta.url), 'utf8');
const ESC = '\u001B';

describe('renderText', () => {
  it.each(['en', 'zh-cn'] as const)('shows the outage as the golden file has it: %s', (language) => {
    const report = buildReport(outage, { language, catalogue });
    expect(renderText(report, { width: 100 })).toBe(golden(`outage.${language}.txt`));
  });

  it('adds nothing but colour with colour, and no escape without', () => {
    const report = buildReport(outage, en);
    const plain = renderText(report);
    const coloured = renderText(report, { colour: true });
    expect(plain).not.toContain(ESC);
    expect(coloured).toContain(`${ESC}[31m`);
    expect(coloured.replaceAll(new RegExp(`${ESC}\\[\\d+m`, 'g'), '')).toBe(plain);
  });

  it('keeps prose within the width; commands and the table stay whole', () => {
    const lines = renderText(buildReport(outage, en), { width: 60 }).split('\n');
    const prose = lines.filter(
      (line) => !/^\s+\$ /.test(line) && !/k8sm\w+:30080 /.test(line) && !line.includes('Entry node'),
    );
    // A word longer than the line stands alone.
    for (const line of prose.filter((it) => it.trim().includes(' ')))
      expect(textWidth(line), line).toBeLessThanOrEqual(60);
  });

  it('says with words what the marks say', () => {
    const text = renderText(buildReport(outage, en));
    expect(text).toMatch(/^✗ Cause found · /);
    expect(text).toMatch(/k8smaster2 .*● yes +✓ open from/);
    expect(renderText(buildReport(healthy, en))).toMatch(/^✓ No fault found on the way to .*4 of 4 ways are open\./);
    expect(renderText(buildReport(likely, en))).toMatch(
      /^\? Inconclusive · [^]*Likely cause: [^]*\$ birdcl show protocols/,
    );
    expect(renderText(buildReport(unexplained, en))).toContain('The probes point to: a firewall');
  });

  it('shows times in the zone that was asked for', () => {
    expect(renderText(buildReport(outage, en), { zone: 'Asia/Shanghai' })).toContain('since 2020-05-21 09:45+08:00');
  });

  it('lets nothing from the cluster move the cursor or turn the line', () => {
    const hostile = { ...cause, object: nodeRef(HOSTILE), data: { node: HOSTILE, wrong: HOSTILE, peers: [HOSTILE] } };
    const proofed = { ...hostile, because: cause.because.map((it) => ({ ...it, command: HOSTILE })), tryThis: HOSTILE };
    const cleared = { ...ruledOut, data: { ...ruledOut.data, node: HOSTILE } };
    const paths = [path(HOSTILE, HOSTILE, 'timeout')];
    const text = renderText(
      buildReport({ ...outage, cluster: HOSTILE, causes: [proofed], ruledOut: [cleared], paths }, en),
    );
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/);
    expect(text).toContain('[U+202E]gnp.exe');
  });

  it('stays readable with 200 findings and 5000 paths, and says what it left out', () => {
    const paths = Array.from({ length: 5000 }, (_, i) =>
      path('asker', `n${String(i).padStart(4, '0')}`, i % 1000 === 7 ? 'timeout' : 'open'),
    );
    const many = Array.from({ length: 200 }, (_, i) => ({ ...alsoFound, id: `x${i}` }));
    const text = renderText(buildReport({ ...outage, paths, alsoFound: many }, en));
    expect(text.split('\n').length).toBeLessThan(300);
    expect(text.match(/✗ times out/g)).toHaveLength(5);
    expect(text).toContain('4995 of 5000 ways in work.');
    expect(text).toContain('4960 more; `--output json` has them all.');
    expect(text).toContain('150 more; `--output json` has them all.');
  });
});
