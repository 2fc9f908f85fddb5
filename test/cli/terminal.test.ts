/** The terminal against a recorded cluster: answers, exit codes, one clear sentence for what goes wrong. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Report } from '../../src/report/index.ts';
import { type ApiServer, startApiServer } from '../../src/sandbox/cluster/api/server.ts';
import { loadStage } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { type RecordedCluster, startRecordedCluster } from '../../src/sandbox/recorded-cluster.ts';
import { terminal } from '../support/terminal.ts';

let folder: string;
let cluster: RecordedCluster;
let api: ApiServer;
let flags: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-cli-'));
  const stage = loadStage(1);
  cluster = await startRecordedCluster(join(folder, 'cluster'), stage, [
    ...stage.hosts.map((host) => host.node),
    ...stage.agentless,
  ]);
  api = cluster.api;
  const { ca, cert, key } = cluster.tls;
  flags = [
    '--kubeconfig',
    cluster.kubeconfigFile,
    '--agents',
    cluster.agentMap,
    '--agent-ca',
    ca,
    '--agent-cert',
    cert,
    '--agent-key',
    key,
  ];
});

afterAll(async () => {
  await cluster?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('answers', () => {
  test('the cause as text, with exit code 1 and nothing on stderr', async () => {
    const { code, out, err } = await terminal(['why-not-reachable', '30080', ...flags]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain('Calico on k8smater1 took 10.0.0.66 instead of the node address 172.17.73.66');
    expect(out).not.toContain('\u001b[');
  });

  test('the same as one JSON document of the public form', async () => {
    const { code, out } = await terminal(['why-not-reachable', '30080', '-o', 'json', ...flags]);
    const report = Report.parse(JSON.parse(out));
    expect(code).toBe(1);
    expect(report.causes.map((c) => `${c.rule} ${c.object.name}`)).toEqual(['calico-node-ip-mismatch k8smater1']);
  });

  test('saved evidence is judged again to the same bytes', async () => {
    const file = join(folder, 'evidence.json');
    const first = await terminal(['why-not-reachable', '30080', '-o', 'json', '--save', file, ...flags]);
    const again = await terminal(['replay', file, '-o', 'json']);
    const third = await terminal(['replay', file, '-o', 'json']);
    expect(again).toEqual({ ...first, out: again.out });
    expect(again.out).toBe(first.out);
    expect(third.out).toBe(first.out);
    expect(await readFile(file, 'utf8')).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY/);
  });

  test('in Chinese by flag and by locale', async () => {
    const byFlag = await terminal(['why-not-reachable', '30099', '--lang', 'zh-cn', ...flags]);
    const byLocale = await terminal(['why-not-reachable', '30099', ...flags], { LANG: 'zh_CN.UTF-8' });
    expect(byFlag.out).toMatch(/\p{Script=Han}/u);
    expect(byLocale.out).toMatch(/\p{Script=Han}/u);
  });

  test('a NodePort that no Service has is an answer and names the nearest', async () => {
    const { code, out } = await terminal(['why-not-reachable', '30081', ...flags]);
    expect(code).toBe(1);
    expect(out).toContain('30080 (ci/jenkins-svc)');
  });

  test('without agents the verdict is weaker and says what to try', async () => {
    const { code, out } = await terminal([
      'why-not-reachable',
      '30080',
      '--kubeconfig',
      cluster.kubeconfigFile,
      '--agents',
      'off',
      '-o',
      'json',
    ]);
    const report = Report.parse(JSON.parse(out));
    expect(code).toBe(3);
    expect(report.causes.map((c) => `${c.rule} ${c.object.name} ${c.confidence}`)).toEqual([
      'calico-node-ip-mismatch k8smater1 likely',
    ]);
  });

  test('colour on demand', async () => {
    const { out } = await terminal(['why-not-reachable', '30099', '--color', 'always', ...flags]);
    expect(out).toContain('\u001b[');
  });
});

describe('what goes wrong gets one sentence: what was given, what is wrong, what to do', () => {
  const bad: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['an unknown command', ['diagnos', 'node', 'x'], 2, /"diagnos".*Did you mean diagnose\?/],
    ['an unknown flag', ['diagnose', 'calico', '--contxt', 'x'], 2, /"--contxt".*--context/],
    ['a port out of range', ['why-not-reachable', '99999'], 2, /99999.*1 to 65535/],
    ['10,000 characters', ['why-not-reachable', 'x'.repeat(10_000)], 2, /10000|1000/],
    ['right-to-left characters', ['diagnose', 'node', 'ab\u202ecd'], 2, /cannot be seen/],
    ['a kubeconfig that is missing', ['diagnose', 'calico', '--kubeconfig', '/nowhere/config'], 4, /\/nowhere\/config/],
    ['evidence that is missing', ['replay', '/nowhere/evidence.json'], 2, /\/nowhere\/evidence\.json.*does not exist/],
    ['no file at all', ['replay'], 2, /replay needs a file/],
    ['a schema that there is not', ['schema', 'pods'], 2, /evidence, report, agent or fix/],
    ['a shell that there is not', ['completion', 'cmd'], 2, /bash, zsh or fish/],
  ];

  test.each(bad)('%s', async (_, argv, code, message) => {
    const result = await terminal(argv);
    expect(result.out).toBe('');
    expect(result.err.trim().split('\n')).toHaveLength(1);
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
  });

  test('a name in two namespaces names both', async () => {
    const { code, err } = await terminal(['why-not-reachable', 'jenkins-svc', ...flags]);
    expect(code).toBe(2);
    expect(err).toMatch(/ci\/jenkins-svc.*ci2\/jenkins-svc/);
  });

  test('a half-typed name gets the whole one', async () => {
    const { code, err } = await terminal(['diagnose', 'node', 'k8sceph', ...flags]);
    expect(code).toBe(2);
    expect(err).toContain('k8scephnode');
  });

  test('a kubeconfig that points nowhere', async () => {
    const file = join(folder, 'nowhere');
    await writeFile(file, api.kubeconfig().replaceAll(api.url, 'https://127.0.0.1:1'));
    const { code, err } = await terminal(['diagnose', 'calico', '--kubeconfig', file]);
    expect(code).toBe(4);
    expect(err).toMatch(/127\.0\.0\.1:1/);
  });

  test('credentials that the cluster refuses', async () => {
    const other = await startApiServer({
      version: 'v1.30.0',
      objects: [],
      identities: { good: { user: 'a', groups: [], allow: [] } },
    });
    try {
      const file = join(folder, 'refused');
      await writeFile(file, other.kubeconfig('good').replaceAll('"good"', '"bad"'));
      const { code, err } = await terminal(['diagnose', 'calico', '--kubeconfig', file]);
      expect(code).toBe(4);
      expect(err.trim().split('\n')).toHaveLength(1);
    } finally {
      await other.close();
    }
  });

  test('agents without a certificate', async () => {
    const { code, err } = await terminal([
      'diagnose',
      'calico',
      '--kubeconfig',
      cluster.kubeconfigFile,
      '--agents',
      cluster.agentMap,
    ]);
    expect(code).toBe(2);
    expect(err).toMatch(/--agent-ca, --agent-cert and --agent-key/);
  });

  test('evidence that is none', async () => {
    const file = join(folder, 'none.json');
    await writeFile(file, '{"kind":"Evidence"}');
    expect((await terminal(['replay', file])).err).toMatch(/no evidence of kubewhy\/v1/);
    await writeFile(file, 'not json');
    expect((await terminal(['replay', file])).err).toMatch(/is not JSON/);
  });

  test('with --output json the error is JSON too, on stderr', async () => {
    const { out, err } = await terminal(['why-not-reachable', '99999', '-o', 'json']);
    expect(out).toBe('');
    expect(JSON.parse(err)).toMatchObject({
      error: { code: expect.any(String), message: expect.stringContaining('99999') },
    });
  });
});

describe('help, schema, completion', () => {
  test('help teaches by example and lists every flag', async () => {
    const { code, out } = await terminal(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('kubewhy why-not-reachable 30080');
    expect(out).toContain('--request-timeout');
  });

  test.each(['evidence', 'report', 'agent', 'fix'])('schema %s is a JSON Schema', async (format) => {
    const { code, out } = await terminal(['schema', format]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
  });

  test.each(['bash', 'zsh', 'fish'])('completion for %s knows commands and flags', async (shell) => {
    const { out } = await terminal(['completion', shell]);
    expect(out).toContain('why-not-reachable');
    expect(out).toMatch(/kubeconfig/);
  });
});
