/** `kubewhy fix` against a recorded cluster: the plan, what is refused, what is carried out with the caller's own rights. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FixDocument } from '../../src/cli/schema.ts';
import { loadStage } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { stageModel } from '../../src/sandbox/incidents/nodeport-30080/stages.ts';
import { type RecordedCluster, startRecordedCluster } from '../../src/sandbox/recorded-cluster.ts';
import { terminal } from '../support/terminal.ts';

/** May look at everything, and change nothing. */
const READER = {
  user: 'reader',
  groups: ['system:authenticated'],
  allow: [{ verbs: ['get', 'list', 'watch'], apiGroups: ['*'], resources: ['*'] }],
};

let folder: string;
let cluster: RecordedCluster;
let flags: string[];
let diagnosis: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-cli-fix-'));
  const stage = loadStage(1);
  const nodes = [...stage.hosts.map((host) => host.node), ...stage.agentless];
  cluster = await startRecordedCluster(join(folder, 'cluster'), stage, nodes, {
    speed: 10,
    identities: { reader: READER },
  });
  const { ca, cert, key } = cluster.tls;
  flags = ['--kubeconfig', cluster.kubeconfigFile, '--agents', cluster.agentMap];
  flags.push('--agent-ca', ca, '--agent-cert', cert, '--agent-key', key);
  diagnosis = join(folder, 'diagnosis.json');
});
afterAll(async () => {
  await cluster?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Puts a stage into the cluster and keeps its diagnosis. */
async function stageDiagnosed(stage: 1 | 2 | 3 | 4, ...words: string[]): Promise<void> {
  await cluster.load(loadStage(stage));
  const { out } = await terminal([...words, '-o', 'json', ...flags]);
  await writeFile(diagnosis, out);
}

describe('a plan', () => {
  test('stage 1: refused with the reason, exit code 1', async () => {
    await stageDiagnosed(1, 'why-not-reachable', '30080');
    const { code, out, err } = await terminal(['fix', diagnosis, '--plan', ...flags]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/k8scephnode/);
  });

  test('stage 2: the change, its reach and the dry run, exit code 0, and nothing is changed', async () => {
    await stageDiagnosed(2, 'why-not-reachable', '30080');
    const { code, out, err } = await terminal(['fix', diagnosis, ...flags]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('IP_AUTODETECTION_METHOD');
    expect(out).toContain('DaemonSet kube-system/calico-node');
    expect(out).toContain('What it touches');
    const again = await terminal(['fix', diagnosis, '-o', 'json', ...flags]);
    const document = JSON.parse(again.out);
    expect(FixDocument.safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({ kind: 'FixPlan', plan: { remediation: 'set-calico-ip-autodetection' } });
    expect(document.dryRun[0].diff.length).toBeGreaterThan(0);
  });

  test('stage 4: the cause is gone', async () => {
    await stageDiagnosed(3, 'why-not-reachable', '30080');
    await cluster.load(loadStage(4));
    const { code, out } = await terminal(['fix', diagnosis, ...flags]);
    expect(code).toBe(1);
    expect(out).toMatch(/^The cause is no longer found: No fault found/);
  });
});

describe('--approve', () => {
  test('carries the change out with the caller’s rights, waits, verifies, and says how to take it back', async () => {
    await stageDiagnosed(3, 'why-not-reachable', '30080');
    await cluster.load(loadStage(3), stageModel(3));
    const { code, out, err } = await terminal(['fix', diagnosis, '--approve', ...flags]);
    expect(out).toContain('The symptom is gone, and its cause is no longer found.');
    expect(code).toBe(0);
    expect(err).toMatch(/^1\. .* running\n1\. .* done/);
    expect(out).toMatch(
      /To take it back:\n {2}\$ kubectl patch daemonsets\.v1\.apps calico-node -n kube-system --type=strategic -p '/,
    );
    const after = await terminal(['why-not-reachable', '30080', ...flags]);
    expect(after.code).toBe(0);
    // Done already: there is nothing left to fix.
    const again = await terminal(['fix', diagnosis, '--approve', ...flags]);
    expect(again.code).toBe(1);
    expect(again.out).toMatch(/^The cause is no longer found/);
  }, 180_000);

  test('a caller without the right is told which one, before anything is written', async () => {
    await stageDiagnosed(3, 'why-not-reachable', '30080');
    const reader = await cluster.kubeconfigFor('reader');
    const own = ['--kubeconfig', reader, ...flags.slice(2)];
    const { code, out } = await terminal(['fix', diagnosis, '--approve', ...own]);
    expect(out).toMatch(/may not patch daemonsets\.apps "calico-node" in namespace kube-system/);
    expect(code).toBe(1);
    const shown = await terminal(['fix', diagnosis, '--plan', ...own]);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('IP_AUTODETECTION_METHOD');
    expect(shown.out).toMatch(/may not patch daemonsets\.apps/);
  });
});

describe('steps on nodes', () => {
  test('are shown, and need the remediator', async () => {
    await stageDiagnosed(2, 'diagnose', 'node', 'k8scephnode');
    const which = ['--remediation', 'turn-swap-off'];
    const shown = await terminal(['fix', diagnosis, '--plan', ...which, ...flags]);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('k8scephnode');
    const tried = await terminal(['fix', diagnosis, '--approve', ...which, ...flags]);
    expect(tried.code).toBe(1);
    expect(tried.out).toBe(
      'Steps on k8scephnode need the remediator and its grants; from a terminal they are only shown. Nothing was done.\n',
    );
  });

  test('several fixes: one has to be named', async () => {
    await stageDiagnosed(2, 'diagnose', 'node', 'k8scephnode');
    const { code, err } = await terminal(['fix', diagnosis, ...flags]);
    expect(code).toBe(2);
    expect(err).toMatch(/^kubewhy: This diagnosis offers several fixes\. Name one: --remediation .*turn-swap-off/);
    const other = await terminal(['fix', diagnosis, '--remediation', 'reboot', ...flags]);
    expect(other.code).toBe(2);
    expect(other.err).toContain('does not offer "reboot"');
  });
});

describe('bad input: one sentence and exit code 2', () => {
  test.each([
    ['no file', ['fix'], /fix needs the JSON of a diagnosis/],
    ['a file that is not there', ['fix', '/nowhere/x.json'], /\/nowhere\/x\.json cannot be read: it does not exist/],
    ['no JSON', ['fix', '/etc/hostname'], /is not the JSON of a diagnosis/],
    ['two opposites', ['fix', 'x', '--plan', '--approve'], /--plan only shows the plan/],
    ['two files', ['fix', 'x', 'y'], /fix takes one file/],
  ])('%s', async (_, words, sentence) => {
    const { code, out, err } = await terminal([...words, ...flags]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(sentence);
  });

  test('a diagnosis without a proven cause', async () => {
    await stageDiagnosed(4, 'why-not-reachable', '30080');
    const { code, err } = await terminal(['fix', diagnosis, ...flags]);
    expect(code).toBe(2);
    expect(err).toContain('This diagnosis offers no fix');
  });
});
