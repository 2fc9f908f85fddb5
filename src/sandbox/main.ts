/** `kubewhy sandbox demo|bench`: everything simulated, on one machine. */
import { runDemo } from './demo/main.ts';

const USAGE = `kubewhy sandbox demo [--keep] [--output json] [--lang en|zh-cn]
  Plays the recorded incident: a private Redis, a simulated Slack workspace, the recorded cluster, the real bot and worker.
  --keep         leave all of it running afterwards, for kubectl and kubewhy
  --output json  print one JSON document in place of the thread
kubewhy sandbox bench
  Measures; the figures of the README come from it.
`;

/** Runs a sandbox command. @returns the exit code. */
export async function runSandbox(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === 'demo') {
    const unknown = rest.filter(
      (word, i) =>
        !['--keep', '--output', 'json', '--output=json', '-o', '--lang', 'en', 'zh-cn'].includes(word) ||
        (word === 'json' && !/^(-o|--output)$/.test(rest[i - 1] ?? '')),
    );
    if (unknown.length > 0) {
      process.stderr.write(`kubewhy sandbox demo: I do not understand "${unknown[0] ?? ''}".\n\n${USAGE}`);
      return 2;
    }
    const json = rest.includes('--output=json') || rest.includes('json');
    return runDemo({ keep: rest.includes('--keep'), json, language: rest.includes('zh-cn') ? 'zh-cn' : 'en' });
  }
  const help = command === undefined || command === 'help' || command === '--help' || command === '-h';
  (help ? process.stdout : process.stderr).write(help ? USAGE : `kubewhy sandbox: I know no "${command}".\n\n${USAGE}`);
  return help ? 0 : 2;
}
