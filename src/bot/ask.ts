/** Puts a question into the queue, unless it is being looked into already; then the asker is told where. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DiagnoseJob, JOB_VERSION, type Place } from '../core/jobs.ts';
import type { Question } from '../core/question.ts';
import type { Allowed } from './context.ts';
import { linkTo } from './links.ts';
import { diagnosisId } from './request.ts';
import { TEXTS } from './texts.ts';
import { Told } from './told.ts';

const LIMIT_SECONDS = 600;
/** Between the claim of a question and its job in the queue; longer means that whoever claimed it died. */
const CLAIM_MS = 500;

/**
 * Queues a question, or joins the diagnosis that runs for the same one.
 * @throws Told where a limit is reached.
 */
export async function ask(allowed: Allowed, cluster: string, question: Question): Promise<void> {
  const { request, deps } = allowed;
  const id = diagnosisId(request.key);
  const holder = await holderOf(allowed, cluster, question, id);
  if (holder !== id) return await join(allowed, holder);
  const limited = await deps.limits.take([
    { key: `person:${request.userId}`, allowance: { size: deps.settings.perPerson, seconds: LIMIT_SECONDS } },
    { key: `cluster:${cluster}`, allowance: { size: deps.settings.perCluster, seconds: LIMIT_SECONDS } },
  ]);
  if (limited !== undefined) {
    await deps.running.release(cluster, question, id);
    const { key, waitSeconds } = limited;
    const texts = TEXTS[allowed.language];
    throw new Told(key.startsWith('person:') ? texts.perPerson(waitSeconds) : texts.perCluster(cluster, waitSeconds));
  }
  const job = jobOf(allowed, id, cluster, question);
  const { askedBy, place, askedAt } = job;
  await deps.recent.add({ id, cluster, question, askedBy, place, askedAt, state: 'queued' });
  await deps.producer.add(job);
  deps.log.info({ id, cluster, user: request.userId, channel: place.channel }, 'question queued');
}

function jobOf(allowed: Allowed, id: string, cluster: string, question: Question): DiagnoseJob {
  const { request, place, deps } = allowed;
  // A thread belongs to its channel: an answer that goes elsewhere begins its own.
  const inThread = request.threadTs !== undefined && place === request.channelId;
  const where: Place = inThread ? { channel: place, threadTs: request.threadTs } : { channel: place };
  return {
    version: JOB_VERSION,
    id,
    cluster,
    question,
    askedBy: request.userId,
    place: where,
    language: deps.settings.language,
    askedAt: new Date().toISOString(),
  };
}

/** Gives the id of the diagnosis that looks into the question: the asker's own, or another that is still under way. */
async function holderOf(allowed: Allowed, cluster: string, question: Question, id: string): Promise<string> {
  const { running, producer } = allowed.deps;
  for (let tries = 0; ; tries += 1) {
    const holder = await running.claim(cluster, question, id);
    if (holder === id || (await producer.isPending(cluster, holder))) return holder;
    await sleep(CLAIM_MS);
    if (await producer.isPending(cluster, holder)) return holder;
    if ((await running.replace(cluster, question, holder, id)) || tries === 2) return id;
  }
}

async function join(allowed: Allowed, id: string): Promise<void> {
  const { request, language, deps } = allowed;
  const entry = await deps.recent.get(id);
  const link = entry === undefined ? '' : await linkTo(entry, deps.slack);
  deps.log.info({ id, user: request.userId }, 'question joined');
  await request.reply({ text: TEXTS[language].joined(id, link) });
}
