/** `show dx-…`: the report of one diagnosis again, for the asker alone, in their own language. */
import { buildReport, CATALOGUE, mrkdwn, renderThread } from '../../report/index.ts';
import type { Allowed } from '../context.ts';
import { linkTo } from '../links.ts';
import { TEXTS } from '../texts.ts';
import { Told } from '../told.ts';
import type { Command } from './command.ts';

/** A response address takes five messages; one is left for what may go wrong. */
const MOST_MESSAGES = 4;
const ID = /^(dx-)?[a-z0-9]{5,16}$/;

export const show: Command = {
  name: 'show',
  aliases: ['get'],
  summary: { en: 'The report of one diagnosis again, for you alone.', 'zh-cn': '再次显示某次诊断的报告，仅您可见。' },
  usage: '<id>',
  examples: ['show dx-7f3k2'],
  plan(words, { settings, language }) {
    const [word] = words;
    const given = word?.toLowerCase().replaceAll(/[`*_]/g, '');
    const texts = TEXTS[language];
    if (given === undefined) throw new Told(texts.showNeedsId(`${settings.command} show dx-7f3k2`));
    const shown = mrkdwn(given.slice(0, 40));
    if (!ID.test(given)) throw new Told(texts.noSuchDiagnosis(shown));
    return { work: (allowed) => showOne(allowed, given.startsWith('dx-') ? given : `dx-${given}`) };
  },
};

async function showOne({ request, deps, language }: Allowed, id: string): Promise<void> {
  const texts = TEXTS[language];
  const entry = await deps.recent.get(id);
  if (entry === undefined) return await request.reply({ text: texts.noSuchDiagnosis(id) });
  const link = await linkTo(entry, deps.slack);
  if (entry.state === 'queued' || entry.state === 'running') {
    return await request.reply({ text: texts.notFinished(id, link) });
  }
  if (entry.state !== 'done') {
    const why = entry.summary === undefined ? '' : `: ${mrkdwn(entry.summary)}`;
    return await request.reply({ text: `${id} · ${texts.state[entry.state]}${why}${link}` });
  }
  const result = await deps.results.load(id);
  if (result === undefined) return await request.reply({ text: `${texts.notKept(id)}${link}` });
  const report = buildReport(result.diagnosis, { language, catalogue: CATALOGUE, askedBy: entry.askedBy });
  const { root, thread } = renderThread(report);
  const rest = thread.slice(0, MOST_MESSAGES - 1);
  await request.reply(root);
  for (const message of rest.slice(0, -1)) await request.reply(message);
  const last = rest.at(-1);
  if (last === undefined) return;
  const note = { type: 'context', elements: [{ type: 'mrkdwn', text: texts.inThread(link) }] };
  await request.reply({ text: last.text, blocks: [...last.blocks.slice(0, 49), note] });
}
