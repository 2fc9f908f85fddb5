/** Step: one swap line of /etc/fstab made a comment, or a line again (facts §3.3, §6 R18). */
import { type AgentStep, already, done, editFile, effect, keptBefore, loadFile, StepRefused } from '../step.ts';
import { FSTAB } from '../step-host.ts';

export const fstabLine: AgentStep<'fstab-line'> = {
  name: 'fstab-line',
  take: async ({ line, state }, context) => {
    const wanted = line.trim();
    if (wanted.split(/\s+/)[2] !== 'swap')
      throw new StepRefused('the line is not one of swap: its third field is not "swap"');
    const now = await loadFile(context, FSTAB);
    const active = linesThat(now, (one) => one.trim() === wanted).length;
    const comments = linesThat(now, (one) => uncommented(one) === wanted);
    if (state === 'commented' ? active === 0 && comments.length > 0 : active === 1) {
      return already(`the line of ${FSTAB} is ${state === 'commented' ? 'a comment' : 'active'}`);
    }
    const content =
      state === 'commented'
        ? comment(now, wanted)
        : ((await keptBefore(context, FSTAB, (kept) => comment(kept, wanted), now)) ?? uncomment(now, comments));
    if (content === undefined) throw new StepRefused(whyNot(state, active, comments.length));
    await editFile(context, FSTAB, now, content);
    const [before, after] = [wanted, `#${wanted}`];
    if (state === 'commented') context.changed(`a line of ${FSTAB}`, before, after);
    else context.changed(`a line of ${FSTAB}`, after, before);
    await effect(context, 'systemctl', ['daemon-reload']);
    return done(`the swap line of ${FSTAB} is ${state === 'commented' ? 'a comment' : 'active again'}`);
  },
};

/** Gives the numbers of the lines that fit. */
function linesThat(text: string, fits: (line: string) => boolean): number[] {
  return text.split('\n').flatMap((line, i) => (fits(line) ? [i] : []));
}

/** Gives the text behind a comment sign at the very start of the line, as this step writes it. */
function uncommented(line: string): string | undefined {
  return line.startsWith('#') ? line.slice(1).trim() : undefined;
}

/** Gives the file with the one line as a comment; undefined where the line is not there exactly once. */
function comment(text: string, wanted: string): string | undefined {
  const [at, second] = linesThat(text, (one) => one.trim() === wanted);
  if (at === undefined || second !== undefined) return undefined;
  return withLine(text, at, (line) => `#${line}`);
}

function uncomment(text: string, comments: readonly number[]): string | undefined {
  const [at, second] = comments;
  return at === undefined || second !== undefined ? undefined : withLine(text, at, (line) => line.slice(1));
}

function withLine(text: string, at: number, change: (line: string) => string): string {
  return text
    .split('\n')
    .map((line, i) => (i === at ? change(line) : line))
    .join('\n');
}

function whyNot(state: 'commented' | 'active', active: number, comments: number): string {
  if (active > 1) return `the line stands ${active} times in ${FSTAB}: edit the file by hand`;
  if (state === 'commented' || comments === 0) return `the line is not in ${FSTAB}: somebody has changed the file`;
  return `the line stands ${comments} times as a comment in ${FSTAB}: edit the file by hand`;
}
