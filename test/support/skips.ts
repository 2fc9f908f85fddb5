/** Says at the end of a run which tests were skipped, and why: each reason once, with the number of its tests. */
import type { Reporter } from 'vitest/node';

/** A reporter for the settings of vitest. */
export function skipReporter(say: (line: string) => void): Reporter {
  return {
    onTestRunEnd(modules) {
      const reasons = new Map<string, number>();
      for (const module of modules) {
        for (const test of module.children.allTests('skipped')) {
          const result = test.result();
          const why =
            (result.state === 'skipped' ? result.note : undefined) ?? `no reason, in ${module.relativeModuleId}`;
          reasons.set(why, (reasons.get(why) ?? 0) + 1);
        }
      }
      for (const [why, count] of reasons) say(`↓ ${count} skipped: ${why}`);
    },
  };
}
