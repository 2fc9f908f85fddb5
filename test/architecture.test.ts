/** The house, checked: layers, sizes, first lines, names. Says how many files it looked at, so that it cannot pass on nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Folders by row; a folder of adapters is a sibling of its own. */
const ROWS: readonly (readonly string[])[] = [
  ['core'],
  ['rules', 'remediations', 'incidents'],
  ['collect', 'report'],
  ['run'],
  ['config', 'adapters'],
  ['bot', 'worker', 'remediator', 'agent', 'cli'],
  ['sandbox'],
  ['main.ts'],
];

/** Imports that the layers would allow or forbid otherwise, each with its reason. */
const FORBIDDEN: readonly (readonly [from: string, to: string])[] = [
  ['sandbox', 'rules'],
  ['sandbox', 'remediations'],
  ['sandbox', 'report'],
];

function files(folder: string, ending: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const sources = files(SRC, '.ts');

function importsOf(text: string): string[] {
  const statics = text.matchAll(/^(?:import|export)\b[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm);
  const dynamics = text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g);
  return [...statics, ...dynamics].map((match) => match[1] ?? match[2] ?? '');
}

/** `rules`, `adapters`, `main.ts`: the folder directly under src. */
function roomOf(file: string): string {
  return relative(SRC, file).split('/')[0] ?? '';
}

function rowOf(room: string): number {
  return ROWS.findIndex((row) => row.includes(room));
}

/** Adapters are siblings: their room is the folder below, or the file itself for single files that all may share. */
function sibling(file: string): string {
  const [room = '', second = ''] = relative(SRC, file).split('/');
  return room === 'adapters' ? `${room}/${second}` : room;
}

function violation(file: string, spec: string): string | undefined {
  const from = roomOf(file);
  const where = relative(ROOT, file);
  if (!spec.startsWith('.')) {
    const pure = ['core', 'rules', 'remediations', 'report'].includes(from);
    const allowed = [
      'zod',
      ...(from === 'core' ? ['node:crypto'] : []),
      ...(from === 'report' ? ['@slack/types'] : []),
    ];
    return pure && !allowed.includes(spec) ? `${where} imports ${spec}` : undefined;
  }
  const target = resolve(dirname(file), spec);
  const to = roomOf(target);
  if (!target.startsWith(SRC) || to === 'package.json') return undefined;
  if (FORBIDDEN.some(([a, b]) => a === from && b === to))
    return `${where} imports ${to}/: a simulator must share no code with what it checks`;
  if (from === to) {
    const shared = /^adapters\/[a-z-]+\.ts$/;
    const [a, b] = [sibling(file), sibling(target)];
    return a !== b && !shared.test(b) ? `${where} imports its sibling ${b}` : undefined;
  }
  return rowOf(to) >= rowOf(from)
    ? `${where} (row ${rowOf(from)}) imports ${relative(ROOT, target)} (row ${rowOf(to)})`
    : undefined;
}

describe(`the layers, over ${sources.length} files`, () => {
  test('there are files to look at, and each folder has a row', () => {
    expect(sources.length).toBeGreaterThan(150);
    expect([...new Set(sources.map(roomOf))].filter((room) => rowOf(room) < 0)).toEqual([]);
  });

  test('a folder imports only from rows below its own', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(readFileSync(file, 'utf8')).flatMap((spec) => violation(file, spec) ?? []),
    );
    expect(wrong).toEqual([]);
  });

  test('only edges know Slack, BullMQ, Redis, the API client and child processes', () => {
    const edge = /^(src\/(adapters|bot|worker|remediator|agent|sandbox)\/|src\/main\.ts)/;
    const heavy =
      /^(@slack\/(bolt|web-api|socket-mode)|@kubernetes\/client-node|bullmq|ioredis|node:(https?|net|tls|child_process)|ws)/;
    const wrong = sources
      .filter((file) => !edge.test(relative(ROOT, file)))
      .flatMap((file) =>
        importsOf(readFileSync(file, 'utf8'))
          .filter((spec) => heavy.test(spec))
          .map((spec) => `${relative(ROOT, file)}: ${spec}`),
      );
    expect(wrong).toEqual([]);
  });

  test('rules and reports do not read the clock, and rules are not async', () => {
    const pure = sources.filter((file) => ['rules', 'remediations', 'report', 'core'].includes(roomOf(file)));
    const wrong = pure.filter((file) =>
      /Date\.now\(|new Date\(\)|Math\.random\(|performance\.now/.test(readFileSync(file, 'utf8')),
    );
    const waiting = sources.filter(
      (file) =>
        ['rules', 'remediations'].includes(roomOf(file)) && /\basync\b|\bawait\b/.test(readFileSync(file, 'utf8')),
    );
    expect([...wrong, ...waiting].map((file) => relative(ROOT, file))).toEqual([]);
  });
});

describe('files', () => {
  test('each source file says in its first line what it is for', () => {
    const silent = sources.filter((file) => !/^(#![^\n]*\n)?\/\*\* \S/.test(readFileSync(file, 'utf8')));
    expect(silent.map((file) => relative(ROOT, file))).toEqual([]);
  });

  test('no file is called by a word that says nothing', () => {
    const vague = /(^|[-/])(utils?|helpers?|common|misc|manager|stuff)\.ts$/;
    expect(
      sources.map((file) => relative(ROOT, file)).filter((file) => vague.test(file) && file !== 'src/config/common.ts'),
    ).toEqual([]);
  });

  test('no test replaces a module', () => {
    const tests = files(join(ROOT, 'test'), '.ts').filter((file) => file !== import.meta.filename);
    expect(tests.length).toBeGreaterThan(30);
    expect(tests.filter((file) => /vi\.(mock|doMock|hoisted)\(/.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  test('the visible top level is what it should be', () => {
    const visible = readdirSync(ROOT).filter(
      (name) => !name.startsWith('.') && !['node_modules', 'dist'].includes(name),
    );
    expect(visible.sort()).toEqual([
      'LICENSE',
      'README.md',
      'README.zh-CN.md',
      'deploy',
      'package-lock.json',
      'package.json',
      'src',
      'test',
      'tsconfig.json',
    ]);
  });

  test('the lock file names no host', () => {
    expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toContain('"resolved"');
  });

  test('src/README.md has a line for each folder, with what it may not do', () => {
    const page = readFileSync(join(SRC, 'README.md'), 'utf8');
    const missing = ROWS.flat().filter((room) => !new RegExp(`\\| \\d \\| \`${room}/?\` \\| \\S`).test(page));
    expect(missing).toEqual([]);
  });
});
