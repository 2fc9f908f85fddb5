/** `recent`: the latest diagnoses, with their verdicts and where they are. */
import type { RecentEntry } from '../../core/jobs.ts';
import { questionText } from '../../core/question.ts';
import { mrkdwn } from '../../report/index.ts';
import type { Allowed } from '../context.ts';
import { linkTo } from '../links.ts';
import { TEXTS } from '../texts.ts';
import type { Command } from './command.ts';

const SHOWN = 10;
const LOOKED_AT = 50;

export const recent: Command = {
  name: 'recent',
  aliases: ['list', 'history'],
  summary: { en: 'The latest diagnoses and where they are.', 'zh-cn': '最近的诊断及其位置。' },
  usage: '',
  examples: ['recent'],
  plan: () => ({ work: listRecent }),
};

async function listRecent({ request, deps, language }: Allowed): Promise<void> {
  const texts = TEXTS[language];
  const all = await deps.recent.list(LOOKED_AT);
  const entries = all.filter((entry) => isOpen(entry) || entry.askedBy === request.userId).slice(0, SHOWN);
  if (entries.length === 0) {
    await request.reply({ text: texts.recentEmpty(`${deps.settings.command} why-not-reachable 30080`) });
    return;
  }
  const links = await Promise.all(entries.map((entry) => linkTo(entry, deps.slack)));
  const lines = entries.map((entry, i) => `• ${line(entry, texts)}${links[i] ?? ''}`);
  const body = lines.reduce((text, next) => (text.length + next.length > 2800 ? text : `${text}\n${next}`));
  const text = `*${texts.recentTitle}*\n${body}`;
  await request.reply({ text, blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] });
}

/** What somebody asked in a direct message is not listed for others. */
function isOpen(entry: RecentEntry): boolean {
  return !/^[DUW]/.test(entry.place.channel);
}

function line(entry: RecentEntry, texts: (typeof TEXTS)['en']): string {
  const outcome = entry.state === 'done' ? texts.verdict[entry.verdict ?? 'inconclusive'] : texts.state[entry.state];
  const at = Math.floor(Date.parse(entry.askedAt) / 1000);
  const when = `<!date^${at}^{date_short_pretty} {time}|${entry.askedAt}>`;
  const question = mrkdwn(questionText(entry.question).slice(0, 150));
  return `${entry.id} · ${question} · ${mrkdwn(entry.cluster)} · *${outcome}* · ${when}`;
}
