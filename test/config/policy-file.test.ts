import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/fields.ts';
import { policySource, readPolicyFile } from '../../src/config/policy-file.ts';
import { parsePolicy } from '../../src/config/policy-text.ts';

/** The names that issue 4 promises; the example uses some of them. */
const IDS = (
  'set-calico-ip-autodetection restart-calico-node restart-kube-proxy turn-swap-off keep-swap-off restart-kubelet ' +
  'fix-service-target-port fix-service-selector scale-workload undo-rollout restart-workload'
).split(' ');

const GOOD = `version: 1
rules:
  - remediations: [turn-swap-off]
    approvers:
      users: [U0ALICE01]
`;

function problems(text: string | (() => unknown)): readonly string[] {
  try {
    if (typeof text === 'string') parsePolicy(text, 'policy.yaml', IDS);
    else text();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-policy-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('the example is a policy, and its rules say what its comments say', () => {
  const policy = readPolicyFile(new URL('../../deploy/policy.example.yaml', import.meta.url).pathname, IDS);
  expect(policy.rules.map((rule) => [rule.remediations[0], rule.approvals, rule.requesterMayApprove])).toEqual([
    ['turn-swap-off', 2, false],
    ['set-calico-ip-autodetection', 1, false],
    ['fix-service-target-port', 1, true],
    ['*', 1, false],
  ]);
  expect(policy.freezes.map((freeze) => freeze.reason)).toEqual(['Weekend', 'Year-end closing']);
  expect(policy.limits).toEqual({ nodes: 50, expiryMinutes: 15, coolDownMinutes: 10 });
});

test('what is left out has a safe default', () => {
  const policy = parsePolicy(GOOD, 'policy.yaml', IDS);
  expect(policy.rules[0]).toMatchObject({
    approvals: 1,
    requesterMayApprove: false,
    clusters: ['*'],
    namespaces: ['*'],
  });
  expect(policy.limits).toEqual({ nodes: 50, expiryMinutes: 15, coolDownMinutes: 10 });
});

describe('a mistake is told with its line and what would be right', () => {
  const rule = (lines: string) => `version: 1\nrules:\n  - remediations: [turn-swap-off]\n${lines}`;
  const freeze = (lines: string) => `${GOOD}freezes:\n${lines}`;
  test.each([
    ['no approver at all', rule('    approvers: {}\n'), 'line 4: rules[0].approvers: name at least one user or group'],
    [
      'an empty list of approvers',
      rule('    approvers:\n      users: []\n      groups: []\n'),
      'line 4: rules[0].approvers: name at least one user or group',
    ],
    ['approvers left out', rule('    approvals: 1\n'), 'line 3: rules[0].approvers: is missing'],
    [
      'a name instead of an id',
      rule('    approvers:\n      users: [U0ALICE01, alice]\n'),
      'line 5: rules[0].approvers.users[1]: expected a Slack user id such as U0ALICE01 (not a name)',
    ],
    [
      "a group's id among the users",
      rule('    approvers:\n      users:\n        - S0SRE0001\n'),
      'line 6: rules[0].approvers.users[0]: expected a Slack user id such as U0ALICE01 (not a name)',
    ],
    [
      'an unknown remediation',
      rule('    approvers: { users: [U0ALICE01] }\n').replace('turn-swap-off', 'turn-swap-of'),
      'line 3: rules[0].remediations[0]: there is no remediation "turn-swap-of"; did you mean turn-swap-off?',
    ],
    [
      'a remediation that is like none',
      rule('    approvers: { users: [U0ALICE01] }\n').replace('turn-swap-off', 'xyzzy'),
      'line 3: rules[0].remediations[0]: there is no remediation "xyzzy"',
    ],
    [
      'an unknown key',
      rule('    aprovers: { users: [U0ALICE01] }\n    approvers: { users: [U0ALICE01] }\n'),
      'line 4: rules[0].aprovers: there is no "aprovers"; did you mean approvers?',
    ],
    ['an unknown key at the top', `${GOOD}freeze: []\n`, 'line 6: freeze: there is no "freeze"; did you mean freezes?'],
    [
      'the same key twice',
      rule('    approvers: { users: [U0ALICE01] }\n    approvers: { users: [U0MALLORY] }\n'),
      'line 5: Map keys must be unique',
    ],
    [
      'more approvals than people',
      rule('    approvers: { users: [U0ALICE01, U0ALICE01] }\n    approvals: 2\n'),
      'line 5: rules[0].approvals: 2 approvals are asked for, and only 1 may approve',
    ],
    [
      'no approvals needed',
      rule('    approvers: { users: [U0ALICE01] }\n    approvals: 0\n'),
      /line 5: rules\[0\]\.approvals: .*>=1/,
    ],
    [
      'a star inside a name',
      rule('    clusters: [prod-*]\n    approvers: { users: [U0ALICE01] }\n'),
      'line 4: rules[0].clusters[0]: "prod-*" fits nothing: a * stands alone and means all',
    ],
    ['no rule', 'version: 1\nrules: []\n', /line 2: rules: .*>=1/],
    ['another version', GOOD.replace('version: 1', 'version: 2'), /line 1: version: .*expected 1/],
    ['nothing in it', '', /policy\.yaml: .*expected object/],
    ['a list', '- a\n- b\n', /line 1: .*expected object/],
    ['no YAML', 'version: 1\nrules: [\n', /line 3: .*end with a \]/],
    ['a tab', 'version: 1\nrules:\n\t- a\n', /line 3: .*[Tt]ab/],
    [
      'a freeze in a time zone that there is not',
      freeze('  - { days: [fri], start: "18:00", end: "06:00", timeZone: Mars/Olympus, reason: r }\n'),
      'line 7: freezes[0].timeZone: "Mars/Olympus" is no time zone such as Europe/Berlin',
    ],
    [
      'a weekly freeze without an end',
      freeze('  - days: [fri]\n    start: "18:00"\n    timeZone: UTC\n    reason: r\n'),
      'line 7: freezes[0].end: is missing',
    ],
    [
      'a day in words',
      freeze('  - days: [Friday]\n    start: "18:00"\n    end: "06:00"\n    timeZone: UTC\n    reason: r\n'),
      /line 7: freezes\[0\]\.days\[0\]: .*"fri"/,
    ],
    [
      'a freeze that ends before it begins',
      freeze('  - from: 2026-12-24T00:00:00Z\n    until: 2026-12-23T00:00:00Z\n    reason: r\n'),
      'line 8: freezes[0].until: the freeze ends before it begins',
    ],
    [
      'a freeze without a time zone in its times',
      freeze('  - from: 2026-12-23T00:00:00\n    until: 2026-12-24T00:00:00Z\n    reason: r\n'),
      /line 7: freezes\[0\]\.from: /,
    ],
  ])('%s', (_, text, expected) => {
    const said = problems(text);
    expect(said.length).toBeGreaterThan(0);
    for (const one of said) expect(one).toMatch(/^KUBEWHY_POLICY policy\.yaml/);
    if (typeof expected === 'string') expect(said[0]).toBe(`KUBEWHY_POLICY policy.yaml ${expected}`);
    else expect(said[0]).toMatch(expected);
  });

  test('several mistakes are told at once, and not more than ten', () => {
    expect(problems(GOOD.replace('U0ALICE01', 'alice, bob'))).toHaveLength(2);
    expect(problems(GOOD.replace('U0ALICE01', Array.from({ length: 50 }, () => 'bob').join(', ')))).toHaveLength(10);
  });
});

describe('a file that is meant to do harm is refused, and quickly', () => {
  const bomb = (levels: number): string => {
    const lines = ['a0: &a0 [U0ALICE01, U0ALICE01]'];
    for (let i = 1; i <= levels; i += 1)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    return `${lines.join('\n')}\n`;
  };
  test.each([
    ['aliases of aliases', bomb(9), /alias/i],
    ['brackets without end', '['.repeat(200_000), /policy\.yaml/],
    ['a key that reaches into prototypes', `${GOOD}__proto__: { rules: [] }\n`, /there is no "__proto__"/],
    ['a key that is no text', `${GOOD}? [a, b]\n: 1\n`, /policy\.yaml/],
  ])('%s', (_, text, said) => {
    const start = performance.now();
    expect(problems(text).join('\n')).toMatch(said);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('a file of many megabytes is not read to its end', async () => {
    const file = join(folder, 'large.yaml');
    await writeFile(file, `${GOOD}#${'x'.repeat(1024 * 1024)}\n`);
    expect(problems(() => readPolicyFile(file, IDS))[0]).toMatch(/cannot be read: it has more than 256 KiB/);
  });

  test.each([
    ['missing', 'nothing.yaml', /cannot be read: ENOENT/],
    ['a folder', '.', /cannot be read: EISDIR/],
  ])('a file that is %s', (_, name, said) => {
    expect(problems(() => readPolicyFile(join(folder, name), IDS))[0]).toMatch(said);
  });
});

describe('the policy as it is now', () => {
  test('a change is seen at once; a broken file allows nobody anything, and is told once', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, GOOD);
    const told: string[] = [];
    const source = policySource(file, IDS, { onProblem: (said) => void told.push(...said) });
    expect(source.current()?.rules[0]?.approvers.users).toEqual(['U0ALICE01']);
    const same = source.current();
    expect(source.current()).toBe(same);

    await writeFile(file, GOOD.replace('U0ALICE01', 'U0BOB0001'));
    expect(source.current()?.rules[0]?.approvers.users).toEqual(['U0BOB0001']);

    await writeFile(file, GOOD.replace('U0ALICE01', 'bob'));
    expect(source.current()).toBeUndefined();
    expect(source.current()).toBeUndefined();
    expect(source.problems()).toEqual(told);
    expect(told).toHaveLength(1);

    // As a mounted ConfigMap changes: another file takes the place.
    await writeFile(join(folder, 'next.yaml'), GOOD);
    await rename(join(folder, 'next.yaml'), file);
    expect(source.current()?.rules[0]?.approvers.users).toEqual(['U0ALICE01']);
    expect(source.problems()).toEqual([]);

    await rm(file);
    expect(source.current()).toBeUndefined();
    expect(told.at(-1)).toMatch(/cannot be read/);
  });

  test('the example stands where the errors point to', async () => {
    expect(await readFile(new URL('../../.env.example', import.meta.url), 'utf8')).toContain(
      'deploy/policy.example.yaml',
    );
  });
});
