/** Vitest's settings: every test file under test/, real timers, a generous limit for tests that start processes. */
import { defineConfig } from 'vitest/config';
import { skipReporter } from './support/skips.ts';

/** Where `npm test` wants to read how many passed. */
const outputFile = process.env['KUBEWHY_TEST_RESULTS'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 3,
    // Chaos kills real processes at moments that no seed fixes; a machine that is busy as well is given a second try, and says so.
    retry: (process.env['CI'] ?? '') === '' ? 0 : 1,
    reporters: [
      'default',
      skipReporter(console.log),
      ...(outputFile === undefined ? [] : [['json', { outputFile }] as ['json', object]]),
    ],
  },
});
