/** `audit [id]`: the last entries of the audit log, all of them or those of one fix, for the asker alone. */
import type { SignedAuditEntry } from '../../core/audit.ts';
import { FixId } from '../../core/fix.ts';
import { SlackUser } from '../../core/jobs.ts';
import { auditEntryText } from '../../report/audit-text.ts';
import { mrkdwn } from '../../report/index.ts';
import type { Allowed } from '../context.ts';
import { TEXTS } from '../texts.ts';
import { Told } from '../told.ts';
import type { Command } from './command.ts';

const SHOWN = 15;
/** Of one entry, in characters; a section takes 3000 in all. */
const MOST_LINE = 400;
const MOST_TEXT = 2700;

export const audit: Command = {
  name: 'audit',
  aliases: [],
  summary: {
    en: 'Who asked for, approved and did what; with an id, of one fix.',
    'zh-cn': '谁请求、批准、执行了什么；加编号只看某次修复。',
  },
  usage: '[id]',
  examples: ['audit', 'audit fix-7f3k2ab'],
  plan(words, { language }) {
    const given = words[0]?.toLowerCase().replaceAll(/[`*_]/g, '');
    if (given === undefined) return { work: (allowed) => listAudit(allowed, undefined) };
    const id = given.startsWith('fix-') ? given : `fix-${given}`;
    if (!FixId.safeParse(id).success) throw new Told(TEXTS[language].noSuchFix(mrkdwn(given.slice(0, 40))));
    return { work: (allowed) => listAudit(allowed, id) };
  },
};

async function listAudit({ request, deps, language }: Allowed, fix: string | undefined): Promise<void> {
  const texts = TEXTS[language];
  if (deps.fix === undefined) return await request.reply({ text: texts.auditOff });
  const entries = await deps.fix.audit.read({ limit: SHOWN, ...(fix === undefined ? {} : { fix }) });
  if (entries.length === 0) return await request.reply({ text: texts.auditEmpty(fix) });
  const head = await deps.fix.audit.head();
  const last = `_${texts.auditHead(`${head.seq}:${head.hash}`)}_`;
  // The newest are the ones that are asked for: where there is no room, the oldest go.
  const lines: string[] = [];
  let length = last.length;
  for (const entry of entries.toReversed()) {
    const line = lineOf(entry, language);
    length += line.length + 1;
    if (length > MOST_TEXT) break;
    lines.unshift(line);
  }
  const text = [`*${texts.auditTitle(fix)}*`, ...lines, last].join('\n');
  await request.reply({ text, blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] });
}

function lineOf({ entry }: SignedAuditEntry, language: Allowed['language']): string {
  const at = Math.floor(Date.parse(entry.at) / 1000);
  const when = Number.isNaN(at)
    ? mrkdwn(entry.at)
    : `<!date^${at}^{date_short_pretty} {time_secs}|${mrkdwn(entry.at)}>`;
  const { by } = entry.event;
  const who = SlackUser.safeParse(by).success ? `<@${by}>` : mrkdwn(by);
  const words = auditEntryText(entry, language);
  return `${entry.seq} · ${when} · ${who} ${mrkdwn(words.length > MOST_LINE ? `${words.slice(0, MOST_LINE - 1)}…` : words)}`;
}
