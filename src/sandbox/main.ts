/** `kubewhy sandbox demo|bench`: everything simulated, on one machine. */
import { UserError } from '../core/errors.ts';
import { runDemo } from './demo/main.ts';

const USAGE = `kubewhy sandbox demo [--keep] [--output json] [--lang en|zh-cn]
  Plays the recorded incident: a private Redis, a simulated Slack workspace, the recorded cluster, the real bot and worker.
  --keep         leave all of it running afterwards, for kubectl and kubewhy
  --output json  print one JSON document in place of the thread
kubewhy sandbox bench [--quick] [--fixes] [--output json]
  Measures; the figures of the README come from it. About eight minutes; --quick is a small run to see that it works,
  --fixes measures fixes alone.
`;

/** Runs a sandbox command. What its reader can act on (no Redis here) is one line, not a stack. @returns the exit code. */
export async function runSandbox(argv: readonly string[]): Promise<number> {
  try {
    return await run(argv);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`kubewhy sandbox ${argv[0] ?? ''}: ${error.message}\n`);
    return 1;
  }
}

async function run(argv: readonly string[]): Promise<number> {
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
  if (command === 'bench') {
    const options = benchOptions(rest);
    if (options !== undefined) return (await import('./bench/main.ts')).runBench(options);
    process.stderr.write(`kubewhy sandbox bench: I do not understand "${rest.join(' ')}".\n\n${USAGE}`);
    return 2;
  }
  const help = command === undefined || command === 'help' || command === '--help' || command === '-h';
  (help ? process.stdout : process.stderr).write(help ? USAGE : `kubewhy sandbox: I know no "${command}".\n\n${USAGE}`);
  return help ? 0 : 2;
}

/** Gives the options, or undefined where a word is none of them. */
function benchOptions(words: readonly string[]): { quick: boolean; fixes: boolean; json: boolean } | undefined {
  const left = words.join(' ').replace(/(--output|-o)[ =](?=(json|text)\b)/g, '--output=');
  const given = left.split(' ').filter((word) => word !== '');
  if (given.some((word) => !['--quick', '--fixes', '--output=json', '--output=text'].includes(word))) return undefined;
  return {
    quick: given.includes('--quick'),
    fixes: given.includes('--fixes'),
    json: given.includes('--output=json'),
  };
}
