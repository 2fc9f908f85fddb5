/** Runs `kubewhy` in this process, as a terminal would, and keeps what it writes. */
import { runCli } from '../../src/cli/main.ts';

export interface TerminalResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line. `env` is the whole environment. */
export async function terminal(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TerminalResult> {
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 100,
  };
  const code = await runCli(argv, env, io);
  return { code, out, err };
}
