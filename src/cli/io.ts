/** What a command writes to and knows of its terminal; tests hand in their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly columns: number;
}

/** The process's own streams. */
export function processIo(): Io {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 100,
  };
}

/** Exit codes: a public interface (README). */
export const EXIT = { healthy: 0, causeFound: 1, usage: 2, inconclusive: 3, cluster: 4 } as const;
