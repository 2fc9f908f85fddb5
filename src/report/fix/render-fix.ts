/** A fix for Slack: the card that is edited in place, and the messages that follow it, within Slack's limits by construction. */
import type { KnownBlock } from '@slack/types';
import type { FixState } from '../../core/approval.ts';
import type { FixRecord, StepProgress } from '../../core/fix.ts';
import { context, fallback, type Message, paginate, section, textSum } from '../blocks/message.ts';
import { code, within } from '../blocks/mrkdwn.ts';
import { BREAK, command, type Line, prose, richBlocks } from '../blocks/rich.ts';
import { fixWord } from '../languages/fix/words.ts';
import { word } from '../languages/index.ts';
import { nameText, visible, withStop } from '../visible.ts';
import { fixButtons } from './buttons.ts';
import type { FixOptions, FixThread } from './options.ts';
import type { Part } from './plan-parts.ts';
import { stepSays } from './plan-parts.ts';
import { type Said, saidMrkdwn, saidText, withPeople } from './says.ts';
import { endParts, machineSteps, noteOf, showsPlan, stateParts, wholePlan } from './state-parts.ts';
import { approvalSays, auditText, draftOf, STATE_EMOJI, statusSays, titleOf } from './status.ts';

/** Room for the plan on the card; the rest is for verdict, approval and buttons. */
const ROOM = { sum: 5500, blocks: 34 } as const;
const MAX_LINE = 550;
/** Most messages of the plan's rest, of one step, and of the result. */
const MOST = { plan: 8, step: 2, result: 3 } as const;

/** States whose end is told in a message of its own: an edited card notifies nobody. */
const WITH_RESULT: readonly FixState[] = [
  'denied',
  'expired',
  'withdrawn',
  'void',
  'verified',
  'not-verified',
  'failed',
  'unknown',
  'undone',
];

/** Gives all messages of a fix in its present state. Pure: the same record gives the same messages and keys. */
export function renderFix(record: FixRecord, options: FixOptions): FixThread {
  return {
    card: card(record, options),
    messages: [...planRest(record, options), ...steps(record, options), ...result(record, options)],
  };
}

function card(record: FixRecord, options: FixOptions): Message {
  const { language } = options;
  const says = statusSays(record, options);
  const approval = approvalSays(record, language);
  const { here, rest } = divided(blocksOf(stateParts(record, options), options));
  const more = rest.length > 0 ? [context(fixWord(language, 'diff.in-thread'))] : [];
  const last = record.state === 'proposed' ? statusOf(approval) : [];
  return {
    key: record.id,
    text: fallback(language, cardText(record, [...says, ...approval], options)),
    blocks: [
      head(record, says, options),
      context(about(record, options)),
      ...here,
      ...more,
      ...last,
      ...fixButtons(record, options),
    ],
  };
}

function head(record: FixRecord, says: readonly Said[], options: FixOptions): KnownBlock {
  const state = fixWord(options.language, `state.${record.state}`);
  const title = within(MAX_LINE, titleOf(record, options), (text) => saidMrkdwn([text]));
  const lines = says.map(bounded);
  return section([`${STATE_EMOJI[record.state]} *${state}* · *${title}*`, ...lines].join('\n'));
}

function statusOf(says: readonly Said[]): KnownBlock[] {
  return says.length === 0 ? [] : [section(says.map(bounded).join('\n'))];
}

/** A sentence of ours with bounded data in it; should it be longer all the same, people in it become plain text. */
function bounded(said: Said): string {
  const text = saidMrkdwn(said);
  return text.length <= MAX_LINE ? text : within(MAX_LINE, saidText(said), (cut) => saidMrkdwn([cut]));
}

function cardText(record: FixRecord, says: readonly Said[], options: FixOptions): string {
  const { language } = options;
  const state = fixWord(language, `state.${record.state}`);
  const title = withStop(titleOf(record, options), word(language, 'stop'));
  return [`${state}${word(language, 'colon')}${title}`, ...says.map(saidText)].join(' ');
}

/** Small print: what and where, who asked, where the audit log ended. */
function about(record: FixRecord, { language }: FixOptions): string {
  const { id, remediation, cluster, requestedBy } = record;
  const audit = auditText(record, language);
  return [
    code(id),
    code(nameText(remediation)),
    `${word(language, 'root.cluster')} ${within(300, nameText(cluster), code)}`,
    saidMrkdwn(withPeople(language, 'asked-by', [requestedBy])),
    ...(audit === undefined ? [] : [saidMrkdwn([audit])]),
  ].join(' · ');
}

