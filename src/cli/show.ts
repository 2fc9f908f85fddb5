/** Shows a diagnosis on stdout, as text or as JSON, and gives the exit code of its verdict. */
import type { CliEnvironment } from '../config/cli.ts';
import type { Diagnosis, Verdict } from '../core/diagnosis.ts';
import type { Language } from '../core/jobs.ts';
import { buildReport, CATALOGUE, renderJson, renderText } from '../report/index.ts';
import { EXIT, type Io } from './io.ts';

export interface ShowOptions {
  readonly output: string;
  readonly language: Language;
  readonly colour: boolean;
}

const EXIT_BY_VERDICT: Readonly<Record<Verdict, number>> = {
  'no-fault-found': EXIT.healthy,
  'cause-found': EXIT.causeFound,
  inconclusive: EXIT.inconclusive,
};

/** Writes the report and gives the exit code. */
export function show(diagnosis: Diagnosis, io: Io, options: ShowOptions): number {
  const report = buildReport(diagnosis, { language: options.language, catalogue: CATALOGUE });
  if (options.output === 'json') io.out(renderJson(report));
  else io.out(renderText(report, { colour: options.colour, width: Math.min(io.columns, 120) }));
  return EXIT_BY_VERDICT[diagnosis.verdict];
}

/** How to show, from flags first and then from the environment. */
export function showOptions(flags: Readonly<Record<string, string>>, environment: CliEnvironment, io: Io): ShowOptions {
  const colour = flags['color'] ?? 'auto';
  return {
    output: flags['output'] ?? 'text',
    language: flags['lang'] === undefined ? environment.language : flags['lang'] === 'zh-cn' ? 'zh-cn' : 'en',
    colour: colour === 'always' || (colour === 'auto' && io.outIsTerminal && !environment.noColour),
  };
}
