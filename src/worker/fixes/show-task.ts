/** Task `show`: brings the thread in line with the record: one card, edited; each message once; the root message resolved or not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HandedBack, SlackRefused, Thread } from '../../adapters/slack/thread.ts';
import { type FixRecord, resolves } from '../../core/fix.ts';
import { buildReport, CATALOGUE, renderFix, renderResolved, renderThread } from '../../report/index.ts';
import { checkPlace } from '../place.ts';
import { TEXTS } from '../texts.ts';
import { type FixDeps, loadFix } from './deps.ts';

/** For so long a job waits for another that shows the same fix; then the queue tries it again. */
const PATIENCE_MS = 10_000;
const POLL_MS = 100;

/** Another process shows this fix now, and took too long. */
export class BusyThread extends Error {}

/**
 * Shows the newest record, whatever revision the job was about; one that the record has not reached (`rev`) asks for it to be
 * shown again, since the store may have been set back behind what the thread says. Where another job is at it, this one waits: it cannot know
 * whether that one has seen the change.
 * @throws BusyThread, SlackUnavailable and HandedBack, for the queue.
 */
export async function showTask(deps: FixDeps, id: string, signal: AbortSignal, rev = 0): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const turn = await deps.turns.take(`fix-thread:${id}`, (lost) =>
      show(deps, id, AbortSignal.any([lost, signal]), rev),
    );
    if (turn !== undefined) return;
    if (signal.aborted) throw new HandedBack();
    if (performance.now() > end) throw new BusyThread(`the thread of ${id} is written by another process`);
    await sleep(POLL_MS);
  }
}

async function show(deps: FixDeps, id: string, signal: AbortSignal, rev: number): Promise<void> {
  const { slack, deliveries, botUserId, log } = deps;
  for (let again = false; ; again = true) {
    const record = await loadFix(deps, id);
    if (record === undefined) return;
    const { repeated } = TEXTS[record.language];
    const thread = await Thread.open({ job: jobOf(record), slack, deliveries, botUserId, repeated, log, signal });
    const { shown, shownAt } = thread.delivery;
    const isShown = shown === record.rev && shownAt === record.updatedAt;
    if (isShown && (again || rev <= record.rev)) return;
    try {
      await showRecord(deps, record, thread);
    } catch (error) {
      if (!(error instanceof SlackRefused)) throw error;
      // The channel is gone, or the bot is out: the record has the truth, and `/k8s show` can tell it.
      log.error({ fix: id, error: error.code }, 'slack refuses what is to be shown of a fix');
    }
    await thread.note({ shown: record.rev, shownAt: record.updatedAt });
  }
}

/** The fix as a thread takes it: its card is the thread's own first message, a reply under the report. */
function jobOf({ id, place }: FixRecord): Parameters<typeof Thread.open>[0]['job'] {
  const threadTs = place.threadTs ?? place.rootTs;
  return { id, place: { channel: place.channel, ...(threadTs === undefined ? {} : { threadTs }) } };
}

async function showRecord(deps: FixDeps, record: FixRecord, thread: Thread): Promise<void> {
  await checkPlace(deps.slack, thread.channel);
  const { card, messages } = renderFix(record, { language: record.language });
  const { rootTs, sending } = thread.delivery;
  await thread.root(card);
  // One that was posted by a worker that died meanwhile may show an older state.
  if (rootTs !== undefined || Object.keys(sending).length > 0) await thread.edit(card, 'first');
  for (const message of messages) await thread.reply(message.key, message);
  if (record.state === 'verified' || record.state === 'undone') await showRoot(deps, record);
}

/** The report's first message says whether what was asked about is mended. What it held before comes from the kept result. */
async function showRoot(deps: FixDeps, record: FixRecord): Promise<void> {
  const { place, diagnosis, language } = record;
  const [kept, entry, all] = await Promise.all([
    deps.results.load(diagnosis),
    deps.recent.get(diagnosis),
    deps.fixes.ofDiagnosis(diagnosis),
  ]);
  if (place.rootTs === undefined || kept === undefined) return;
  const askedBy = entry?.askedBy;
  const report = buildReport(kept.diagnosis, {
    language,
    catalogue: CATALOGUE,
    ...(askedBy === undefined ? {} : { askedBy }),
  });
  // The first that did it: what is changed afterwards, so that it stays, is not what brought it back. What was taken back counts no more.
  const fixed = all.find(resolves);
  const { root } = renderThread(report);
  const message =
    fixed === undefined
      ? root
      : renderResolved(report, { fix: fixed.id, remediation: fixed.remediation, at: fixed.updatedAt });
  const args = { channel: place.channel, ts: place.rootTs, text: message.text, blocks: message.blocks };
  const outcome = await deps.slack.call('chat.update', args, { priority: 'first', repeatable: true });
  if (outcome.status === 'refused') throw new SlackRefused('chat.update', outcome.error);
  if (outcome.status !== 'ok') throw new Error(`chat.update of the root message: ${outcome.status}`);
}
