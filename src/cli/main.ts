/** The terminal's front door: words to a command, and every error to one sentence and an exit code. */
import { readCliEnvironment } from '../config/cli.ts';
import type { Environment } from '../config/fields.ts';
import { ClusterError, errorText, UserError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { type Arguments, parseArguments } from './arguments.ts';
import { COMMANDS, helpText } from './help.ts';
import { EXIT, type Io } from './io.ts';

/** Runs one terminal command. Never throws. @returns the exit code. */
export async function runCli(argv: readonly string[], env: Environment, io: Io): Promise<number> {
  try {
    const args = parseArguments(argv);
    if (args.flags['help'] !== undefined || args.words.length === 0 || args.words[0] === 'help') {
      io.out(helpText());
      return EXIT.healthy;
    }
    return await command(args, env, io);
  } catch (error) {
    // What went wrong may quote a server, a file or an agent: nothing of it acts on the terminal.
    const { visible } = await import('../report/visible.ts');
    return fail(error, argv, io, visible);
  }
}

async function command(args: Arguments, env: Environment, io: Io): Promise<number> {
  const [verb = '', ...rest] = args.words;
  const environment = readCliEnvironment(env);
  if (verb === 'replay') {
    const [{ replay }, { show, showOptions }] = await Promise.all([import('./replay.ts'), import('./show.ts')]);
    return show(await replay(rest[0]), io, showOptions(args.flags, environment, io));
  }
  if (verb === 'schema') {
    const { schemaOf } = await import('./schema.ts');
    io.out(`${JSON.stringify(schemaOf(rest[0]), null, 2)}\n`);
    return EXIT.healthy;
  }
  if (verb === 'completion') {
    const { completionScript } = await import('./completion.ts');
    io.out(completionScript(rest[0]));
    return EXIT.healthy;
  }
  if (verb === 'rights') {
    const { rightsText } = await import('./rights.ts');
    io.out(rightsText(rest, args.flags['output'] === 'json'));
    return EXIT.healthy;
  }
  if (verb === 'why-not-reachable' || verb === 'diagnose' || verb === 'preflight') {
    const { ask } = await import('./ask.ts');
    return ask(args, environment, io);
  }
  if (verb === 'fix') {
    const { fix } = await import('./fix.ts');
    return fix(args, environment, io);
  }
  if (verb === 'keys') {
    const { keys } = await import('./keys.ts');
    return keys(rest, args.flags['output'] === 'json', io);
  }
  if (verb === 'audit') {
    const [{ audit }, { showOptions }] = await Promise.all([import('./audit.ts'), import('./show.ts')]);
    return audit(args, env, showOptions(args.flags, environment, io).language, io);
  }
  const [near] = nearest(verb, COMMANDS, 1);
  const hint = near === undefined ? 'kubewhy --help lists them.' : `Did you mean ${near}?`;
  throw new UserError('unknown-command', `I know no command "${verb.slice(0, 60)}". ${hint}`);
}

function fail(error: unknown, argv: readonly string[], io: Io, visible: (text: string) => string): number {
  const json = argv.some(
    (word, i) =>
      word === '--output=json' || word === '-ojson' || (word === 'json' && /^(-o|--output)$/.test(argv[i - 1] ?? '')),
  );
  const code =
    error instanceof UserError
      ? error.code
      : error instanceof ClusterError
        ? `cluster-${error.code}`
        : 'internal-error';
  const text = visible(errorText(error));
  const message =
    error instanceof UserError || error instanceof ClusterError ? text : `This is a bug in kubewhy: ${text}`;
  // stdout stays for results alone: a program that parses it gets nothing, and the exit code says why.
  io.err(json ? `${JSON.stringify({ error: { code, message } })}\n` : `kubewhy: ${message}\n`);
  if (error instanceof ClusterError || code.startsWith('cluster-') || code.startsWith('kubeconfig-'))
    return EXIT.cluster;
  if (code === 'interrupted') return 130;
  return error instanceof UserError ? EXIT.usage : 70;
}
