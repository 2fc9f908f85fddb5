/** Progress on a terminal's stderr: one line, rewritten in place, gone at the end. In a pipe: nothing. */
import type { Step } from '../core/ports.ts';
import type { Io } from './io.ts';

const MARK = { running: '…', done: '✓', failed: '✗', partial: '~' } as const;

/** Gives what to call at each change, and how to clear the line. */
export function terminalProgress(io: Io): { onProgress: (steps: readonly Step[]) => void; clear: () => void } {
  let shown = 0;
  const draw = (line: string): void => {
    io.err(`\r${line}${' '.repeat(Math.max(0, shown - line.length))}`);
    shown = line.length;
  };
  return {
    onProgress: (steps) => {
      if (io.errIsTerminal) draw(stepsLine(steps).slice(0, Math.max(20, io.columns - 1)));
    },
    clear: () => {
      if (io.errIsTerminal && shown > 0) io.err(`\r${' '.repeat(shown)}\r`);
    },
  };
}

function stepsLine(steps: readonly Step[]): string {
  return steps
    .map(
      (step) => `${MARK[step.state]} ${step.name}${step.total === undefined ? '' : ` ${step.done ?? 0}/${step.total}`}`,
    )
    .join('  ');
}
