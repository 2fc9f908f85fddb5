/** All commands, in the order of their names, and how a line that was typed finds its own. */

import { nearest } from '../../core/nearest.ts';
import { compareText } from '../../core/object-ref.ts';
import { mrkdwn } from '../../report/index.ts';
import type { Settings } from '../context.ts';
import { TEXTS } from '../texts.ts';
import { Told } from '../told.ts';
import { audit } from './audit.ts';
import type { Command, Plan, PlanContext } from './command.ts';
import { diagnose } from './diagnose.ts';
import { helpOf } from './help.ts';
import { preflight } from './preflight.ts';
import { recent } from './recent.ts';
import { show } from './show.ts';
import { whyNotReachable } from './why-not-reachable.ts';

export const COMMANDS: readonly Command[] = [
  audit,
  diagnose,
  helpOf(() => COMMANDS),
  preflight,
  recent,
  show,
  whyNotReachable,
].sort((a, b) => compareText(a.name, b.name));

/** More is never a command; what is longer is cut before anybody looks at it. */
const MOST_CHARACTERS = 12_000;

/**
 * Decides what a line asks for. Pure and quick: it runs before the acknowledgement.
 * @throws Told or UserError with one sentence, and the nearest command where one is near.
 */
export function planOf(text: string, context: Omit<PlanContext, 'cluster'>): Plan {
  const typed = text
    .slice(0, MOST_CHARACTERS)
    .split(/\s+/)
    .filter((word) => word !== '');
  const { words, cluster } = takeCluster(typed, context);
  const [word = 'help', ...rest] = words;
  const name = word.toLowerCase();
  const command = COMMANDS.find((known) => known.name === name || known.aliases.includes(name));
  if (command === undefined) throw unknown(word, rest, context);
  return command.plan(rest, { ...context, cluster });
}

function unknown(word: string, rest: readonly string[], context: Omit<PlanContext, 'cluster'>): Told {
  const { settings, language } = context;
  const shown = mrkdwn(word.length > 60 ? `${word.slice(0, 59)}…` : word);
  const near = /^\d+$/.test(word) ? `why-not-reachable ${shown}` : nearCommand(word);
  const line =
    near === undefined ? undefined : [near, ...rest.slice(0, 6).map((w) => mrkdwn(w.slice(0, 60)))].join(' ');
  return new Told(TEXTS[language].unknownCommand(shown, settings.command, line));
}

function nearCommand(word: string): string | undefined {
  const names = COMMANDS.map((command) => command.name);
  return nearest(word, names, 1)[0];
}

/** `--cluster prod` and `cluster=prod`, anywhere in the line. */
function takeCluster(
  words: readonly string[],
  context: { readonly settings: Settings; readonly language: keyof typeof TEXTS },
): { words: string[]; cluster: string } {
  const { clusters } = context.settings;
  const texts = TEXTS[context.language];
  const rest = [...words];
  const at = rest.findIndex((word) => /^(—|–|--?)?cluster=/i.test(word) || /^(—|–|--?)cluster$/i.test(word));
  if (at < 0) return { words: rest, cluster: clusters[0] ?? '' };
  const [flag = ''] = rest.splice(at, 1);
  const given = flag.includes('=') ? flag.slice(flag.indexOf('=') + 1) : rest.splice(at, 1)[0];
  if (given === undefined || given === '') throw new Told(texts.clusterMissing);
  if (clusters.includes(given)) return { words: rest, cluster: given };
  const shown = mrkdwn(given.slice(0, 60));
  throw new Told(texts.unknownCluster(shown, clusters.join(', ')));
}
