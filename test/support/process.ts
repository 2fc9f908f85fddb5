/** Processes of a test: started with tsx, their output kept, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface TestProcess {
  readonly child: ChildProcess;
  /** Everything that was written so far. */
  output(): string;
  /** Resolves when the text was written; rejects where the process ends before. */
  said(text: string): Promise<void>;
  /** Kills it with -9 and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it with SIGTERM and gives its exit code. */
  end(): Promise<number | null>;
}

/** Starts a TypeScript file, given from the root of the repository. */
export function startProcess(file: string, argv: readonly string[], env: Record<string, string>): TestProcess {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...argv], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  const heard = (data: Buffer): void => {
    output += String(data);
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    child,
    output: () => output,
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.includes(text)) resolve();
        };
        listeners.add(look);
        look();
        void exited.then(() => reject(new Error(`ended before it said "${text}": ${output}`)));
      }),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async end() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}
