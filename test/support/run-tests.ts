/** `npm test`: types, lint, format, unused code, then every test; ends with `N passed, N failed`. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../../src/sandbox/redis.ts';

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

/** What runs before the tests, each counted as one. The build comes first: tests start the built executable. */
const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ['build', ['tsc', '-p', 'tsconfig.json']],
  ['types', ['tsc', '-p', 'test/tsconfig.json']],
  ['lint', ['oxlint', '-c', '.oxlintrc.json', 'src', 'test']],
  ['format', ['biome', 'check', '--config-path=.biome.json', 'src', 'test']],
  ['unused code', ['knip', '--no-progress']],
];

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', command, ...args], { stdio: ['ignore', 'inherit', 'inherit'], env });
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** Many test files start a Redis at the same time: where one has to be installed first, it is done here, once. */
async function ensureRedis(): Promise<void> {
  try {
    await (await startRedis(console.log)).stop();
  } catch (error) {
    console.log(`Tests that need a Redis will fail. ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function runTests(long: boolean): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-tests-'));
  const file = join(folder, 'results.json');
  try {
    const env = { ...process.env, KUBEWHY_TEST_RESULTS: file, ...(long ? { KUBEWHY_TEST_LONG: '1' } : {}) };
    const code = await run('vitest', ['run', '-c', 'test/vitest.config.ts'], env);
    const results = JSON.parse(await readFile(file, 'utf8')) as Record<string, number>;
    const outcome = {
      passed: results['numPassedTests'] ?? 0,
      failed: results['numFailedTests'] ?? 0,
      skipped: (results['numPendingTests'] ?? 0) + (results['numTodoTests'] ?? 0),
    };
    // A file that does not even load counts no test: vitest's exit code knows.
    if (code !== 0 && outcome.failed === 0) outcome.failed = 1;
    return outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const total: Outcome = { passed: 0, failed: 0, skipped: 0 };
for (const [name, [command = '', ...args]] of CHECKS) {
  const started = Date.now();
  const code = await run(command, args);
  console.log(`${code === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (code === 0) total.passed++;
  else total.failed++;
}
await ensureRedis();
const tests = await runTests(process.argv.includes('--long'));
total.passed += tests.passed;
total.failed += tests.failed;
total.skipped += tests.skipped;
if (total.skipped > 0) console.log(`${total.skipped} skipped, for the reasons above`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
