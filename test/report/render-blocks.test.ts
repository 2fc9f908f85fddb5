/** The report in Slack: golden Block Kit, order and keys, progress, escaping, and Slack's own judgement of every message. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../src/core/diagnosis.ts';
import { nodeRef } from '../../src/core/object-ref.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { type Running, renderEnded, renderProgress, renderThread } from '../../src/report/render-blocks.ts';
import {
  alsoFound,
  catalogue,
  cause,
  HOSTILE,
  healthy,
  likely,
  notSeen,
  outage,
  path,
  ruledOut,
  unexplained,
} from './fixtures.ts';
import { expectWithinLimits, textsOf } from './limits.ts';

const en = { language: 'en', catalogue, askedBy: 'U0ALICE01' } as const;
const steps = [
  { name: 'service', state: 'done' },
  { name: 'agents', state: 'partial', done: 2, total: 3 },
  { name: 'paths', state: 'running', done: 1, total: 6 },
] as const;
const running: Running = {
  id: 'dx-7f3k2',
  cluster: 'prod',
  question: outage.question,
  language: 'en',
  askedBy: 'U0ALICE01',
};
const render = (diagnosis: Diagnosis) => renderThread(buildReport(diagnosis, en));
const keys = (diagnosis: Diagnosis) => render(diagnosis).thread.map((message) => message.key);

describe('renderThread', () => {
  it('gives the golden Block Kit of the outage', () => {
    const golden: unknown = JSON.parse(readFileSync(new URL('./golden/outage.blocks.json', import.meta.url), 'utf8'));
    expect(JSON.parse(JSON.stringify(renderThread(buildReport(outage, en), steps)))).toEqual(golden);
  });

  it.each<[string, Diagnosis, string[]]>([
    ['the outage, all of it', outage, ['paths', 'cause-1', 'fix', 'ruled-out', 'also-found', 'not-seen']],
    ['nothing wrong: no empty sections', healthy, ['paths', 'ruled-out']],
    ['a fault that no rule explains', unexplained, ['paths', 'symptom', 'ruled-out', 'also-found', 'not-seen']],
    [
      'two causes',
      { ...outage, causes: [cause, { ...cause, id: 'f8' }] },
      ['paths', 'cause-1', 'cause-2', 'fix', 'ruled-out', 'also-found', 'not-seen'],
    ],
  ])('has the sections in their order: %s', (_, diagnosis, expected) => {
    expect(keys(diagnosis)).toEqual(expected);
  });

  it('answers in the first line, with emoji and words', () => {
    const first = (diagnosis: Diagnosis) => textsOf(render(diagnosis).root.blocks)[0];
    expect(first(outage)).toMatch(
      /^:large_red_square: \*Cause found\* · \*NodePort 30080 \(ci\/jenkins-svc\) is not reachable through k8smater1\*\nCause: Calico/,
    );
    expect(first(healthy)).toMatch(/^:large_green_square: \*No fault found on the way to NodePort 30080/);
    expect(first(likely)).toMatch(
      /^:large_yellow_square: \*Inconclusive\*.*\nLikely cause: .*\nTo settle it, run: `birdcl show protocols`$/,
    );
    expect(first(unexplained)).toMatch(/The probes point to: a firewall$/);
  });

  it('has a fallback that stands alone, with the verdict, the cause and where to read on', () => {
    expect(render(outage).root.text).toMatch(
      /^Cause found: Calico .* NodePort 30080 .* k8smater1\. The proof and the fix are in the thread\.$/,
    );
    for (const message of render(outage).thread) expect(message.text).toMatch(/\S.*\.$/);
  });

  it('offers to run again, and no button that nothing answers', () => {
    const actions = [render(outage).root, ...render(outage).thread].flatMap((m) =>
      m.blocks.filter((b) => b.type === 'actions'),
    );
    expect(actions.map((block) => block.elements)).toEqual([
      [expect.objectContaining({ action_id: 'diagnosis_again', value: 'dx-7f3k2' })],
    ]);
  });

  it('lets nothing from the cluster mention, format or hide anything', () => {
    const hostile = {
      ...cause,
      object: nodeRef(HOSTILE),
      data: { node: HOSTILE, wrong: HOSTILE, peers: [HOSTILE] },
      because: cause.because.map((it) => ({ ...it, object: nodeRef(HOSTILE), command: HOSTILE })),
      tryThis: HOSTILE,
    };
    const { root, thread } = render({
      ...outage,
      cluster: HOSTILE,
      causes: [hostile],
      alsoFound: [{ ...alsoFound, data: { node: HOSTILE, since: HOSTILE } }],
      ruledOut: [{ ...ruledOut, data: { ...ruledOut.data, node: HOSTILE } }],
      notSeen: notSeen.map((gap) => ({ ...gap, object: nodeRef(HOSTILE), reason: HOSTILE, tryThis: HOSTILE })),
      paths: [path(HOSTILE, HOSTILE, 'timeout')],
    });
    for (const message of [root, ...thread]) {
      expectWithinLimits(message);
      const all = JSON.stringify(message).replaceAll('<@U0ALICE01> · ', '');
      expect(all).not.toMatch(/<!(?:channel|here|everyone)|<@|@here|\u202E|<https/);
    }
    const mrkdwn = textsOf(root.blocks).join('\n');
    expect(mrkdwn).toContain('&lt;!channel&gt; ∗b∗');
    expect(mrkdwn).toContain('[U+202E]gnp.exe');
  });

  it('does not mention who asked where the id is none', () => {
    const { root } = renderThread(buildReport(outage, { ...en, askedBy: '!channel' }));
    expect(textsOf(root.blocks).join()).toContain('asked by !channel');
    expect(textsOf(root.blocks).join()).not.toContain('<');
  });
});

describe('the root message before the report', () => {
  it('shows the steps, and a button to cancel', () => {
    const message = renderProgress(running, steps, 1.25);
    expectWithinLimits(message);
    expect(textsOf(message.blocks)).toEqual([
      ':large_blue_square: *Looking into NodePort 30080 (ci/jenkins-svc)*',
      'asked by <@U0ALICE01> · cluster `prod` · dx-7f3k2',
      '`✓ service ✗ agents 2/3 … paths 1/6` · 1.3 s',
      'Cancel',
    ]);
    expect(message.text).toBe(
      'Looking into NodePort 30080 (ci/jenkins-svc); done: service; not all answered: agents 2/3; waiting for: paths 1/6.',
    );
    expect(JSON.stringify(message.blocks)).toContain('"action_id":"diagnosis_cancel"');
  });

  it('says that it waits, that it was cancelled, that it failed', () => {
    expect(textsOf(renderProgress(running, []).blocks)[0]).toContain('Waiting for a free worker: NodePort 30080');
    const cancelled = renderEnded(running, 'cancelled', 'dx-7f3k2 was cancelled by <b>.');
    expectWithinLimits(cancelled);
    expect(textsOf(cancelled.blocks)[0]).toBe(
      ':black_large_square: *Cancelled: NodePort 30080 (ci/jenkins-svc)*\ndx-7f3k2 was cancelled by &lt;b&gt;.',
    );
    expect(textsOf(renderEnded({ ...running, language: 'zh-cn' }, 'failed', 'x').blocks)[0]).toContain(
      '失败：NodePort 30080',
    );
  });
});