/** Gives blocks of parts: a bold heading, then its entries; each block small enough to stand in any message. */
function blocksOf(parts: readonly Part[], { language }: FixOptions): KnownBlock[] {
  return parts.flatMap((part) => {
    const heading: Line = { elements: prose(fixWord(language, part.title), { bold: true }) };
    return richBlocks([heading, ...part.entries.map(lineOf)]);
  });
}

function lineOf(entry: Part['entries'][number]): Line {
  const run = entry.command === undefined ? [] : [BREAK, ...command(entry.command)];
  const shown = (entry.code ?? []).flatMap((text) => [BREAK, ...command(text === '' ? ' ' : text)]);
  const elements = [...prose(entry.says === '' ? '-' : entry.says), ...shown, ...run];
  return entry.bullet === false ? { elements } : { bullet: 0, elements };
}

/** Divides blocks into those that fit on the card and the rest. The card never depends on anything else, so neither does the rest. */
function divided(blocks: readonly KnownBlock[]): { here: readonly KnownBlock[]; rest: readonly KnownBlock[] } {
  let sum = 0;
  let count = 0;
  for (const block of blocks) {
    sum += textSum(block);
    if (sum > ROOM.sum || count + 1 > ROOM.blocks) break;
    count += 1;
  }
  return { here: blocks.slice(0, count), rest: blocks.slice(count) };
}

/** What of the plan has no room on the card. It is the same in each state, so it is posted once. */
function planRest(record: FixRecord, options: FixOptions): Message[] {
  if (record.plan === undefined && !showsPlan(record.state)) return [];
  const { rest } = divided(blocksOf(wholePlan(record, options), options));
  if (rest.length === 0) return [];
  const title = fixWord(options.language, 'diff.title', { id: record.id });
  return paged(record, 'plan', title, titleOf(record, options), rest, options);
}

function steps(record: FixRecord, options: FixOptions): Message[] {
  const draft = draftOf(record);
  if (draft === undefined) return [];
  const { language } = options;
  const all = machineSteps(record);
  return all.flatMap(({ step, index }, i) => {
    const progress = record.progress.find((one) => one.index === index);
    if (progress === undefined || !isSettled(progress, record.state)) return [];
    const state = fixWord(language, `progress.${progress.state}`);
    const title = fixWord(language, 'step.message', { number: i + 1, count: all.length, state });
    const said = stepSays(draft, step, options);
    const note = noteOf(progress);
    const changes = (progress.result?.changes ?? []).map(({ what, before, after }) =>
      fixWord(language, 'step.changed', { what, before: visible(before), after: visible(after) }),
    );
    const lines: Line[] = [
      { elements: prose(said) },
      ...(note === undefined ? [] : [{ elements: prose(visible(note), { italic: true }) }]),
      ...changes.map((text): Line => ({ bullet: 0, elements: command(text) })),
    ];
    return paged(record, `step-${i + 1}`, title, said, richBlocks(lines), options);
  });
}

/** A step that is running may still come to another end; one whose end is unknown too, until the fix itself is over. */
function isSettled({ state }: StepProgress, fix: FixState): boolean {
  return state !== 'running' && (state !== 'unknown' || fix !== 'applying');
}

function result(record: FixRecord, options: FixOptions): Message[] {
  if (!WITH_RESULT.includes(record.state)) return [];
  const { language } = options;
  const says = statusSays(record, options);
  const parts = endParts(record, options);
  const audit = auditText(record, language);
  const title = fixWord(language, 'result.title', { id: record.id, state: fixWord(language, `state.${record.state}`) });
  const text = [withStop(titleOf(record, options), word(language, 'stop')), ...says.map(saidText)].join(' ');
  const lines = [[titleOf(record, options)], ...says].map(bounded);
  const small = audit === undefined ? [] : [context(saidMrkdwn([audit]))];
  return paged(record, 'result', title, text, [section(lines.join('\n')), ...blocksOf(parts, options)], options, small);
}

function paged(
  record: FixRecord,
  name: string,
  title: string,
  text: string,
  blocks: readonly KnownBlock[],
  { language }: FixOptions,
  foot: readonly KnownBlock[] = [],
): Message[] {
  const most = name === 'plan' ? MOST.plan : name === 'result' ? MOST.result : MOST.step;
  const key = `${record.id}-${name}`;
  return paginate(language, { key, title, text, pieces: blocks.map((block) => [block]), foot }, most);
}
