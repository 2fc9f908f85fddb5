/** A hostile terminal session: words of every object, broken pipes, files that are none, links, escapes in what servers say. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { saveEvidence } from '../../src/cli/save.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { safeJson } from '../../src/report/index.ts';
import { NOW } from '../support/evidence.ts';
import { terminal } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubewhy-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const main = new URL('../../src/main.ts', import.meta.url).pathname;
const tsx = new URL('../../node_modules/.bin/tsx', import.meta.url).pathname;
/** What a terminal would act on. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const ACTS = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E]/;

describe('words that every JavaScript object knows', () => {
  test.each(['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'])(
    '%s is a name like any other',
    async (word) => {
      for (const words of [
        `diagnose ${word}`,
        `diagnose ${word}/x`,
        `diagnose ${word} x`,
        `why-not-reachable ${word} x`,
        `why-not-reachable 80/${word}`,
      ]) {
        const outcome = (() => {
          try {
            return typeof parseQuestion(words.split(' ')).target.kind;
          } catch (error) {
            return (error as Error).name;
          }
        })();
        expect(['string', 'UserError'], words).toContain(outcome);
      }
      const run = await promisify(execFile)(tsx, [main, word]).catch(
        (error: { code: number; stderr: string }) => error,
      );
      expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('I know no command') as unknown });
    },
  );
});

test('whoever stops reading gets no stack trace', async () => {
  const child = spawn(tsx, [main, 'schema', 'evidence'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect([code, said]).toEqual([0, '']);
});

describe('replay', () => {
  test('of a folder, of a device without end, of a pipe', async () => {
    expect((await terminal(['replay', folder])).err).toContain('it is a folder');
    expect(await terminal(['replay', '/dev/zero'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('has more than') as unknown,
    });
    const pipe = at('pipe');
    execFileSync('mkfifo', [pipe]);
    const [shown] = await Promise.all([
      terminal(['replay', pipe]),
      promisify(execFile)('sh', ['-c', `echo '{"a":1}' > ${pipe}`]),
    ]);
    expect(shown.err).toContain('is no evidence');
  });

  test('of JSON that is only deep', async () => {
    writeFileSync(at('deep.json'), `${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}`);
    expect(await terminal(['replay', at('deep.json')])).toMatchObject({ code: 2, out: '' });
  });

  test('of evidence full of escapes: nothing of it acts on the terminal, in no output', async () => {
    const evil = '\u001B[2J\u001B]52;c;ZXZpbA==\u0007\u009B31m\u202Ereversed\u200B\rover';
    const item = {
      kind: 'nodes',
      object: { kind: 'Cluster', name: evil },
      source: 'api',
      at: NOW,
      command: evil,
      status: 'unavailable',
      reason: evil,
    };
    const target = { kind: 'Node', name: evil };
    const bundle = {
      apiVersion: 'kubewhy/v1',
      kind: 'Evidence',
      id: 'dx-evil1',
      cluster: evil,
      question: { type: 'diagnose', target, at: evil },
      startedAt: NOW,
      finishedAt: evil.slice(0, 40),
      agents: { asked: [evil], total: 1, sampled: true },
      items: [item],
    };
    writeFileSync(at('evil.json'), JSON.stringify(bundle));
    for (const flags of [[], ['-o', 'json'], ['--lang', 'zh-cn']]) {
      const { code, out, err } = await terminal(['replay', at('evil.json'), ...flags]);
      expect(code).toBe(3);
      expect(out + err).not.toMatch(ACTS);
    }
    writeFileSync(at('keys.json'), JSON.stringify({ ...bundle, question: { type: evil } }));
    writeFileSync(at('id.json'), JSON.stringify({ ...bundle, id: evil.slice(0, 40) }));
    expect((await terminal(['replay', at('id.json')])).err).toContain('an id has letters');
    const refused = await terminal(['replay', at('keys.json'), `--color=${evil}`]);
    expect(refused.code).toBe(2);
    expect(refused.err).not.toMatch(ACTS);
  });
});

describe('what a server says', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ kind: 'Status', message: '\u001B]0;owned\u0007\u001B[2J password=hunter2secretXYZ \u202E' }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  test('acts on no terminal, and gives away no secret', async () => {
    const { port } = server.address() as AddressInfo;
    const config = {
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [],
      contexts: [{ name: 'x', context: { cluster: 'c' } }],
      'current-context': 'x',
    };
    writeFileSync(at('config'), JSON.stringify(config));
    const { code, out, err } = await terminal([
      'why-not-reachable',
      '30080',
      '--kubeconfig',
      at('config'),
      '--agents',
      'off',
    ]);
    expect(code).toBe(4);
    expect(err).toContain('does not accept these credentials');
    expect(out + err).not.toMatch(ACTS);
    expect(out + err).not.toContain('hunter2secretXYZ');
  });
});

test('a file of evidence may be looked at on a terminal', () => {
  const value = { text: '\u001B[2J\u009B31m\u202E\u200B\u0000\u2028', list: ['ok 节点'] };
  const text = safeJson(value, 1);
  expect(text).not.toMatch(ACTS);
  expect(text).toContain('节点');
  expect(JSON.parse(text)).toEqual(value);
});

describe('--save', () => {
  test('replaces a file that everybody could read, for its owner alone', async () => {
    writeFileSync(at('old'), 'old', { mode: 0o644 });
    await saveEvidence(at('old'), 'new');
    expect(readFileSync(at('old'), 'utf8')).toBe('new');
    expect(statSync(at('old')).mode & 0o777).toBe(0o600);
  });

  test('follows no link to a file, whether it is there or not', async () => {
    writeFileSync(at('victim'), 'precious');
    symlinkSync(at('victim'), at('link'));
    symlinkSync(at('not-there'), at('dangling'));
    await expect(saveEvidence(at('link'), 'new')).rejects.toThrow('symbolic link');
    await expect(saveEvidence(at('dangling'), 'new')).rejects.toThrow('symbolic link');
    expect(readFileSync(at('victim'), 'utf8')).toBe('precious');
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
  });

  test('a folder is said, a device is written to, nothing is left over', async () => {
    await expect(saveEvidence(folder, 'new')).rejects.toThrow('it is a folder');
    await saveEvidence('/dev/null', 'new');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    await expect(saveEvidence(at('none/x'), 'new')).rejects.toThrow('cannot be written');
    expect(execFileSync('ls', [folder]).toString()).not.toContain('.tmp');
  });
});
