#!/usr/bin/env node
/** The executable: subcommand to process or question. Each is loaded only when it is run. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

type Run = (argv: string[]) => Promise<number>;

/** Longer than a worker's own grace (20 s): what has not ended by then never will. */
const ENDING_MS = 25_000;
/** What a process that has ended may still need to write its last lines. */
const LINGER_MS = 2000;

const io = { stdout: process.stdout, stderr: process.stderr };

const PROCESSES: Readonly<Record<string, Run>> = {
  agent: async (argv) => {
    keepYoungHeapSmall();
    return (await import('./agent/main.ts')).runAgent(argv, process.env, io);
  },
  all: async (argv) => {
    const [{ runBot }, { runWorker }] = await Promise.all([import('./bot/main.ts'), import('./worker/main.ts')]);
    // One without the other is of no use: where one ends, the other is told to.
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const both = { ...io, signal: stop.signal };
    const ended = (code: number): number => {
      stop.abort();
      setTimeout(() => process.exit(Math.max(code, 1)), ENDING_MS).unref();
      return code;
    };
    const codes = [runBot(argv, process.env, both).then(ended), runWorker(argv, process.env, both).then(ended)];
    return Math.max(...(await Promise.all(codes)));
  },
  bot: async (argv) => (await import('./bot/main.ts')).runBot(argv, process.env, io),
  remediator: async (argv) => (await import('./remediator/main.ts')).runRemediator(argv, process.env, io),
  sandbox: async (argv) => (await import('./sandbox/main.ts')).runSandbox(argv),
  worker: async (argv) => {
    keepYoungHeapSmall();
    return (await import('./worker/main.ts')).runWorker(argv, process.env, io);
  },
};

/** Agent and worker are idle nearly always: a young heap that does not grow saves 7 MB and 50 MB, at a time nobody waits for. */
function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

function version(): string {
  const { version: number } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return number;
}

async function main(argv: string[]): Promise<number> {
  const [first = '', ...rest] = argv;
  const run = Object.hasOwn(PROCESSES, first) ? PROCESSES[first] : undefined;
  if (run !== undefined) {
    const code = await run(rest);
    // A connection that never opened (Redis away) must not keep a process alive that has closed everything it could.
    if (first !== 'sandbox') setTimeout(() => process.exit(), LINGER_MS).unref();
    return code;
  }
  if (first === 'version' || first === '--version') {
    process.stdout.write(`kubewhy ${version()}\n`);
    return 0;
  }
  const [{ runCli }, { processIo }] = await Promise.all([import('./cli/main.ts'), import('./cli/io.ts')]);
  return runCli(argv, process.env, processIo());
}

// Whoever reads has read enough (`kubewhy … | head`): the rest goes nowhere, and the exit code stays the verdict's.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
process.exitCode = await main(process.argv.slice(2));
